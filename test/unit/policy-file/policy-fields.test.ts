// A policy written as fields and read again is the same policy: what a client reads it may send back.
import fc from "fast-check";
import { expect, it } from "vitest";
import { toCanonicalPolicy } from "../../../src/domain/policy.js";
import type { Policy } from "../../../src/domain/policy.js";
import { TIERS } from "../../../src/domain/start-options.js";
import { toPolicy, toPolicyFields } from "../../../src/policy-file/merge.js";
import { policyFieldsSchema } from "../../../src/policy-file/schema.js";

const ms = fc.integer({ min: 0, max: 366 * 86_400_000 });

const policies: fc.Arbitrary<Policy> = fc.record(
  {
    state: fc.constantFrom("STARTED", "STOPPED"),
    mode: fc.constantFrom("enforce", "observe"),
    start: fc.record(
      {
        tier: fc.constantFrom(...TIERS),
        resumeFromCheckpoint: fc.boolean(),
        startAtOperationTime: fc.constant("2026-05-04T09:42:00Z"),
      },
      { requiredKeys: [] },
    ),
    restart: fc.record(
      {
        cron: fc.constant("0 3 * * *"),
        timezone: fc.constant("Europe/Madrid"),
        spreadMs: ms,
        catchUpMs: ms,
        train: fc.constantFrom("nightly", "b:1"),
      },
      { requiredKeys: ["cron", "timezone", "spreadMs", "catchUpMs"] },
    ),
    recovery: fc.record(
      {
        backoff: fc.record({ initialMs: ms, factor: fc.integer({ min: 1, max: 10 }), maxMs: ms }),
        maxAttempts: fc.integer({ min: 1, max: 1000 }),
        stableAfterMs: ms,
        stoppedGraceMs: ms,
        respectManualStopMs: fc.integer({ min: 1, max: 366 * 86_400_000 }),
        oplogWindowMs: fc.integer({ min: 1, max: 366 * 86_400_000 }),
        proof: fc.record({
          withinMs: fc.integer({ min: 1, max: 366 * 86_400_000 }),
          deadLetterRatio: fc.constantFrom(0, 0.5),
          maxLagMs: fc.integer({ min: 1, max: 366 * 86_400_000 }),
        }),
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

it("is the same policy after the way there and back, through JSON and the schema", () => {
  fc.assert(
    fc.property(policies, (policy) => {
      const sent = JSON.parse(JSON.stringify(toPolicyFields(policy))) as unknown;
      const fields = policyFieldsSchema.parse(sent);
      expect(toCanonicalPolicy(toPolicy({}, fields))).toBe(toCanonicalPolicy(policy));
    }),
  );
});
