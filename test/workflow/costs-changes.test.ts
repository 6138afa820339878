// What changes cost: one POST each, few other calls however many wait together, and no history for the waiting. Counted
// by the simulator's log, by Temporal's histories and by when the database says that Atlas was looked at.
import { afterEach, expect, it } from "vitest";
import { toChangeWorkflowId } from "../../src/domain/run-names.js";
import { buildSettings } from "../../src/sim/settings/settings.js";
import { callsOf, declareIn, refOf, theChangeOf } from "../support/changes.js";
import { declareAll, untilAllStarted } from "../support/crashes.js";
import { aFleet, many, until } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { LoopOptions, TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";
import { pauseSchedule } from "../support/schedules.js";

const POLL_MS = 500;

let loop: TestLoop | undefined;
afterEach(() => loop?.stop());

async function startPatientLoop(simulator: LoopOptions["simulator"]): Promise<TestLoop> {
  loop = await startLoop({ simulator: simulator ?? {}, settings: { ...PATIENT, pollMs: POLL_MS } });
  await loop.startWorker();
  await pauseSchedule(loop);
  return loop;
}

/** From now on the database keeps every time a workspace was looked at, in its own time: before the LIST was sent. */
async function keepLooks({ database: { store } }: TestLoop): Promise<() => Promise<readonly number[]>> {
  await store.query("create table looks (observed_at timestamptz not null)");
  await store.query(
    `create function keep_look() returns trigger language plpgsql as $$
       begin insert into looks values (new.observed_at); return new; end $$`,
  );
  await store.query(
    `create trigger keep_looks after update on workspaces for each row
     when (new.observed_at is distinct from old.observed_at) execute function keep_look()`,
  );
  return async () => {
    const rows = await store.query<{ at: number }>("select observed_at as at from looks order by 1");
    return rows.map(({ at }) => at);
  };
}

const COUNT = 50;

it("starts 50 processors of a workspace by 50 POSTs, a LIST per poll interval at most, and no GET", async () => {
  const at = await startPatientLoop({ populate: aFleet({ orders: many(COUNT, "FAILED") }) });
  const readLooks = await keepLooks(at);
  await applyText(at.app, declareAll("orders", COUNT));
  const changes = await untilAllStarted(at, COUNT);
  expect(changes.map(({ outcome, posts }) => [outcome, posts])).toEqual(Array(COUNT).fill(["succeeded", 1]));
  const looks = await readLooks();
  const calls = at.simulator.log().filter(({ workspace }) => workspace === "orders");
  const starts = calls.filter(({ operation }) => operation === "startWith");
  const lists = calls.filter(({ operation }) => operation === "list");
  expect(new Set(starts.map(({ processor }) => processor)).size).toBe(COUNT);
  expect([starts.length, lists.length, calls.length]).toEqual([COUNT, looks.length, COUNT + looks.length]);
  const gaps = looks.slice(1).map((look, index) => look - (looks[index] ?? 0));
  expect(gaps.filter((gap) => gap < POLL_MS)).toEqual([]);
});

const EVENTS_OF_A_START = 11;
const NEVER_STARTED = ["startWith.answer=at-once", "startWith.provisioningMs=360000000"];
const LOOKS = 6;

/** The LISTs since its start was posted. */
function looksWaiting(at: TestLoop): number {
  const calls = callsOf(at, "orders", "startWith", "list").map(({ operation }) => operation);
  return calls.includes("startWith") ? calls.length - 1 - calls.indexOf("startWith") : 0;
}

async function countEvents(at: TestLoop, runId: string): Promise<number> {
  const run = at.client.workflow.getHandle(
    toChangeWorkflowId(at.installation.taskQueue, refOf("orders")),
    runId,
  );
  await run.result();
  return (await run.fetchHistory()).events?.length ?? 0;
}

it("a start that is STARTED at once has 11 events in its history", async () => {
  const at = await startPatientLoop({ populate: aFleet({ orders: { p: "FAILED" } }) });
  await declareIn(at, "orders", "{ state: STARTED }");
  const { runId, outcome, posts } = await theChangeOf(at, "orders");
  expect({ outcome, posts }).toEqual({ outcome: "succeeded", posts: 1 });
  expect(await countEvents(at, runId)).toBe(EVENTS_OF_A_START);
});

it("a start that is looked at again and again until it is STARTED has no event more", async () => {
  const populate = aFleet({ orders: { p: "FAILED" } });
  const at = await startPatientLoop({ populate, settings: buildSettings(NEVER_STARTED) });
  await declareIn(at, "orders", "{ state: STARTED }");
  await until(() => Promise.resolve(looksWaiting(at) >= LOOKS ? true : undefined));
  expect(at.simulator.mutate({ op: "set", ...refOf("orders"), state: "STARTED" })).toEqual([]);
  const { runId, outcome, posts } = await theChangeOf(at, "orders");
  expect({ outcome, posts }).toEqual({ outcome: "succeeded", posts: 1 });
  expect(await countEvents(at, runId)).toBe(EVENTS_OF_A_START);
});
