// Rows parked to stop of the decision table (docs/design.md 5): what gave up, what waits for its next attempt, and
// stops. Every border is a case of its own; starts and restarts stand in plan-start.test.ts and plan-running.test.ts.
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import { HOUR_MS, NOW, aDeclared, anObservation, aStatus } from "../../support/domain-builders.js";
import { STOP, aRestart, aStart, itDecides } from "./decision-case.js";
import type { DecisionCase } from "./decision-case.js";

const FAILED = anObservation({ state: "FAILED" });
const DRIFTED = anObservation({ tier: "SP30" });
const STOPPED = aDeclared({ policy: { state: "STOPPED" } });
const CATCH_UP_MS = 2 * HOUR_MS;
const NIGHTLY = aDeclared({
  policy: { restart: { cron: "0 3 * * *", timezone: "UTC", spreadMs: 30 * 60_000, catchUpMs: CATCH_UP_MS } },
});
const SLOT = { at: NOW - HOUR_MS, firesAt: NOW - HOUR_MS };
const { maxAttempts } = DEFAULT_RECOVERY;

const PARKED: readonly DecisionCase[] = [
  {
    row: "parked",
    reason: "parked under this version: left alone until someone looks",
    facts: { observation: FAILED, status: aStatus({ parked: { version: 3, why: "gave up" } }) },
    code: "parked",
  },
  {
    row: "parked",
    reason: "parked: a due slot is skipped",
    facts: {
      declared: NIGHTLY,
      dueSlot: SLOT,
      status: aStatus({ parked: { version: 3, why: "position unknown" } }),
    },
    code: "parked",
    skips: { slotAt: SLOT.at, why: "parked" },
  },
  {
    row: "parked",
    reason: "parked: not stopped either",
    facts: { declared: STOPPED, status: aStatus({ parked: { version: 3, why: "gave up" } }) },
    code: "parked",
  },
  {
    row: "start",
    reason: "parked under an older version: the new one unparks",
    facts: { observation: FAILED, status: aStatus({ parked: { version: 2, why: "gave up" } }) },
    code: "start",
    action: aStart(),
  },
  {
    row: "parked",
    reason: "the declared number of attempts is used up: parks, with what went wrong last",
    facts: {
      observation: FAILED,
      status: aStatus({ attempts: maxAttempts, attemptsVersion: 3, lastFailure: "400: no such topic" }),
    },
    code: "parked",
    parks: "gave up after the declared number of attempts; last: 400: no such topic",
  },
  {
    row: "parked",
    reason: "without a refused call, what Atlas said about the failure is the last of it",
    facts: {
      observation: anObservation({ state: "FAILED", errorMessage: "source not reachable" }),
      status: aStatus({ attempts: maxAttempts, attemptsVersion: 3 }),
    },
    code: "parked",
    parks: "gave up after the declared number of attempts; last: source not reachable",
  },
  {
    row: "parked",
    reason: "parks also while it would back off, and skips the due slot",
    facts: {
      declared: NIGHTLY,
      observation: FAILED,
      dueSlot: SLOT,
      status: aStatus({
        attempts: maxAttempts,
        attemptsVersion: 3,
        nextAttemptAt: NOW + HOUR_MS,
        lastFailure: "x",
      }),
    },
    code: "parked",
    parks: "gave up after the declared number of attempts; last: x",
    skips: { slotAt: SLOT.at, why: "parked" },
  },
  {
    row: "start",
    reason: "one attempt below the declared number is still an attempt",
    facts: {
      observation: FAILED,
      status: aStatus({ attempts: maxAttempts - 1, attemptsVersion: 3, nextAttemptAt: NOW }),
    },
    code: "start",
    action: aStart(),
  },
  {
    row: "start",
    reason: "attempts of an older version count for nothing",
    facts: { observation: FAILED, status: aStatus({ attempts: maxAttempts, attemptsVersion: 2 }) },
    code: "start",
    action: aStart(),
  },
  {
    row: "runs-as-declared",
    reason: "the last attempt may have been the good one: what runs as declared is not parked",
    facts: { status: aStatus({ attempts: maxAttempts, attemptsVersion: 3 }) },
    code: "as-declared",
  },
];

const BACKING_OFF: readonly DecisionCase[] = [
  {
    row: "backing-off",
    reason: "a millisecond before the next attempt",
    facts: {
      observation: FAILED,
      status: aStatus({ attempts: 1, attemptsVersion: 3, nextAttemptAt: NOW + 1 }),
    },
    code: "backing-off",
  },
  {
    row: "start",
    reason: "row backing-off ends at the next attempt's time",
    facts: { observation: FAILED, status: aStatus({ attempts: 1, attemptsVersion: 3, nextAttemptAt: NOW }) },
    code: "start",
    action: aStart(),
  },
  {
    row: "start",
    reason: "the back-off of an older version does not hold a new one",
    facts: {
      observation: FAILED,
      status: aStatus({ attempts: 1, attemptsVersion: 2, nextAttemptAt: NOW + HOUR_MS }),
    },
    code: "start",
    action: aStart(),
  },
  {
    row: "backing-off",
    reason: "tier drift waits for the back-off too, and its slot with it",
    facts: {
      declared: NIGHTLY,
      observation: DRIFTED,
      dueSlot: SLOT,
      status: aStatus({ attempts: 1, attemptsVersion: 3, nextAttemptAt: NOW + 1 }),
    },
    code: "backing-off",
  },
  {
    row: "backing-off",
    reason: "a stop that was refused is not tried again at once",
    facts: {
      declared: STOPPED,
      status: aStatus({ attempts: 1, attemptsVersion: 3, nextAttemptAt: NOW + 1 }),
    },
    code: "backing-off",
  },
  {
    row: "restart-slot",
    reason: "in agreement the back-off does not keep a slot from its restart",
    facts: {
      declared: NIGHTLY,
      dueSlot: SLOT,
      status: aStatus({ attempts: 1, attemptsVersion: 3, nextAttemptAt: NOW + 1 }),
    },
    code: "restart-slot",
    action: aRestart({ slotAt: SLOT.at, isBrakeable: false }),
  },
];

const STOPS: readonly DecisionCase[] = [
  {
    row: "stop",
    reason: "runs, but declared STOPPED",
    facts: { declared: STOPPED },
    code: "stop",
    action: STOP,
  },
  {
    row: "stop",
    reason: "a declared stop waits for no grace",
    facts: { declared: STOPPED, status: aStatus({ stateCause: "elsewhere", stateSince: NOW }) },
    code: "stop",
    action: STOP,
  },
  {
    row: "stop",
    reason: "a slot does not turn a stop into a restart: it is skipped",
    facts: {
      declared: aDeclared({ policy: { ...NIGHTLY.policy, state: "STOPPED" } }),
      dueSlot: SLOT,
    },
    code: "stop",
    action: STOP,
    skips: { slotAt: SLOT.at, why: "declared STOPPED" },
  },
];

itDecides([...PARKED, ...BACKING_OFF, ...STOPS]);
