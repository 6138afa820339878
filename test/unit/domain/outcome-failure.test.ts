// What a close remembers for the class of a failure: the refusal of a start as Atlas gave it, and a climb that Atlas
// did not take.
import { expect, it } from "vitest";
import type { StepRow } from "../../../src/domain/change/change.js";
import { close } from "../../../src/domain/change/outcome.js";
import type { Climb } from "../../../src/domain/failure-classes.js";
import { NOW, aStatus, aStepRow, anObservation } from "../../support/domain-builders.js";
import { DONE, FAILED, REFUSED, aClose, anAnswer } from "./close-case.js";

const TEXT = "IDLUnknownField: BSON field '$source.x'";
const KEPT = { status: 400, errorCode: "STREAM_PROCESSOR_GENERIC_ERROR", text: TEXT };
const BEFORE = { status: 400, errorCode: null, text: "of an older change" };
const refused = (fields: Partial<StepRow> = {}): StepRow =>
  aStepRow({ fate: "refused", answer: anAnswer({ detail: TEXT }), ...fields });
const STOP_ROW = aStepRow({ step: "stop", options: {} });

it.each<{
  readonly reason: string;
  readonly facts: Parameters<typeof aClose>[0];
  readonly refusal: typeof KEPT | null;
}>([
  { reason: "a refused start", facts: { steps: [refused()], ending: REFUSED }, refusal: KEPT },
  { reason: "a start that went through ends the last refusal", facts: { ending: DONE }, refusal: null },
  { reason: "a failure without an answer is none", facts: { ending: FAILED }, refusal: null },
  {
    reason: "a refused stop is no start",
    facts: { steps: [refused({ step: "stop", options: {} })], ending: REFUSED },
    refusal: null,
  },
  {
    reason: "the start of a restart",
    facts: { steps: [STOP_ROW, refused()], ending: REFUSED, request: { kind: "restart" } },
    refusal: KEPT,
  },
])("remembers $reason", ({ facts, refusal }) => {
  const status = aStatus({ observed: anObservation(), observedAt: NOW, refusal: BEFORE });
  expect(close(aClose({ status, ...facts })).status.refusal).toEqual(refusal);
});

const CLIMBED: Climb = { tier: "SP30", version: 3, at: NOW - 1, stepBackAfterMs: 1_000, isRefused: false };
const ABOUT_TIER = anAnswer({ detail: "the tier is above the maximum" });

it.each<{
  readonly reason: string;
  readonly facts: Parameters<typeof aClose>[0];
  readonly isRefused: boolean;
}>([
  {
    reason: "a refusal of the climbed tier ends the climb",
    facts: { steps: [refused({ options: { tier: "SP30" }, answer: ABOUT_TIER })], ending: REFUSED },
    isRefused: true,
  },
  {
    reason: "a refusal of another tier does not",
    facts: { steps: [refused({ options: { tier: "SP50" }, answer: ABOUT_TIER })], ending: REFUSED },
    isRefused: false,
  },
  {
    reason: "a refusal for something else does not",
    facts: { steps: [refused({ options: { tier: "SP30" } })], ending: REFUSED },
    isRefused: false,
  },
  {
    reason: "a start on it that went through does not",
    facts: { steps: [aStepRow({ options: { tier: "SP30" } })] },
    isRefused: false,
  },
])("$reason, and says nothing of the version", ({ facts, isRefused }) => {
  const status = aStatus({ observed: anObservation({ tier: "SP30" }), observedAt: NOW, climbed: CLIMBED });
  const closed = close(aClose({ status, ...facts })).status;
  expect(closed.climbed).toEqual({ ...CLIMBED, isRefused });
  expect(closed.refusedVersion).toBeNull();
});

it.each([
  { options: { tier: "SP50" } as const, climbed: null },
  { options: { resumeFromCheckpoint: false }, climbed: CLIMBED },
])("a person's start with $options leaves $climbed of a climb", ({ options, climbed }) => {
  const status = aStatus({ observed: anObservation(), observedAt: NOW, climbed: CLIMBED });
  const request = { requestedBy: "person", plannedFrom: null, options } as const;
  expect(close(aClose({ status, request })).status.climbed).toEqual(climbed);
});
