// Start and stop as a client asks for them: whether Atlas would take them in this state, how long it holds the request,
// and the transition that follows. A request accepted here takes effect later, whether or not its caller still waits:
// that is what makes a lost reply ambiguous. One operation of a processor at a time, marked by `pending` from the
// acceptance to the effect. Pure. A refusal leaves the world as it was. Which answers are guesses stands with the
// settings they come from.
import { isPositionLost, toPosition } from "./checkpoints.js";
import { planStep, span } from "./moves.js";
import { drawUnit } from "./random.js";
import { genericRefusal, invalidRequest, timeoutRefusal } from "./refusals.js";
import type { Refusal } from "./refusals.js";
import type { Tier } from "./tiers.js";
import { isTierAbove } from "./tiers.js";
import { isStartable } from "./world.js";
import { findTarget, refused } from "./world-lookup.js";
import type { Target } from "./world-lookup.js";
import type { Cause, ProcessorAddress, SimWorkspace, StartOptions, Step, World } from "./world-model.js";

/** `accepted` answers at `replyAt`: 200, or the refusal `late` when the operation outlasts Atlas's own time-out. */
export type Verdict =
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "accepted"; readonly replyAt: number; readonly late: Refusal | null };

/** `now` is the moment of the request in epoch milliseconds; `failAfterMs` is simulated. */
export interface StartRequest {
  readonly options: StartOptions;
  readonly cause: Cause;
  readonly now: number;
  /** A scripted fault: FAILED this long after the start took effect. */
  readonly failAfterMs?: number | null;
}

/** 400 for a tier above the workspace's maximum; the code is a guess (docs/atlas.md 2c). */
export function refuseTier(
  world: World,
  workspace: SimWorkspace,
  of: { processor: string; tier: Tier },
): Refusal | null {
  const max = workspace.maxTierSize;
  if (max === null || !isTierAbove(of.tier, max)) return null;
  const inner = `requested tier ${of.tier} exceeds the maximum tier ${max} of the workspace`;
  return { ...genericRefusal(of.processor, inner), errorCode: world.settings["tier.aboveMaxErrorCode"] };
}

/** A tier that the start does not name is not judged again: it was accepted when it was set. */
function refuseOptions(world: World, target: Target, options: StartOptions): Refusal | null {
  const { workspace, processor } = target;
  if (options.tier !== undefined) {
    const refusal = refuseTier(world, workspace, { processor: processor.name, tier: options.tier });
    if (refusal !== null) return refusal;
  }
  return refuseAutoscaling(target, options) ?? refuseFailover(workspace, options);
}

/** A tier outside [minTier, maxTier], or no maximum anywhere (docs/atlas.md 2c). */
function refuseAutoscaling({ workspace, processor }: Target, options: StartOptions): Refusal | null {
  const limits = options.autoscaling === undefined ? processor.autoscaling : options.autoscaling;
  if (limits?.enabled !== true) return null;
  const minTier = limits.minTier ?? null;
  const maxTier = limits.maxTier ?? workspace.maxTierSize;
  if (maxTier === null) return genericRefusal(processor.name, "autoscaling needs a maximum tier");
  const { tier } = options;
  if (tier === undefined) return null;
  const isOutside = (minTier !== null && isTierAbove(minTier, tier)) || isTierAbove(tier, maxTier);
  return isOutside ? genericRefusal(processor.name, `tier ${tier} is outside the autoscaling limits`) : null;
}

/** The regions it may name, and the one option that belongs to FORCED alone (docs/atlas.md 2a, 9). */
function refuseFailover(workspace: SimWorkspace, options: StartOptions): Refusal | null {
  const { failover } = options;
  if (failover === undefined) return null;
  const regions = [workspace.dataProcessRegion, ...workspace.failoverRegions].map((one) => one.region);
  if (!regions.includes(failover.region))
    return invalidRequest("failover.region", "is not a region of the workspace");
  if (failover.clearCheckpoint === true && failover.mode !== "FORCED") {
    return invalidRequest("failover.clearCheckpoint", "applies to FORCED failover only");
  }
  return null;
}

/**
 * A position before the oplog: refused here, or FAILED after the start; which of the two is not known (docs/atlas.md
 * 2b).
 */
function refuseOldPosition(world: World, target: Target, request: StartRequest): Refusal | null {
  if (world.settings["oplogLost.answer"] !== "400") return null;
  const { options, now } = request;
  const position = toPosition(world, target.processor, { options, now });
  return isPositionLost(world, target.processor, { position, now })
    ? genericRefusal(
        target.processor.name,
        "the resume point may no longer be in the oplog (ChangeStreamHistoryLost)",
      )
    : null;
}

/**
 * The text was seen on starts (docs/atlas.md 1e); how many Atlas lets pass is not known (docs/atlas.md 9). The place is
 * taken from the acceptance to the effect, whatever becomes of the processor meanwhile.
 */
function refuseLock(world: World, target: Target): Refusal | null {
  const places = world.settings["tenantLock.parallelStarts"];
  if (places === 0 || target.workspace.pendingStarts < places) return null;
  return genericRefusal(
    target.processor.name,
    "failed to provision resources for stream processor: timed out trying to acquire tenant lock",
  );
}

function wrongState(target: Target, wanted: string): Refusal {
  const { name, state } = target.processor;
  return genericRefusal(name, `cannot ${wanted} stream processor in state ${state}`);
}

/** Accepts or refuses a start. Accepted, the state moves when the hold is over (docs/atlas.md 1c). */
export function requestStart(world: World, address: ProcessorAddress, request: StartRequest): Verdict {
  const hit = findTarget(world, address);
  if (hit.kind === "refused") return hit;
  const target = hit.value;
  const { options, now } = request;
  // Options are judged before the state: a body that is wrong is wrong in every state.
  const bad = refuseOptions(world, target, options);
  if (bad !== null) return refused(bad);
  if (!isStartable(target.processor) || target.processor.pending !== null) {
    if (world.settings.startOfStarted === "200") return { kind: "accepted", replyAt: now, late: null };
    return refused(wrongState(target, "start"));
  }
  if (options.failover?.dryRun === true) return { kind: "accepted", replyAt: now, late: null };
  // Behind the dry run, which takes no place and begins nowhere.
  const refusal = refuseLock(world, target) ?? refuseOldPosition(world, target, request);
  if (refusal !== null) return refused(refusal);
  return planStart(world, target, request);
}

/**
 * Takes the place and plans the effect. The draw is made for every accepted start, so that the luck of the next does
 * not depend on a switch.
 */
function planStart(
  world: World,
  target: Target,
  { options, cause, now, failAfterMs }: StartRequest,
): Verdict {
  const { "startWith.holdMinMs": min, "startWith.holdMaxMs": max } = world.settings;
  const holdMs = min + drawUnit(world.random) * Math.max(0, max - min);
  target.processor.pending = "start";
  target.workspace.pendingStarts += 1;
  const step = { kind: "start", options, cause, failAfterMs: failAfterMs ?? null } as const;
  if (world.settings["startWith.answer"] === "at-once") {
    planStep(world, target, { at: now, afterMs: holdMs, step });
    return { kind: "accepted", replyAt: now, late: null };
  }
  return planHeld(world, target, { now, holdMs, step });
}

/** Plans a step that its caller waits for, as long as Atlas's own patience lasts. */
function planHeld(
  world: World,
  target: Target,
  held: {
    readonly now: number;
    readonly holdMs: number;
    readonly step: Extract<Step, { kind: "start" | "stop" }>;
  },
): Verdict {
  const { now, holdMs, step } = held;
  const { "operation.timeoutMs": timeoutMs, "operation.afterTimeout": fate } = world.settings;
  // Rounded as they are waited for: a hold that ends at the time-out is in time.
  const isLate = span(world, holdMs) > span(world, timeoutMs);
  if (isLate && fate === "is-dropped") {
    const abandoned = { kind: "abandon", what: step.kind } as const;
    planStep(world, target, { at: now, afterMs: timeoutMs, step: abandoned });
  } else planStep(world, target, { at: now, afterMs: holdMs, step });
  return isLate
    ? { kind: "accepted", replyAt: now + span(world, timeoutMs), late: timeoutRefusal(target.address) }
    : { kind: "accepted", replyAt: now + span(world, holdMs), late: null };
}

/** The answer to a stop of a processor in this state: "stops" goes ahead, "200" and "400" change nothing. */
function stopAnswer(world: World, state: string): string {
  switch (state) {
    case "STARTED":
      return "stops";
    case "PROVISIONING":
      return world.settings.stopOfProvisioning;
    case "FAILED":
      return world.settings.stopOfFailed;
    default:
      return world.settings.stopOfStopped;
  }
}

/** Accepts or refuses a stop. A second one while the first still runs is refused as a wrong state. */
export function requestStop(
  world: World,
  address: ProcessorAddress,
  request: { readonly cause: Cause; readonly now: number },
): Verdict {
  const hit = findTarget(world, address);
  if (hit.kind === "refused") return hit;
  const target = hit.value;
  const { cause, now } = request;
  // An operation in progress is a wrong state under every setting: the switches are about what is at rest.
  const answer = target.processor.pending === null ? stopAnswer(world, target.processor.state) : "400";
  if (answer === "200") return { kind: "accepted", replyAt: now, late: null };
  if (answer !== "stops") return refused(wrongState(target, "stop"));
  target.processor.pending = "stop";
  const step = { kind: "stop", cause } as const;
  return planHeld(world, target, { now, holdMs: world.settings["stop.delayMs"], step });
}
