// Closing changes: an outcome once, what the status remembers, and a project held or released with it. And the journal's
// and the changes' retention: what expires goes in bounded bites, what must stay stays.
import { beforeEach, expect, it } from "vitest";
import type { Answer, Ending, Fate } from "../../src/domain/change.js";
import { close } from "../../src/domain/outcome.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { closeChange } from "../../src/store/closing.js";
import { fence, recordAnswer } from "../../src/store/fences.js";
import { deleteExpired } from "../../src/store/journal.js";
import { listChanges, listWorkspaces, readStatuses } from "../../src/store/listings.js";
import { openChange } from "../../src/store/opening.js";
import { PROJECT } from "../support/fleets.js";
import { anObservation } from "../support/passes.js";
import {
  aPolicy,
  aRef,
  aRequest,
  anOpening,
  declare,
  opened,
  pictureRows,
  readJournal,
  useDatabase,
} from "../support/store-rows.js";

const database = useDatabase();
const REF = aRef("p");
const { holdRecheckMs } = DEFAULT_SETTINGS;
const SUCCEEDED: Ending = { outcome: "succeeded", code: "succeeded", text: "it runs" };
const FAILED: Ending = { outcome: "failed", code: "atlas.denied", text: "403: no" };
const DENIED: Answer = {
  code: "atlas.denied",
  status: 403,
  errorCode: "NO",
  detail: "no",
  isTransient: false,
};

beforeEach(() => declare(database().store, REF, aPolicy()));

type Closed = Awaited<ReturnType<typeof closeChange>>;

function closeRun(runId: string, ending = SUCCEEDED): Promise<Closed> {
  const seen = { observation: anObservation("p"), observedAt: Date.UTC(2100, 0, 1) };
  return closeChange(database().store, {
    runId,
    holdRecheckMs,
    judge: (facts) => ({ ...close({ ...facts, ending, seen }), ending }),
  });
}

/** One start of `p`, fenced and answered. */
async function startOnce(runId: string, fate: Fate, answer: Answer | null = null): Promise<void> {
  const { store } = database();
  const change = await opened(store, aRequest(REF), runId);
  const judge = () => ({ kind: "post", options: {}, positionKey: null }) as const;
  await fence(store, { runId, ref: REF, step: "start", attempt: 1, horizonMs: 75_000, judge });
  await recordAnswer(store, { changeId: change.id, ref: REF, step: "start", attempt: 1, fate, answer });
}

it("writes outcome, status and journal together", async () => {
  const { store } = database();
  await startOnce("run-1", "applied");
  expect(await closeRun("run-1")).toEqual({ ending: SUCCEEDED, othersWait: false });
  const [change] = await listChanges(store);
  expect(change).toMatchObject({ outcome: "succeeded", outcomeText: "it runs", posts: 1 });
  const [status] = (await readStatuses(store, [REF])).values();
  expect(status).toMatchObject({ observed: anObservation("p"), stateCause: "first" });
  expect(status?.lastStartAt).not.toBeNull();
  expect(await readJournal(store, "change.closed")).toEqual(["start succeeded: it runs"]);
});

it("closes once: twenty closes at once, and any later one, answer the first ending", async () => {
  const { store } = database();
  await startOnce("run-1", "applied");
  const endings = [SUCCEEDED, FAILED];
  const closed = await Promise.all(
    Array.from({ length: 20 }, (_, index) => closeRun("run-1", endings[index % 2])),
  );
  const rows = await pictureRows(store);
  const late = await closeRun("run-1", { outcome: "lost", code: "late", text: "late" });
  expect(new Set(closed.map((one) => one?.ending.code))).toEqual(new Set([late?.ending.code]));
  expect(await pictureRows(store)).toEqual(rows);
  expect(await readJournal(store, "change.closed")).toHaveLength(1);
});

it("answers nothing, and writes nothing, for a run without a row", async () => {
  const rows = await pictureRows(database().store);
  expect(await closeRun("nobody")).toBeUndefined();
  expect(await pictureRows(database().store)).toEqual(rows);
});

it("says that others wait for its place where they do", async () => {
  const { store } = database();
  await startOnce("run-1", "applied");
  await store.query(
    `insert into processor_status (project, workspace, processor, reason_code, reason, reason_since)
     values ($1, 'orders', 'q', 'waiting-for-place', 'it waits', headgate_now())`,
    [PROJECT],
  );
  expect(await closeRun("run-1")).toMatchObject({ othersWait: true });
});

it("holds the project where a POST was denied, keeps the first reason, and lets one trial through when it is due", async () => {
  const { store, ...clock } = database();
  await declare(store, aRef("q"), aPolicy());
  await startOnce("run-1", "refused", DENIED);
  await closeRun("run-1", FAILED);
  expect(await listWorkspaces(store)).toMatchObject([{ heldWhy: "403: no" }]);
  expect(await readJournal(store, "project.held")).toEqual(["403: no"]);
  const open = (run: string, fields: object) =>
    openChange(store, anOpening(aRequest(aRef("q"), fields), run));
  expect(await open("run-2", {})).toMatchObject({ ending: { code: "held" } });
  expect(await open("run-2", { isTrial: true })).toMatchObject({ ending: { code: "held" } });
  await clock.advance(holdRecheckMs);
  expect(await open("run-2", {})).toMatchObject({ ending: { code: "held" } });
  expect(await open("run-2", { isTrial: true })).toMatchObject({ kind: "open" });
  await declare(store, aRef("r"), aPolicy());
  const second = anOpening(aRequest(aRef("r"), { isTrial: true }), "run-3");
  expect(await openChange(store, second)).toMatchObject({ ending: { code: "held" } });
});

it("does not hold people, and ends the hold by a POST when one passes", async () => {
  const { store } = database();
  await startOnce("run-1", "refused", DENIED);
  await closeRun("run-1", FAILED);
  await opened(store, aRequest(aRef("q"), { requestedBy: "person", policyVersion: null }), "run-2");
  await store.query(
    "update changes set closed_at = null, outcome = null, outcome_code = null, outcome_text = null where run_id = 'run-1'",
  );
  await store.query("update change_steps set fate = 'applied', answer = null, fenced_at = headgate_now()");
  await closeRun("run-1");
  expect(await listWorkspaces(store)).toMatchObject([{ heldWhy: null }]);
  expect(await readJournal(store, "project.released")).toEqual(["a call passed"]);
});

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
  expect(await deleteExpired(database().store, 1_000)).toBe(3);
  expect(await count("journal", "kind = 'old'")).toBe(4);
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
  expect(await deleteExpired(database().store, 1_000)).toBe(old + recent - kept);
  expect(await count("changes", "processor = 'p'")).toBe(kept);
  expect(await count("changes", "processor = 'q'")).toBe(1);
  expect(await deleteExpired(database().store, 1_000)).toBe(0);
});

it("deletes the newest last: what stays of a processor's changes is the newest", async () => {
  await addClosed("p", 30, 401);
  await deleteExpired(database().store, 1_000);
  const [row] = await database().store.query<{ oldest: number }>(
    "select extract(epoch from headgate_now() - interval '401 days' - min(closed_at))::integer as oldest from changes",
  );
  expect(Math.round((row?.oldest ?? 0) / 60)).toBe(20);
});

it("never deletes an open change, its steps, a version or a status, whatever their age", async () => {
  const { store } = database();
  await startOnce("run-1", "unknown");
  await store.query("update changes set opened_at = opened_at - interval '10 years'");
  await addClosed("p", 60, 401);
  await database().advance(401 * 86_400_000);
  await deleteExpired(store, 1_000);
  expect(await count("changes", "closed_at is null")).toBe(1);
  for (const table of ["change_steps", "policy_versions", "processor_status", "start_policies"]) {
    expect(await count(table)).toBe(1);
  }
});

it("deletes at most a thousand rows at once, steps with their change, and gets to the end", async () => {
  const { store } = database();
  await addLines(900, 91);
  await addClosed("p", 1_020, 401);
  await store.query(
    "insert into change_steps (change_id, step, attempt, fenced_at, horizon_at) select id, 'start', 1, opened_at, opened_at from changes",
  );
  const bites: number[] = [];
  for (let bite = await deleteExpired(store, 1_000); bite > 0; bite = await deleteExpired(store, 1_000)) {
    bites.push(bite);
  }
  expect(Math.max(...bites)).toBeLessThanOrEqual(1_000);
  expect(bites.reduce((sum, bite) => sum + bite, 0)).toBe(1_900);
  expect([await count("changes"), await count("change_steps")]).toEqual([20, 20]);
});
