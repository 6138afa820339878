// Of which processors a pass reads and remembers the position: a sample of what it has listed anyhow, never a call.
// Pure. A workspace is sampled in rounds, so that it writes once an interval and is quiet in between.
import type { Observation, SourcePosition } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import type { ProcessorFacts, WorkspaceFacts } from "./workspace-facts.js";

/** Whether its position is read in this pass. */
export type Sampler = (processor: ProcessorFacts, observation: Observation) => boolean;

/** Of an interval: who was sampled later than that sits out a round, and is in step with the others by the next. */
const FRESH_SHARE = 0.5;
/** Intervals: a position that rounds have not renewed for so long calls for no further one. */
const GIVEN_UP = 2;

/**
 * Everybody's that runs when a round is due; in between, of one that was seen to move, or that a change of ours is
 * about to. An unmanaged processor is nobody's to recover.
 */
export function toSampler({
  processors,
  now,
  settings,
}: Pick<WorkspaceFacts, "processors" | "now" | "settings">): Sampler {
  const { positionSampleMs } = settings;
  const due = findRoundEnd(processors, { now, positionSampleMs }) ?? now;
  const isStale = (position: SourcePosition | null): boolean =>
    position === null || now - position.seenAt >= FRESH_SHARE * positionSampleMs;
  return ({ declared, status, hasOpenChange }, observation) => {
    if (declared === undefined) return false;
    const hasMoved = status?.observed?.state !== observation.state;
    const isRunning = toObservedState(observation.state) === "STARTED";
    return hasMoved || hasOpenChange || (isRunning && now >= due && isStale(status.position));
  };
}

interface Sampled {
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus | undefined;
}

/**
 * When the next round is due: an interval after the oldest position of those that run and still show one. Undefined
 * where none does: it takes a look to find the first.
 */
export function findRoundEnd(
  processors: readonly Sampled[],
  { now, positionSampleMs }: { readonly now: number; readonly positionSampleMs: number },
): number | undefined {
  const seen = processors.flatMap(({ declared, status }) => {
    const isRunning = toObservedState(status?.observed?.state ?? "") === "STARTED";
    return declared !== undefined && isRunning && status?.position ? [status.position.seenAt] : [];
  });
  const kept = seen.filter((at) => now - at < GIVEN_UP * positionSampleMs);
  return kept.length === 0 ? undefined : Math.min(...kept) + positionSampleMs;
}
