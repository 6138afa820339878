// The difference between what was declared and what was observed, and the options of a start and of a restart that mend it.
import { expect, it } from "vitest";
import {
  hasTierDrift,
  isInAgreement,
  isPositionArmed,
  toResumeOptions,
  toStartOptions,
  withoutOneOff,
} from "../../../src/domain/decide/drift.js";
import type { Observation } from "../../../src/domain/observation.js";
import type { StartOptions } from "../../../src/domain/policy.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../../src/domain/status.js";
import { aDeclared, anObservation, aStatus } from "../../support/domain-builders.js";

const ON_SP30 = anObservation({ tier: "SP30" });
const ONE_OFF: Partial<ProcessorStatus> = { oneOff: { start: { tier: "SP50" }, version: 3 } };
const STOPPED = aDeclared({ policy: { state: "STOPPED" } });
const declaring = (start: StartOptions): DeclaredPolicy => aDeclared({ policy: { start } });

interface DriftCase {
  readonly reason: string;
  readonly declared?: DeclaredPolicy;
  readonly status?: Partial<ProcessorStatus>;
  readonly observation?: Observation;
  readonly drifts: boolean;
}

it.each<DriftCase>([
  { reason: "as declared", observation: anObservation(), drifts: false },
  { reason: "another tier", drifts: true },
  { reason: "a tier we do not know", observation: anObservation({ tier: "SP900" }), drifts: true },
  { reason: "no tier declared", declared: declaring({}), drifts: false },
  { reason: "no tier shown", observation: anObservation({ tier: undefined }), drifts: false },
  {
    reason: "Atlas autoscales it",
    observation: anObservation({ tier: "SP30", autoscaled: true }),
    drifts: false,
  },
  {
    reason: "the tier it runs on for the moment is no matter",
    observation: anObservation({ effectiveTier: "SP50" }),
    drifts: false,
  },
  { reason: "a one-off stands", status: ONE_OFF, drifts: false },
  {
    reason: "the one-off of an older version",
    status: { oneOff: { start: { tier: "SP50" }, version: 2 } },
    drifts: true,
  },
  { reason: "this version was refused", status: { refusedVersion: 3 }, drifts: false },
  { reason: "an older version was refused", status: { refusedVersion: 2 }, drifts: true },
])("tier drift: $reason: $drifts", ({ declared = aDeclared(), status, observation = ON_SP30, drifts }) => {
  expect(hasTierDrift(declared, aStatus(status), observation)).toBe(drifts);
  expect(isInAgreement(declared, aStatus(status), observation)).toBe(!drifts);
});

it.each<[string, boolean, boolean]>([
  ["STARTED", true, false],
  ["STOPPED", false, true],
  ["CREATED", false, true],
  ["FAILED", false, true],
  ["PROVISIONING", false, false],
  ["SOME_NEW_WORD", false, false],
])("%s agrees with STARTED: %s, with STOPPED: %s", (state, withStarted, withStopped) => {
  const observation = anObservation({ state });
  expect(isInAgreement(aDeclared(), aStatus(), observation)).toBe(withStarted);
  expect(isInAgreement(STOPPED, aStatus(), observation)).toBe(withStopped);
});

it("a tier does not matter at rest: declared STOPPED it agrees on any", () => {
  expect(isInAgreement(STOPPED, aStatus(), anObservation({ state: "STOPPED", tier: "SP50" }))).toBe(true);
});

it.each<{
  readonly reason: string;
  readonly declared?: DeclaredPolicy;
  readonly status?: Partial<ProcessorStatus>;
  readonly options: StartOptions;
}>([
  { reason: "the declared tier", options: { tier: "SP10" } },
  { reason: "none where none is declared", declared: declaring({}), options: {} },
  { reason: "the standing one-off's", status: ONE_OFF, options: { tier: "SP50" } },
  {
    reason: "the standing one-off's, though the version was refused",
    status: { ...ONE_OFF, refusedVersion: 3, lastTier: "SP2" },
    options: { tier: "SP50" },
  },
  {
    reason: "the last one running of a refused version",
    status: { refusedVersion: 3, lastTier: "SP2" },
    options: { tier: "SP2" },
  },
  {
    reason: "the declared one where none was seen running",
    status: { refusedVersion: 3 },
    options: { tier: "SP10" },
  },
  {
    reason: "the declared one where the last is a word we do not know",
    status: { refusedVersion: 3, lastTier: "SP900" },
    options: { tier: "SP10" },
  },
  {
    reason: "the declared one of a version after a refused one",
    status: { refusedVersion: 2, lastTier: "SP2" },
    options: { tier: "SP10" },
  },
])("the tier of a start and of a restart: $reason", ({ declared = aDeclared(), status, options }) => {
  expect(toStartOptions(declared, aStatus(status))).toEqual(options);
  expect(toResumeOptions(declared, aStatus(status))).toEqual(options);
});

it("a position is armed until its value is spent, whatever else was", () => {
  const start: StartOptions = { startAtOperationTime: "2026-05-04T09:42:00Z" };
  expect(isPositionArmed(start, aStatus())).toBe(true);
  expect(isPositionArmed(start, aStatus({ positionsSpent: ["fresh"] }))).toBe(true);
  expect(isPositionArmed(start, aStatus({ positionsSpent: ["at:2026-05-04T09:42:00Z:absent"] }))).toBe(false);
  expect(isPositionArmed({ tier: "SP10" }, aStatus())).toBe(false);
});

it("an armed position goes with a start and never with a restart", () => {
  const start: StartOptions = {
    tier: "SP10",
    startAtOperationTime: "2026-05-04T09:42:00Z",
    resumeFromCheckpoint: true,
  };
  expect(toStartOptions(declaring(start), aStatus())).toEqual(start);
  expect(toResumeOptions(declaring(start), aStatus())).toEqual({ tier: "SP10" });
});

it("the checkpoint by name is no position: a start leaves it out", () => {
  expect(toStartOptions(declaring({ resumeFromCheckpoint: true }), aStatus())).toEqual({});
});

it("without its one-off a status is the same otherwise, and the very same where there was none", () => {
  expect(withoutOneOff(aStatus({ ...ONE_OFF, lastTier: "SP50" }))).toEqual(aStatus({ lastTier: "SP50" }));
  const status = aStatus();
  expect(withoutOneOff(status)).toBe(status);
});
