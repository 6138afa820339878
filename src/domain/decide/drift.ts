// The difference between what was declared and what was observed, for one processor.
import type { Observation } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { toStandingOneOff } from "../status.js";
import { toStandingClimb } from "../recover/climb.js";

/**
 * Compared only when both are known, Atlas does not autoscale, neither one-off nor climb stands and the version was not
 * refused.
 */
export function hasTierDrift(
  declared: DeclaredPolicy,
  status: ProcessorStatus,
  observation: Observation,
): boolean {
  const tier = declared.policy.start.tier;
  return (
    tier !== undefined &&
    observation.tier !== undefined &&
    observation.tier !== tier &&
    !observation.autoscaled &&
    status.refusedVersion !== declared.version &&
    toStandingOneOff(status, declared.version) === undefined &&
    toStandingClimb(status, declared.version) === undefined
  );
}

/** Whether the processor is where its policy wants it, slots and counters aside. */
export function isInAgreement(
  declared: DeclaredPolicy,
  status: ProcessorStatus,
  observation: Observation,
): boolean {
  const state = toObservedState(observation.state);
  if (declared.policy.state === "STOPPED")
    return state === "STOPPED" || state === "CREATED" || state === "FAILED";
  return state === "STARTED" && !hasTierDrift(declared, status, observation);
}
