// The difference between what was declared and what was observed, for one processor.
import type { Observation } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { StartOptions, Tier } from "../policy.js";
import { hasPosition, isTier, toPositionKey } from "../policy.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { toStandingOneOff } from "../status.js";

/** Compared only when both are known, Atlas does not autoscale, no one-off stands and the version was not refused. */
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
    toStandingOneOff(status, declared.version) === undefined
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

/** The tier a start is sent with: the standing one-off's, else the declared one; a refused version keeps the last tier seen running. */
function toStartTier(declared: DeclaredPolicy, status: ProcessorStatus): Tier | undefined {
  const oneOff = toStandingOneOff(status, declared.version);
  if (oneOff?.tier !== undefined) return oneOff.tier;
  const isRefused = status.refusedVersion === declared.version;
  if (isRefused && status.lastTier !== null && isTier(status.lastTier)) return status.lastTier;
  return declared.policy.start.tier;
}

/** Whether the declared position has not been spent yet. */
export function isPositionArmed(start: StartOptions, status: ProcessorStatus): boolean {
  const key = toPositionKey(start);
  return key !== undefined && !status.positionsSpent.includes(key);
}

/** Options of a start from rest: the tier, and the position as written where it is armed; otherwise it resumes. */
export function toStartOptions(declared: DeclaredPolicy, status: ProcessorStatus): StartOptions {
  const { start } = declared.policy;
  const tier = toStartTier(declared, status);
  const position = hasPosition(start) && isPositionArmed(start, status) ? toPosition(start) : {};
  return { ...(tier === undefined ? {} : { tier }), ...position };
}

/** Options of a restart, and of the start it owes: it always resumes. */
export function toResumeOptions(declared: DeclaredPolicy, status: ProcessorStatus): StartOptions {
  const tier = toStartTier(declared, status);
  return tier === undefined ? {} : { tier };
}

function toPosition(start: StartOptions): StartOptions {
  return {
    ...(start.resumeFromCheckpoint === undefined ? {} : { resumeFromCheckpoint: start.resumeFromCheckpoint }),
    ...(start.startAtOperationTime === undefined ? {} : { startAtOperationTime: start.startAtOperationTime }),
  };
}

/** A slot ends a one-off: it starts with what is declared. */
export function withoutOneOff(status: ProcessorStatus): ProcessorStatus {
  return status.oneOff === null ? status : { ...status, oneOff: null };
}
