// An unchanged workspace is not loaded; whatever may change a decision makes the next pass load it: every writer of its
// rows, by Headgate or by hand, another list, the clock. Each is counted by the statement that loads.
import { expect, it } from "vitest";
import { createQuietWorkspaces, digestList } from "../../activities/quiet-workspaces.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import type { Simulator } from "../../src/sim/wire/server.js";
import type { Store } from "../../src/store/postgres/pool.js";
import { useBatches } from "../support/batches.js";
import type { Batches } from "../support/batches.js";
import { PROJECT } from "../support/fleets.js";
import { anObservation } from "../support/passes.js";
import { aQuietFleet } from "../support/quiet-fleets.js";
import { aPolicy, aRef, aRequest, declare, opened, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const openAtlas = useBatches(database);
const { intervalMs } = DEFAULT_SETTINGS;
const W1 = { project: PROJECT, workspace: "w-1" };
const P1 = aRef("p-1", W1);
/** At noon, and the tests' clock is anywhere: a slot comes within a day. */
const NOON = { cron: "0 12 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 60_000 };

/** One workspace of three running processors, one of them declared as given, and a pass that found nothing to do. */
async function settle(policy = aPolicy({ start: { tier: "SP10" } })): Promise<Batches> {
  const opened = await openAtlas({ populate: aQuietFleet({ workspaces: 1, processors: 3 }) });
  await declare(database().store, P1, policy);
  await declare(database().store, aRef("p-3", W1), aPolicy({ mode: "observe" }));
  await opened.runBatch();
  expect(await countLoads(opened)).toBe(1);
  expect(await countLoads(opened)).toBe(0);
  return opened;
}

/** Of the next pass, after an interval. */
async function countLoads({ runBatch }: Batches): Promise<number> {
  await database().advance(intervalMs);
  await database().store.query("update workspaces set due_at = headgate_now() where workspace = 'w-1'");
  database().takeStatements();
  expect(await runBatch()).toMatchObject({ observed: 1, failed: 0 });
  return database()
    .takeStatements()
    .filter((text) => text.includes("json_agg(p) from start_policies")).length;
}

const bySql =
  (statement: string) =>
  async (store: Store): Promise<void> => {
    await store.query(statement);
  };

it.each<[string, (store: Store) => Promise<unknown>]>([
  ["a policy is declared anew", (store) => declare(store, P1, aPolicy({ start: { tier: "SP30" } }))],
  ["another policy is declared", (store) => declare(store, aRef("p-2", W1), aPolicy())],
  ["a policy is deleted", (store) => declare(store, P1, null)],
  ["a policy is edited by hand", bySql("update start_policies set tier = 'SP30'")],
  [
    "a status is written",
    bySql(
      "update processor_status set suspended_by = 'ana', suspended_why = 'why', " +
        "suspended_until = headgate_now() + interval '1 day' where processor = 'p-1'",
    ),
  ],
  ["a status is forgotten", bySql("delete from processor_status where processor = 'p-1'")],
  ["a change is opened", (store) => opened(store, aRequest(P1, { kind: "restart" }), "run")],
  ["the brake is released", bySql(`update workspaces set brake_released = '{"p-1": 1}'`)],
  ["the brake is on", bySql("update workspaces set braked_since = headgate_now()")],
  [
    "the project is held",
    bySql(
      "update projects set held_why = 'denied', held_by = 'post', held_since = headgate_now(), " +
        "recheck_at = headgate_now() + interval '1 day'",
    ),
  ],
  [
    "another workspace of the project grows by a page",
    bySql(`insert into workspaces (project, workspace, interval_ms, due_at, observed_pages)
      select project, 'other', interval_ms, headgate_now() + interval '1 day', 3 from workspaces`),
  ],
])("loads again when %s", async (_what, write) => {
  const batches = await settle();
  await write(database().store);
  expect(await countLoads(batches)).toBe(1);
});

it.each<[string, Parameters<Simulator["mutate"]>[0]]>([
  ["one went FAILED", [{ op: "set", ...P1, state: "FAILED" }]],
  ["one runs on another tier", [{ op: "set", ...P1, tier: "SP50" }]],
])("loads again when %s", async (_what, mutation) => {
  const batches = await settle();
  expect(batches.simulator.mutate(mutation)).toEqual([]);
  expect(await countLoads(batches)).toBe(1);
  expect(batches.started().map(({ processor }) => processor)).toEqual(["p-1"]);
});

it("a nightly slot is met by the first pass after it, and its restart is started", async () => {
  const batches = await settle(aPolicy({ start: { tier: "SP10" }, restart: NOON }));
  const [row] = await database().store.query<{ left: number }>(
    `select to_ms(date_trunc('day', (headgate_now() at time zone 'UTC') - interval '12 hours') at time zone 'UTC'
       + interval '36 hours') - to_ms(headgate_now()) as left`,
  );
  await database().advance((row?.left ?? 0) - intervalMs + 1_000);
  expect(await countLoads(batches)).toBe(1);
  expect(batches.started().map(({ processor }) => processor)).toEqual(["p-1"]);
});

it("loads when the next positions are due, once more to find them as it left them, and is quiet again", async () => {
  const batches = await settle();
  await database().advance(6 * 60_000);
  expect(await countLoads(batches)).toBe(0);
  expect(await countLoads(batches)).toBe(1);
  expect(await countLoads(batches)).toBe(1);
  await database().advance(6 * 60_000);
  expect(await countLoads(batches)).toBe(0);
});

it("loads again after a quarter of an hour, whatever happened, and when the clock has gone back", async () => {
  const batches = await settle();
  // Of topics there are no positions.
  const pipeline = [{ $source: { connectionName: "kafka", topic: "clicks" } }];
  const names = ["p-1", "p-2", "p-3"];
  const edits = names.map((processor) => ({ op: "set", ...W1, processor, pipeline }) as const);
  expect(batches.simulator.mutate(edits)).toEqual([]);
  await database().store.query("update processor_status set position = null");
  expect(await countLoads(batches)).toBe(1);
  expect(await countLoads(batches)).toBe(0);
  await database().advance(14 * 60_000);
  expect(await countLoads(batches)).toBe(1);
  expect(await countLoads(batches)).toBe(0);
  await database().advance(-3 * 60_000);
  await database().store.query("update call_budgets set refilled_at = headgate_now()");
  expect(await countLoads(batches)).toBe(1);
});

it("gives the lease back, dates the look and clears an error, as any pass does", async () => {
  const batches = await settle();
  await database().store.query("update workspaces set last_error = 'away', last_error_at = headgate_now()");
  expect(await countLoads(batches)).toBe(0);
  const [row] = await database().store.query(
    `select lease_token, lease_until, last_error, absent, observed_count as count,
       observed_at > headgate_now() - interval '5 seconds' as "isFresh" from workspaces`,
  );
  expect(row).toEqual({
    lease_token: null,
    lease_until: null,
    last_error: null,
    absent: false,
    count: 3,
    isFresh: true,
  });
});

it("remembers a bounded number of workspaces, and tells lists apart by all that is read of them", () => {
  const quiet = createQuietWorkspaces();
  const one = { seen: "s", stamp: "t", from: 1, until: 2, pagesInProject: 1 };
  const ref = (index: number) => ({ project: PROJECT, workspace: `w-${String(index)}` });
  for (let index = 0; index <= 20_000; index += 1) quiet.remember(ref(index), one);
  expect([quiet.recall(ref(0)), quiet.recall(ref(20_000))]).toEqual([undefined, one]);
  const lists = [[], [anObservation("p")], [anObservation("q")], [anObservation("p", { state: "STOPPED" })]];
  expect(new Set(lists.map(digestList)).size).toBe(lists.length);
});
