// Whether the loop holds a large fleet, in two scenarios, each on a stack of its own with one worker: a fleet in which
// nothing drifts, and one that is FAILED from end to end. Prints what it cost; ends with 1 where a batch failed, or a
// processor was not started exactly once.
// `npx tsx bench/loop-holds.ts [--workspaces N --processors-per N --failed N --rounds N]`
import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { LogEntry } from "../src/sim/wire/request-log.js";
import { declareFleet } from "./fleet.js";
import type { BenchFleet } from "./fleet.js";
import { readUsage, startBenchStack } from "./stack.js";
import type { BenchStack } from "./stack.js";

const LOOK_MS = 2_000;
const PATIENCE_MS = 40 * 60_000;
const FAILED_PER_WORKSPACE = 50;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Waits until it holds; throws where the worker has ended or it takes too long. */
async function until(stack: BenchStack, holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  let death: string | undefined;
  void stack.children.at(-1)?.ended.then((how) => (death = how));
  while (!(await holds())) {
    if (death !== undefined) throw new Error(`the worker ended (${death})`);
    if (performance.now() > giveUpAt) throw new Error("gave up waiting");
    await delay(LOOK_MS);
  }
}

async function ask(stack: BenchStack, sql: string, values: readonly unknown[] = []): Promise<number> {
  const [row] = await stack.store.query<{ answer: number }>(`select (${sql})::bigint as answer`, [...values]);
  return row?.answer ?? 0;
}

const NOW = "to_ms(headgate_now())";

/** Every workspace observed once more, `rounds` times. */
async function passRounds(stack: BenchStack, rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    const since = await ask(stack, NOW);
    const begun = performance.now();
    await until(stack, async () => {
      const sql = "select count(*) from workspaces where observed_at is null or observed_at <= from_ms($1)";
      return (await ask(stack, sql, [since])) === 0;
    });
    say(`round ${String(round)}: every workspace observed within ${toSeconds(performance.now() - begun)} s`);
  }
}

const toSeconds = (ms: number): string => (ms / 1_000).toFixed(1);

interface Calls {
  readonly byOperation: ReadonlyMap<string, number>;
  /** Starts and stops that were sent, by processor. */
  readonly posts: ReadonlyMap<string, number>;
}

async function countCalls({ requestLog }: BenchStack): Promise<Calls> {
  const byOperation = new Map<string, number>();
  const posts = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string): void =>
    void counts.set(key, (counts.get(key) ?? 0) + 1);
  for await (const line of createInterface({ input: createReadStream(requestLog) })) {
    const entry = JSON.parse(line) as LogEntry & { readonly kind: string };
    if (entry.kind !== "request") continue;
    const { operation, status } = entry;
    count(byOperation, status === 200 ? operation : `${operation} ${String(status)}`);
    if (operation === "startWith" || operation === "start" || operation === "stop")
      count(posts, [entry.project, entry.workspace, entry.processor].join("/"));
  }
  return { byOperation, posts };
}

interface Ticks {
  readonly events: readonly number[];
  /** Attempts of a batch that failed or timed out. */
  readonly failedBatches: number;
  readonly summaries: ReadonlyMap<string, number>;
}

interface ActivityEvent {
  readonly activityTaskStartedEventAttributes?: { readonly attempt?: number | null } | null;
  readonly activityTaskFailedEventAttributes?: object | null;
  readonly activityTaskTimedOutEventAttributes?: object | null;
}

/** Attempts before the last one stand in no event of their own. */
function countFailures(event: ActivityEvent): number {
  const earlier = (event.activityTaskStartedEventAttributes?.attempt ?? 1) - 1;
  const last = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  return earlier + (last ? 1 : 0);
}

/** Of every run of `reconcile` that has ended, from Temporal itself. */
async function readTicks({ temporal: { client } }: BenchStack): Promise<Ticks> {
  const events: number[] = [];
  const summaries = new Map<string, number>();
  let failedBatches = 0;
  const query = "WorkflowType = 'reconcile' and ExecutionStatus != 'Running'";
  for await (const { workflowId, runId, status } of client.workflow.list({ query })) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const { events: history } = await handle.fetchHistory();
    events.push(history?.length ?? 0);
    failedBatches += (history ?? []).reduce((total, event) => total + countFailures(event), 0);
    const summary =
      status.name === "COMPLETED"
        ? ((await handle.result()) as Readonly<Record<string, number>>)
        : { [status.name]: 1 };
    for (const [name, count] of Object.entries(summary))
      summaries.set(name, (summaries.get(name) ?? 0) + count);
  }
  return { events, failedBatches, summaries };
}

const toList = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, count]) => `${name} ${String(count)}`).join(", ") || "none";

/** Prints what it came to; true where no batch and no workspace failed and nothing was posted twice. */
async function report(stack: BenchStack, begun: number): Promise<boolean> {
  const wall = toSeconds(performance.now() - begun);
  const usage = stack.children.map((child) => ({ name: child.record.name, ...readUsage(child) }));
  const { byOperation, posts } = await countCalls(stack);
  const { events, failedBatches, summaries } = await readTicks(stack);
  const failing = await ask(stack, "select count(*) from workspaces where last_error is not null");
  const most = Math.max(0, ...posts.values());
  say(`wall: ${wall} s`);
  say(`ticks: ${String(events.length)}; events of each: ${events.join(" ")}`);
  say(`summed over ticks: ${toList(summaries)}`);
  say(`failed batches: ${String(failedBatches)}; workspaces with an error: ${String(failing)}`);
  say(`calls: ${toList(byOperation)}`);
  say(`processors posted to: ${String(posts.size)}; POSTs per processor at most: ${String(most)}`);
  for (const { name, cpuSeconds, peakRssMib } of usage)
    say(`${name}: ${cpuSeconds.toFixed(1)} s of CPU, peak RSS ${peakRssMib.toFixed(0)} MiB`);
  return failedBatches === 0 && failing === 0 && most <= 1;
}

/** On a stack of its own; what the worker complained of is told where it did not hold. */
async function play(fleet: BenchFleet, act: (stack: BenchStack) => Promise<boolean>): Promise<boolean> {
  const count = fleet.workspaces * fleet.processorsPerWorkspace;
  const projects = Math.ceil(fleet.workspaces / fleet.workspacesPerProject);
  say(
    `\n${String(count)} processors ${fleet.state} in ${String(fleet.workspaces)} workspaces of ${String(projects)} projects`,
  );
  const stack = await startBenchStack(fleet);
  try {
    const declaring = performance.now();
    await declareFleet(stack.store, fleet);
    say(`declared in ${toSeconds(performance.now() - declaring)} s`);
    await stack.startWorker();
    const begun = performance.now();
    const holds = await act(stack);
    const isSound = (await report(stack, begun)) && holds;
    if (!isSound) say(readFileSync(stack.workerLog, "utf8").split("\n").slice(-40).join("\n"));
    say(isSound ? "it holds" : "IT DOES NOT HOLD");
    return isSound;
  } finally {
    await stack.stop();
  }
}

async function startEach(stack: BenchStack, count: number): Promise<boolean> {
  await until(stack, async () => {
    const open = await ask(stack, "select count(*) from changes where closed_at is null");
    const started = await ask(stack, "select count(*) from processor_status where state = 'STARTED'");
    return open === 0 && started === count;
  });
  const { posts } = await countCalls(stack);
  return posts.size === count && [...posts.values()].every((sent) => sent === 1);
}

const { values } = parseArgs({
  options: {
    workspaces: { type: "string", default: "5000" },
    "processors-per": { type: "string", default: "20" },
    failed: { type: "string", default: "5000" },
    rounds: { type: "string", default: "2" },
  },
});
const quiet: BenchFleet = {
  workspaces: Number(values.workspaces),
  workspacesPerProject: 20,
  processorsPerWorkspace: Number(values["processors-per"]),
  state: "STARTED",
};
const failed: BenchFleet = {
  workspaces: Math.ceil(Number(values.failed) / FAILED_PER_WORKSPACE),
  workspacesPerProject: 4,
  processorsPerWorkspace: FAILED_PER_WORKSPACE,
  state: "FAILED",
};
const areSound: boolean[] = [];
if (quiet.workspaces > 0) {
  areSound.push(
    await play(quiet, async (stack) => {
      await passRounds(stack, Number(values.rounds));
      return true;
    }),
  );
}
if (failed.workspaces > 0) {
  areSound.push(await play(failed, (stack) => startEach(stack, failed.workspaces * FAILED_PER_WORKSPACE)));
}
process.exitCode = areSound.every(Boolean) ? 0 : 1;
