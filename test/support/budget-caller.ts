// A process of callers that share a project's budget with other processes, each taking its calls from Postgres and then
// really making them, until the time is over. Wired as a worker is; tells what it got as one line of JSON.
import { setTimeout as delay } from "node:timers/promises";
import { admitCalls } from "../../src/calls/admission.js";
import { createQuietWorkspaces } from "../../activities/quiet-workspaces.js";
import type { ActivityDeps } from "../../activities/deps.js";
import { openAtlas } from "../../src/bin/atlas-client.js";
import { readConfig, requireDatabaseUrl } from "../../src/bin/wiring.js";
import { readEnvironment } from "../../src/config/environment.js";
import { AppError } from "../../src/base/errors.js";
import { createLogger } from "../../src/base/logger.js";
import { NO_METRICS } from "../../src/base/metrics.js";
import { createPatterns } from "../../src/policy-file/patterns.js";
import { createScheduler } from "../../src/domain/decide/schedule.js";
import { correctBudget } from "../../src/store/pass/budgets.js";
import type { CallClass } from "../../src/store/pass/budgets.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { createLoopStore } from "../../src/store/loop-store.js";
import { openStore } from "../../src/store/postgres/pool.js";
import { PROJECT } from "./fleets.js";

/** What the process is told on its command line. */
export interface CallerTask {
  readonly callers: Readonly<Record<CallClass, number>>;
  readonly forMs: number;
  /** People do not ask without end: so long a person pauses between two calls. */
  readonly personPauseMs: number;
}

/** Per class: calls made, times the slot was given back, and the longest wait in place (ms). */
export type CallerReport = Readonly<Record<CallClass, Tally>>;
export interface Tally {
  readonly served: number;
  readonly givenBack: number;
  readonly longestMs: number;
}

const PROCESSOR = { project: PROJECT, workspace: "orders", processor: "clicks" };

async function run(task: CallerTask): Promise<CallerReport> {
  const config = readConfig(readEnvironment());
  const store = openStore({ databaseUrl: requireDatabaseUrl(config), max: 8 });
  const corrections: Promise<void>[] = [];
  const atlas = openAtlas(config, (reading) => {
    corrections.push(correctBudget(store, reading));
  });
  const deps: ActivityDeps = {
    store: createLoopStore(store, DEFAULT_SETTINGS),
    atlas,
    metrics: NO_METRICS,
    installation: { id: "0000000a", taskQueue: "headgate" },
    runs: {
      isOpen: () => Promise.resolve(true),
      startChange: () => Promise.resolve({}),
      requestPass: () => Promise.resolve(),
    },
    settings: config.settings,
    scheduler: createScheduler(),
    finds: createPatterns(),
    quiet: createQuietWorkspaces(),
    log: createLogger("silent"),
  };
  const report: Record<CallClass, Tally> = { person: NONE, change: NONE, pass: NONE };
  const until = Date.now() + task.forMs;
  const calling = Object.entries(task.callers).flatMap(([name, count]) =>
    Array.from({ length: count }, () => callUntil({ deps, task, until, callClass: name as CallClass })),
  );
  for (const { callClass, tally } of await Promise.all(calling)) {
    report[callClass] = add(report[callClass], tally);
  }
  await Promise.all(corrections);
  await Promise.all([atlas.close(), store.close()]);
  return report;
}

const NONE: Tally = { served: 0, givenBack: 0, longestMs: 0 };

function add(one: Tally, other: Tally): Tally {
  return {
    served: one.served + other.served,
    givenBack: one.givenBack + other.givenBack,
    longestMs: Math.max(one.longestMs, other.longestMs),
  };
}

interface Calling {
  readonly deps: ActivityDeps;
  readonly task: CallerTask;
  readonly until: number;
  readonly callClass: CallClass;
}

async function callUntil({
  deps,
  task,
  until,
  callClass,
}: Calling): Promise<Pick<Calling, "callClass"> & { readonly tally: Tally }> {
  let tally = NONE;
  while (Date.now() < until) {
    const askedAt = Date.now();
    try {
      await admitCalls(deps, { project: PROJECT, calls: 1, callClass });
      tally = add(tally, { served: 1, givenBack: 0, longestMs: Date.now() - askedAt });
      await deps.atlas.getProcessor(PROCESSOR, {});
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "atlas.rate_limited") throw error;
      tally = add(tally, { served: 0, givenBack: 1, longestMs: Date.now() - askedAt });
      await delay(Math.min(error.retryAfterMs ?? 0, until - Date.now()));
    }
    if (callClass === "person") await delay(task.personPauseMs);
  }
  return { callClass, tally };
}

const report = await run(JSON.parse(process.argv[2] ?? "") as CallerTask);
process.stdout.write(`${JSON.stringify(report)}\n`);
