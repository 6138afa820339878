// What was so before a processor failed, as far as it helps to tell why: kept from the start that came before, and from
// the look that first found it FAILED. Pure. A later look at the same failure tells nothing new.
import type { Preceding } from "../failure-classes.js";
import type { Observation, ProcessorStats } from "../observation.js";
import { toObservedState } from "../observation.js";
import { isTier } from "../start-options.js";
import type { StartOptions, Tier } from "../start-options.js";
import type { ProcessorStatus } from "../status.js";

const MIB = 1_048_576;
/** Bytes (docs/atlas.md 2c). */
const MEMORY: Readonly<Record<Tier, number>> = {
  SP2: 512 * MIB,
  SP5: 1_024 * MIB,
  SP10: 2_048 * MIB,
  SP30: 8_192 * MIB,
  SP50: 32_768 * MIB,
};

/** Less says nothing of why it failed, and need not be kept. */
const WORTH_KEEPING = 0.5;

/** By the options of a start that Atlas has answered. */
export function toPrecedingStart({ startAtOperationTime }: StartOptions): Preceding | null {
  return startAtOperationTime === undefined ? null : { startedAtTime: true, memoryShare: null };
}

/** Undefined stats: the look did not read them. */
export function withMemory(
  status: ProcessorStatus,
  seen: { readonly observation: Observation | undefined; readonly stats: ProcessorStats | undefined },
): ProcessorStatus {
  const { observation, stats } = seen;
  const { preceding } = status;
  const state = observation && toObservedState(observation.state);
  if (state === "STARTED" && preceding !== null && preceding.memoryShare !== null) {
    return { ...status, preceding: preceding.startedAtTime ? { ...preceding, memoryShare: null } : null };
  }
  if (observation === undefined || state !== "FAILED") return status;
  const share = toShare(observation, stats);
  if (share === undefined || share < WORTH_KEEPING || share === preceding?.memoryShare) return status;
  return { ...status, preceding: { startedAtTime: false, ...preceding, memoryShare: share } };
}

/** To the percent. */
function toShare(
  { tier, effectiveTier = tier }: Observation,
  stats: ProcessorStats | undefined,
): number | undefined {
  const used = stats?.memoryBytes;
  if (used === undefined || effectiveTier === undefined || !isTier(effectiveTier)) return undefined;
  return Math.round((used / MEMORY[effectiveTier]) * 100) / 100;
}
