// What a close remembers of a refused tier: proof that the declared tier was refused marks the version, so that it
// plans no further restart; a one-off's refusal, a transient one or another cause does not.
import { expect, it } from "vitest";
import type { Answer, StepRow } from "../../../src/domain/change/change.js";
import type { RequestFields } from "../../support/request-fields.js";
import { ending } from "../../../src/domain/change/change.js";
import { close } from "../../../src/domain/change/outcome.js";
import { NOW, aDeclared, aStatus, aStepRow } from "../../support/domain-builders.js";
import { REFUSED, aClose, anAnswer } from "./close-case.js";

const PERSON: RequestFields = { requestedBy: "person", plannedFrom: null };
const STOP_ROW = aStepRow({ step: "stop", options: {} });
const OLD_ONE_OFF = { start: { tier: "SP50" }, version: 3 } as const;
const TIER_TEXT = anAnswer({ detail: "the minimum tier for parallelism 16 is SP50" });
const RESTART: RequestFields = { kind: "restart" };
const refusedStart = (answer: Answer, fields: Partial<StepRow> = {}): StepRow =>
  aStepRow({ fate: "refused", answer, ...fields });
const FALLBACK = aStepRow({ step: "fallback", options: { tier: "SP30" } });

const REFUSALS: readonly {
  readonly reason: string;
  readonly facts: Parameters<typeof aClose>[0];
  readonly refusedVersion: number | null;
}[] = [
  {
    reason: "Atlas's text names the tier",
    facts: { steps: [refusedStart(TIER_TEXT)], ending: REFUSED },
    refusedVersion: 3,
  },
  {
    reason: "Atlas's text names something else: no matter of the tier",
    facts: { steps: [refusedStart(anAnswer())], ending: REFUSED },
    refusedVersion: null,
  },
  {
    reason: "that the old tier was taken is proof, whatever the text",
    facts: { request: RESTART, steps: [STOP_ROW, refusedStart(anAnswer()), FALLBACK], ending: REFUSED },
    refusedVersion: 3,
  },
  {
    reason: "a fallback that was refused as well proves nothing",
    facts: {
      request: RESTART,
      steps: [STOP_ROW, refusedStart(anAnswer()), refusedStart(anAnswer(), { step: "fallback" })],
      ending: REFUSED,
    },
    refusedVersion: null,
  },
  {
    reason: "a transient text proves nothing",
    facts: {
      request: RESTART,
      steps: [STOP_ROW, refusedStart(anAnswer({ isTransient: true, detail: "tier lock" })), FALLBACK],
      ending: REFUSED,
    },
    refusedVersion: null,
  },
  {
    reason: "denied proves nothing",
    facts: {
      request: RESTART,
      steps: [STOP_ROW, refusedStart(anAnswer({ code: "atlas.denied", detail: "tier" })), FALLBACK],
      ending: REFUSED,
    },
    refusedVersion: null,
  },
  {
    reason: "above what the workspace allows",
    facts: { request: RESTART, steps: [], ending: ending("failed", "tier-too-large", "x") },
    refusedVersion: 3,
  },
  {
    reason: "a person's own tier is none of the version's",
    facts: {
      request: { ...PERSON, options: { tier: "SP50" } },
      steps: [refusedStart(TIER_TEXT, { options: { tier: "SP50" } })],
      ending: REFUSED,
    },
    refusedVersion: null,
  },
  {
    reason: "nor is a person's own tier above what the workspace allows",
    facts: {
      request: { ...PERSON, ...RESTART, options: { tier: "SP50" } },
      steps: [],
      ending: ending("failed", "tier-too-large", "x"),
    },
    refusedVersion: null,
  },
  {
    reason: "nor is a standing one-off above it",
    facts: {
      request: RESTART,
      steps: [],
      ending: ending("failed", "tier-too-large", "x"),
      status: aStatus({ oneOff: OLD_ONE_OFF }),
    },
    refusedVersion: null,
  },
  {
    reason: "a slot's restart ignores the one-off: what is too large is declared",
    facts: {
      request: { ...RESTART, slotAt: NOW },
      steps: [],
      ending: ending("failed", "tier-too-large", "x"),
      status: aStatus({ oneOff: OLD_ONE_OFF }),
    },
    refusedVersion: 3,
  },
  {
    reason: "an owed start takes the newest options: it is the newer version that is refused",
    facts: {
      request: RESTART,
      owesStart: true,
      steps: [STOP_ROW, refusedStart(anAnswer(), { options: { tier: "SP50" } }), FALLBACK],
      ending: REFUSED,
      declared: aDeclared({ version: 4, policy: { start: { tier: "SP50" } } }),
    },
    refusedVersion: 4,
  },
  {
    reason: "a version that came after the refusal begins at nothing",
    facts: {
      request: RESTART,
      owesStart: true,
      steps: [STOP_ROW, refusedStart(anAnswer()), FALLBACK],
      ending: REFUSED,
      declared: aDeclared({ version: 4, policy: { start: { tier: "SP50" } } }),
    },
    refusedVersion: null,
  },
  {
    reason: "the declared tier runs after all: the refusal is over",
    facts: { status: aStatus({ refusedVersion: 3 }) },
    refusedVersion: null,
  },
  {
    reason: "another tier runs: the refusal stands",
    facts: { steps: [aStepRow({ options: { tier: "SP30" } })], status: aStatus({ refusedVersion: 3 }) },
    refusedVersion: 3,
  },
];

for (const { reason, facts, refusedVersion } of REFUSALS) {
  it(`refused version: ${reason}`, () => {
    expect(close(aClose(facts)).status.refusedVersion).toBe(refusedVersion);
  });
}
