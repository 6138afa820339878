// How long a pass that did nothing stays the answer: a later one that finds the same rows and sees the same list would
// do nothing either, until a time of its own comes. So a workspace at rest need not be loaded and decided again by
// every pass. Pure. What must stay true: whatever `decide` and the status derive from the clock is excluded here, or
// ends the span (test/unit/domain/quiet.test.ts).
import { findRoundEnd } from "./sampling.js";
import type { Scheduler } from "./schedule.js";
import type { ProcessorStatus } from "../status.js";
import type { WorkspaceFacts } from "./workspace-facts.js";
import type { ProcessorPlan, WorkspacePlan } from "./workspace-plan.js";

/** What is overlooked here is found by then: a nightly restart may be late, and is not lost. */
const QUIET_MAX_MS = 15 * 60_000;

/**
 * Until when (epoch ms, exclusive) a pass over equal rows and an equal list plans, writes and tells nothing; undefined
 * if this one did not come to that, or if something else than a slot of a schedule is under way.
 */
export function findQuietUntil(
  facts: WorkspaceFacts,
  plan: WorkspacePlan,
  scheduler: Scheduler,
): number | undefined {
  const isAtRest =
    facts.observations !== undefined &&
    facts.openInWorkspace === 0 &&
    !plan.isBraked &&
    Object.keys(facts.brakeReleased).length === 0 &&
    plan.processors.every((one) => isAtRestFrom(facts.observedAt, one));
  if (!isAtRest) return undefined;
  const ends = plan.processors.map(({ processor, declared }) =>
    declared?.policy.restart === undefined
      ? Infinity
      : scheduler.sameSlotUntil(declared.policy.restart, { ...facts.ref, processor }, facts.now),
  );
  return Math.min(facts.now + QUIET_MAX_MS, findSampleEnd(facts, plan), ...ends);
}

/** A round that is due now was this very pass: whoever showed nothing in it is looked at again an interval later. */
function findSampleEnd({ now, settings }: WorkspaceFacts, { processors }: WorkspacePlan): number {
  const { positionSampleMs } = settings;
  const due = findRoundEnd(processors, { now, positionSampleMs }) ?? Infinity;
  return due > now ? due : now + positionSampleMs;
}

/** What a stable while, an end of a time or the counters of the list would change. */
function isUnburdened(status: ProcessorStatus): boolean {
  const { attempts, suspended, climbed, proof, rung, approval } = status;
  return attempts === 0 && [suspended, climbed, proof, rung, approval].every((one) => one === null);
}

/**
 * As declared or nobody's, with nothing that the clock alone would change: no count, climb or rung that a stable
 * while ends, no suspension or approval that ends, and no declaration that a later look would be the first to follow.
 */
function isAtRestFrom(
  observedAt: number,
  { status, declared, decision, hasStatusChanged }: ProcessorPlan,
): boolean {
  const { code } = decision.reason;
  return (
    !hasStatusChanged &&
    (code === "as-declared" || code === "unmanaged") &&
    isUnburdened(status) &&
    (status.lastCloseAt ?? 0) <= observedAt &&
    (status.observedAt ?? 0) < observedAt &&
    (declared?.declaredAt ?? 0) < observedAt
  );
}
