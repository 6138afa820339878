// What commands about one processor or one workspace cost beside a small and a large fleet: they must not cost more
// with the large one. The commands are processes, as a person runs them.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createHeadgateContender } from "./contenders/headgate.js";
import type { HeadgateSide } from "./contenders/headgate.js";
import type { Build } from "./builds.js";
import type { BenchFleet } from "./fleet.js";
import { countStatements } from "./meters.js";
import { startBenchStack } from "./stack.js";
import type { BenchStack } from "./stack.js";

export interface LooksResult {
  readonly rows: readonly LookRow[];
}

interface LookRow {
  readonly command: string;
  readonly fleet: BenchFleet;
  readonly statements: number;
  /** Of each time, the start of the process included. */
  readonly wallMs: readonly number[];
}

const TIMES = 3;
/** Of its database and its namespace. */
const ID = "headgate";
const run = promisify(execFile);

/** A new tier for one processor of the first workspace. */
function toCommands({ atlas, folder }: BenchStack): Readonly<Record<string, readonly string[]>> {
  const [first] = atlas.fleet;
  const [processor = ""] = first?.processors ?? [];
  const { project = "", workspace = "" } = first ?? {};
  const file = join(folder, "one.yaml");
  const policy = { state: "STARTED", start: { tier: "SP30" } };
  writeFileSync(file, JSON.stringify({ project, workspace, processors: { [processor]: policy } }));
  return {
    "apply --dry-run": ["apply", "-f", file, "--dry-run"],
    "plan -f": ["plan", "-f", file],
    "plan --workspace": ["plan", "--workspace", `${project}/${workspace}`],
  };
}

export async function runLooks(
  fleets: readonly BenchFleet[],
  build: Build,
  say: (text: string) => void,
): Promise<LooksResult> {
  const rows: LookRow[] = [];
  for (const fleet of fleets) {
    const stack = await startBenchStack(fleet, [ID]);
    try {
      const side = await observeFleet(stack, build);
      for (const [command, args] of Object.entries(toCommands(stack))) {
        rows.push(await measureCommand(stack, { fleet, command, args, side }));
      }
      say(`  ${String(fleet.processors)} processors: done`);
    } finally {
      await stack.stop();
    }
  }
  return { rows };
}

/** One pass, so that there is something to look at; then its worker is gone. */
async function observeFleet(stack: BenchStack, build: Build): Promise<HeadgateSide> {
  const contender = await createHeadgateContender(stack, {
    build,
    id: ID,
    settings: { HEADGATE_INTERVAL: "1d" },
    isFresh: false,
  });
  const session = await contender.open();
  try {
    await session.makeReady();
    await session.pass();
    // What the pass wrote is swept up.
    await session.makeReady();
  } finally {
    await session.close();
  }
  return contender.side;
}

async function measureCommand(
  stack: BenchStack,
  asked: {
    readonly fleet: BenchFleet;
    readonly command: string;
    readonly args: readonly string[];
    readonly side: HeadgateSide;
  },
): Promise<LookRow> {
  const { fleet, command, args, side } = asked;
  const wallMs: number[] = [];
  let statements = 0;
  // The first is not counted: it finds nothing in any cache.
  for (let time = 0; time <= TIMES; time += 1) {
    const before = await countStatements(stack, side.database.name);
    const begun = performance.now();
    await run(process.execPath, [side.program, ...args], { env: side.env, maxBuffer: 1 << 28 });
    if (time > 0) wallMs.push(performance.now() - begun);
    statements = (await countStatements(stack, side.database.name)) - before;
  }
  return { command, fleet, statements, wallMs };
}
