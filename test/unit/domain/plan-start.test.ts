// Row start of the decision table (docs/design.md 5): a start from FAILED, CREATED or STOPPED, with which tier, at
// which position, and after which grace. Every border is a case of its own.
import { expect, it } from "vitest";
import { decide } from "../../../src/domain/decide/decision-table.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import type { DeclaredPolicy } from "../../../src/domain/status.js";
import { HOUR_MS, NOW, aDeclared, anObservation, aStatus, someFacts } from "../../support/domain-builders.js";
import { aRestart, aStart, itDecides } from "./decision-case.js";
import type { DecisionCase } from "./decision-case.js";

const FAILED = anObservation({ state: "FAILED" });
const AT_REST = anObservation({ state: "STOPPED" });
const DRIFTED = anObservation({ tier: "SP30" });
const CATCH_UP_MS = 2 * HOUR_MS;
const NIGHTLY = aDeclared({
  policy: { restart: { cron: "0 3 * * *", timezone: "UTC", spreadMs: 30 * 60_000, catchUpMs: CATCH_UP_MS } },
});
const SLOT = { at: NOW - HOUR_MS, firesAt: NOW - HOUR_MS };
const { stoppedGraceMs } = DEFAULT_RECOVERY;
const AT = "2026-05-04T09:42:00Z";

const startingAt = (resumeFromCheckpoint?: boolean): DeclaredPolicy =>
  aDeclared({
    policy: {
      start: {
        tier: "SP10",
        startAtOperationTime: AT,
        ...(resumeFromCheckpoint === undefined ? {} : { resumeFromCheckpoint }),
      },
    },
  });
const FRESH = aDeclared({ policy: { start: { tier: "SP10", resumeFromCheckpoint: false } } });

const STARTS: readonly DecisionCase[] = [
  ...["FAILED", "CREATED", "STOPPED"].map((state): DecisionCase => ({
    row: "start",
    reason: `${state}, but declared STARTED`,
    facts: { observation: anObservation({ state }) },
    code: "start",
    action: aStart(),
  })),
  {
    row: "start",
    reason: "no tier declared: none is sent, and Atlas takes its default",
    facts: { declared: aDeclared({ policy: { start: {} } }), observation: FAILED },
    code: "start",
    action: aStart({ options: {} }),
  },
  {
    row: "start",
    reason: "a standing one-off keeps its tier over a recovery",
    facts: { observation: FAILED, status: aStatus({ oneOff: { start: { tier: "SP50" }, version: 3 } }) },
    code: "start",
    action: aStart({ options: { tier: "SP50" } }),
  },
  {
    row: "start",
    reason: "a new version ends the one-off",
    facts: { observation: FAILED, status: aStatus({ oneOff: { start: { tier: "SP50" }, version: 2 } }) },
    code: "start",
    action: aStart(),
  },
  {
    row: "start",
    reason: "a version whose tier was refused starts with the last tier seen running",
    facts: { observation: FAILED, status: aStatus({ refusedVersion: 3, lastTier: "SP2" }) },
    code: "start",
    action: aStart({ options: { tier: "SP2" } }),
  },
  {
    row: "start",
    reason: "refused, but never seen running: there is only the declared tier",
    facts: { observation: FAILED, status: aStatus({ refusedVersion: 3 }) },
    code: "start",
    action: aStart(),
  },
  {
    row: "start",
    reason: "the refusal of an older version is over",
    facts: { observation: FAILED, status: aStatus({ refusedVersion: 2, lastTier: "SP2" }) },
    code: "start",
    action: aStart(),
  },
  {
    row: "start",
    reason: "the start satisfies a due slot",
    facts: { declared: NIGHTLY, observation: FAILED, dueSlot: SLOT },
    code: "start",
    action: aStart({ slotAt: SLOT.at }),
  },
];

const POSITIONS: readonly DecisionCase[] = [
  {
    row: "start",
    reason: "an armed time is sent as written",
    facts: { declared: startingAt(), observation: FAILED },
    code: "start",
    action: aStart({ options: { tier: "SP10", startAtOperationTime: AT } }),
  },
  {
    row: "start",
    reason: "a time together with resumeFromCheckpoint goes out as written",
    facts: { declared: startingAt(true), observation: FAILED },
    code: "start",
    action: aStart({ options: { tier: "SP10", startAtOperationTime: AT, resumeFromCheckpoint: true } }),
  },
  {
    row: "start",
    reason: "a spent time is not sent again: the start resumes",
    facts: {
      declared: startingAt(),
      observation: FAILED,
      status: aStatus({ positionsSpent: [`at:${AT}:absent`] }),
    },
    code: "start",
    action: aStart(),
  },
  {
    row: "start",
    reason: "another time was spent, not this one",
    facts: {
      declared: startingAt(),
      observation: FAILED,
      status: aStatus({ positionsSpent: ["at:2026-01-01T00:00:00Z:absent", "fresh"] }),
    },
    code: "start",
    action: aStart({ options: { tier: "SP10", startAtOperationTime: AT } }),
  },
  {
    row: "start",
    reason: "an armed fresh start discards the checkpoint",
    facts: { declared: FRESH, observation: anObservation({ state: "CREATED" }) },
    code: "start",
    action: aStart({ options: { tier: "SP10", resumeFromCheckpoint: false } }),
  },
  {
    row: "start",
    reason: "a spent fresh start resumes",
    facts: { declared: FRESH, observation: FAILED, status: aStatus({ positionsSpent: ["fresh"] }) },
    code: "start",
    action: aStart(),
  },
  {
    row: "restart-tier",
    reason: "a tier restart resumes, also where a position is armed",
    facts: { declared: FRESH, observation: DRIFTED },
    code: "restart-tier",
    action: aRestart(),
  },
  {
    row: "restart-slot",
    reason: "a slot restart resumes, also where a position is armed",
    facts: {
      declared: aDeclared({ policy: { ...NIGHTLY.policy, start: FRESH.policy.start } }),
      dueSlot: SLOT,
    },
    code: "restart-slot",
    action: aRestart({ slotAt: SLOT.at, isBrakeable: false }),
  },
];

const FOUR_HOURS_MS = 14_400_000;
const RESPECTING = { ...DEFAULT_RECOVERY, respectManualStopMs: FOUR_HOURS_MS };
const RESPECTED = [
  { by: "jane@example.com", since: NOW - FOUR_HOURS_MS + 1, code: "grace" },
  { by: "jane@example.com", since: NOW - FOUR_HOURS_MS, code: "start" },
  { by: null, since: NOW - stoppedGraceMs + 1, code: "grace" },
  { by: null, since: NOW - stoppedGraceMs, code: "start" },
  { by: "Atlas's autoscaling", since: NOW - stoppedGraceMs + 1, code: "grace" },
  { by: "Atlas's autoscaling", since: NOW - stoppedGraceMs, code: "start" },
] as const;

const GRACE: readonly DecisionCase[] = [
  ...["STOPPED", "CREATED"].map((state): DecisionCase => ({
    row: "start",
    reason: `somebody else brought it to ${state}: waits the last millisecond of the grace`,
    facts: {
      observation: anObservation({ state }),
      status: aStatus({ stateCause: "elsewhere", stateSince: NOW - stoppedGraceMs + 1 }),
    },
    code: "grace",
  })),
  ...RESPECTED.map(({ by, since, code }): DecisionCase => ({
    row: "start",
    reason: `stopped ${String((NOW - since) / 60_000)} min ago by ${String(by)}, a person's stop respected for 4 h`,
    facts: {
      declared: aDeclared({ policy: { recovery: RESPECTING } }),
      observation: AT_REST,
      status: aStatus({ stateCause: "elsewhere", stateBy: by, stateSince: since }),
    },
    code,
    ...(code === "start" ? { action: aStart() } : {}),
  })),
  {
    row: "start",
    reason: "the grace is over: starts",
    facts: {
      observation: AT_REST,
      status: aStatus({ stateCause: "elsewhere", stateSince: NOW - stoppedGraceMs }),
    },
    code: "start",
    action: aStart(),
  },
  {
    row: "start",
    reason: "nobody makes a processor FAILED on purpose: no grace",
    facts: { observation: FAILED, status: aStatus({ stateCause: "elsewhere", stateSince: NOW }) },
    code: "start",
    action: aStart(),
  },
  {
    row: "start",
    reason: "stopped before the policy was declared: whoever declared it knew",
    facts: {
      declared: aDeclared({ declaredAt: NOW - 1_000 }),
      observation: AT_REST,
      status: aStatus({ stateCause: "elsewhere", stateSince: NOW - 2_000 }),
    },
    code: "start",
    action: aStart(),
  },
  {
    row: "start",
    reason: "stopped after the policy was declared: waits",
    facts: {
      declared: aDeclared({ declaredAt: NOW - 2_000 }),
      observation: AT_REST,
      status: aStatus({ stateCause: "elsewhere", stateSince: NOW - 1_000 }),
    },
    code: "grace",
  },
  {
    row: "start",
    reason: "Headgate itself brought it there: no grace",
    facts: { observation: AT_REST, status: aStatus({ stateCause: "headgate", stateSince: NOW }) },
    code: "start",
    action: aStart(),
  },
  {
    row: "start",
    reason: "seen for the first time: nobody was seen stopping it",
    facts: { observation: AT_REST, status: aStatus({ stateCause: "first", stateSince: NOW }) },
    code: "start",
    action: aStart(),
  },
  {
    row: "start",
    reason: "a declared grace of nothing waits for nothing",
    facts: {
      declared: aDeclared({ policy: { recovery: { ...DEFAULT_RECOVERY, stoppedGraceMs: 0 } } }),
      observation: AT_REST,
      status: aStatus({ stateCause: "elsewhere", stateSince: NOW }),
    },
    code: "start",
    action: aStart(),
  },
];

itDecides([...STARTS, ...POSITIONS, ...GRACE]);

it("row start: says why it FAILED, where Atlas does", () => {
  const observation = anObservation({ state: "FAILED", errorMessage: "source not reachable" });
  const { reason } = decide(someFacts({ observation }));
  expect(reason.text).toBe("FAILED (source not reachable), but declared STARTED");
});
