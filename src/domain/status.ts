// What Headgate remembers of one processor between passes, and how one more observation changes it. Pure: the status
// that comes out differs from the one that went in only where something was really seen to change.
import type { ConditionMarks } from "./conditions.js";
import type { Climb, FailureClass, Preceding, Refusal } from "./failure-classes.js";
import type { Observation, SourcePosition } from "./observation.js";
import { toObservedState } from "./observation.js";
import type { Policy } from "./policy.js";
import type { Approval, TakenRung } from "./rungs.js";
import type { StartOptions } from "./start-options.js";
import { toPositionKey } from "./start-options.js";
import type { Reason } from "./reasons.js";

/** A policy with the facts of its declaration. */
export interface DeclaredPolicy {
  readonly policy: Policy;
  readonly version: number;
  readonly declaredAt: number;
  /** When the restart block was declared as it is; absent where there is none. */
  readonly restartSince?: number;
}

/** Who brought the processor into its state, as far as we can tell. */
export type StateCause = "first" | "elsewhere" | "headgate";

/** What a start of ours has to prove yet, or has failed to. */
export interface Proof {
  /** Its fence, database time. */
  readonly startedAt: number;
  /** The start was counted as an attempt by itself: a second count would be of the same one. */
  readonly isCounted: boolean;
  /** As the first look at it found them; null until then. */
  readonly first: ProofCounters | null;
  /** Why it did not prove itself in time; null while it may. */
  readonly degraded: string | null;
}

/** Null where Atlas does not say. */
export interface ProofCounters {
  /** Database time. */
  readonly at: number;
  readonly messagesIn: number | null;
  readonly deadLetters: number | null;
  readonly lagSeconds: number | null;
}

export interface ProcessorStatus {
  /** The newest look that found it. */
  readonly observed: Observation | null;
  /** Database time when that look was sent. */
  readonly observedAt: number | null;
  /** When it was first seen in its state. */
  readonly stateSince: number | null;
  readonly stateCause: StateCause;
  /** Who brought it there, where it was neither Headgate nor unknown. At most 200 characters. */
  readonly stateBy: string | null;
  /** When it was first seen not to be as declared; null: it is. */
  readonly driftSince: number | null;
  /** Complete LISTs in a row without it: 0, 1, or 2 for "two or more". */
  readonly absences: number;
  readonly reason: Reason | null;
  readonly reasonSince: number | null;
  /** Counts under `attemptsVersion` only: a new version begins at nothing. */
  readonly attempts: number;
  readonly attemptsVersion: number | null;
  readonly nextAttemptAt: number | null;
  /** What went wrong last, for the day it is parked. */
  readonly lastFailure: string | null;
  readonly lastStartAt: number | null;
  readonly lastCloseAt: number | null;
  /** Nominal time of the newest slot that was used or skipped. */
  readonly lastSlotAt: number | null;
  /** The tier it was last seen running on: what a refused version falls back to. */
  readonly lastTier: string | null;
  /** Keys of declared positions that were used: none is used twice. */
  readonly positionsSpent: readonly string[];
  readonly oneOff: { readonly start: StartOptions; readonly version: number | null } | null;
  readonly suspended: { readonly by: string; readonly why: string; readonly until: number } | null;
  readonly parked: { readonly version: number; readonly why: string } | null;
  /** The policy version whose tier Atlas refused. */
  readonly refusedVersion: number | null;
  /** No POST before then: the fate of the last one is not known. */
  readonly barredUntil: number | null;
  /** How Atlas refused the start of the last change; null: it did not. */
  readonly refusal: Refusal | null;
  /** Null: nothing that a class could be told by. */
  readonly preceding: Preceding | null;
  /** Of the failure that keeps it from being as declared. */
  readonly failureClass: FailureClass | null;
  readonly climbed: Climb | null;
  /** A person said then that it may be tried again: older failures count no more. */
  readonly forgivenAt: number | null;
  /** Null: nothing is to be proved. */
  readonly proof: Proof | null;
  /** The newest that was seen; null: none, or its source has none. */
  readonly position: SourcePosition | null;
  readonly conditions: ConditionMarks;
  readonly rung: TakenRung | null;
  readonly approval: Approval | null;
}

export const NEW_STATUS: ProcessorStatus = {
  observed: null,
  observedAt: null,
  stateSince: null,
  stateCause: "first",
  stateBy: null,
  driftSince: null,
  absences: 0,
  reason: null,
  reasonSince: null,
  attempts: 0,
  attemptsVersion: null,
  nextAttemptAt: null,
  lastFailure: null,
  lastStartAt: null,
  lastCloseAt: null,
  lastSlotAt: null,
  lastTier: null,
  positionsSpent: [],
  oneOff: null,
  suspended: null,
  parked: null,
  refusedVersion: null,
  barredUntil: null,
  refusal: null,
  preceding: null,
  failureClass: null,
  climbed: null,
  forgivenAt: null,
  proof: null,
  position: null,
  conditions: {},
  rung: null,
  approval: null,
};

export interface Sighting {
  /** Undefined: absent from a complete LIST. */
  readonly observation: Observation | undefined;
  readonly observedAt: number;
  readonly cause: Exclude<StateCause, "first">;
  /** Who is named for the move, if somebody is. */
  readonly by?: string | undefined;
}

/** A list may leave out why a processor FAILED: what we knew of the same failure goes on to count. */
export function withKnownReason(
  observation: Observation | undefined,
  { observed }: ProcessorStatus,
): Observation | undefined {
  if (observation === undefined || observed === null || !isFailedWithoutReason(observation))
    return observation;
  const isSame = observed.atlasId === observation.atlasId && observed.state === observation.state;
  return isSame && observed.errorMessage !== undefined
    ? { ...observation, errorMessage: observed.errorMessage }
    : observation;
}

/** News of a failure whose reason is told nowhere yet. */
export function isUnexplained(observation: Observation, status: ProcessorStatus | undefined): boolean {
  const { observed } = status ?? NEW_STATUS;
  const isNews = observed?.state !== observation.state || observed.atlasId !== observation.atlasId;
  return isNews && isFailedWithoutReason(observation);
}

function isFailedWithoutReason({ state, errorMessage }: Observation): boolean {
  return toObservedState(state) === "FAILED" && errorMessage === undefined;
}

/**
 * The status after one more look. An observation that is not newer than the stored one, or was sent before the last
 * change closed, changes nothing: it may show the old state.
 */
export function withSighting(
  status: ProcessorStatus,
  sighting: Sighting,
  declared: DeclaredPolicy | undefined,
): ProcessorStatus {
  const { observation, observedAt } = sighting;
  if (status.observedAt !== null && observedAt <= status.observedAt) return status;
  if (status.lastCloseAt !== null && observedAt < status.lastCloseAt) return status;
  if (observation === undefined) {
    return status.absences >= 2 ? status : { ...status, absences: status.absences + 1 };
  }
  const seen =
    isSameObservation(status.observed, observation) && status.absences === 0
      ? status
      : withNewState(status, observation, sighting);
  const named =
    sighting.by === undefined || sighting.by === seen.stateBy ? seen : { ...seen, stateBy: sighting.by };
  return withRunning(named, { observation, observedAt }, declared);
}

function withNewState(
  status: ProcessorStatus,
  observation: Observation,
  sighting: Sighting,
): ProcessorStatus {
  const isAnother = status.observed !== null && status.observed.atlasId !== observation.atlasId;
  const base = isAnother ? forgetCounters(status) : status;
  const stateChanged = isAnother || status.absences > 0 || status.observed?.state !== observation.state;
  return {
    ...base,
    observed: observation,
    observedAt: sighting.observedAt,
    absences: 0,
    stateSince: stateChanged ? sighting.observedAt : status.stateSince,
    stateCause: stateChanged ? (status.observed === null ? "first" : sighting.cause) : status.stateCause,
    stateBy: stateChanged ? null : status.stateBy,
  };
}

/** A new Atlas `_id` under an old name is another processor: what was counted belongs to the old one. */
function forgetCounters(status: ProcessorStatus): ProcessorStatus {
  return {
    ...status,
    attempts: 0,
    attemptsVersion: null,
    nextAttemptAt: null,
    lastFailure: null,
    parked: null,
    refusedVersion: null,
    lastTier: null,
    oneOff: null,
    refusal: null,
    preceding: null,
    climbed: null,
    proof: null,
    position: null,
    rung: null,
    approval: null,
  };
}

/** A running processor tells its tier, and spends the position that was declared before we looked. */
function withRunning(
  status: ProcessorStatus,
  seen: { readonly observation: Observation; readonly observedAt: number },
  declared: DeclaredPolicy | undefined,
): ProcessorStatus {
  if (toObservedState(seen.observation.state) !== "STARTED") return status;
  const lastTier = seen.observation.tier ?? status.lastTier;
  const key =
    declared?.policy.state === "STARTED" && declared.declaredAt < seen.observedAt
      ? toPositionKey(declared.policy.start)
      : undefined;
  const spends = key !== undefined && !status.positionsSpent.includes(key);
  if (lastTier === status.lastTier && !spends) return status;
  return {
    ...status,
    lastTier,
    positionsSpent: spends ? [...status.positionsSpent, key] : status.positionsSpent,
  };
}

function isSameObservation(one: Observation | null, other: Observation): boolean {
  return (
    one !== null &&
    one.atlasId === other.atlasId &&
    one.state === other.state &&
    one.tier === other.tier &&
    one.effectiveTier === other.effectiveTier &&
    one.autoscaled === other.autoscaled &&
    one.errorMessage === other.errorMessage
  );
}

/** The one-off that still stands: a new version ends it. */
export function toStandingOneOff(status: ProcessorStatus, version: number | null): StartOptions | undefined {
  return status.oneOff !== null && status.oneOff.version === version ? status.oneOff.start : undefined;
}
