// start_policies in and out: a policy that changes on its way through the table would be carried out as nobody
// declared.
import fc from "fast-check";
import { expect, it } from "vitest";
import { TIERS } from "../../../../src/domain/start-options.js";
import type { Policy } from "../../../../src/domain/policy.js";
import { DEFAULT_RECOVERY, toCanonicalPolicy } from "../../../../src/domain/policy.js";
import type { DeclaredPolicy } from "../../../../src/domain/status.js";
import type { PolicyRow } from "../../../../src/store/rows/policy-rows.js";
import { POLICY_COLUMNS, fromPolicyRow, toPolicyColumns } from "../../../../src/store/rows/policy-rows.js";
import { NOW, REF, aDeclared } from "../../../support/domain-builders.js";

function toRow(declared: DeclaredPolicy): PolicyRow {
  const columns = Object.entries(toPolicyColumns(declared)).map(
    ([name, value]) => [name, value ?? null] as const,
  );
  return JSON.parse(JSON.stringify({ ...REF, ...Object.fromEntries(columns) })) as PolicyRow;
}

const roundTrip = (declared: DeclaredPolicy): DeclaredPolicy => fromPolicyRow(toRow(declared));

const ms = fc.nat(2_000_000_000);
const time = fc.integer({ min: 0, max: Date.UTC(2999, 0, 1) });
const policies: fc.Arbitrary<Policy> = fc.record(
  {
    state: fc.constantFrom("STARTED" as const, "STOPPED" as const),
    mode: fc.constantFrom("enforce" as const, "observe" as const),
    start: fc.record(
      {
        tier: fc.constantFrom(...TIERS),
        resumeFromCheckpoint: fc.boolean(),
        startAtOperationTime: fc.constantFrom("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789Z"),
      },
      { requiredKeys: [] },
    ),
    restart: fc.record(
      {
        cron: fc.constantFrom("0 3 * * *", "*/15 * * * 1-5"),
        timezone: fc.constantFrom("UTC", "America/Argentina/Buenos_Aires"),
        spreadMs: ms,
        catchUpMs: ms,
        train: fc.constantFrom("nightly", "b:1"),
      },
      { requiredKeys: ["cron", "timezone", "spreadMs", "catchUpMs"] },
    ),
    recovery: fc.record(
      {
        backoff: fc.record({ initialMs: ms, factor: fc.constantFrom(1, 1.5, 2), maxMs: ms }),
        maxAttempts: fc.nat(1_000),
        stableAfterMs: ms,
        stoppedGraceMs: ms,
        rules: fc.constant([
          { code: 286, class: "checkpoint-lost" as const },
          { pattern: 'a "b"', class: "connection" as const },
        ]),
        classes: fc.constant({
          "out-of-memory": { action: "climb" as const, ceiling: "SP30" as const, stepBackAfterMs: 1 },
          connection: { action: "wait" as const },
        }),
        respectManualStopMs: ms,
        oplogWindowMs: ms,
        ladder: fc.record({
          resume: fc.constant("allow" as const),
          time: fc.constant("approve" as const),
          fresh: fc.constant("deny" as const),
          marginMs: ms,
          maxReplayMs: ms,
          maxGapMs: ms,
        }),
        proof: fc.record({ withinMs: ms, deadLetterRatio: fc.constantFrom(0, 0.5), maxLagMs: ms }),
      },
      { requiredKeys: ["backoff", "maxAttempts", "stableAfterMs", "stoppedGraceMs"] },
    ),
    gateway: fc.oneof(
      fc.constant({ stop: "refuse" as const }),
      fc.record({ stop: fc.constant("suspend" as const), forMs: ms }),
    ),
    concurrencyKey: fc.constantFrom("kafka-eu", "b:1"),
  },
  { requiredKeys: ["state", "mode", "start", "recovery"] },
);
const declarations: fc.Arbitrary<DeclaredPolicy> = fc.record(
  { policy: policies, version: fc.integer({ min: 1 }), declaredAt: time, restartSince: time },
  { requiredKeys: ["policy", "version", "declaredAt"] },
);

it("gives back every declaration that went in, absent fields absent", () => {
  fc.assert(
    fc.property(declarations, (declared) => {
      expect(roundTrip(declared)).toStrictEqual(structuredClone(declared));
    }),
    { numRuns: 400 },
  );
});

it("keeps the text by which a change is told from none", () => {
  fc.assert(
    fc.property(declarations, (declared) => {
      const before = toCanonicalPolicy(declared.policy);
      expect(toCanonicalPolicy(roundTrip(declared).policy)).toBe(before);
    }),
  );
});

it.each([
  { reason: "no spread", row: { restart_spread_ms: null }, restart: { spreadMs: 0, catchUpMs: 9 } },
  { reason: "no catch-up", row: { restart_catch_up_ms: null }, restart: { spreadMs: 5, catchUpMs: 0 } },
])("reads a schedule with $reason", ({ row, restart }) => {
  const schedule = { cron: "0 3 * * *", timezone: "UTC", spreadMs: 5, catchUpMs: 9 };
  const stored = { ...toRow(aDeclared({ policy: { restart: schedule } })), ...row };
  expect(fromPolicyRow(stored).policy.restart).toEqual({ ...schedule, ...restart });
});

it.each(["restart_cron", "restart_timezone"])("reads no schedule where %s is null", (column) => {
  const schedule = { cron: "0 3 * * *", timezone: "UTC", spreadMs: 5, catchUpMs: 9 };
  const stored = { ...toRow(aDeclared({ policy: { restart: schedule } })), [column]: null };
  expect(fromPolicyRow(stored).policy).not.toHaveProperty("restart");
});

it.each([
  { reason: "no rule", gateway: {}, columns: { gateway_stop: "allow", gateway_for_ms: null } },
  {
    reason: "a refusal",
    gateway: { gateway: { stop: "refuse" as const } },
    columns: { gateway_stop: "refuse", gateway_for_ms: null },
  },
  {
    reason: "a suspension",
    gateway: { gateway: { stop: "suspend" as const, forMs: 5 } },
    columns: { gateway_stop: "suspend", gateway_for_ms: 5 },
  },
])("writes the gateway's $reason as the table checks it", ({ gateway, columns }) => {
  expect(toRow(aDeclared({ policy: gateway }))).toMatchObject(columns);
});

it("dates a declaration and its schedule by the row, to the millisecond", () => {
  const declared = aDeclared({ declaredAt: NOW + 1, restartSince: NOW + 2 });
  expect(toPolicyColumns(declared)).toMatchObject({
    declared_at: "2026-06-01T12:00:00.001Z",
    restart_since: "2026-06-01T12:00:00.002Z",
  });
  expect(roundTrip(declared)).toMatchObject({ declaredAt: NOW + 1, restartSince: NOW + 2 });
});

it("names the same columns for the barest policy as for the fullest: one list serves every write", () => {
  fc.assert(
    fc.property(declarations, (declared) => {
      expect(Object.keys(toPolicyColumns(declared))).toEqual(POLICY_COLUMNS);
    }),
  );
  expect(new Set(POLICY_COLUMNS).size).toBe(POLICY_COLUMNS.length);
});

it("stores null for what was not declared, never a default that a later version could not tell from a wish", () => {
  const bare: Policy = { state: "STOPPED", mode: "observe", start: {}, recovery: DEFAULT_RECOVERY };
  expect(toRow({ policy: bare, version: 1, declaredAt: 0 })).toMatchObject({
    tier: null,
    resume_from_checkpoint: null,
    start_at_operation_time: null,
    restart_cron: null,
    restart_since: null,
  });
});
