// The ladder that a policy may declare for a lost position, and what is remembered of it: which rungs there are,
// whether each may be taken, what a person has approved, which one was taken. Names are stored, written in policy files
// and typed, so one may be added but none renamed. Pure data; recover/ladder.ts chooses.
import type { StartOptions } from "./start-options.js";

/** In this order. `resume`: from the checkpoint. `time`: where it was, less a margin. `fresh`: from now on. */
export const RUNGS = ["resume", "time", "fresh"] as const;
export type Rung = (typeof RUNGS)[number];

export const LEAVES = ["allow", "approve", "deny"] as const;
/** `approve`: only once a person has said so. */
type Leave = (typeof LEAVES)[number];

export interface LadderRule extends Readonly<Record<Rung, Leave>> {
  /** How much earlier than the position that was seen it starts: its checkpoint may be so much older. */
  readonly marginMs: number;
  /** To read more than this twice, or to skip more, takes an approval also where the rung is allowed. */
  readonly maxReplayMs: number;
  readonly maxGapMs: number;
}

/** Of a block that leaves something out. A checkpoint may be ten minutes old (docs/atlas.md 3). */
export const DEFAULT_LADDER: LadderRule = {
  resume: "allow",
  time: "approve",
  fresh: "deny",
  marginMs: 600_000,
  maxReplayMs: 3_600_000,
  maxGapMs: 0,
};

/** A person's word that one rung may be taken once, whatever it replays or skips. */
export interface Approval {
  readonly rung: Rung;
  readonly by: string;
  readonly why: string;
  /** It ends with this version of the policy. */
  readonly version: number;
  readonly until: number;
}

/** What starts begin with until one has been answered, and what has been tried when that did not help. */
export interface TakenRung {
  readonly rung: Rung;
  /** A position alone; empty where it resumes. */
  readonly start: StartOptions;
  /** What follows from it, and on whose word it was taken. */
  readonly why: string;
  /** It ends with this version of the policy. */
  readonly version: number;
  readonly at: number;
  /** Atlas has answered a start with it, for better or worse: later ones resume. */
  readonly isUsed: boolean;
}
