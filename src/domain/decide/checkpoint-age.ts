// How long a processor may rest before it cannot resume: Atlas forgets its checkpoint, or its source's oplog rolls past
// the place that it would resume from. Pure.
import type { Observation } from "../observation.js";
import { toObservedState } from "../observation.js";
import { hasPosition } from "../start-options.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import type { PolicyFacts } from "./decision.js";
import { toStartOptions } from "./start-to-send.js";

const DAY_MS = 86_400_000;

/** Stopped for so long, the next start behaves as a first run (docs/atlas.md 3). */
export const CHECKPOINT_KEPT_MS = 45 * DAY_MS;
/** From then on people are told: time enough for a start and a stop. */
export const CHECKPOINT_EXPIRING_MS = 38 * DAY_MS;
/** Of a declared window: from then on people are told. */
export const OPLOG_EXPIRING_SHARE = 0.75;

export interface CheckpointEnd {
  readonly at: number;
  /** `atlas`: a later start begins as if it had never run. `oplog`: a later start finds its position gone. */
  readonly by: "atlas" | "oplog";
}

interface Resting {
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus;
  readonly observation: Observation;
}

/** When it can no longer resume, as far as was seen, by whichever comes first; undefined if it runs, or has no end. */
export function findCheckpointEnd(resting: Resting): CheckpointEnd | undefined {
  const ends = [findOplogEnd(resting), findKeptEnd(resting)].filter((end) => end !== undefined);
  return ends.sort((one, other) => one.at - other.at)[0];
}

function findKeptEnd({ status: { stateSince }, observation }: Resting): CheckpointEnd | undefined {
  return toObservedState(observation.state) === "STOPPED" && stateSince !== null
    ? { at: stateSince + CHECKPOINT_KEPT_MS, by: "atlas" }
    : undefined;
}

/**
 * Headgate cannot ask how far the oplog reaches: without a declared window it never ends. Where the position is known
 * nothing else counts; where it is not, it read on until it came to rest.
 */
function findOplogEnd({ declared, status, observation }: Resting): CheckpointEnd | undefined {
  const windowMs = declared?.policy.recovery.oplogWindowMs;
  const state = toObservedState(observation.state);
  const from = status.position?.at ?? status.stateSince;
  if (windowMs === undefined || from === null || (state !== "STOPPED" && state !== "FAILED"))
    return undefined;
  return { at: from + windowMs, by: "oplog" };
}

/** Why a start now could not go on where it was, where nobody has said where it begins instead; else undefined. */
export function findForgotten({
  declared,
  status,
  observation,
  now,
}: PolicyFacts): CheckpointEnd["by"] | undefined {
  const end = findCheckpointEnd({ declared, status, observation });
  if (declared.policy.state !== "STARTED" || end === undefined || now < end.at) return undefined;
  return hasPosition(toStartOptions(declared, status)) ? undefined : end.by;
}
