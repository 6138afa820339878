// Opening changes: one at a time per processor, places under the caps, each slot once, however many ask at once. What
// may not open leaves nothing behind.
import { expect, it } from "vitest";
import type { Ending } from "../../src/domain/change/change.js";
import type { ChangeRequest } from "../../src/domain/change/requests.js";
import { close } from "../../src/domain/change/outcome.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { closeChangeRow } from "../../src/store/change/closing.js";
import { fence } from "../../src/store/change/fences.js";
import { listChanges } from "../../src/store/people/listings/listings.js";
import { readChange } from "../../src/store/rows/change-rows.js";
import { openChangeRow } from "../../src/store/change/opening.js";
import type { OpenResult } from "../../src/store/change/opening.js";
import {
  ORDERS,
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
const SLOT = Date.UTC(2026, 4, 4, 3);
const many = (count: number, prefix = "p"): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1)}`);

const open = (request: ChangeRequest, runId: string, caps = DEFAULT_SETTINGS): Promise<OpenResult> =>
  openChangeRow(database().store, { ...anOpening(request, runId), caps });

function countCodes(results: readonly OpenResult[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const result of results) {
    const code = result.kind === "open" ? "open" : result.ending.code;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

async function closeRun(runId: string, ending: Partial<Ending> = {}): Promise<void> {
  const full: Ending = { outcome: "succeeded", code: "succeeded", text: "done", ...ending };
  const found = await readChange(database().store, runId);
  await closeChangeRow(database().store, {
    runId,
    ref: found?.change.request.ref ?? aRef("p"),
    holdRecheckMs: DEFAULT_SETTINGS.holdRecheckMs,
    judge: (facts) => ({ ...close({ ...facts, ending: full, seen: null }), ending: full }),
  });
}

it("opens the row with what was asked, and journals it once", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  const change = await opened(store, aRequest(aRef("p")), "run-1");
  expect(change).toMatchObject({ request: aRequest(aRef("p")), closedAt: null, owesStart: false });
  expect(await listChanges(store)).toMatchObject([
    { id: change.id, kind: "start", requestedBy: "pass", runId: "run-1", outcome: null, posts: 0 },
  ]);
  expect(await readJournal(store, "change.opened")).toEqual(["start: it has FAILED"]);
});

it("opens one change of a processor for twenty runs that ask at once", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  const results = await Promise.all(many(20).map((run) => open(aRequest(aRef("p")), run)));
  expect(countCodes(results)).toEqual({ open: 1, "change-running": 19 });
  expect(await listChanges(store)).toHaveLength(1);
  expect(await readJournal(store, "change.opened")).toHaveLength(1);
});

it("gives twenty attempts of one run the one row of that run", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  const results = await Promise.all(many(20).map(() => open(aRequest(aRef("p")), "run-1")));
  expect(countCodes(results)).toEqual({ open: 20 });
  expect(await listChanges(store)).toHaveLength(1);
  expect(await readJournal(store, "change.opened")).toHaveLength(1);
});

it("binds a person to an open change as well", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  const change = await opened(store, aRequest(aRef("p")), "run-1");
  const refused = await open(aRequest(aRef("p"), { requestedBy: "person" }), "run-2");
  expect(refused).toMatchObject({ kind: "refused", ending: { code: "change-running" } });
  expect(refused.kind === "refused" && refused.ending.text).toContain(change.id);
});

it("fills the places of a workspace exactly, with thirty callers at once", async () => {
  const { store } = database();
  const names = many(30);
  for (const name of names) await declare(store, aRef(name), aPolicy());
  const caps = { ...DEFAULT_SETTINGS, capPerWorkspace: 7 };
  const results = await Promise.all(names.map((name) => open(aRequest(aRef(name)), name, caps)));
  expect(countCodes(results)).toEqual({ open: 7, "waiting-for-place": 23 });
  expect(await listChanges(store)).toHaveLength(7);
});

it("fills the places of a project exactly, over its workspaces", async () => {
  const { store } = database();
  const refs = ["a", "b", "c"].flatMap((workspace) =>
    many(10).map((name) => aRef(name, { ...ORDERS, workspace })),
  );
  for (const ref of refs) await declare(store, ref, aPolicy());
  const caps = { ...DEFAULT_SETTINGS, capPerWorkspace: 9, capPerProject: 11 };
  const results = await Promise.all(
    refs.map((ref) => open(aRequest(ref), `${ref.workspace}/${ref.processor}`, caps)),
  );
  expect(countCodes(results)).toEqual({ open: 11, "waiting-for-place": 19 });
});

it.each([
  { who: "a pass", fields: {}, kind: "refused" },
  { who: "a person's bulk command", fields: { requestedBy: "person", isBulk: true }, kind: "refused" },
  { who: "a person's single command", fields: { requestedBy: "person" }, kind: "open" },
] as const)("without a place, $who: $kind", async ({ fields, kind }) => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  await declare(store, aRef("q"), aPolicy());
  await opened(store, aRequest(aRef("p")), "run-1");
  const caps = { ...DEFAULT_SETTINGS, capPerWorkspace: 1 };
  expect(await open(aRequest(aRef("q"), fields), "run-2", caps)).toMatchObject({ kind });
});

it("gives a place back when a change closes", async () => {
  const { store } = database();
  for (const name of ["p", "q"]) await declare(store, aRef(name), aPolicy());
  const caps = { ...DEFAULT_SETTINGS, capPerWorkspace: 1 };
  await open(aRequest(aRef("p")), "run-1", caps);
  await closeRun("run-1");
  expect(await open(aRequest(aRef("q")), "run-2", caps)).toMatchObject({ kind: "open" });
});

it.each([
  { reason: "its policy was replaced", fields: { policyVersion: 7 }, code: "policy-replaced" },
  { reason: "another change closed after its plan", fields: { plannedFrom: 1 }, code: "moved-on" },
] as const)("refuses a pass's change and writes nothing: $reason", async ({ fields, code }) => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  await opened(store, aRequest(aRef("p")), "run-1");
  await closeRun("run-1");
  const rows = await pictureRows(store);
  const refused = await open(aRequest(aRef("p"), fields), "run-2");
  expect(refused).toMatchObject({ kind: "refused", ending: { outcome: "superseded", code } });
  expect(await pictureRows(store)).toEqual(rows);
});

async function fenceStart(runId: string): Promise<void> {
  await fence(database().store, {
    runId,
    ref: aRef("p"),
    step: "start",
    attempt: 1,
    horizonMs: 75_000,
    judge: () => ({ kind: "post", options: {}, positionKey: null }),
  });
}

it("gives a slot back when its change ended without a fence", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  await opened(store, aRequest(aRef("p"), { slotAt: SLOT }), "run-1");
  await closeRun("run-1", { outcome: "superseded" });
  expect(await open(aRequest(aRef("p"), { slotAt: SLOT }), "run-2")).toMatchObject({ kind: "open" });
});

it("opens no second change of a slot that was fenced, whatever became of it, and says so", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  await opened(store, aRequest(aRef("p"), { slotAt: SLOT }), "run-1");
  await fenceStart("run-1");
  await closeRun("run-1", { outcome: "lost" });
  const rows = await pictureRows(store);
  expect(await open(aRequest(aRef("p"), { slotAt: SLOT }), "run-2")).toMatchObject({
    kind: "refused",
    ending: { outcome: "superseded", code: "slot-used" },
  });
  expect(await pictureRows(store)).toEqual(rows);
  expect(await open(aRequest(aRef("p"), { slotAt: SLOT + 1 }), "run-3")).toMatchObject({ kind: "open" });
});

it("lets a new run take over the row of a lost one that owes a start, and nobody after its close", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  const lost = await opened(store, aRequest(aRef("p"), { kind: "restart" }), "run-1");
  const resuming = aRequest(aRef("p"), { kind: "restart", resumes: lost.id });
  expect(await open(resuming, "run-2")).toMatchObject({ kind: "refused" });
  await store.query("update changes set owes_start = true");
  expect(await open(resuming, "run-2")).toMatchObject({
    kind: "open",
    change: { id: lost.id, owesStart: true },
  });
  expect(await listChanges(store)).toMatchObject([{ id: lost.id, runId: "run-2" }]);
  await closeRun("run-2");
  expect(await open(resuming, "run-3")).toMatchObject({ kind: "refused" });
});
