// Rows held to observe-only of the decision table (docs/design.md 5): what keeps a pass from doing anything, in the
// table's order. Every border is a case of its own; what a pass does where nothing keeps it back stands in
// plan-enforce.test.ts.
import { expect, it } from "vitest";
import { decide } from "../../../src/domain/decide/decision-table.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import { HOUR_MS, NOW, aDeclared, anObservation, aStatus, someFacts } from "../../support/domain-builders.js";
import { STOP, aRestart, aStart, itDecides } from "./decision-case.js";
import type { DecisionCase } from "./decision-case.js";

const FAILED = anObservation({ state: "FAILED" });
const STOPPED = aDeclared({ policy: { state: "STOPPED" } });
const OBSERVE = aDeclared({ policy: { mode: "observe" } });
const NIGHTLY = { cron: "0 3 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 2 * HOUR_MS };
const NIGHTLY_OBSERVE = aDeclared({ policy: { mode: "observe", restart: NIGHTLY } });
const SLOT = { at: NOW - HOUR_MS, firesAt: NOW - HOUR_MS };
const SUSPENDED = { by: "ana", why: "migration", until: NOW + HOUR_MS };
const { settleMs, stuckMs } = DEFAULT_SETTINGS;

const NOT_SEEN: readonly DecisionCase[] = [
  {
    row: "held",
    reason: "a held project has nothing done to it",
    facts: { isHeld: true, observation: FAILED },
    code: "held",
  },
  {
    row: "held",
    reason: "without a complete list nothing is known",
    facts: { observedAt: null, observation: undefined },
    code: "not-observed",
  },
  {
    row: "held",
    reason: "a hold comes before everything, also before a missing policy",
    facts: { isHeld: true, declared: undefined },
    code: "held",
  },
  {
    row: "held",
    reason: "a due slot of a suspended processor waits for the end of the hold to be skipped",
    facts: { isHeld: true, dueSlot: SLOT, status: aStatus({ suspended: SUSPENDED }) },
    code: "held",
  },
  {
    row: "held",
    reason: "incomplete and held: the hold is what an operator has to hear of",
    facts: { isHeld: true, observedAt: null },
    code: "held",
  },
];

const NO_POLICY: readonly DecisionCase[] = [
  {
    row: "unmanaged",
    reason: "a FAILED processor without a policy is nobody's business",
    facts: { declared: undefined, observation: FAILED },
    code: "unmanaged",
  },
  {
    row: "unmanaged",
    reason: "without a policy, a person's open change does not matter to the pass",
    facts: { declared: undefined, hasOpenChange: true },
    code: "unmanaged",
  },
];

const CHANGING: readonly DecisionCase[] = [
  {
    row: "change-open",
    reason: "never two changes on one processor",
    facts: { hasOpenChange: true, observation: FAILED },
    code: "change-running",
  },
  {
    row: "change-open",
    reason: "the open change comes before the suspension and leaves the slot alone",
    facts: { hasOpenChange: true, dueSlot: SLOT, status: aStatus({ suspended: SUSPENDED }) },
    code: "change-running",
  },
  {
    row: "change-open",
    reason: "a processor absent in the middle of its change is not missing yet",
    facts: { hasOpenChange: true, observation: undefined },
    code: "change-running",
  },
];

const UNSETTLED: readonly DecisionCase[] = [
  {
    row: "unsettled",
    reason: "observed the last moment before the settle time is over: may show the old state",
    facts: {
      observation: FAILED,
      observedAt: NOW - 1_000,
      status: aStatus({ lastCloseAt: NOW - 1_000 - settleMs + 1 }),
    },
    code: "observing-again",
  },
  {
    row: "start",
    reason: "row unsettled ends with the settle time: an observation sent at its very end counts",
    facts: {
      observation: FAILED,
      observedAt: NOW - 1_000,
      status: aStatus({ lastCloseAt: NOW - 1_000 - settleMs }),
    },
    code: "start",
    action: aStart(),
  },
  {
    row: "unsettled",
    reason: "an observation that is older than the close counts still less, however late it is by now",
    facts: {
      observation: FAILED,
      observedAt: NOW - HOUR_MS,
      status: aStatus({ lastCloseAt: NOW - HOUR_MS + 1 }),
    },
    code: "observing-again",
  },
  {
    row: "unsettled",
    reason: "barred a millisecond longer: the fate of the last call is unknown",
    facts: { observation: FAILED, status: aStatus({ barredUntil: NOW + 1 }) },
    code: "barred",
  },
  {
    row: "start",
    reason: "row unsettled ends where the bar does",
    facts: { observation: FAILED, status: aStatus({ barredUntil: NOW }) },
    code: "start",
    action: aStart(),
  },
  {
    row: "unsettled",
    reason: "a bar holds a stop too",
    facts: { declared: STOPPED, status: aStatus({ barredUntil: NOW + 1 }) },
    code: "barred",
  },
];

const ABSENT: readonly DecisionCase[] = [
  {
    row: "absent",
    reason: "absent once may be a listing that moved under us",
    facts: { observation: undefined, status: aStatus({ absences: 1 }) },
    code: "observing-again",
  },
  {
    row: "absent",
    reason: "absent twice in a row is missing, and never started",
    facts: { observation: undefined, status: aStatus({ absences: 2 }) },
    code: "missing",
  },
  {
    row: "absent",
    reason: "a missing processor is missing also while suspended, and its slot stays",
    facts: { observation: undefined, dueSlot: SLOT, status: aStatus({ absences: 2, suspended: SUSPENDED }) },
    code: "missing",
  },
];

const SUSPENSIONS: readonly DecisionCase[] = [
  {
    row: "suspended",
    reason: "suspended: a FAILED processor is left alone",
    facts: { observation: FAILED, status: aStatus({ suspended: SUSPENDED }) },
    code: "suspended",
  },
  {
    row: "suspended",
    reason: "suspended: a due slot is skipped, not saved up",
    facts: { dueSlot: SLOT, status: aStatus({ suspended: SUSPENDED }) },
    code: "suspended",
    skips: { slotAt: SLOT.at, why: "suspended" },
  },
  {
    row: "suspended",
    reason: "suspended a millisecond longer",
    facts: { observation: FAILED, status: aStatus({ suspended: { ...SUSPENDED, until: NOW + 1 } }) },
    code: "suspended",
  },
  {
    row: "start",
    reason: "row suspended ends by itself, at the time that was named",
    facts: { observation: FAILED, status: aStatus({ suspended: { ...SUSPENDED, until: NOW } }) },
    code: "start",
    action: aStart(),
  },
];

const UNACTIONABLE: readonly DecisionCase[] = [
  ...["PROVISIONING", "INIT", "CREATING"].map((state): DecisionCase => ({
    row: "in-transition",
    reason: `${state} passes by itself`,
    facts: { observation: anObservation({ state }) },
    code: "in-transition",
  })),
  {
    row: "in-transition",
    reason: "a word we do not know plans nothing",
    facts: { observation: anObservation({ state: "HIBERNATING" }) },
    code: "unknown-state",
  },
  {
    row: "in-transition",
    reason: "a word in another spelling is a word we do not know",
    facts: { observation: anObservation({ state: "failed" }) },
    code: "unknown-state",
  },
  {
    row: "in-transition",
    reason: "declared STOPPED, too, waits for a state that it knows",
    facts: { declared: STOPPED, observation: anObservation({ state: "PROVISIONING" }) },
    code: "in-transition",
  },
  ...["PROVISIONING", "HIBERNATING"].map((state): DecisionCase => ({
    row: "in-transition",
    reason: `${state} up to the limit is stuck, and still not acted on`,
    facts: { observation: anObservation({ state }), status: aStatus({ stateSince: NOW - stuckMs }) },
    code: "stuck",
  })),
  {
    row: "in-transition",
    reason: "a millisecond below the limit it is not stuck",
    facts: {
      observation: anObservation({ state: "PROVISIONING" }),
      status: aStatus({ stateSince: NOW - stuckMs + 1 }),
    },
    code: "in-transition",
  },
  {
    row: "in-transition",
    reason: "parked and back-off do not hide that it is on its way",
    facts: {
      observation: anObservation({ state: "CREATING" }),
      status: aStatus({ parked: { version: 3, why: "gave up" } }),
    },
    code: "in-transition",
  },
];

const AT_REST: readonly DecisionCase[] = [
  ...["STOPPED", "CREATED", "FAILED"].map((state): DecisionCase => ({
    row: "rests-as-declared",
    reason: `declared STOPPED, ${state} is at rest`,
    facts: { declared: STOPPED, observation: anObservation({ state }) },
    code: "as-declared",
  })),
  {
    row: "rests-as-declared",
    reason: "a slot of a processor declared STOPPED is skipped",
    facts: { declared: STOPPED, observation: anObservation({ state: "STOPPED" }), dueSlot: SLOT },
    code: "as-declared",
    skips: { slotAt: SLOT.at, why: "declared STOPPED" },
  },
  {
    row: "rests-as-declared",
    reason: "at rest it does not matter that it was parked, nor on which tier it ran",
    facts: {
      declared: STOPPED,
      observation: anObservation({ state: "STOPPED", tier: "SP50" }),
      status: aStatus({ parked: { version: 3, why: "gave up" } }),
    },
    code: "as-declared",
  },
];

const OBSERVED_ONLY: readonly DecisionCase[] = [
  {
    row: "observe-only",
    reason: "mode observe would start, and does not",
    facts: { declared: OBSERVE, observation: FAILED },
    code: "would-start",
    would: aStart(),
  },
  {
    row: "observe-only",
    reason: "mode observe would stop, and does not",
    facts: { declared: aDeclared({ policy: { mode: "observe", state: "STOPPED" } }) },
    code: "would-stop",
    would: STOP,
  },
  {
    row: "observe-only",
    reason: "mode observe would restart for the tier, and does not",
    facts: { declared: OBSERVE, observation: anObservation({ tier: "SP30" }) },
    code: "would-restart",
    would: aRestart(),
  },
  {
    row: "observe-only",
    reason: "mode observe would restart for its slot, and skips it",
    facts: { declared: NIGHTLY_OBSERVE, dueSlot: SLOT },
    code: "would-restart",
    would: aRestart({ slotAt: SLOT.at, isBrakeable: false }),
    skips: { slotAt: SLOT.at, why: "mode observe" },
  },
  {
    row: "observe-only",
    reason: "mode observe skips a slot also where enforcing would only wait",
    facts: {
      declared: NIGHTLY_OBSERVE,
      observation: FAILED,
      dueSlot: SLOT,
      status: aStatus({ attempts: 1, attemptsVersion: 3, nextAttemptAt: NOW + 1 }),
    },
    code: "backing-off",
    skips: { slotAt: SLOT.at, why: "mode observe" },
  },
  {
    row: "observe-only",
    reason: "mode observe in agreement has nothing to say",
    facts: { declared: OBSERVE },
    code: "as-declared",
  },
  {
    row: "observe-only",
    reason: "mode observe would give up, and parks nothing",
    facts: {
      declared: OBSERVE,
      observation: FAILED,
      status: aStatus({ attempts: 30, attemptsVersion: 3 }),
    },
    code: "would-park",
  },
  {
    row: "observe-only",
    reason: "mode observe waits the grace as enforcing does",
    facts: {
      declared: OBSERVE,
      observation: anObservation({ state: "STOPPED" }),
      status: aStatus({ stateCause: "elsewhere", stateSince: NOW }),
    },
    code: "grace",
  },
];

itDecides([...NOT_SEEN, ...NO_POLICY, ...CHANGING]);
itDecides([...UNSETTLED, ...ABSENT, ...SUSPENSIONS]);
itDecides([...UNACTIONABLE, ...AT_REST, ...OBSERVED_ONLY]);

it("row suspended: says who suspended it and why", () => {
  const { reason } = decide(someFacts({ status: aStatus({ suspended: SUSPENDED }) }));
  expect(reason.text).toBe("suspended by ana: migration");
});

it("row observe-only: says what it would do and for which reason", () => {
  const { reason } = decide(someFacts({ declared: OBSERVE, observation: FAILED }));
  expect(reason.text).toBe("would start: FAILED, but declared STARTED");
});
