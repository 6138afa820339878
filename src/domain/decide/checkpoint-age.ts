// How long a processor may rest before Atlas forgets where it was. Pure.
import type { Observation } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { ProcessorStatus } from "../status.js";

const DAY_MS = 86_400_000;

/** Stopped for so long, the next start behaves as a first run (docs/atlas.md 3). */
export const CHECKPOINT_KEPT_MS = 45 * DAY_MS;
/** From then on people are told: time enough for a start and a stop. */
export const CHECKPOINT_EXPIRING_MS = 38 * DAY_MS;

/** When its checkpoint is forgotten, as far as was seen; undefined if it does not rest. */
export function findCheckpointEnd(
  { stateSince }: ProcessorStatus,
  observation: Observation,
): number | undefined {
  return toObservedState(observation.state) === "STOPPED" && stateSince !== null
    ? stateSince + CHECKPOINT_KEPT_MS
    : undefined;
}
