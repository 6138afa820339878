// Policies as values: one canonical text per effective policy, so that applying an equal file writes nothing.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Policy } from "../../../src/domain/policy.js";
import { DEFAULT_RECOVERY, toCanonicalPolicy } from "../../../src/domain/policy.js";
import { TIERS } from "../../../src/domain/start-options.js";
import type { StartOptions } from "../../../src/domain/start-options.js";
import { aPolicy } from "../../support/domain-builders.js";

const AT = "2026-05-04T09:42:00Z";

const starts: fc.Arbitrary<StartOptions> = fc.record(
  {
    tier: fc.constantFrom(...TIERS),
    resumeFromCheckpoint: fc.boolean(),
    startAtOperationTime: fc.constantFrom(AT, "2026-05-05T00:00:00Z"),
  },
  { requiredKeys: [] },
);
const schedules = fc.record(
  {
    cron: fc.constantFrom("0 3 * * *", "*/5 * * * *"),
    timezone: fc.constantFrom("UTC", "Europe/Madrid"),
    spreadMs: fc.nat(),
    catchUpMs: fc.nat(),
    train: fc.constantFrom("nightly", "b:1"),
  },
  { requiredKeys: ["cron", "timezone", "spreadMs", "catchUpMs"] },
);
const policies: fc.Arbitrary<Policy> = fc.record(
  {
    state: fc.constantFrom("STARTED" as const, "STOPPED" as const),
    mode: fc.constantFrom("enforce" as const, "observe" as const),
    start: starts,
    restart: schedules,
    recovery: fc.record(
      {
        backoff: fc.record({ initialMs: fc.nat(), factor: fc.integer({ min: 1, max: 10 }), maxMs: fc.nat() }),
        maxAttempts: fc.nat(),
        stableAfterMs: fc.nat(),
        stoppedGraceMs: fc.nat(),
        respectManualStopMs: fc.nat(),
        oplogWindowMs: fc.nat(),
        proof: fc.record({
          withinMs: fc.nat(),
          deadLetterRatio: fc.constantFrom(0, 0.5),
          maxLagMs: fc.nat(),
        }),
      },
      { requiredKeys: ["backoff", "maxAttempts", "stableAfterMs", "stoppedGraceMs"] },
    ),
    gateway: fc.oneof(
      fc.constant({ stop: "refuse" as const }),
      fc.record({ stop: fc.constant("suspend" as const), forMs: fc.nat() }),
    ),
    concurrencyKey: fc.constantFrom("kafka-eu", "b:1"),
  },
  { requiredKeys: ["state", "mode", "start", "recovery"] },
);

/** The same value with its keys the other way round, at every level. */
function turnRound(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, turnRound(inner)] as const);
  return Object.fromEntries(entries.reverse());
}

it("the canonical text does not depend on the order of keys, and loses nothing", () => {
  fc.assert(
    fc.property(policies, (policy) => {
      const text = toCanonicalPolicy(policy);
      expect(toCanonicalPolicy(turnRound(policy) as Policy)).toBe(text);
      expect(JSON.parse(text)).toEqual(policy);
    }),
    { numRuns: 100 },
  );
});

it.each<[string, Policy]>([
  ["the state", aPolicy({ state: "STOPPED" })],
  ["the mode", aPolicy({ mode: "observe" })],
  ["the tier", aPolicy({ start: { tier: "SP30" } })],
  ["a position", aPolicy({ start: { tier: "SP10", resumeFromCheckpoint: false } })],
  ["a restart", aPolicy({ restart: { cron: "0 3 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 0 } })],
  [
    "a train",
    aPolicy({
      restart: { cron: "0 3 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 0, train: "a" },
    }),
  ],
  ["a concurrency key", aPolicy({ concurrencyKey: "kafka-eu" })],
  ["a gateway rule", aPolicy({ gateway: { stop: "refuse" } })],
  ["the recovery", aPolicy({ recovery: { ...DEFAULT_RECOVERY, maxAttempts: 1 } })],
])("the canonical text tells another value of %s", (_what, policy) => {
  expect(toCanonicalPolicy(policy)).not.toBe(toCanonicalPolicy(aPolicy()));
});

it("an absent value and an undefined one are the same text", () => {
  const withUndefined = { ...aPolicy(), restart: undefined } as unknown as Policy;
  expect(toCanonicalPolicy(withUndefined)).toBe(toCanonicalPolicy(aPolicy()));
});
