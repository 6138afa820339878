// Where a processor is in its change stream, as one look shows it, and what of that is remembered: the newest alone.
// Pure. A place that was not seen is never made up: who knows of none resumes as if nobody had looked.
import type { Observation, ProcessorStats, SourcePosition } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { ProcessorStatus } from "../status.js";

/** 2000-01-01: no change stream is older, so an earlier time was misread. */
const EARLIEST_MS = 946_684_800_000;
/** Two clocks are compared, the cluster's and the database's: by so much the first may be ahead. */
const SKEW_MS = 60_000;

/** One look at one processor. */
export interface PositionSight {
  readonly observation: Observation;
  /** Undefined where the look showed none. */
  readonly stats: ProcessorStats | undefined;
  /** Database time before the look was sent. */
  readonly seenAt: number;
}

/**
 * The token says it exactly, the lag to a second or so. The lag counts only while it runs: at rest Atlas may go on
 * showing the last one, and the place does not move on with the clock. Kafka has no such place.
 */
export function toSourcePosition({ observation, stats, seenAt }: PositionSight): SourcePosition | undefined {
  if (stats === undefined) return undefined;
  const { positionAt, lagSeconds, kafkaLag } = stats;
  const isRunning = toObservedState(observation.state) === "STARTED";
  const byLag =
    isRunning && lagSeconds !== undefined && kafkaLag === undefined ? seenAt - lagSeconds * 1_000 : undefined;
  const at = [positionAt, byLag].find((time) => time !== undefined && isPlausible(time, seenAt));
  return at === undefined ? undefined : { at: Math.min(at, seenAt), seenAt };
}

function isPlausible(time: number, seenAt: number): boolean {
  return time >= EARLIEST_MS && time <= seenAt + SKEW_MS;
}

/**
 * The status with the newest position. At rest the place stands still, so that it is written once. What was seen of
 * another processor under the same name is not this one's.
 */
export function withPosition(status: ProcessorStatus, sight: PositionSight): ProcessorStatus {
  const { position, observed } = status;
  const seen = toSourcePosition(sight);
  if (seen === undefined || observed?.atlasId !== sight.observation.atlasId) return status;
  if (position !== null && seen.seenAt <= position.seenAt) return status;
  const isRunning = toObservedState(sight.observation.state) === "STARTED";
  return !isRunning && position?.at === seen.at ? status : { ...status, position: seen };
}
