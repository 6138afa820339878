// How a processor differs from its policy, in words for its reason: what it is and was declared to be, and what went
// wrong last. Pure. No times and no counters, so that a reason stays the same from pass to pass.
import type { Observation } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { DeclaredPolicy } from "../status.js";
import type { PolicyFacts } from "./decision.js";

/**
 * What went wrong last. A state that came after the last change closed is newer than how that ended: the processor has
 * FAILED again since, or somebody has stopped it.
 */
export function toLast({ declared, status, observation }: PolicyFacts): string {
  const isNewer = (status.stateSince ?? 0) > (status.lastCloseAt ?? Number.MAX_SAFE_INTEGER);
  const now = observation.errorMessage ?? toDifference(declared, observation);
  return isNewer ? now : (status.lastFailure ?? now);
}

export function toDifference({ policy }: DeclaredPolicy, { state, tier, errorMessage }: Observation): string {
  const isRunning = toObservedState(state) === "STARTED";
  if (isRunning && policy.state === "STARTED") {
    return `runs on ${tier ?? "no tier"}, but declared ${policy.start.tier ?? "no tier"}`;
  }
  const cause = errorMessage === undefined ? "" : ` (${errorMessage})`;
  return `${state}${cause}, but declared ${policy.state}`;
}
