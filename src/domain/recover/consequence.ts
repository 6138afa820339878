// What a start from somewhere else than the checkpoint means for the data: how much is read twice, how much is never
// read. Pure, and only as good as the position that was last seen: between two looks a processor reads on.
import { formatDurationMs } from "../duration.js";
import type { SourcePosition } from "../observation.js";
import type { StartOptions } from "../start-options.js";

export interface Consequence {
  /** Read twice, about. */
  readonly replayMs: number;
  /** Never read; Infinity where nobody knows since when. */
  readonly gapMs: number;
  /** Holds no time that moves by itself: it stands in reasons. */
  readonly text: string;
}

export interface LastRead {
  /** The newest that was seen; null: none ever. */
  readonly position: SourcePosition | null;
  /** When it stopped reading, as far as was seen. */
  readonly stoppedAt: number | null;
  readonly now: number;
}

/** Of the position in these options: a time, or none, which is from now on. */
export function toConsequence({ startAtOperationTime: time }: StartOptions, read: LastRead): Consequence {
  const { position, stoppedAt, now } = read;
  if (time === undefined) {
    return position === null
      ? { replayMs: 0, gapMs: Infinity, text: "starts fresh: skips what happened since nobody knows when" }
      : {
          replayMs: 0,
          gapMs: Math.max(0, now - position.at),
          text: `starts fresh: skips what happened since ${toSecondText(position.at)}`,
        };
  }
  const startsAt = Date.parse(time);
  if (position === null) {
    const text = `starts at ${time}: what it replays or skips nobody knows`;
    return { replayMs: Infinity, gapMs: Infinity, text };
  }
  // Since that look it has read on until it stopped, at the pace of its source as far as anybody knows.
  const readUntil = position.at + Math.max(0, (stoppedAt ?? position.seenAt) - position.seenAt);
  const replayMs = Math.max(0, readUntil - startsAt);
  const gapMs = Math.max(0, startsAt - position.at);
  const skips = gapMs === 0 ? [] : [`skips about ${toRoundText(gapMs)}`];
  const replays = replayMs === 0 && gapMs > 0 ? [] : [`replays about ${toRoundText(replayMs)}`];
  // Between the last look and its end it may have read on, or not: then it is one of the two, and both count.
  return { replayMs, gapMs, text: `starts at ${time}: ${[...replays, ...skips].join(", or ")}` };
}

/** Whole seconds, never later than meant. */
export function toSecondText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** To the minute, up: nobody knows it better. */
function toRoundText(ms: number): string {
  return formatDurationMs(Math.ceil(ms / 60_000) * 60_000);
}
