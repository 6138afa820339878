// Closing changes: an outcome once, what the status remembers, and a project held or released with it.
import { beforeEach, expect, it } from "vitest";
import type { Answer, Ending, Fate } from "../../src/domain/change/change.js";
import { close } from "../../src/domain/change/outcome.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { closeChangeRow } from "../../src/store/change/closing.js";
import { fence, recordAnswer } from "../../src/store/change/fences.js";
import { listChanges, listStoredWorkspaces, readStatuses } from "../../src/store/people/listings/listings.js";
import { openChangeRow } from "../../src/store/change/opening.js";
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

type Closed = Awaited<ReturnType<typeof closeChangeRow>>;

function closeRun(runId: string, ending = SUCCEEDED): Promise<Closed> {
  const seen = { observation: anObservation("p"), observedAt: Date.UTC(2100, 0, 1) };
  return closeChangeRow(database().store, {
    runId,
    ref: REF,
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
  expect(await closeRun("run-1")).toMatchObject({
    ending: SUCCEEDED,
    othersWait: false,
    facts: { change: { request: { kind: "start" } }, status: { lastStartAt: null } },
  });
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
  expect(await listStoredWorkspaces(store)).toMatchObject([{ heldWhy: "403: no" }]);
  expect(await readJournal(store, "project.held")).toEqual(["403: no"]);
  const open = (run: string, fields: object) =>
    openChangeRow(store, anOpening(aRequest(aRef("q"), fields), run));
  expect(await open("run-2", {})).toMatchObject({ ending: { code: "held" } });
  expect(await open("run-2", { isTrial: true })).toMatchObject({ ending: { code: "held" } });
  await clock.advance(holdRecheckMs);
  expect(await open("run-2", {})).toMatchObject({ ending: { code: "held" } });
  expect(await open("run-2", { isTrial: true })).toMatchObject({ kind: "open" });
  await declare(store, aRef("r"), aPolicy());
  const second = anOpening(aRequest(aRef("r"), { isTrial: true }), "run-3");
  expect(await openChangeRow(store, second)).toMatchObject({ ending: { code: "held" } });
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
  expect(await listStoredWorkspaces(store)).toMatchObject([{ heldWhy: null }]);
  expect(await readJournal(store, "project.released")).toEqual(["a call passed"]);
});
