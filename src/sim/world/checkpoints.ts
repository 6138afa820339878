// The life of a checkpoint: its age while a processor runs, its loss after 45 days of rest, and where a start
// begins. Pure. Facts: docs/atlas.md 3; whether a time or a surviving checkpoint wins is a switch (docs/atlas.md 2b).
import type { Position, SimProcessor, StartOptions, World } from "./world-model.js";

/** When the newest checkpoint was taken, or null when there is none. While it runs one is taken every interval. */
export function checkpointOf(world: World, processor: SimProcessor, now: number): number | null {
  if (processor.state !== "STARTED" || processor.startedAt === null) return processor.checkpointAt;
  const interval = Math.max(1, Math.ceil(world.settings["checkpoint.intervalMs"] / world.timeScale));
  const taken = Math.floor((now - processor.startedAt) / interval);
  return taken < 1 ? processor.checkpointAt : processor.startedAt + taken * interval;
}

function isExpired(world: World, processor: SimProcessor, now: number): boolean {
  const { stoppedAt } = processor;
  return stoppedAt !== null && now - stoppedAt >= world.settings["checkpoint.expiryMs"] / world.timeScale;
}

/** Where a start with these options would begin at `now`. */
export function toPosition(
  world: World,
  processor: SimProcessor,
  start: { readonly options: StartOptions; readonly now: number },
): Position {
  const { options, now } = start;
  const isCleared = options.resumeFromCheckpoint === false || options.failover?.clearCheckpoint === true;
  const checkpoint =
    isCleared || isExpired(world, processor, now) ? null : checkpointOf(world, processor, now);
  const time = options.startAtOperationTime;
  const wins = checkpoint === null || world.settings["position.timeWithCheckpoint"] === "time";
  if (time !== undefined && wins) return { kind: "time", at: Date.parse(time) };
  return checkpoint === null ? { kind: "fresh", at: null } : { kind: "checkpoint", at: checkpoint };
}

/** True when the source's oplog no longer reaches back to the position (ChangeStreamHistoryLost). */
export function isPositionLost(
  world: World,
  processor: SimProcessor,
  start: { position: Position; now: number },
): boolean {
  const { oplogWindowMs } = processor;
  if (oplogWindowMs === null || start.position.at === null) return false;
  return start.position.at < start.now - oplogWindowMs / world.timeScale;
}
