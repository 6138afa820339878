// When to try again and when to give up: the sequence of delays, its maximum, what resets it, and that a count belongs
// to one policy version.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Recovery } from "../../../src/domain/policy.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import {
  isBackingOff,
  isExhausted,
  isParked,
  withAttempt,
  withStability,
  withoutAttempts,
} from "../../../src/domain/decide/recovery.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../../src/domain/status.js";
import { HOUR_MS, MINUTE_MS, NOW, aDeclared, aStatus } from "../../support/domain-builders.js";

const recovering = (fields: Partial<Recovery>, version = 3): DeclaredPolicy =>
  aDeclared({ version, policy: { recovery: { ...DEFAULT_RECOVERY, ...fields } } });

/** The delay after each of `count` attempts in a row. */
function toDelays(declared: DeclaredPolicy, count: number): readonly number[] {
  const delays: number[] = [];
  let status = aStatus();
  for (let attempt = 0; attempt < count; attempt += 1) {
    status = withAttempt(status, declared, NOW);
    delays.push((status.nextAttemptAt ?? NOW) - NOW);
  }
  return delays;
}

it.each<[string, Recovery["backoff"], readonly number[]]>([
  ["by default from a minute, doubled, to an hour", DEFAULT_RECOVERY.backoff, [1, 2, 4, 8, 16, 32, 60, 60]],
  ["by another factor", { initialMs: MINUTE_MS, factor: 3, maxMs: 30 * MINUTE_MS }, [1, 3, 9, 27, 30]],
  ["evenly", { initialMs: 5 * MINUTE_MS, factor: 1, maxMs: HOUR_MS }, [5, 5, 5]],
  [
    "never longer than the maximum, even the first",
    { initialMs: HOUR_MS, factor: 2, maxMs: MINUTE_MS },
    [1, 1],
  ],
])("backs off %s", (_reason, backoff, minutes) => {
  const delays = toDelays(recovering({ backoff }), minutes.length);
  expect(delays).toEqual(minutes.map((minute) => minute * MINUTE_MS));
});

it("gives up after about a day by default", () => {
  const hours =
    toDelays(aDeclared(), DEFAULT_RECOVERY.maxAttempts).reduce((sum, ms) => sum + ms, 0) / HOUR_MS;
  expect(hours).toBeGreaterThan(20);
  expect(hours).toBeLessThan(30);
});

it("a delay is never negative, never above the maximum, and never shorter than the one before", () => {
  const backoffs = fc.record({
    initialMs: fc.integer({ min: 0, max: 400 * 24 * HOUR_MS }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    maxMs: fc.integer({ min: 0, max: 400 * 24 * HOUR_MS }),
  });
  fc.assert(
    fc.property(backoffs, fc.integer({ min: 1, max: 1_000 }), (backoff, attempts) => {
      const declared = recovering({ backoff });
      const status = aStatus({ attempts: attempts - 1, attemptsVersion: 3 });
      const once = withAttempt(status, declared, NOW);
      const again = withAttempt(once, declared, NOW);
      const [delay, next] = [once, again].map(({ nextAttemptAt }) => (nextAttemptAt ?? NaN) - NOW);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(backoff.maxMs);
      expect(next).toBeGreaterThanOrEqual(delay ?? NaN);
    }),
    { numRuns: 100 },
  );
});

const COUNTED = aStatus({ attempts: 2, attemptsVersion: 3, nextAttemptAt: NOW + 1 });

it.each<[string, ProcessorStatus, DeclaredPolicy, number, boolean]>([
  ["until then", COUNTED, aDeclared(), NOW, true],
  ["and not a moment longer", COUNTED, aDeclared(), NOW + 1, false],
  ["not under a new version", COUNTED, aDeclared({ version: 4 }), NOW, false],
  ["not where nothing was counted", aStatus({ nextAttemptAt: NOW + 1 }), aDeclared(), NOW, false],
])("waits %s", (...[, status, declared, now, isWaiting]) => {
  expect(isBackingOff(status, declared, now)).toBe(isWaiting);
});

it.each<[string, number, DeclaredPolicy, boolean]>([
  ["below the declared number", 4, recovering({ maxAttempts: 5 }), false],
  ["at the declared number", 5, recovering({ maxAttempts: 5 }), true],
  ["at it, but under an older version", 5, recovering({ maxAttempts: 5 }, 4), false],
])("is exhausted %s", (...[, attempts, declared, isDone]) => {
  expect(isExhausted(aStatus({ attempts, attemptsVersion: 3 }), declared)).toBe(isDone);
});

it("a new version begins at nothing, and its first attempt waits the initial delay", () => {
  const status = withAttempt(aStatus({ attempts: 20, attemptsVersion: 3 }), aDeclared({ version: 4 }), NOW);
  expect(status).toMatchObject({ attempts: 1, attemptsVersion: 4, nextAttemptAt: NOW + MINUTE_MS });
});

it("parking binds the version it was made under, and no other", () => {
  const status = aStatus({ parked: { version: 3, why: "gave up" } });
  expect(isParked(status, aDeclared())).toBe(true);
  expect(isParked(status, aDeclared({ version: 4 }))).toBe(false);
  expect(isParked(aStatus(), aDeclared())).toBe(false);
});

it("forgetting the attempts unparks and lets the next one come at once", () => {
  const status = withoutAttempts({ ...COUNTED, parked: { version: 3, why: "gave up" } });
  expect(status).toEqual(aStatus());
});

const { stableAfterMs } = DEFAULT_RECOVERY;

it.each<[string, number | null, number]>([
  ["shorter than stableAfter", NOW - stableAfterMs + 1, 2],
  ["for stableAfter", NOW - stableAfterMs, 0],
  ["since nobody knows when", null, 2],
])("the count begins anew or not: STARTED %s", (_reason, stateSince, attempts) => {
  expect(withStability({ ...COUNTED, stateSince }, aDeclared(), NOW).attempts).toBe(attempts);
});

it("stability without anything counted changes nothing: the very same status comes out", () => {
  const status = aStatus({ stateSince: NOW - 2 * stableAfterMs });
  expect(withStability(status, aDeclared(), NOW)).toBe(status);
});
