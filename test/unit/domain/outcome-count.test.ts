// What a close counts as an attempt: every refused or failed change, every start of a FAILED processor, and a success
// that cured nothing. 5xx, 429, denied and transient refusals do not count; a person's successful start begins the
// count anew.
import { expect, it } from "vitest";
import { ending } from "../../../src/domain/change/change.js";
import { close } from "../../../src/domain/change/outcome.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import { NOW, aDeclared, anObservation, aStatus, aStepRow } from "../../support/domain-builders.js";
import { CLOSED_AT, DONE, FAILED, REFUSED, aClose, anAnswer } from "./close-case.js";
import type { CloseCase } from "./close-case.js";

const RUNS = anObservation();
const HAS_FAILED = anObservation({ state: "FAILED" });
const remembering = (fields: Partial<ProcessorStatus>): ProcessorStatus =>
  aStatus({ observed: RUNS, observedAt: NOW + 1_500, ...fields });
const PERSON = { requestedBy: "person", plannedFrom: null } as const;
const REFUSED_START = aStepRow({ fate: "refused", answer: anAnswer() });
const failing = (code: string): CloseCase => ({
  ending: { outcome: "failed", code, text: "x" },
  steps: [aStepRow({ fate: "unknown" })],
});

interface CountCase {
  readonly reason: string;
  readonly facts: CloseCase;
  readonly attempts: number;
}

const COUNTED: readonly CountCase[] = [
  { reason: "a refused change", facts: { ending: REFUSED, steps: [REFUSED_START] }, attempts: 1 },
  { reason: "a change that got nowhere in time", facts: { ending: FAILED }, attempts: 1 },
  {
    reason: "a change that failed before its first POST",
    facts: { ending: ending("failed", "tier-too-large", "x"), steps: [] },
    attempts: 1,
  },
  { reason: "a start that FAILED again", facts: failing("failed-after-start"), attempts: 1 },
  {
    reason: "a person's failed change",
    facts: { request: PERSON, ending: REFUSED, steps: [REFUSED_START] },
    attempts: 1,
  },
  {
    reason: "a start of a FAILED processor that failed",
    facts: { stateBefore: "FAILED", ending: FAILED },
    attempts: 1,
  },
  { reason: "a start of a FAILED processor that succeeded", facts: { stateBefore: "FAILED" }, attempts: 1 },
  {
    reason: "a start of a FAILED processor whose run was lost afterwards",
    facts: { stateBefore: "FAILED", ending: ending("lost", "run-gone", "x") },
    attempts: 1,
  },
  {
    reason: "a success that did not cure its tier drift",
    facts: { status: remembering({ observed: anObservation({ tier: "SP30" }) }) },
    attempts: 1,
  },
  {
    reason: "a success whose processor has FAILED again by its close",
    facts: { seen: { observation: HAS_FAILED, observedAt: NOW + 1_800 } },
    attempts: 1,
  },
  {
    reason: "one more after those that counted before",
    facts: { ending: FAILED, status: remembering({ attempts: 4, attemptsVersion: 3 }) },
    attempts: 5,
  },
  {
    reason: "the first under a new version, whatever the old one counted",
    facts: { ending: FAILED, status: remembering({ attempts: 4, attemptsVersion: 2 }) },
    attempts: 1,
  },
];

const UNCOUNTED: readonly CountCase[] = [
  { reason: "a success", facts: {}, attempts: 0 },
  ...["atlas.ambiguous", "atlas.unavailable", "atlas.rate_limited", "atlas.denied", "store.unavailable"].map(
    (code) => ({ reason: code, facts: failing(code), attempts: 0 }),
  ),
  {
    reason: "a refusal that is known to pass by itself",
    facts: {
      ending: REFUSED,
      steps: [aStepRow({ fate: "refused", answer: anAnswer({ isTransient: true }) })],
    },
    attempts: 0,
  },
  ...(["superseded", "cancelled", "lost"] as const).map((outcome) => ({
    reason: `a change that was ${outcome}`,
    facts: { ending: ending(outcome, "moved-on", "y"), steps: [aStepRow({ fate: "unknown" })] },
    attempts: 0,
  })),
  {
    reason: "a start of a FAILED processor that never took effect, superseded",
    facts: { stateBefore: "FAILED", ending: ending("superseded", "suspended", "x"), steps: [] },
    attempts: 0,
  },
  {
    reason: "a success that had nothing to do: the world had moved on",
    facts: { steps: [], status: remembering({ observed: HAS_FAILED }) },
    attempts: 0,
  },
  {
    reason: "a pass's failure under a version that was replaced",
    facts: { ending: FAILED, declared: aDeclared({ version: 4 }) },
    attempts: 0,
  },
  {
    reason: "a failure of an unmanaged processor",
    facts: { ending: FAILED, declared: undefined },
    attempts: 0,
  },
  {
    reason: "a person's stop that leaves it against its declaration",
    facts: {
      request: { ...PERSON, kind: "stop" },
      steps: [aStepRow({ step: "stop" })],
      status: remembering({ observed: anObservation({ state: "STOPPED" }) }),
    },
    attempts: 0,
  },
];

for (const { reason, facts, attempts } of [...COUNTED, ...UNCOUNTED]) {
  it(`${attempts === 0 ? "does not count" : "counts"}: ${reason}`, () => {
    const before = facts.status ?? aStatus();
    const { status } = close(aClose(facts));
    expect(status.attempts).toBe(attempts);
    if (attempts === 0) expect(status.nextAttemptAt).toBe(before.nextAttemptAt);
    else expect(status).toMatchObject({ attemptsVersion: 3, nextAttemptAt: expect.any(Number) as number });
  });
}

it("backs off from the close, not from the POST", () => {
  const { status } = close(aClose({ ending: FAILED }));
  expect(status.nextAttemptAt).toBe(CLOSED_AT + DEFAULT_RECOVERY.backoff.initialMs);
});

const PARKED = remembering({
  attempts: 30,
  attemptsVersion: 3,
  nextAttemptAt: NOW + 9_000,
  parked: { version: 3, why: "gave up" },
});

it.each<{ readonly reason: string; readonly facts: CloseCase; readonly isFreed: boolean }>([
  { reason: "a person's start that succeeded", facts: { request: PERSON }, isFreed: true },
  { reason: "also of a FAILED processor", facts: { request: PERSON, stateBefore: "FAILED" }, isFreed: true },
  {
    reason: "a person's restart that succeeded",
    facts: { request: { ...PERSON, kind: "restart" } },
    isFreed: true,
  },
  { reason: "a person's stop", facts: { request: { ...PERSON, kind: "stop" } }, isFreed: false },
  { reason: "a person's start that failed", facts: { request: PERSON, ending: FAILED }, isFreed: false },
  { reason: "a pass's start", facts: { ending: DONE }, isFreed: false },
])("unparks, and forgets what was counted: $reason: $isFreed", ({ facts, isFreed }) => {
  const { status } = close(aClose({ ...facts, status: PARKED }));
  if (isFreed) expect(status).toMatchObject({ parked: null, attempts: 0, nextAttemptAt: null });
  else {
    expect(status.parked).toEqual(PARKED.parked);
    expect(status.attempts).toBeGreaterThanOrEqual(30);
  }
});
