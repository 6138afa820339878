// Rows restart-tier to runs-as-declared of the decision table (docs/design.md 5): a processor that runs, and is
// restarted for its tier or its slot, or left alone. Every border is a case of its own.
import { expect, it } from "vitest";
import { decide } from "../../../src/domain/decide/decision-table.js";
import { HOUR_MS, NOW, aDeclared, anObservation, aStatus, someFacts } from "../../support/domain-builders.js";
import { aRestart, itDecides } from "./decision-case.js";
import type { DecisionCase } from "./decision-case.js";

const DRIFTED = anObservation({ tier: "SP30" });
const SPREAD_MS = 1_800_000;
const CATCH_UP_MS = 2 * HOUR_MS;
const NIGHTLY = aDeclared({
  policy: { restart: { cron: "0 3 * * *", timezone: "UTC", spreadMs: SPREAD_MS, catchUpMs: CATCH_UP_MS } },
});
const SLOT = { at: NOW - HOUR_MS, firesAt: NOW - HOUR_MS };
const LATEST = { at: NOW - CATCH_UP_MS, firesAt: NOW - CATCH_UP_MS };
const TOO_OLD = { at: NOW - CATCH_UP_MS - 1, firesAt: NOW - CATCH_UP_MS - 1 };
const ONE_OFF = { start: { tier: "SP30" }, version: 3 } as const;

const TIERS: readonly DecisionCase[] = [
  {
    row: "restart-tier",
    reason: "runs on another tier: restarts, resuming, and the brake may hold it",
    facts: { observation: DRIFTED },
    code: "restart-tier",
    action: aRestart(),
  },
  {
    row: "restart-tier",
    reason: "a smaller tier drifts as a larger one does",
    facts: { observation: anObservation({ tier: "SP2" }) },
    code: "restart-tier",
    action: aRestart(),
  },
  {
    row: "restart-tier",
    reason: "a tier that we do not know is another tier",
    facts: { observation: anObservation({ tier: "SP400" }) },
    code: "restart-tier",
    action: aRestart(),
  },
  {
    row: "restart-tier",
    reason: "with a slot due it is a scheduled restart: satisfies the slot, and no brake holds it",
    facts: { declared: NIGHTLY, observation: DRIFTED, dueSlot: SLOT },
    code: "restart-tier",
    action: aRestart({ slotAt: SLOT.at, isBrakeable: false }),
  },
  {
    row: "restart-tier",
    reason: "a slot exactly as old as catchUp still schedules it",
    facts: { declared: NIGHTLY, observation: DRIFTED, dueSlot: LATEST },
    code: "restart-tier",
    action: aRestart({ slotAt: LATEST.at, isBrakeable: false }),
  },
  {
    row: "restart-tier",
    reason: "a slot older than catchUp is skipped and frees nothing from the brake",
    facts: { declared: NIGHTLY, observation: DRIFTED, dueSlot: TOO_OLD },
    code: "restart-tier",
    action: aRestart(),
    skips: { slotAt: TOO_OLD.at, why: "older than catchUp" },
  },
  {
    row: "restart-tier",
    reason: "the refusal of an older version does not keep a new tier from being tried",
    facts: { observation: DRIFTED, status: aStatus({ refusedVersion: 2 }) },
    code: "restart-tier",
    action: aRestart(),
  },
  {
    row: "restart-tier",
    reason: "the one-off of an older version no longer stands",
    facts: { observation: DRIFTED, status: aStatus({ oneOff: { ...ONE_OFF, version: 2 } }) },
    code: "restart-tier",
    action: aRestart(),
  },
];

const NO_TIER_DRIFT: readonly DecisionCase[] = [
  {
    row: "runs-as-declared",
    reason: "Atlas autoscales it: its tier is Atlas's business",
    facts: { observation: anObservation({ tier: "SP30", autoscaled: true }) },
    code: "as-declared",
  },
  {
    row: "runs-as-declared",
    reason: "a standing one-off is not drift",
    facts: { observation: DRIFTED, status: aStatus({ oneOff: ONE_OFF }) },
    code: "as-declared",
  },
  {
    row: "runs-as-declared",
    reason: "a refused version plans no further restart",
    facts: { observation: DRIFTED, status: aStatus({ refusedVersion: 3, lastTier: "SP30" }) },
    code: "as-declared",
  },
  {
    row: "runs-as-declared",
    reason: "no tier declared: none is compared",
    facts: { declared: aDeclared({ policy: { start: {} } }), observation: DRIFTED },
    code: "as-declared",
  },
  {
    row: "runs-as-declared",
    reason: "Atlas shows no tier: none is compared",
    facts: { observation: anObservation({ tier: undefined }) },
    code: "as-declared",
  },
];

const SLOTS: readonly DecisionCase[] = [
  {
    row: "restart-slot",
    reason: "a due slot restarts it, resuming, and no brake holds it",
    facts: { declared: NIGHTLY, dueSlot: SLOT },
    code: "restart-slot",
    action: aRestart({ slotAt: SLOT.at, isBrakeable: false }),
  },
  {
    row: "restart-slot",
    reason: "exactly as old as catchUp still counts",
    facts: { declared: NIGHTLY, dueSlot: LATEST },
    code: "restart-slot",
    action: aRestart({ slotAt: LATEST.at, isBrakeable: false }),
  },
  {
    row: "restart-slot",
    reason: "older than catchUp is skipped, and recorded as skipped",
    facts: { declared: NIGHTLY, dueSlot: TOO_OLD },
    code: "as-declared",
    skips: { slotAt: TOO_OLD.at, why: "older than catchUp" },
  },
  {
    row: "restart-slot",
    reason: "a spread slot ages from when it fires, and is named by its nominal time",
    facts: { declared: NIGHTLY, dueSlot: { at: NOW - CATCH_UP_MS - SPREAD_MS, firesAt: NOW - CATCH_UP_MS } },
    code: "restart-slot",
    action: aRestart({ slotAt: NOW - CATCH_UP_MS - SPREAD_MS, isBrakeable: false }),
  },
  {
    row: "restart-slot",
    reason: "the slot ends a one-off: the restart goes back to the declared tier",
    facts: { declared: NIGHTLY, observation: DRIFTED, dueSlot: SLOT, status: aStatus({ oneOff: ONE_OFF }) },
    code: "restart-slot",
    action: aRestart({ slotAt: SLOT.at, isBrakeable: false }),
  },
  {
    row: "restart-slot",
    reason: "a slot restart of a refused version keeps the tier that runs",
    facts: {
      declared: NIGHTLY,
      observation: DRIFTED,
      dueSlot: SLOT,
      status: aStatus({ refusedVersion: 3, lastTier: "SP30" }),
    },
    code: "restart-slot",
    action: aRestart({ options: { tier: "SP30" }, slotAt: SLOT.at, isBrakeable: false }),
  },
];

const AS_DECLARED: readonly DecisionCase[] = [
  { row: "runs-as-declared", reason: "runs as declared", facts: {}, code: "as-declared" },
  {
    row: "runs-as-declared",
    reason: "an armed position has no effect on what already runs",
    facts: { declared: aDeclared({ policy: { start: { tier: "SP10", resumeFromCheckpoint: false } } }) },
    code: "as-declared",
  },
  {
    row: "runs-as-declared",
    reason: "a schedule without a due slot",
    facts: { declared: NIGHTLY },
    code: "as-declared",
  },
  {
    row: "runs-as-declared",
    reason: "a back-off does not matter to what is in agreement",
    facts: { status: aStatus({ attempts: 2, attemptsVersion: 3, nextAttemptAt: NOW + 1 }) },
    code: "as-declared",
  },
];

itDecides([...TIERS, ...NO_TIER_DRIFT]);
itDecides([...SLOTS, ...AS_DECLARED]);

it("row restart-tier: names both tiers", () => {
  const { reason } = decide(someFacts({ observation: DRIFTED }));
  expect(reason.text).toBe("runs on SP30, but declared SP10");
});
