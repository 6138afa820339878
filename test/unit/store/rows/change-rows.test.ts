// Changes and steps out of their rows, and the order of what is locked and read about one processor.
import { expect, it } from "vitest";
import type { ChangeRow, StepJson } from "../../../../src/store/rows/change-rows.js";
import {
  KEY,
  keyOf,
  lockProcessor,
  readChange,
  recordBefore,
  toOpenChange,
  toStepRow,
  writeStatus,
} from "../../../../src/store/rows/change-rows.js";
import { assignColumns, listColumns } from "../../../../src/store/rows/columns.js";
import { toJournalInsert, writeJournal } from "../../../../src/store/rows/journal.js";
import type { StatusRow } from "../../../../src/store/rows/status-rows.js";
import { toStatusColumns } from "../../../../src/store/rows/status-rows.js";
import { HOUR_MS, NOW, REF, aRequest, aStatus } from "../../../support/domain-builders.js";
import { numbersTo, placeholdersOf, recordingDb } from "../recorded-db.js";

const AT = "2026-06-01T12:00:00.000123+00:00";
const LATER = "2026-06-01T13:00:00+00:00";

const ROW: ChangeRow = {
  id: "7",
  ...REF,
  request: aRequest(),
  opened_at: AT,
  closed_at: null,
  state_before: "FAILED",
  tier_before: null,
  owes_start: true,
  cancel_requested_by: "ann",
  run_id: "run",
  outcome: null,
  outcome_code: null,
  outcome_text: null,
};
const STEP: StepJson = {
  step: "stop",
  attempt: 3,
  posts: 2,
  fenced_at: AT,
  horizon_at: LATER,
  answered_at: null,
  fate: null,
  answer: null,
  options: {},
  position_key: "fresh",
};

it("reads an open change and a closed one", () => {
  expect(toOpenChange(ROW)).toEqual({
    id: "7",
    request: aRequest(),
    openedAt: NOW,
    closedAt: null,
    stateBefore: "FAILED",
    tierBefore: null,
    owesStart: true,
    cancelRequestedBy: "ann",
  });
  expect(toOpenChange({ ...ROW, closed_at: LATER }).closedAt).toBe(NOW + HOUR_MS);
});

it("reads a step that waits for its answer, and one that has it", () => {
  expect(toStepRow(STEP)).toEqual({
    step: "stop",
    attempt: 3,
    posts: 2,
    fencedAt: NOW,
    horizonAt: NOW + HOUR_MS,
    answeredAt: null,
    fate: null,
    answer: null,
    options: {},
    positionKey: "fresh",
  });
  expect(toStepRow({ ...STEP, answered_at: LATER, fate: "applied" })).toMatchObject({
    answeredAt: NOW + HOUR_MS,
    fate: "applied",
  });
});

it("names a processor by the three parameters of every statement about it", () => {
  expect(placeholdersOf(KEY)).toEqual(numbersTo(keyOf(REF).length));
  expect(keyOf(REF)).toEqual([REF.project, REF.workspace, REF.processor]);
});

const STATUS: StatusRow = {
  ...REF,
  revision: 4,
  ...(toStatusColumns(aStatus()) as Omit<StatusRow, "project" | "workspace" | "processor" | "revision">),
};
const UNDER_LOCK = [
  [/for update$/, [{ status: STATUS }]],
  [/headgate_now/, [{ now: NOW }]],
] as const;

it("locks the status row, shares the policy, and reads the clock last: a wait is over by then", async () => {
  const db = recordingDb(UNDER_LOCK);
  const locked = await lockProcessor(db, REF);
  expect(locked).toMatchObject({ now: NOW, declared: undefined, status: { attempts: 0 } });
  expect(db.sent.map(({ text }) => text)).toEqual([
    expect.stringMatching(/from processor_status .* for update$/),
    expect.stringMatching(/from start_policies .* for share$/),
    "select to_ms(headgate_now()) as now",
  ]);
  for (const { values } of db.sent.slice(0, 2)) expect(values).toEqual(keyOf(REF));
});

it("makes the status row that is not there, and locks it then", async () => {
  const db = recordingDb();
  await expect(lockProcessor(db, REF)).rejects.toThrow("the status row was made just before");
  expect(db.sent.map(({ text }) => text)).toEqual([
    expect.stringMatching(/from processor_status .* for update$/),
    expect.stringMatching(/^insert into processor_status .*on conflict do nothing$/s),
    expect.stringMatching(/from processor_status .* for update$/),
  ]);
});

it("writes a status as one row of one document, and counts the revision from the row", async () => {
  const db = recordingDb();
  await writeStatus(db, REF, aStatus({ attempts: 3 }));
  const [sent] = db.sent;
  expect(db.sent).toHaveLength(1);
  expect(JSON.parse(String(sent?.values[0]))).toMatchObject([{ ...REF, revision: 1, attempts: 3 }]);
  expect(sent?.text).toContain("revision = processor_status.revision + 1");
  expect(sent?.text).not.toContain("where");
});

it("reads a change with its steps in one statement, and nothing where no row names the run", async () => {
  const db = recordingDb([[/from changes c where c\.run_id = \$1/, [{ row: ROW, steps: [STEP], now: NOW }]]]);
  expect(await readChange(db, "run")).toMatchObject({
    now: NOW,
    change: { id: "7" },
    steps: [{ attempt: 3 }],
  });
  expect(db.sent).toMatchObject([{ values: ["run"] }]);
  expect(await readChange(recordingDb(), "run")).toBeUndefined();
});

it("notes what a change found only until its first fence: what it stopped is not found again", async () => {
  const db = recordingDb();
  await recordBefore(db, "7", { state: "STARTED", tier: null });
  expect(db.sent).toMatchObject([{ values: ["7", "STARTED", null] }]);
  expect(db.sent[0]?.text).toContain("first_fenced_at is null");
});

const LINE = { ...REF, kind: "change.opened" as const, actor: "ann", text: "start: asked" };

it("sends no statement for no line, and one for many", async () => {
  const db = recordingDb();
  await writeJournal(db, []);
  expect(db.sent).toEqual([]);
  await writeJournal(db, [LINE, { ...LINE, processor: null, changeId: "7" }]);
  expect(db.sent).toHaveLength(1);
  expect(placeholdersOf(db.sent[0]?.text ?? "")).toEqual([1]);
  expect(JSON.parse(String(db.sent[0]?.values[0]))).toEqual([
    LINE,
    { ...LINE, processor: null, changeId: "7" },
  ]);
});

it.each([
  { reason: "a quote", text: "'); drop table journal; --", kept: "'); drop table journal; --" },
  { reason: "a placeholder", text: "$1", kept: "$1" },
  { reason: "a NUL", text: "a\0", kept: "a\ufffd" },
  { reason: "half a pair", text: "\ud83d", kept: "\ufffd" },
])("keeps a line's text out of the SQL: $reason", async ({ text, kept }) => {
  const [hostile, plain] = [recordingDb(), recordingDb()];
  await writeJournal(hostile, [{ ...LINE, text }]);
  await writeJournal(plain, [LINE]);
  expect(hostile.sent[0]?.text).toBe(plain.sent[0]?.text);
  expect(JSON.parse(String(hostile.sent[0]?.values[0]))).toMatchObject([{ text: kept }]);
});

it.each([
  { columns: ["a"], of: undefined, list: "a", assigned: "a = excluded.a" },
  { columns: ["a", "b"], of: "r", list: "r.a, r.b", assigned: "a = excluded.a, b = excluded.b" },
  { columns: [], of: "r", list: "", assigned: "" },
])("lists $columns of $of as SQL", ({ columns, of, list, assigned }) => {
  expect(listColumns(columns, of)).toBe(list);
  expect(assignColumns(columns)).toBe(assigned);
});

it.each([
  {
    reason: "a line about the whole installation, by Headgate",
    line: { kind: "clock.went-back", text: "'x'", from: "noted" },
    row: "select null, null, null, 'clock.went-back', 'headgate', 'x', null::uuid, null::uuid",
  },
  {
    reason: "a kind that each row has for itself",
    line: { kind: "(t.kind)", project: "$1", actor: "$2", text: "t.text", changeId: "id", from: "t" },
    row: "select $1, null, null, (t.kind), $2, t.text, id, null::uuid",
  },
] as const)("writes as SQL $reason", ({ line, row }) => {
  const [columns, select, from] = toJournalInsert(line)
    .split("\n")
    .map((part) => part.trim());
  expect(columns).toBe(
    "insert into journal (project, workspace, processor, kind, actor, text, change_id, incident_id)",
  );
  expect([select, from]).toEqual([row, `from ${line.from}`]);
});
