// Headgate itself, of one build: its migrations, its worker as a process, its Schedule as what begins a pass.
import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Client, ScheduleHandle } from "@temporalio/client";
import { readEnvironment } from "../../src/config/environment.js";
import { startChild, untilReady } from "../../src/dev/child.js";
import type { Child } from "../../src/dev/child.js";
import { connectClient } from "../../src/temporal/connection.js";
import { loadTemporalProfile } from "../../src/temporal/profile.js";
import type { Build } from "../builds.js";
import { declareFleet } from "../fleet.js";
import { readHistory } from "../histories.js";
import type { BenchDatabase, BenchStack } from "../stack.js";
import type { Contender, ContenderSession } from "./contender.js";

export interface HeadgateContender {
  readonly build: Build;
  /** Of its database, its namespace and its log. */
  readonly id: string;
  /** Over the defaults: `HEADGATE_*`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Every session begins with the database as it was after the declaration. */
  readonly isFresh: boolean;
}

const READY_MS = 120_000;
const SEED = "_seed";

/** What its commands need. */
export interface HeadgateSide {
  readonly database: BenchDatabase;
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function createHeadgateContender(
  stack: BenchStack,
  { build, id, settings, isFresh }: HeadgateContender,
): Promise<Contender & { readonly side: HeadgateSide }> {
  const { PATH, HOME } = readEnvironment();
  const { url, clientId, clientSecret } = stack.atlas;
  const toEnvironment = (databaseUrl: string): Readonly<Record<string, string | undefined>> => ({
    PATH,
    HOME,
    DATABASE_URL: databaseUrl,
    ...stack.toTemporalVariables(id),
    MONGODB_ATLAS_BASE_URL: url,
    MONGODB_ATLAS_CLIENT_ID: clientId,
    MONGODB_ATLAS_CLIENT_SECRET: clientSecret,
    ...settings,
  });
  const program = join(build.root, "dist/src/bin/headgate.js");
  const seed = await stack.createDatabase(`${id}${SEED}`);
  execFileSync(process.execPath, [program, "migrate"], { env: toEnvironment(seed.url), stdio: "ignore" });
  await declareFleet(seed.store, stack.atlas.fleet);
  let database = await stack.createDatabase(id, seed.name);
  const { client, close } = await connectClient(loadTemporalProfile(stack.toTemporalVariables(id)));
  stack.onStop(close);
  const open: Contender["open"] = async () => {
    if (isFresh) database = await stack.createDatabase(id, seed.name);
    const worker = await startChild({
      name: id,
      command: process.execPath,
      args: [program, "worker"],
      env: toEnvironment(database.url),
      logFile: join(stack.folder, `${id}-${String(performance.now())}.log`),
      stopSignal: "SIGTERM",
      patienceMs: 30_000,
    });
    // Also if nobody closes the session.
    stack.onStop(() => worker.stop());
    await untilReady(worker, {
      isReady: () => Promise.resolve(readFileSync(worker.logFile, "utf8").includes('"worker.started"')),
      patienceMs: READY_MS,
    });
    return toSession(stack, { worker, database, client });
  };
  return { name: build.name, open, side: { database, program, env: toEnvironment(database.url) } };
}

interface Opened {
  readonly worker: Child;
  readonly database: BenchDatabase;
  readonly client: Client;
}

async function toSession(
  { atlas }: BenchStack,
  { worker, database, client }: Opened,
): Promise<ContenderSession> {
  const schedule = await findSchedule(client);
  const workspaces = atlas.fleet.length;
  const processors = atlas.fleet.reduce((total, one) => total + one.processors.length, 0);
  return {
    pid: worker.record.pid,
    database: database.name,
    readHistory: (since) => readHistory(client, since),
    makeReady: async () => {
      // Nothing runs but what the bench triggers: a tick that has begun by itself would take some of the workspaces.
      await schedule.pause();
      const running = await readLastRun(schedule);
      if (running !== undefined) await client.workflow.getHandle(running.workflowId, running.runId).result();
      await database.store.query("update workspaces set due_at = headgate_now()");
      await database.store.query("vacuum analyze");
    },
    pass: async () => {
      const begun = performance.now();
      const { workflowId, runId } = await trigger(schedule);
      const summary = (await client.workflow.getHandle(workflowId, runId).result()) as TickCounts;
      const wallMs = performance.now() - begun;
      if (summary.observed !== workspaces) throw new Error(`a pass observed ${String(summary.observed)}`);
      return wallMs;
    },
    recover: async () => {
      const begun = performance.now();
      await trigger(schedule);
      await schedule.unpause();
      await untilClosed(worker, database, processors);
      return performance.now() - begun;
    },
    countErrors: async () => {
      const [row] = await database.store.query<{ count: number }>(
        "select count(*) as count from workspaces where last_error is not null",
      );
      return row?.count ?? 0;
    },
    close: () => worker.stop(),
  };
}

interface TickCounts {
  readonly observed: number;
}

const LOOK_MS = 25;

/** There is one in its namespace; the list of them follows a little behind. */
async function findSchedule(client: Client): Promise<ScheduleHandle> {
  for (;;) {
    for await (const { scheduleId } of client.schedule.list()) return client.schedule.getHandle(scheduleId);
    await delay(LOOK_MS);
  }
}

interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

async function readLastRun(schedule: ScheduleHandle): Promise<Run | undefined> {
  const { info } = await schedule.describe();
  const action = info.recentActions.at(-1)?.action;
  return action && { workflowId: action.workflow.workflowId, runId: action.workflow.firstExecutionRunId };
}

/** Begins a tick as the Schedule does; the tick's run. */
async function trigger(schedule: ScheduleHandle): Promise<Run> {
  const before = await readLastRun(schedule);
  await schedule.trigger();
  for (;;) {
    const run = await readLastRun(schedule);
    if (run !== undefined && run.runId !== before?.runId) return run;
    await delay(LOOK_MS);
  }
}

const CLOSED_LOOK_MS = 250;

/** Until as many changes have ended as there are processors. */
async function untilClosed(worker: Child, { store }: BenchDatabase, processors: number): Promise<void> {
  let death: string | undefined;
  void worker.ended.then((how) => (death = how));
  for (;;) {
    const [row] = await store.query<{ closed: number }>(
      "select count(*) as closed from changes where closed_at is not null",
    );
    if ((row?.closed ?? 0) >= processors) return;
    if (death !== undefined) throw new Error(`the worker ended (${death})`);
    await delay(CLOSED_LOOK_MS);
  }
}
