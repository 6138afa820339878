// What a close remembers: the start, the slot, the one-off, an unknown position, and what becomes of a hold of the
// project. Counting is in outcome-count.test.ts, refused tiers in outcome-refused.test.ts.
import { expect, it } from "vitest";
import type { Answer, Ending, StepRow } from "../../../src/domain/change/change.js";
import type { RequestFields } from "../../support/request-fields.js";
import { ending } from "../../../src/domain/change/change.js";
import { close } from "../../../src/domain/change/outcome.js";
import type { CloseFacts, Closing } from "../../../src/domain/change/outcome.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import { toStandingOneOff } from "../../../src/domain/status.js";
import {
  MINUTE_MS,
  NOW,
  aDeclared,
  anObservation,
  aStatus,
  aStepRow,
} from "../../support/domain-builders.js";
import { CLOSED_AT, DONE, FAILED, REFUSED, aClose, anAnswer } from "./close-case.js";

const PERSON: RequestFields = { requestedBy: "person", plannedFrom: null };
const STOP_ROW = aStepRow({ step: "stop", options: {} });
function closed(facts: Parameters<typeof aClose>[0]): ProcessorStatus {
  return close(aClose(facts)).status;
}

it("close: the time of the close is remembered, whatever happened", () => {
  for (const outcome of ["succeeded", "failed", "superseded", "cancelled", "lost"] as const) {
    expect(closed({ ending: ending(outcome, "done", "y"), steps: [] }).lastCloseAt).toBe(CLOSED_AT);
  }
});

it("close: only a failure leaves its text for the day it is parked", () => {
  expect(closed({ ending: FAILED }).lastFailure).toBe(FAILED.text);
  const status = aStatus({ lastFailure: "the last one" });
  for (const outcome of ["succeeded", "superseded", "cancelled", "lost"] as const) {
    expect(closed({ ending: ending(outcome, "done", "y"), status }).lastFailure).toBe("the last one");
  }
});

it("close: its own look is remembered as Headgate's doing", () => {
  const observation = anObservation({ state: "STARTED" });
  const status = aStatus({ observed: anObservation({ state: "FAILED" }), observedAt: NOW - 1 });
  const seen = { observation, observedAt: NOW + 1_500 };
  expect(closed({ status, seen })).toMatchObject({
    observed: observation,
    stateSince: NOW + 1_500,
    stateCause: "headgate",
  });
});

const STARTS: readonly {
  readonly reason: string;
  readonly steps: readonly StepRow[];
  readonly at: number;
}[] = [
  { reason: "a start that took effect, as its fence dates it", steps: [aStepRow()], at: NOW },
  {
    reason: "a restart's start, not its stop",
    steps: [STOP_ROW, aStepRow({ fencedAt: NOW + 9 })],
    at: NOW + 9,
  },
  {
    reason: "a fallback that took effect",
    steps: [STOP_ROW, aStepRow({ fate: "refused" }), aStepRow({ step: "fallback", fencedAt: NOW + 20 })],
    at: NOW + 20,
  },
  { reason: "a stop starts nothing", steps: [STOP_ROW], at: 7 },
  ...(["refused", "limited", "unsent", "unknown", null] as const).map((fate) => ({
    reason: `a start whose fate is ${fate ?? "not written down"} is none`,
    steps: [aStepRow({ fate })],
    at: 7,
  })),
];

for (const { reason, steps, at } of STARTS) {
  it(`last start: ${reason}`, () => {
    expect(closed({ steps, status: aStatus({ lastStartAt: 7 }), ending: FAILED }).lastStartAt).toBe(at);
  });
}

const SLOT_AT = NOW - 5 * MINUTE_MS;
const CANCELLED = ending("cancelled", "cancelled", "by ann");
const SUSPENDED = ending("superseded", "suspended", "by ann");
const SLOTTED: RequestFields = { kind: "restart", slotAt: SLOT_AT };

it.each<{
  readonly reason: string;
  readonly how: Ending;
  readonly steps: readonly StepRow[];
  readonly at: number;
}>([
  {
    reason: "a change that fenced something has used it",
    how: DONE,
    steps: [STOP_ROW, aStepRow()],
    at: SLOT_AT,
  },
  { reason: "also one that failed", how: FAILED, steps: [STOP_ROW], at: SLOT_AT },
  { reason: "also one that was cancelled", how: CANCELLED, steps: [STOP_ROW], at: SLOT_AT },
  { reason: "one that ended without a POST gives it back", how: SUSPENDED, steps: [], at: 7 },
])("slot: $reason", ({ how, steps, at }) => {
  const facts = { request: SLOTTED, ending: how, steps, status: aStatus({ lastSlotAt: 7 }) };
  expect(closed(facts).lastSlotAt).toBe(at);
});

it("slot: a change without one marks none", () => {
  expect(closed({ status: aStatus({ lastSlotAt: 7 }) }).lastSlotAt).toBe(7);
});

const OLD_ONE_OFF = { start: { tier: "SP50" }, version: 3 } as const;

const ONE_OFFS: readonly {
  readonly reason: string;
  readonly facts: Parameters<typeof aClose>[0];
  /** The tier that stands under the version that is declared when the change closes. */
  readonly stands: string | undefined;
}[] = [
  {
    reason: "a person's tier stands",
    facts: { request: { ...PERSON, options: { tier: "SP30" } } },
    stands: "SP30",
  },
  {
    reason: "a person's restart with a tier as well",
    facts: { request: { ...PERSON, kind: "restart", options: { tier: "SP30" } } },
    stands: "SP30",
  },
  {
    reason: "not one that failed",
    facts: { request: { ...PERSON, options: { tier: "SP30" } }, ending: FAILED },
    stands: undefined,
  },
  {
    reason: "a person's position is no tier: what stood goes on standing",
    facts: {
      request: { ...PERSON, options: { resumeFromCheckpoint: false } },
      status: aStatus({ oneOff: OLD_ONE_OFF }),
    },
    stands: "SP50",
  },
  {
    reason: "a recovery leaves it standing",
    facts: { status: aStatus({ oneOff: OLD_ONE_OFF }) },
    stands: "SP50",
  },
  {
    reason: "a newer version that came while it ran has ended it",
    facts: {
      request: { ...PERSON, kind: "restart", options: { tier: "SP30" } },
      declared: aDeclared({ version: 4 }),
    },
    stands: undefined,
  },
  {
    reason: "the first policy of an unmanaged processor, declared meanwhile, has ended it",
    facts: { request: { ...PERSON, policyVersion: null, options: { tier: "SP30" } } },
    stands: undefined,
  },
  {
    reason: "a slot that was used ends it",
    facts: { request: SLOTTED, status: aStatus({ oneOff: OLD_ONE_OFF }) },
    stands: undefined,
  },
  {
    reason: "also where the slot's change failed: the next recovery starts as declared",
    facts: { request: SLOTTED, ending: FAILED, status: aStatus({ oneOff: OLD_ONE_OFF }) },
    stands: undefined,
  },
  {
    reason: "a slot that was given back leaves it standing",
    facts: {
      request: SLOTTED,
      ending: SUSPENDED,
      steps: [],
      status: aStatus({ oneOff: OLD_ONE_OFF }),
    },
    stands: "SP50",
  },
];

for (const { reason, facts, stands } of ONE_OFFS) {
  it(`one-off: ${reason}`, () => {
    const version = aClose(facts).declared?.version ?? null;
    expect(toStandingOneOff(closed(facts), version)?.tier).toBe(stands);
  });
}

it("one-off: on an unmanaged processor it stands until a policy names it", () => {
  const request = { ...PERSON, policyVersion: null, options: { tier: "SP30" } } as const;
  const status = closed({ request, declared: undefined });
  expect(toStandingOneOff(status, null)).toEqual({ tier: "SP30" });
  expect(toStandingOneOff(status, 1)).toBeUndefined();
});

const RESTART: RequestFields = { kind: "restart" };
const refusedStart = (answer: Answer): StepRow => aStepRow({ fate: "refused", answer });

it("parked: a position nobody knows the fate of waits for somebody to look", () => {
  const how = ending("failed", "position-unknown", "may have taken effect");
  expect(closed({ ending: how }).parked).toEqual({
    version: 3,
    why: "position unknown: may have taken effect",
  });
  expect(closed({ ending: how, declared: undefined }).parked).toBeNull();
  expect(closed({ ending: FAILED }).parked).toBeNull();
});

const DENIED = anAnswer({ code: "atlas.denied", status: 403, detail: "not yours" });
const HELD = { why: "403: not yours", by: "post", since: NOW - 60_000 } as const;
const UNPAID = { ...HELD, why: "402: no payment information" };
const HOLDS: readonly {
  readonly reason: string;
  readonly facts: Parameters<typeof aClose>[0];
  readonly hold: Closing["hold"];
}[] = [
  { reason: "a start that passed releases", facts: { hold: HELD }, hold: { kind: "release" } },
  { reason: "so does a stop", facts: { steps: [STOP_ROW], hold: HELD }, hold: { kind: "release" } },
  {
    reason: "a stop that passed does not end a hold for want of payment",
    facts: { request: PERSON, steps: [STOP_ROW], hold: UNPAID },
    hold: { kind: "none" },
  },
  {
    reason: "a start that passed ends a hold for want of payment",
    facts: { steps: [STOP_ROW, aStepRow()], hold: UNPAID },
    hold: { kind: "release" },
  },
  {
    reason: "a start fenced before the hold began proves nothing against it",
    facts: { hold: { ...HELD, since: aStepRow().fencedAt + 1 } },
    hold: { kind: "none" },
  },
  {
    reason: "a POST that passed does not end a hold by a LIST",
    facts: { hold: { ...HELD, by: "list" } },
    hold: { kind: "none" },
  },
  { reason: "what is not held is not released", facts: {}, hold: { kind: "none" } },
  {
    reason: "a denied POST holds, with Atlas's words",
    facts: { steps: [refusedStart(DENIED)], ending: REFUSED },
    hold: { kind: "hold", why: "403: not yours" },
  },
  {
    reason: "a denied start holds, though its stop had passed",
    facts: { request: RESTART, steps: [STOP_ROW, refusedStart(DENIED)], ending: REFUSED },
    hold: { kind: "hold", why: "403: not yours" },
  },
  {
    reason: "a person's denied POST holds as well",
    facts: { request: PERSON, steps: [refusedStart(DENIED)], ending: REFUSED },
    hold: { kind: "hold", why: "403: not yours" },
  },
  {
    reason: "another refusal says nothing",
    facts: { steps: [refusedStart(anAnswer())], ending: REFUSED },
    hold: { kind: "none" },
  },
  {
    reason: "an unknown fate says nothing",
    facts: { steps: [aStepRow({ fate: "unknown" })], ending: FAILED },
    hold: { kind: "none" },
  },
  { reason: "nothing posted says nothing", facts: { steps: [] }, hold: { kind: "none" } },
];

for (const { reason, facts, hold } of HOLDS) {
  it(`hold: ${reason}`, () => {
    expect(close(aClose(facts)).hold).toEqual(hold);
  });
}

it("close: a lost row without a fence changes the time of its close and nothing else", () => {
  const facts: CloseFacts = aClose({ ending: ending("lost", "run-gone", "x"), steps: [] });
  expect(close(facts)).toEqual({
    status: { ...facts.status, lastCloseAt: CLOSED_AT },
    hold: { kind: "none" },
  });
});

it("keeps the newest reason of a processor that FAILED again", () => {
  const observed = anObservation({ state: "FAILED", errorMessage: "the first time" });
  const told = { ...ending("failed", "failed-after-start", "it started and FAILED: the second time") };
  const status = closed({ ending: { ...told, failure: "the second time" }, status: aStatus({ observed }) });
  expect(status.observed?.errorMessage).toBe("the second time");
  expect(status.lastFailure).toBe("it started and FAILED: the second time");
});
