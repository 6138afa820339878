// processor_status in and out. What one pass remembers the next one decides from, so a field that is lost on its way
// through the row is a decision made from nothing.
import fc from "fast-check";
import { CONDITION_NAMES } from "../../../../src/domain/conditions.js";
import { expect, it } from "vitest";
import { CLASS_NAMES } from "../../../../src/domain/failure-classes.js";
import { TIERS } from "../../../../src/domain/start-options.js";
import type { Observation } from "../../../../src/domain/observation.js";
import type { ProcessorStatus } from "../../../../src/domain/status.js";
import { NEW_STATUS } from "../../../../src/domain/status.js";
import type { StatusRow } from "../../../../src/store/rows/status-rows.js";
import {
  STATUS_ASSIGNMENTS,
  fromStatusRow,
  reasonIn,
  toEpochMs,
  toIso,
  toStatusColumns,
  toStatusInsert,
} from "../../../../src/store/rows/status-rows.js";
import { NOW, REF, aStatus, anObservation } from "../../../support/domain-builders.js";

/** As Postgres gives it: the columns by way of JSON, what was undefined as null. */
function toRow(status: ProcessorStatus, revision = 7): StatusRow {
  const columns = Object.entries(toStatusColumns(status)).map(
    ([name, value]) => [name, value ?? null] as const,
  );
  const text = JSON.stringify({ ...REF, revision, ...Object.fromEntries(columns) });
  return JSON.parse(text) as StatusRow;
}

const roundTrip = (status: ProcessorStatus): ProcessorStatus => fromStatusRow(toRow(status)).status;

const time = fc.integer({ min: 0, max: Date.UTC(2999, 0, 1) });
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(value, { nil: null });
/** Nothing in it has the shape of a credential, which is taken out on the way. */
const words = fc.stringMatching(/^[A-Za-z ß漢😀'"\\{}]{0,40}$/u);
const version = fc.integer({ min: 1, max: 2_000_000_000 });

const observations: fc.Arbitrary<Observation> = fc
  .record(
    {
      atlasId: fc.stringMatching(/^[0-9a-f]{24}$/),
      state: fc.constantFrom("STARTED", "STOPPED", "FAILED", "HIBERNATING"),
      autoscaled: fc.boolean(),
      tier: fc.constantFrom("SP10", "SP500"),
      effectiveTier: fc.constantFrom("SP30", ""),
      errorMessage: words,
    },
    { requiredKeys: ["atlasId", "state", "autoscaled"] },
  )
  .map((fields) => ({ ...fields, processor: REF.processor }));

const statuses: fc.Arbitrary<ProcessorStatus> = fc.record({
  observed: maybe(observations),
  observedAt: maybe(time),
  stateSince: maybe(time),
  stateCause: fc.constantFrom("first" as const, "elsewhere" as const, "headgate" as const),
  preceding: maybe(
    fc.record({ startedAtTime: fc.boolean(), memoryShare: maybe(fc.constantFrom(0.5, 1.25)) }),
  ),
  rung: maybe(
    fc.record({
      rung: fc.constantFrom("resume" as const, "time" as const, "fresh" as const),
      start: fc.constantFrom({}, { resumeFromCheckpoint: false }),
      why: words,
      version,
      at: time,
      isUsed: fc.boolean(),
    }),
  ),
  approval: maybe(
    fc.record({
      rung: fc.constantFrom("time" as const, "fresh" as const),
      by: words,
      why: words,
      version,
      until: time,
    }),
  ),
  position: maybe(fc.record({ at: time, seenAt: time })),
  conditions: fc.dictionary(
    fc.constantFrom(...CONDITION_NAMES),
    fc.record({ status: fc.constantFrom("true" as const, "false" as const), since: time }),
  ),
  proof: fc.option(
    fc.record({
      startedAt: fc.nat(),
      isCounted: fc.boolean(),
      first: fc.option(
        fc.record({
          at: fc.nat(),
          messagesIn: fc.option(fc.nat()),
          deadLetters: fc.option(fc.nat()),
          lagSeconds: fc.option(fc.nat()),
        }),
      ),
      degraded: fc.option(fc.constant("why")),
    }),
  ),
  stateBy: fc.option(fc.constantFrom("jane@example.com", "Atlas's autoscaling")),
  driftSince: maybe(time),
  absences: fc.integer({ min: 0, max: 2 }),
  reason: maybe(fc.record({ code: fc.constantFrom("braked" as const, "grace" as const), text: words })),
  reasonSince: maybe(time),
  attempts: fc.nat(100),
  attemptsVersion: maybe(version),
  nextAttemptAt: maybe(time),
  lastFailure: maybe(words),
  lastStartAt: maybe(time),
  lastCloseAt: maybe(time),
  lastSlotAt: maybe(time),
  lastTier: maybe(fc.constantFrom("SP2", "SP999")),
  positionsSpent: fc.array(fc.constantFrom("fresh", "at:2026-01-01T00:00:00Z:absent"), { maxLength: 3 }),
  oneOff: maybe(
    fc.record({
      start: fc.record(
        { tier: fc.constantFrom("SP2" as const, "SP50" as const), resumeFromCheckpoint: fc.boolean() },
        { requiredKeys: [] },
      ),
      version: maybe(version),
    }),
  ),
  suspended: maybe(fc.record({ by: words, why: words, until: time })),
  parked: maybe(fc.record({ version, why: words })),
  refusedVersion: maybe(version),
  barredUntil: maybe(time),
  refusal: maybe(fc.record({ status: maybe(fc.integer()), errorCode: maybe(words), text: words })),
  failureClass: maybe(fc.constantFrom(...CLASS_NAMES)),
  climbed: maybe(
    fc.record({
      tier: fc.constantFrom(...TIERS),
      version,
      at: time,
      stepBackAfterMs: fc.integer({ min: 1, max: 86_400_000_000 }),
      isRefused: fc.boolean(),
    }),
  ),
  forgivenAt: maybe(time),
});

it("gives back every status that went in", () => {
  fc.assert(
    fc.property(statuses, (status) => {
      expect(roundTrip(status)).toEqual(status);
    }),
    { numRuns: 400 },
  );
});

it("says the same of a status however often it goes through: a quiet pass has nothing to write", () => {
  fc.assert(
    fc.property(statuses, (status) => {
      expect(toStatusColumns(roundTrip(status))).toEqual(toStatusColumns(status));
    }),
  );
});

it.each([
  {
    reason: "an observation without an optional field",
    field: { observed: anObservation({ tier: undefined }) },
  },
  { reason: "an empty reason text", field: { reason: { code: "grace" as const, text: "" } } },
  { reason: "version 0 of a change without a policy", field: { parked: { version: 0, why: "" } } },
  { reason: "the beginning of the epoch", field: { observedAt: 0, barredUntil: 0, lastSlotAt: 0 } },
  { reason: "a suspension by nobody", field: { suspended: { by: "", why: "", until: 0 } } },
  { reason: "one-off options that name none", field: { oneOff: { start: {}, version: null } } },
  {
    reason: "a switch that is off",
    field: { oneOff: { start: { resumeFromCheckpoint: false }, version: 4 } },
  },
])("does not take for absent: $reason", ({ field }) => {
  expect(roundTrip(aStatus(field))).toStrictEqual(aStatus(field));
});

it.each([
  { reason: "too long: cut to what the column takes", text: "x".repeat(501), kept: `${"x".repeat(499)}…` },
  { reason: "as long as may be", text: "y".repeat(500), kept: "y".repeat(500) },
  { reason: "characters outside the basic plane count once", text: "😀".repeat(500), kept: "😀".repeat(500) },
  { reason: "a NUL", text: "a\0b", kept: "a\ufffdb" },
  {
    reason: "a password in a connection string",
    text: "cannot reach mongodb://me:swordfish@host",
    kept: "cannot reach mongodb://me:[redacted]@host",
  },
])("keeps an error message of Atlas so that it can be stored: $reason", ({ text, kept }) => {
  const observed = { ...anObservation(), errorMessage: text };
  expect(roundTrip(aStatus({ observed })).observed?.errorMessage).toBe(kept);
});

it("takes a row that was never observed for a new status", () => {
  expect(roundTrip(NEW_STATUS)).toEqual(NEW_STATUS);
});

it.each([
  { reason: "an id without a state", column: "state" },
  { reason: "a state without an id", column: "atlas_id" },
])("makes no half observation of $reason", ({ column }) => {
  const row = { ...toRow(aStatus({ observed: anObservation() })), [column]: null };
  expect(fromStatusRow(row).status.observed).toBeNull();
});

it("hands the revision on, which a later write compares", () => {
  expect(fromStatusRow(toRow(NEW_STATUS, 41))).toMatchObject({ processor: REF.processor, revision: 41 });
});

it.each([
  ["2026-06-01T12:00:00+00:00", NOW],
  ["2026-06-01T14:00:00.000999+02:00", NOW],
  ["2026-06-01T12:00:00.5+00:00", NOW + 500],
  [null, null],
] as const)("reads the time %s as to_jsonb writes it", (text, ms) => {
  expect(toEpochMs(text)).toBe(ms);
  expect(toEpochMs(toIso(ms))).toBe(ms);
});

const COLUMNS = Object.keys(toStatusColumns(NEW_STATUS));

it("inserts every column once, and no key or revision from the status itself", () => {
  const listed = /insert into processor_status \(([^)]*)\)/.exec(toStatusInsert("$9"))?.[1]?.split(", ");
  expect(listed).toEqual(["project", "workspace", "processor", "revision", ...COLUMNS]);
  expect(new Set(listed).size).toBe(listed?.length);
  expect(toStatusInsert("$9")).toContain("jsonb_populate_recordset(null::processor_status, $9::jsonb) r");
});

it("writes over every column of a status, counts the revision from the row, and never moves a key", () => {
  const assigned = STATUS_ASSIGNMENTS.split(/,\s+/);
  expect(assigned.slice(0, COLUMNS.length)).toEqual(COLUMNS.map((name) => `${name} = excluded.${name}`));
  expect(assigned.slice(COLUMNS.length)).toEqual([
    "revision = processor_status.revision + 1",
    "written_at = headgate_now()",
  ]);
  expect(COLUMNS).not.toContain("project");
});

it("takes a reason that only a newer program knows for none: the next pass writes its own", () => {
  const row = { ...toRow(aStatus({ reason: { code: "grace", text: "soon" } })), reason_code: "of-tomorrow" };
  expect(fromStatusRow(row).status.reason).toBeNull();
});

it.each([
  { codes: ["braked"] as const, sql: "reason_code in ('braked')" },
  { codes: ["braked", "grace"] as const, sql: "reason_code in ('braked', 'grace')" },
])("asks for the reasons $codes in SQL", ({ codes, sql }) => {
  expect(reasonIn(...codes)).toBe(sql);
});
