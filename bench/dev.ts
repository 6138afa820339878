// What `headgate dev` uses to watch a fleet in which nothing happens, small and larger. Its worker goes on passing; the
// numbers are those of the command's own process, and of Postgres with all that is asked of it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Store } from "../src/store/postgres/pool.js";
import type { Build } from "./builds.js";
import { createHeadgateContender } from "./contenders/headgate.js";
import type { DuelBuilds } from "./duel.js";
import type { BenchFleet } from "./fleet.js";
import { countStatements } from "./meters.js";
import { startBenchStack } from "./stack.js";
import type { BenchStack } from "./stack.js";
import { readCpuMs, readOwnCpuMs } from "./usage.js";

export interface DevResult {
  readonly rows: readonly DevRow[];
}

/** Of one minute. */
interface DevRow {
  readonly fleet: BenchFleet;
  readonly build: string;
  readonly devCpuMs: number;
  readonly postgresCpuMs: number;
  readonly statements: number;
}

const MINUTE_MS = 60_000;
const LOOK_MS = 500;
/** Behind the first pass: what it has started is over, and what the first look has used is collected. */
const SETTLE_MS = 45_000;

export async function runDev(
  fleets: readonly BenchFleet[],
  { current, old }: DuelBuilds,
  spanMs = MINUTE_MS,
): Promise<DevResult> {
  const rows: DevRow[] = [];
  for (const fleet of fleets) {
    const stack = await startBenchStack(fleet, ["headgate", "headgate_old"]);
    try {
      rows.push({ fleet, ...(await watch(stack, { build: current, id: "headgate", spanMs })) });
      if (old !== undefined)
        rows.push({ fleet, ...(await watch(stack, { build: old, id: "headgate_old", spanMs })) });
    } finally {
      await stack.stop();
    }
  }
  return { rows };
}

interface Watched {
  readonly build: Build;
  readonly id: string;
  readonly spanMs: number;
}

async function watch(stack: BenchStack, { build, id, spanMs }: Watched): Promise<Omit<DevRow, "fleet">> {
  const { side } = await createHeadgateContender(stack, {
    build,
    id,
    settings: {},
    isFresh: false,
  });
  const folder = join(stack.folder, `${id}-dev`);
  mkdirSync(folder);
  // It keeps what it starts in the folder it is called in.
  const dev = spawn(process.execPath, [side.program, "dev"], { cwd: folder, env: side.env, stdio: "ignore" });
  const ended = once(dev, "exit");
  // Its worker ends with it.
  const stop = async (): Promise<void> => {
    dev.kill("SIGTERM");
    await ended;
  };
  stack.onStop(stop);
  try {
    await Promise.race([
      untilObserved(side.database.store, stack.atlas.fleet.length),
      ended.then(() => {
        throw new Error(`headgate dev of ${build.name} ended`);
      }),
    ]);
    await delay(SETTLE_MS);
    const read = async (): Promise<readonly number[]> => [
      readOwnCpuMs(dev.pid ?? 0),
      readCpuMs(stack.postgres.record.pid),
      await countStatements(stack, id),
    ];
    const before = await read();
    await delay(spanMs);
    const after = await read();
    const [devCpuMs = 0, postgresCpuMs = 0, statements = 0] = after.map(
      (value, index) => ((value - (before[index] ?? 0)) * MINUTE_MS) / spanMs,
    );
    return { build: build.name, devCpuMs, postgresCpuMs, statements };
  } finally {
    await stop();
  }
}

const PATIENCE_MS = 300_000;

async function untilObserved(store: Store, workspaces: number): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (performance.now() < giveUpAt) {
    const [row] = await store.query<{ count: number }>(
      "select count(*) as count from workspaces where observed_at is not null",
    );
    if (row?.count === workspaces) return;
    await delay(LOOK_MS);
  }
  throw new Error("the worker of headgate dev does not pass over the fleet");
}
