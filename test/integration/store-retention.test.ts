// Retention: what expires goes in bounded slices, what must stay stays, and what stays is not counted again each time.
import { beforeEach, expect, it } from "vitest";
import { startUpkeep } from "../../src/bin/upkeep.js";
import { createLogger } from "../../src/base/logger.js";
import { claimAtlas } from "../../src/store/installation.js";
import { claimKey } from "../../src/store/people/idempotency-keys.js";
import { createRetention } from "../../src/store/upkeep/retention.js";
import { PROJECT, until } from "../support/fleets.js";
import { aPolicy, aRef, aRequest, declare, opened, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const DAY_MS = 86_400_000;
const NEVER = new AbortController().signal;

beforeEach(() => declare(database().store, aRef("p"), aPolicy()));

const deleteExpired = (): Promise<number> => createRetention(database().store).run(NEVER);

/** `count` closed changes of one processor, closed that many days ago, one minute apart. */
async function addClosed(processor: string, count: number, daysAgo: number): Promise<void> {
  await database().store.query(
    `insert into changes (project, workspace, processor, kind, requested_by, actor, why, workflow_id, run_id,
       opened_at, closed_at, outcome, outcome_code, outcome_text)
     select $1, 'orders', $2, 'start', 'person', 'a', 'w', 'w', 'r', at - interval '1 s', at, 'succeeded', 'c', 't'
     from generate_series(1, $3::integer) n, lateral (
       select headgate_now() - make_interval(days => $4::integer) - n * interval '1 min' as at) times`,
    [PROJECT, processor, count, daysAgo],
  );
}

async function addLines(count: number, daysAgo: number): Promise<void> {
  await database().store.query(
    `insert into journal (at, kind, actor, text)
     select headgate_now() - make_interval(days => $2::integer), 'old', 'a', 't' from generate_series(1, $1::integer)`,
    [count, daysAgo],
  );
}

const count = async (table: string, where = "true"): Promise<number> =>
  (await database().store.query(`select from ${table} where ${where}`)).length;

it("deletes journal lines after 90 days, no earlier", async () => {
  await addLines(3, 91);
  await addLines(4, 89);
  expect(await deleteExpired()).toBe(3);
  expect(await count("journal", "kind = 'old'")).toBe(4);
});

it("forgets what POSTs over HTTP were answered after a day, no earlier", async () => {
  const claim = (idempotencyKey: string): Promise<unknown> =>
    claimKey(database().store, { apiKey: "k", idempotencyKey }, "hash");
  await claim("old");
  await database().advance(DAY_MS - 1_000);
  await claim("young");
  expect(await deleteExpired()).toBe(0);
  await database().advance(2_000);
  expect(await deleteExpired()).toBe(1);
  expect(await count("idempotency_keys", "idempotency_key = 'young'")).toBe(1);
});

it.each([
  { reason: "400 days old, with twenty newer ones", old: 5, recent: 20, kept: 20 },
  { reason: "the last twenty stay, however old", old: 25, recent: 0, kept: 20 },
  { reason: "few and old: all stay", old: 20, recent: 0, kept: 20 },
  { reason: "many and young: all stay", old: 0, recent: 60, kept: 60 },
])("keeps $kept of $old old and $recent recent changes: $reason", async ({ old, recent, kept }) => {
  await addClosed("p", old, 401);
  await addClosed("p", recent, 399);
  await addClosed("q", 1, 4_000);
  expect(await deleteExpired()).toBe(old + recent - kept);
  expect(await count("changes", "processor = 'p'")).toBe(kept);
  expect(await count("changes", "processor = 'q'")).toBe(1);
  expect(await deleteExpired()).toBe(0);
});

it("deletes the newest last: what stays of a processor's changes is the newest", async () => {
  await addClosed("p", 30, 401);
  await deleteExpired();
  const [row] = await database().store.query<{ oldest: number }>(
    "select extract(epoch from headgate_now() - interval '401 days' - min(closed_at))::integer as oldest from changes",
  );
  expect(Math.round((row?.oldest ?? 0) / 60)).toBe(20);
});

it("never deletes an open change, its steps, a version or a policy's status, whatever their age", async () => {
  const { store } = database();
  const { id } = await opened(store, aRequest(aRef("p")), "run-1");
  await store.query(
    "insert into change_steps (change_id, step, attempt, fenced_at, horizon_at) values ($1, 'start', 1, headgate_now(), headgate_now())",
    [id],
  );
  await store.query("update changes set opened_at = opened_at - interval '10 years'");
  await addClosed("p", 60, 401);
  await database().advance(401 * DAY_MS);
  await deleteExpired();
  expect(await count("changes", "closed_at is null")).toBe(1);
  for (const table of ["change_steps", "policy_versions", "processor_status", "start_policies"]) {
    expect(await count(table)).toBe(1);
  }
});

it("looks at a thousand rows of each table in one transaction, and gets to the end of a backlog in one run", async () => {
  const { store } = database();
  await addLines(2_300, 91);
  await addClosed("p", 1_220, 401);
  await store.query(
    "insert into change_steps (change_id, step, attempt, fenced_at, horizon_at) select id, 'start', 1, opened_at, opened_at from changes",
  );
  database().takeStatements();
  expect(await deleteExpired()).toBe(3_500);
  expect(
    database()
      .takeStatements()
      .filter((text) => text.startsWith("begin")),
  ).toHaveLength(3);
  expect([await count("changes"), await count("change_steps")]).toEqual([20, 20]);
});

it("does not count the old changes it keeps again in every run: once a day", async () => {
  const { store } = database();
  for (const processor of ["a", "b", "c"]) await addClosed(processor, 20, 401);
  const retention = createRetention(store);
  const countLooks = async (): Promise<number> => {
    await store.query("select pg_stat_force_next_flush()");
    const [row] = await store.query<{ looks: number }>(
      "select idx_scan as looks from pg_stat_user_indexes where indexrelname = 'changes_by_processor'",
    );
    return row?.looks ?? 0;
  };
  await retention.run(NEVER);
  await database().advance(1_000);
  const before = await countLooks();
  await retention.run(NEVER);
  expect(await countLooks()).toBe(before);
  // What was kept goes once it has twenty newer ones: the next day looks at it again.
  await addClosed("a", 20, 1);
  await database().advance(DAY_MS);
  expect(await retention.run(NEVER)).toBe(20);
});

it("leaves the work to a worker that is at it already", async () => {
  const { store } = database();
  await addLines(3, 91);
  await store.transaction(async (db) => {
    await db.query("select pg_advisory_xact_lock(4137208018)");
    expect(await deleteExpired()).toBe(0);
  });
  expect(await deleteExpired()).toBe(3);
});

interface Gone {
  readonly reason: string;
  readonly set?: string;
  readonly ageDays?: number;
  readonly isDeclared?: boolean;
  readonly isChanging?: boolean;
  readonly kept: boolean;
}

it.each<Gone>([
  { reason: "nobody declares it, Atlas does not list it, there is nothing to remember", kept: false },
  { reason: "it went no 90 days ago", ageDays: 89, kept: true },
  { reason: "Atlas lists it", set: "absences = 0", kept: true },
  { reason: "a policy names it", isDeclared: true, kept: true },
  { reason: "a change of it is open", isChanging: true, kept: true },
  { reason: "a spent position must not be armed again", set: "positions_spent = '{at:x}'", kept: true },
  {
    reason: "it is suspended",
    set: "suspended_by = 'anna', suspended_why = 'w', suspended_until = headgate_now() + interval '200 days'",
    kept: true,
  },
  {
    reason: "its suspension has ended",
    set: "suspended_by = 'anna', suspended_why = 'w', suspended_until = headgate_now()",
    kept: false,
  },
  { reason: "it is barred", set: "barred_until = headgate_now() + interval '200 days'", kept: true },
])("of the status of a processor that is gone, is it kept: $kept, because $reason", async (row) => {
  const { store } = database();
  const ref = aRef("gone");
  if (row.isDeclared === true) await declare(store, ref, aPolicy());
  await store.query(
    `insert into processor_status (project, workspace, processor, absences, reason_code, reason, reason_since)
     values ($1, $2, $3, 2, 'unmanaged', 'no policy', headgate_now())`,
    [ref.project, ref.workspace, ref.processor],
  );
  if (row.isChanging === true) {
    await opened(store, aRequest(ref, { requestedBy: "person", policyVersion: null }), "run-1");
  }
  if (row.set !== undefined) {
    await store.query(`update processor_status set ${row.set} where processor = 'gone'`);
  }
  await database().advance((row.ageDays ?? 91) * DAY_MS);
  await deleteExpired();
  expect(await count("processor_status", "processor = 'gone'")).toBe(row.kept ? 1 : 0);
});

it("a worker's upkeep deletes by itself, and ends when it is told to", async () => {
  const { store } = database();
  await claimAtlas(store, "https://atlas.example");
  await addLines(3, 91);
  const end = startUpkeep({ store, log: createLogger("silent"), everyMs: 20 });
  await until(async () => ((await count("journal", "kind = 'old'")) === 0 ? true : undefined));
  await end();
});
