// How long one run of retention goes on, and when a clock counts as gone back. What the statements delete and mend is
// tested with a real Postgres, in test/integration/store-retention.test.ts and store-clock.test.ts.
import { expect, it } from "vitest";
import type { Db, Store } from "../../../../src/store/postgres/pool.js";
import { watchClock } from "../../../../src/store/upkeep/clock-watch.js";
import { createRetention } from "../../../../src/store/upkeep/retention.js";
import { recordingDb } from "../recorded-db.js";
import type { RecordedDb } from "../recorded-db.js";

const NEVER = new AbortController().signal;
const SLICE = 1_000;
const SLICES_MAX = 300;

interface SliceRows {
  readonly isMine?: boolean;
  readonly day?: number;
  readonly lines?: number;
  readonly statuses?: number;
  readonly deleted?: number;
  readonly lookedAt?: number;
  readonly last?: { readonly at: string; readonly id: string } | null;
}

const rows = (count: number): readonly object[] => Array.from({ length: count }, () => ({}));

function toDb(slice: SliceRows): RecordedDb {
  const { isMine = true, day = 1, lines = 0, statuses = 0, deleted = 0, lookedAt = 0, last = null } = slice;
  return recordingDb([
    [/pg_try_advisory_xact_lock/, [{ is_mine: isMine, day }]],
    [/delete from journal/, rows(lines)],
    [/delete from processor_status/, rows(statuses)],
    [/delete from changes/, [{ deleted, looked_at: lookedAt, last }]],
    [/delete from observations/, [{ deleted: 0, looked_at: 0, last: null }]],
  ]);
}

/** One transaction per slice: the nth sees what the nth entry says, and the last one goes on for ever. */
function aStore(slices: readonly SliceRows[]): {
  readonly store: Store;
  readonly seen: readonly RecordedDb[];
} {
  const seen: RecordedDb[] = [];
  const never = (): never => {
    throw new Error("retention works in transactions only");
  };
  const store: Store = {
    query: never,
    pages: never,
    close: never,
    transaction: <Result>(work: (db: Db) => Promise<Result>) => {
      const db = toDb(slices[Math.min(seen.length, slices.length - 1)] ?? {});
      seen.push(db);
      return work(db);
    },
  };
  return { store, seen };
}

it.each([
  { reason: "nothing has expired", slices: [{}], deleted: 0, transactions: 1 },
  {
    reason: "a slice that is not full is the last",
    slices: [{ lines: SLICE - 1, statuses: 2, deleted: 3, lookedAt: 5 }],
    deleted: SLICE + 4,
    transactions: 1,
  },
  {
    reason: "one full table asks for another slice",
    slices: [{ lines: SLICE }, { lines: 1 }],
    deleted: SLICE + 1,
    transactions: 2,
  },
  {
    reason: "changes that were looked at and kept fill a slice as well",
    slices: [{ lookedAt: SLICE, last: { at: "2025", id: "b" } }, {}],
    deleted: 0,
    transactions: 2,
  },
  { reason: "another worker is at it", slices: [{ isMine: false }], deleted: 0, transactions: 1 },
  {
    reason: "no run lasts for ever",
    slices: [{ statuses: SLICE }],
    deleted: SLICES_MAX * SLICE,
    transactions: SLICES_MAX,
  },
])("ends a run: $reason", async ({ slices, deleted, transactions }) => {
  const { store, seen } = aStore(slices);
  expect(await createRetention(store).run(NEVER)).toBe(deleted);
  expect(seen).toHaveLength(transactions);
});

it("touches nothing while another worker is at it", async () => {
  const { store, seen } = aStore([{ isMine: false }]);
  await createRetention(store).run(NEVER);
  expect(seen[0]?.sent).toHaveLength(1);
});

it("stops between two slices when it is told to", async () => {
  const stop = new AbortController();
  const { store, seen } = aStore([{ lines: SLICE }]);
  const stopping: Store = {
    ...store,
    transaction: (work) => {
      if (seen.length === 2) stop.abort();
      return store.transaction(work);
    },
  };
  expect(await createRetention(stopping).run(stop.signal)).toBe(3 * SLICE);
  expect(await createRetention(stopping).run(stop.signal)).toBe(0);
});

const lastParameters = (seen: readonly RecordedDb[]): readonly unknown[] =>
  seen.map(({ sent }) => sent.find(({ text }) => text.includes("delete from changes"))?.values.slice(1));
const BEGINNING = ["-infinity", "00000000-0000-0000-0000-000000000000"];

it("goes on where it left off on the same day, and from the beginning on the next", async () => {
  const found = { at: "2025-01-02", id: "b" };
  const { store, seen } = aStore([
    { day: 8, lookedAt: 3, last: found },
    { day: 8, lookedAt: 0 },
    { day: 8, lookedAt: 0 },
    { day: 9 },
  ]);
  const retention = createRetention(store);
  for (let run = 0; run < 4; run += 1) await retention.run(NEVER);
  const left = [found.at, found.id];
  expect(lastParameters(seen)).toEqual([BEGINNING, left, left, BEGINNING]);
});

const SEEN_AT = 1_700_000_000_000;

function aClock(
  aheadMs: number,
  answers: { readonly seenAt?: number | null; readonly isFirst?: boolean } = {},
) {
  const { seenAt = SEEN_AT, isFirst = true } = answers;
  const db = recordingDb([
    [/as ahead_ms/, [{ seen_at: seenAt, ahead_ms: aheadMs }]],
    [/clock\.went-back/, isFirst ? [{}] : []],
  ]);
  const store: Store = {
    ...db,
    transaction: (work) => work(db),
    pages: () => {
      throw new Error("no listing is read here");
    },
    close: () => Promise.resolve(),
  };
  return { store, sent: db.sent };
}

it.each([
  { reason: "it goes forward", aheadMs: -60_000 },
  { reason: "it stands", aheadMs: 0 },
  { reason: "back by what passes before anybody looks again", aheadMs: 5_000 },
])("only notes a clock if $reason", async ({ aheadMs }) => {
  const { store, sent } = aClock(aheadMs);
  expect(await watchClock(store)).toBe(0);
  expect(sent).toHaveLength(2);
  expect(sent[1]?.text).toMatch(/^update installation set clock_seen_at/);
});

it("notes the first time that is ever noted", async () => {
  const { store, sent } = aClock(0, { seenAt: null });
  expect(await watchClock(store)).toBe(0);
  expect(sent).toHaveLength(2);
});

it("does nothing before anybody has claimed the tables", async () => {
  const db = recordingDb();
  const { store } = aClock(0);
  expect(await watchClock({ ...store, query: (text, values) => db.query(text, values) })).toBe(0);
  expect(db.sent).toHaveLength(1);
});

it("mends every table of its own accord, each in a statement of its own, and says so last", async () => {
  const { store, sent } = aClock(65_432);
  expect(await watchClock(store)).toBe(65_432);
  const tables = sent.slice(1, -1).map(({ text }) => /^update (\w+)/.exec(text)?.[1]);
  expect(tables).toEqual([
    "projects",
    "call_budgets",
    "workspaces",
    "processor_status",
    "changes",
    "change_steps",
    "notify_channels",
    "notifications",
    "workspaces",
  ]);
  expect(sent.at(-2)?.values).toEqual([SEEN_AT]);
  expect(sent.at(-1)?.values).toEqual([SEEN_AT, 65]);
});

it("says nothing if another worker has said it, though its own mending is done", async () => {
  const { store, sent } = aClock(5_001, { isFirst: false });
  expect(await watchClock(store)).toBe(0);
  expect(sent).toHaveLength(11);
});
