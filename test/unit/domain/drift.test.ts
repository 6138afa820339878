// The difference between what was declared and what was observed.
import { expect, it } from "vitest";
import { hasTierDrift, isInAgreement } from "../../../src/domain/decide/drift.js";
import type { Observation } from "../../../src/domain/observation.js";
import type { StartOptions } from "../../../src/domain/start-options.js";
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
