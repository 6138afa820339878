// The moves of a processor from state to state, and what each leaves behind: checkpoint, counters, events, effects. One
// that exists gets its `state` here and nowhere else. Nothing here asks whether a move is allowed; start-stop.ts does,
// and a mutation need not ask. Pure: the time is an argument. Spans in simulated milliseconds are named ...Ms, moments
// `at` are real ones.
import { checkpointOf, isPositionLost, toPosition } from "./checkpoints.js";
import { recordEvent } from "./events.js";
import { drawUnit } from "./random.js";
import type { Cause, Step, StartOptions, World } from "./world-model.js";
import type { Target } from "./world-lookup.js";

/** Simulated milliseconds as whole real ones, under the world's time scale. */
export function span(world: World, simulatedMs: number): number {
  return Math.ceil(simulatedMs / world.timeScale);
}

/**
 * Notes that a request changed the world at `at`. What no request asked for has no effect to show: tests judge by
 * effects, and must not count what Atlas or a person did.
 */
export function recordEffect(world: World, cause: Cause, at: number): void {
  if (cause.requestSeq !== null) world.effects.push({ requestSeq: cause.requestSeq, at });
}

/**
 * Puts a processor into a state at `at`, also into the one it is in: that is a new life too. Plans nothing. The error
 * of the last failure goes unless `errorMsg` gives another.
 */
export function moveState(
  world: World,
  target: Target,
  to: { readonly state: string; readonly at: number; readonly errorMsg?: string | null },
): void {
  const { processor } = target;
  if (processor.state === "STARTED" && processor.startedAt !== null) {
    // While it is STARTED both are reckoned from `startedAt`; they are written down before that is lost.
    processor.checkpointAt = checkpointOf(world, processor, to.at);
    processor.inputCount = countInput(world, target, to.at);
    processor.startedAt = null;
  }
  processor.before = { state: processor.state, tier: processor.tier };
  processor.state = to.state;
  processor.errorMsg = to.errorMsg ?? null;
  processor.generation += 1;
  if (to.state === "STARTED") {
    processor.startedAt = to.at;
    processor.hasEverStarted = true;
  }
  // Only STOPPED counts towards the 45 days after which a checkpoint is gone (docs/atlas.md 3).
  processor.stoppedAt = to.state === "STOPPED" ? to.at : null;
  world.revision += 1;
}

/** Messages read until `now`, in simulated time; they only grow, and only while the processor is STARTED. */
export function countInput(world: World, target: Target, now: number): number {
  const { processor } = target;
  if (processor.startedAt === null) return processor.inputCount;
  const seconds = (Math.max(0, now - processor.startedAt) * world.timeScale) / 1_000;
  return processor.inputCount + Math.floor(seconds * processor.messagesPerSecond);
}

/** Plans a step `afterMs` simulated milliseconds after `at`, for the processor's present life. */
export function planStep(
  world: World,
  target: Target,
  plan: { readonly at: number; readonly afterMs: number; readonly step: Step },
): void {
  const at = plan.at + span(world, plan.afterMs);
  const { id, generation } = target.processor;
  world.queue.push({ at, address: target.address, processorId: id, generation, step: plan.step });
  world.revision += 1;
}

/**
 * Plans the next time that Atlas restarts it by itself, if the setting says that it does: between half and one and a
 * half of the mean, so that a fleet does not restart all at once.
 */
export function planOwnRestart(world: World, target: Target, at: number): void {
  const { "ownRestart.everyMs": everyMs } = world.settings;
  if (everyMs === 0) return;
  const afterMs = everyMs * (0.5 + drawUnit(world.random));
  planStep(world, target, { at, afterMs, step: { kind: "own-restart" } });
}

// The words of a lost position are those by which clients know it (docs/atlas.md 2b); the others are the simulator's
// own.
const CRASH_TEXT = "Stream processor failed: injected crash";
const UNPROVISIONED_TEXT = "Stream processor failed: could not provision resources";
const OPLOG_TEXT =
  "PlanExecutor error during aggregation :: caused by :: Resume of change stream was not possible, as the resume point may no longer be in the oplog. (ChangeStreamHistoryLost)";

/** STARTED from `at`, with the crash that its own crash loop or a scripted fault plans for it. */
export function enterStarted(
  world: World,
  target: Target,
  how: { readonly at: number; readonly failAfterMs: number | null; readonly errorMsg?: string },
): void {
  moveState(world, target, { state: "STARTED", at: how.at });
  planOwnRestart(world, target, how.at);
  const afterMs = how.failAfterMs ?? target.processor.crashAfterMs;
  if (afterMs === null) return;
  planStep(world, target, {
    at: how.at,
    afterMs,
    step: { kind: "fail", errorMsg: how.errorMsg ?? CRASH_TEXT },
  });
}

/** FAILED, with an event that carries the reason. */
export function fail(
  world: World,
  target: Target,
  how: { readonly at: number; readonly errorMsg: string },
): void {
  moveState(world, target, { state: "FAILED", at: how.at, errorMsg: how.errorMsg });
  recordEvent(world, target, { type: "STREAM_PROCESSOR_STATE_IS_FAILED", at: how.at });
}

/** PROVISIONING for a span, then FAILED of `errorMsg`, or STARTED and FAILED of it later where that is planned. */
export function provision(
  world: World,
  target: Target,
  how: {
    readonly at: number;
    readonly forMs: number;
    readonly then: "STARTED" | "FAILED";
    readonly failAfterMs?: number | null;
    readonly errorMsg?: string;
  },
): void {
  moveState(world, target, { state: "PROVISIONING", at: how.at });
  planStep(world, target, {
    at: how.at,
    afterMs: how.forMs,
    step: {
      kind: "provisioned",
      then: how.then,
      errorMsg: how.errorMsg ?? (how.then === "FAILED" ? UNPROVISIONED_TEXT : CRASH_TEXT),
      failAfterMs: how.failAfterMs ?? null,
    },
  });
}

/**
 * Leaves a start's options on the processor. A tier named, or autoscaling that is off, ends what autoscaling chose;
 * with autoscaling on a restart uses the last effective tier (docs/atlas.md 2c).
 */
function applyOptions(world: World, target: Target, options: StartOptions): void {
  const { processor, workspace } = target;
  if (options.autoscaling !== undefined) processor.autoscaling = options.autoscaling;
  if (options.failover !== undefined) processor.region = options.failover.region;
  if (options.tier !== undefined) processor.tier = options.tier;
  else if (processor.tier === null || world.settings["start.withoutTier"] === "workspace-default") {
    processor.tier = world.settings["tier.shownWhenDefaulted"] ? workspace.tier : null;
  }
  if (options.tier !== undefined || processor.autoscaling?.enabled !== true) processor.effectiveTier = null;
}

/** The moment a start takes effect: tier, position, state, event and effect. */
export function applyStart(
  world: World,
  target: Target,
  step: Extract<Step, { kind: "start" }> & { readonly at: number },
): void {
  const { processor } = target;
  const { at, cause, options } = step;
  // Position and loss are decided by what the processor was before the options touch it.
  const position = toPosition(world, processor, { options, now: at });
  const isLost = isPositionLost(world, processor, { position, now: at });
  applyOptions(world, target, options);
  // A start from elsewhere gives up the old checkpoint at once; Atlas may keep it until the next (a guess,
  // docs/atlas.md 3).
  if (position.kind !== "checkpoint") processor.checkpointAt = null;
  const tier = options.tier ?? processor.tier;
  processor.lastStart = { at, tier, position, by: cause.by, requestSeq: cause.requestSeq };
  processor.startCount += 1;
  const failAfterMs = isLost ? world.settings["oplogLost.failAfterMs"] : step.failAfterMs;
  const fate = { at, failAfterMs, ...(isLost ? { errorMsg: OPLOG_TEXT } : {}) };
  const provisioningMs = world.settings["startWith.provisioningMs"];
  if (provisioningMs > 0) provision(world, target, { ...fate, forMs: provisioningMs, then: "STARTED" });
  else enterStarted(world, target, fate);
  recordEvent(world, target, { type: "STREAM_PROCESSOR_STARTED", at, modifiedBy: cause.by });
  recordEffect(world, cause, at);
}

/** The moment a stop takes effect: a clean stop takes a last checkpoint. */
export function applyStop(
  world: World,
  target: Target,
  step: { readonly at: number; readonly cause: Cause },
): void {
  const wasRunning = target.processor.state === "STARTED";
  moveState(world, target, { state: "STOPPED", at: step.at });
  if (wasRunning) target.processor.checkpointAt = step.at;
  recordEvent(world, target, { type: "STREAM_PROCESSOR_STOPPED", at: step.at, modifiedBy: step.cause.by });
  recordEffect(world, step.cause, step.at);
}
