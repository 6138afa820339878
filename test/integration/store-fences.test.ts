// Fences and answers: one POST per step and attempt, the bar that goes up before it and comes down with a known fate,
// and the position that is spent once.
import { beforeEach, expect, it } from "vitest";
import type { Fate, StepName } from "../../src/domain/change/change.js";
import { judgeFence } from "../../src/domain/change/fence.js";
import type { FenceVerdict } from "../../src/domain/change/fence.js";
import type { ProcessorStatus } from "../../src/domain/status.js";
import { fence, recordAnswer } from "../../src/store/change/fences.js";
import type { Fencing } from "../../src/store/change/fences.js";
import { readChange } from "../../src/store/rows/change-rows.js";
import { readClock } from "../../src/store/postgres/clock.js";
import { readStatuses } from "../../src/store/people/listings/listings.js";
import { until } from "../support/fleets.js";
import { aPolicy, aRef, aRequest, declare, opened, pictureRows, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const REF = aRef("p");
const HORIZON_MS = 75_000;
const KEY = "at:2026-05-04T09:42:00Z:absent";
const POST: FenceVerdict = { kind: "post", options: { tier: "SP10" }, positionKey: KEY };
const SUSPEND = `update processor_status set suspended_by = 'ann', suspended_why = 'x',
  suspended_until = headgate_now() + interval '1 h'`;
let changeId = "";

beforeEach(async () => {
  const { store } = database();
  await declare(
    store,
    REF,
    aPolicy({ start: { tier: "SP10", startAtOperationTime: "2026-05-04T09:42:00Z" } }),
  );
  changeId = (await opened(store, aRequest(REF, { kind: "restart" }), "run-1")).id;
});

type Fenced = Awaited<ReturnType<typeof fence>>;

/** A fence whose verdict is given, or judged as the activity does. */
function passFence(attempt: number, fields: Partial<Fencing> = {}): Promise<Fenced> {
  return fence(database().store, {
    runId: "run-1",
    ref: REF,
    step: "start",
    attempt,
    horizonMs: HORIZON_MS,
    judge: () => POST,
    ...fields,
  });
}

const judged = (step: StepName): Partial<Fencing> => ({
  step,
  judge: (facts) => judgeFence({ ...facts, step }),
});

function answer(fate: Fate, attempt = 1, step: StepName = "start"): Promise<boolean> {
  const answering = { changeId, ref: REF, step, attempt, fate, answer: null };
  return recordAnswer(database().store, answering).then((answeredAt) => answeredAt !== undefined);
}

async function readStatus(): Promise<ProcessorStatus> {
  const [status] = (await readStatuses(database().store, [REF])).values();
  if (status === undefined) throw new Error("the processor has no status");
  return status;
}

const readSteps = async (): Promise<NonNullable<Awaited<ReturnType<typeof readChange>>>["steps"]> =>
  (await readChange(database().store, "run-1"))?.steps ?? [];

it("stores the time, the attempt and the options, bars the processor until the horizon and spends the position", async () => {
  const { store } = database();
  const earliest = await readClock(store);
  expect(await passFence(1)).toEqual(POST);
  const latest = await readClock(store);
  const [row] = await readSteps();
  expect(row).toMatchObject({
    step: "start",
    attempt: 1,
    posts: 1,
    fate: null,
    options: { tier: "SP10" },
    positionKey: KEY,
  });
  expect(row?.fencedAt).toBeGreaterThanOrEqual(earliest);
  expect(row?.fencedAt).toBeLessThanOrEqual(latest);
  const { barredUntil, positionsSpent } = await readStatus();
  expect(barredUntil).toBeGreaterThanOrEqual(earliest + HORIZON_MS);
  expect(barredUntil).toBeLessThanOrEqual(latest + HORIZON_MS);
  expect(positionsSpent).toEqual([KEY]);
});

it("lets one of twenty callers that read the same attempt pass, and the others write nothing", async () => {
  const results = await Promise.all(Array.from({ length: 20 }, () => passFence(1)));
  const kinds = results.map(({ kind }) => kind).sort();
  expect(kinds).toEqual(["post", ...Array.from({ length: 19 }, () => "taken-over")]);
  expect(await readSteps()).toMatchObject([{ attempt: 1, posts: 1 }]);
});

it("is taken over by the next attempt only, not by the same, an older, or one that skips ahead", async () => {
  await passFence(1);
  for (const attempt of [1, 3]) expect(await passFence(attempt)).toEqual({ kind: "taken-over" });
  expect(await passFence(2)).toEqual(POST);
  expect(await passFence(1)).toEqual({ kind: "taken-over" });
  expect(await readSteps()).toMatchObject([{ attempt: 2, posts: 2 }]);
});

it("writes nothing for a run that has no row, and nothing where the domain says no", async () => {
  const rows = await pictureRows(database().store);
  expect(await passFence(1, { runId: "nobody" })).toEqual({ kind: "missing" });
  await declare(database().store, aRef("other"), aPolicy());
  const end: FenceVerdict = { kind: "end", ending: { outcome: "superseded", code: "parked", text: "" } };
  expect(await passFence(1, { judge: () => end })).toEqual(end);
  const after = await pictureRows(database().store);
  for (const table of ["changes", "change_steps", "processor_status"])
    expect(after[table]).toEqual(rows[table]);
});

it("judges by what the change found, and notes it with its first fence alone", async () => {
  const FOUND = { state: "FAILED", tier: "SP30" };
  const judgedBy: (readonly [string | null, string | null])[] = [];
  const pass = (attempt: number, fields: Partial<Fencing>): Promise<Fenced> =>
    passFence(attempt, {
      ...fields,
      judge: ({ change: { stateBefore, tierBefore } }) => {
        judgedBy.push([stateBefore, tierBefore]);
        return POST;
      },
    });
  const readBefore = async (): Promise<readonly unknown[]> => {
    const { change } = (await readChange(database().store, "run-1")) ?? {};
    return [change?.stateBefore, change?.tierBefore];
  };
  const opened = await readBefore();
  await pass(1, { before: FOUND });
  expect(await readBefore()).toEqual(["FAILED", "SP30"]);
  await pass(2, { before: { state: "STARTED", tier: null } });
  await pass(2, { before: { state: "STOPPED", tier: null } });
  await pass(3, { before: null });
  expect(await readBefore()).toEqual(["FAILED", "SP30"]);
  const found = ["FAILED", "SP30"];
  expect([opened, ...judgedBy]).toEqual([[null, null], found, found, found, found]);
});

it("notes that it found no tier, and leaves what was noted at the opening if it found nothing new", async () => {
  await database().store.query("update changes set state_before = 'STARTED', tier_before = 'SP10'");
  await passFence(1, { before: null });
  expect(await readChange(database().store, "run-1")).toMatchObject({
    change: { stateBefore: "STARTED", tierBefore: "SP10" },
  });
  await database().store.query("update changes set first_fenced_at = null");
  await passFence(2, { before: { state: "FAILED", tier: null } });
  expect(await readChange(database().store, "run-1")).toMatchObject({
    change: { stateBefore: "FAILED", tierBefore: null },
  });
});

it("holds back every POST to a barred processor until the horizon, then lets it go", async () => {
  await passFence(1, judged("stop"));
  await answer("unknown", 1, "stop");
  const { barredUntil } = await readStatus();
  expect(await passFence(2, judged("stop"))).toEqual({ kind: "wait", until: barredUntil });
  expect(await passFence(1, judged("start"))).toEqual({ kind: "wait", until: barredUntil });
  await database().advance(HORIZON_MS);
  expect(await passFence(2, judged("stop"))).toMatchObject({ kind: "post" });
});

it.each([
  { fate: "applied", bars: false, spends: true },
  { fate: "refused", bars: false, spends: false },
  { fate: "limited", bars: false, spends: false },
  { fate: "unsent", bars: false, spends: false },
  { fate: "unknown", bars: true, spends: true },
] as const)("after $fate: bars $bars, position spent $spends", async ({ fate, bars, spends }) => {
  await passFence(1);
  expect(await answer(fate)).toBe(true);
  const { barredUntil, positionsSpent } = await readStatus();
  expect(barredUntil !== null).toBe(bars);
  expect(positionsSpent).toEqual(spends ? [KEY] : []);
  expect(await readSteps()).toMatchObject([{ fate }]);
});

it.each(["refused", "limited", "unsent"] as const)(
  "keeps the position spent where a POST of unknown fate went before one that was %s",
  async (fate) => {
    await passFence(1);
    await answer("unknown");
    await passFence(2);
    await answer(fate, 2);
    expect((await readStatus()).positionsSpent).toEqual([KEY]);
    expect(await readSteps()).toMatchObject([{ posts: 2, fate }]);
  },
);

it("spends a position once: another start of the same value adds nothing, and one never sent counts as no POST", async () => {
  await passFence(1);
  await answer("unsent");
  await passFence(2);
  expect(await readSteps()).toMatchObject([{ attempt: 2, posts: 1 }]);
  await answer("unknown", 2);
  await passFence(3);
  expect((await readStatus()).positionsSpent).toEqual([KEY]);
});

it("gives back only what its own fence spent: a value that was spent before stays so", async () => {
  await passFence(1);
  await answer("applied");
  await database().store.query("delete from change_steps");
  expect(await passFence(1)).toEqual(POST);
  expect(await answer("refused")).toBe(true);
  expect((await readStatus()).positionsSpent).toEqual([KEY]);
});

it("writes nothing for an attempt that was taken over, or that was answered before", async () => {
  await passFence(1);
  await passFence(2);
  const rows = await pictureRows(database().store);
  expect(await answer("applied", 1)).toBe(false);
  expect(await pictureRows(database().store)).toEqual(rows);
  expect(await answer("applied", 2)).toBe(true);
  expect(await answer("refused", 2)).toBe(false);
  expect(await readSteps()).toMatchObject([{ fate: "applied" }]);
});

it("lets a look settle a fate that was unknown", async () => {
  await passFence(1);
  await answer("unknown");
  expect(await answer("applied")).toBe(true);
  expect((await readStatus()).barredUntil).toBeNull();
});

it.each([
  { fate: "applied", owes: true },
  { fate: "unknown", owes: true },
  { fate: "refused", owes: false },
  { fate: "unsent", owes: false },
] as const)("a restart owes a start once its stop is fenced; after $fate: $owes", async ({ fate, owes }) => {
  const { store } = database();
  const owesStart = async (): Promise<boolean> =>
    (await readChange(store, "run-1"))?.change.owesStart === true;
  expect(await owesStart()).toBe(false);
  await passFence(1, judged("stop"));
  expect(await owesStart()).toBe(true);
  await answer(fate, 1, "stop");
  expect(await owesStart()).toBe(owes);
});

it.each([
  { reason: "its policy was replaced", code: "policy-replaced" },
  { reason: "the processor was suspended", code: "suspended" },
  { reason: "a person cancels it", code: "cancelled" },
])("ends a pass's change before its POST where $reason", async ({ code }) => {
  const { store } = database();
  if (code === "policy-replaced") await declare(store, REF, aPolicy({ mode: "observe" }));
  if (code === "suspended") await store.query(SUSPEND);
  if (code === "cancelled") await store.query("update changes set cancel_requested_by = 'ann'");
  expect(await passFence(1, judged("start"))).toMatchObject({ kind: "end", ending: { code } });
  expect(await readSteps()).toEqual([]);
});

async function untilWaitingForLock(): Promise<void> {
  await until(async () => {
    const waiting = await database().store.query(
      "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    );
    return waiting.length > 0 ? true : undefined;
  });
}

it.each([
  { what: "a suspension", code: "suspended" },
  { what: "a new version of its policy", code: "policy-replaced" },
])("sees $what that was written while it waited for the lock", async ({ code }) => {
  const { store } = database();
  const waiting = await store.transaction(async (db) => {
    await db.query("select from processor_status for update");
    const fencing = passFence(1, judged("start"));
    await untilWaitingForLock();
    if (code === "policy-replaced") await declare(store, REF, aPolicy({ mode: "observe" }));
    else await db.query(SUSPEND);
    return { fencing };
  });
  expect(await waiting.fencing).toMatchObject({ kind: "end", ending: { code } });
});

it("goes before a new version or after it: while one is being written, it waits", async () => {
  const { store } = database();
  const waiting = await store.transaction(async (db) => {
    await db.query("update start_policies set version = version + 1");
    const fencing = passFence(1, judged("start"));
    await untilWaitingForLock();
    return { fencing };
  });
  expect(await waiting.fencing).toMatchObject({ kind: "end", ending: { code: "policy-replaced" } });
});
