// A worker killed in a restart between its stop and its start: whoever comes next starts what was stopped, once, under
// the same row: another worker of the same Temporal, or the first of a new one that knows of nothing.
import { afterEach, expect, it } from "vitest";
import { openApp } from "../../src/bin/app.js";
import { readConfig } from "../../src/bin/wiring.js";
import { requestPass } from "../../src/app/act/pass.js";
import {
  ask,
  callsOf,
  declareIn,
  effectsOf,
  meets,
  postsOf,
  processorIn,
  stepsIn,
  theChangeOf,
  untilOpen,
} from "../support/changes.js";
import type { LoopSettings } from "../../src/domain/settings.js";
import { HORIZON_MS, NOTHING_TIMES_OUT, untilCalls } from "../support/crashes.js";
import { takeNamespace } from "../support/database.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { killWorker, useWorkers } from "../support/worker-process.js";

const AN_INTERVAL_MS = 3_700_000;
const HANGS = { kind: "hang" };
/** Long enough to prepare what comes after its answer. */
const A_SECOND = { kind: "delay", ms: 20_000 };
const toSP30 = "{ state: STARTED, start: { tier: SP30 } }";

let loop: TestLoop;
afterEach(() => loop.stop());
const startWorker = useWorkers();

interface TakeOver {
  readonly by: string;
  /** Lets it begin, all leases and horizons over. */
  readonly begin: (workspaces: readonly string[]) => Promise<void>;
}

const TAKE_OVERS: readonly TakeOver[] = [
  {
    by: "another worker",
    begin: async () => {
      await loop.database.advance(HORIZON_MS);
      await startWorker(loop.variables);
    },
  },
  {
    by: "a worker of a new Temporal",
    begin: async (workspaces) => {
      const variables = await toNewTemporal();
      await loop.database.advance(AN_INTERVAL_MS);
      await startWorker(variables);
      const opened = openApp(readConfig(variables), variables);
      const pass = (workspace: string) =>
        requestPass(opened.app, { only: [{ project: PROJECT, workspace }], isLookOnly: false });
      await Promise.all(workspaces.map(pass)).finally(() => opened.close());
    },
  },
];

async function toNewTemporal(): Promise<Readonly<Record<string, string>>> {
  return { ...loop.variables, TEMPORAL_NAMESPACE: await takeNamespace() };
}

async function startFleet(
  workspaces: readonly string[],
  faults: readonly object[],
  settings: Partial<LoopSettings> = NOTHING_TIMES_OUT,
): Promise<void> {
  loop = await startLoop({
    simulator: {
      populate: aFleet(Object.fromEntries(workspaces.map((name) => [name, { p: "STARTED" }]))),
      faults,
    },
    settings,
  });
}

const stopIsIn = (workspace: string): Promise<unknown> =>
  untilCalls(loop, "stop", (stops) => stops.some((stop) => stop.workspace === workspace));

/** Its stop shows late, and then nothing shows any more. */
async function holdWaiting(workspace: string): Promise<void> {
  await stopIsIn(workspace);
  loop.simulator.installFaults([
    { when: { operation: "list", workspace, nth: 1 }, what: { kind: "stale-read" } },
    { when: { operation: "list", workspace }, what: HANGS },
  ]);
  await until(() =>
    Promise.resolve(callsOf(loop, workspace, "list").at(-1)?.faultKind === "hang" ? true : undefined),
  );
}

/** Its policy is locked before its stop is answered: the fence of its start cannot pass. Answers what ends that. */
async function holdFence(workspace: string): Promise<() => void> {
  await stopIsIn(workspace);
  let release = (): void => undefined;
  const { store } = loop.database;
  const held = new Promise<void>((resolve) => (release = resolve));
  await new Promise<void>((resolve, reject) => {
    const work = store.transaction(async (db) => {
      await db.query("select from start_policies where workspace = $1 for update", [workspace]);
      resolve();
      await held;
    });
    work.catch(reject);
  });
  await until(async () => {
    const waiting = await store.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return waiting.length > 0 ? true : undefined;
  });
  return release;
}

/** All of them were stopped and started once, by the change that was open before. */
async function expectRestarts(workspaces: readonly string[], ids: readonly string[]): Promise<void> {
  const changes = await Promise.all(workspaces.map((name) => theChangeOf(loop, name)));
  expect(changes.map(({ id, kind, outcome }) => [id, kind, outcome])).toEqual(
    ids.map((id) => [id, "restart", "succeeded"]),
  );
  const expected = workspaces.map((name) => [name, ["stop", "startWith"], { tier: "SP30" }, "STARTED"]);
  const found = workspaces.map(async (name) => [
    name,
    effectsOf(loop, name),
    postsOf(loop, name).at(-1)?.body,
    (await processorIn(loop, name)).state,
  ]);
  expect(await Promise.all(found)).toEqual(expected);
}

const findIds = async (workspaces: readonly string[]): Promise<readonly string[]> =>
  (await Promise.all(workspaces.map((name) => untilOpen(loop, name)))).map(({ id }) => id);

it.each(TAKE_OVERS)("starts what a killed worker had stopped: $by", async ({ begin }) => {
  const workspaces = ["waiting", "unfenced", "unanswered", "answered"];
  await startFleet(workspaces, [
    meets("stop", { workspace: "waiting" }, A_SECOND),
    meets("stop", { workspace: "unfenced" }, A_SECOND),
    meets("stop", { workspace: "unanswered" }, { ...HANGS, applies: true }),
  ]);
  const worker = await startWorker(loop.variables);
  await declareIn(loop, "waiting", toSP30);
  await holdWaiting("waiting");
  await declareIn(loop, "unfenced", toSP30);
  const release = await holdFence("unfenced");
  await declareIn(loop, "unanswered", "{ state: STARTED }");
  await ask(loop, { workspace: "unanswered", kind: "restart" }, { options: { tier: "SP30" } });
  await untilCalls(loop, "stop", (stops) =>
    stops.some(({ workspace, effective }) => workspace === "unanswered" && effective),
  );
  await declareIn(loop, "answered", toSP30);
  await untilCalls(loop, "stop", (stops) =>
    stops.some(({ workspace, finishedAt }) => workspace === "answered" && finishedAt !== null),
  );
  await killWorker(worker);
  release();
  expect(workspaces.map((name) => effectsOf(loop, name))).toEqual(workspaces.map(() => ["stop"]));
  const ids = await findIds(workspaces);
  loop.simulator.installFaults([], true);
  await begin(workspaces);
  await expectRestarts(workspaces, ids);
});

it.each(TAKE_OVERS)("starts what was stopped, its start fenced and not posted: $by", async ({ begin }) => {
  await startFleet(
    ["fenced"],
    // Its token is refused, so that nothing was done yet, and the next one does not come.
    [
      meets("startWith", { workspace: "fenced" }, { kind: "status", status: 401 }),
      { when: { operation: "token", nth: 2 }, what: HANGS },
    ],
  );
  const worker = await startWorker(loop.variables);
  await declareIn(loop, "fenced", toSP30);
  await untilCalls(loop, "token", (tokens) => tokens.length === 2);
  await killWorker(worker);
  expect(await stepsIn(loop, "fenced")).toMatchObject([
    { step: "stop", fate: "applied" },
    { step: "start", attempt: 1, fate: null },
  ]);
  const ids = await findIds(["fenced"]);
  await begin(["fenced"]);
  await expectRestarts(["fenced"], ids);
});

it("starts what a stop brings down only after the row was taken over", async () => {
  const late = { kind: "delay", ms: 20 * 12_000 };
  const horizons = { postTimeoutMs: 19_000, startHorizonMs: 20_000, stopHorizonMs: 20_000 };
  await startFleet(["late"], [meets("stop", { workspace: "late" }, late)], {
    ...horizons,
    intervalMs: 5_000,
  });
  const worker = await startWorker(loop.variables);
  await declareIn(loop, "late", toSP30);
  await stopIsIn("late");
  await killWorker(worker);
  const ids = await findIds(["late"]);
  await startWorker(await toNewTemporal());
  await expectRestarts(["late"], ids);
});
