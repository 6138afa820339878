// What follows from the class of a failure, beside another start after the back-off: parked at once, the next tier up,
// or the next rung of the ladder. Pure. Without a ladder a position is never changed here: that may lose data.
import { isAboutPosition } from "../failure-classes.js";
import type { Climb, FailureClass } from "../failure-classes.js";
import { toStandingClimb } from "../recover/climb.js";
import { formatProcessorRef } from "../refs.js";
import type { ProcessorStatus } from "../status.js";
import type { PolicyFacts } from "./decision.js";
import { toLast } from "./difference.js";
import { toLadderObstacle } from "./ladder-turn.js";
import { isExhausted } from "./recovery.js";

/**
 * Why it is given up on; undefined: it is not. A version whose tier was refused is tried once more on the tier before
 * it, whatever the refusal was.
 */
export function toParking(facts: PolicyFacts): { readonly why: string; readonly asks?: boolean } | undefined {
  const { failure, status, declared, ref } = facts;
  const obstacle = toLadderObstacle(facts);
  if (obstacle !== undefined && failure?.action === "ladder" && failure.isNews) {
    const told = `${failure.class} (${failure.rule}): ${obstacle.why}; last: ${toLast(facts)}`;
    return { ...obstacle, why: told };
  }
  if (failure?.action === "wait" && failure.isNews && status.refusedVersion !== declared.version) {
    const told = `${failure.class} (${failure.rule}): another attempt cannot help; last: ${toLast(facts)}`;
    return { why: `${told}; ${toRemedy(failure.class, formatProcessorRef(ref))}` };
  }
  return isExhausted(status, declared)
    ? { why: `gave up after the declared number of attempts; last: ${toLast(facts)}` }
    : undefined;
}

/** A lost position is mended by nobody: somebody has to say where to begin instead. */
function toRemedy(failureClass: FailureClass, name: string): string {
  return isAboutPosition(failureClass)
    ? `say where to begin: headgate start "${name}" --at TIME, or --no-resume`
    : `once it is mended: headgate unpark "${name}"`;
}

/** Once for each failure: a start that has to wait for its place must not climb again. */
export function toClimb({ failure, declared, now }: PolicyFacts): Climb | undefined {
  if (failure?.climbsTo === undefined || !failure.isNews) return undefined;
  return { ...failure.climbsTo, version: declared.version, at: now, isRefused: false };
}

/** Beside the reason of a start, for as long as the tier is still to come. */
export function toRise({ declared, observation }: PolicyFacts, status: ProcessorStatus): string {
  const tier = toStandingClimb(status, declared.version);
  return tier === undefined || tier === observation.tier ? "" : `; climbs to ${tier}`;
}
