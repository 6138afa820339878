// Who moved a processor that is not as declared, from what Atlas's events tell of it. Pure. It never guesses: whom no
// event names stays unknown, and is taken for somebody who is about to bring it back.
import { toObservedState } from "../observation.js";
import type { Observation } from "../observation.js";
import type { ProcessorStatus } from "../status.js";
import { NEW_STATUS } from "../status.js";
import { isInAgreement } from "./drift.js";
import type { ProcessorFacts } from "./workspace-facts.js";

/** How the mover is named where Atlas chose another tier by itself. No username reads like it. */
export const AUTOSCALING = "Atlas's autoscaling";

/** One event about one processor. */
export interface ProcessorMove {
  readonly processor: string;
  /** When Atlas dates it, in whole seconds (epoch ms). */
  readonly at: number;
  /** A username, AUTOSCALING, or Headgate by its own credential; absent where Atlas does not say. */
  readonly by?: string | { readonly isOwn: true };
}

/** Atlas's clock is not the database's, and its events come in whole seconds. */
const SLACK_MS = 60_000;
/** Events may come late: so long a drift that nobody is named for is asked about again. */
const RETRY_MS = 300_000;

/**
 * Since when the events have to be searched for whoever made this drift; undefined where it is no news, or where its
 * cause is known without. `seenBefore`: when the look was sent that still showed the former state.
 */
export function findDriftToAttribute(
  { declared, status = NEW_STATUS, hasOpenChange }: ProcessorFacts,
  observation: Observation,
  look: { readonly seenBefore: number | null; readonly now: number },
): number | undefined {
  const { observed, lastCloseAt } = status;
  if (declared === undefined || hasOpenChange || observed === null) return undefined;
  if (!isMovable(observation) || isInAgreement(declared, status, observation)) return undefined;
  // Its own change may have closed between the two looks: it is newer than what the former one showed.
  if (isMoved(observed, observation)) return Math.max(look.seenBefore ?? 0, lastCloseAt ?? 0) - SLACK_MS;
  return findNamelessSince(status, look.now);
}

/** Seen before, laid to somebody, and nobody named yet: its event may have come since. */
function findNamelessSince(
  { stateSince, stateCause, stateBy }: ProcessorStatus,
  now: number,
): number | undefined {
  if (stateSince === null || stateCause !== "elsewhere" || stateBy !== null) return undefined;
  return now - stateSince < RETRY_MS ? stateSince - RETRY_MS - SLACK_MS : undefined;
}

/** FAILED has a reason and not a mover; what Atlas moves by itself passes by itself. */
function isMovable({ state, autoscaled }: Observation): boolean {
  const observed = toObservedState(state);
  if (observed === "TRANSITIONAL") return autoscaled;
  return observed === "STARTED" || observed === "STOPPED" || observed === "CREATED";
}

function isMoved(before: Observation, { atlasId, state, tier }: Observation): boolean {
  return before.atlasId !== atlasId || before.state !== state || before.tier !== tier;
}

/**
 * Who is named by the newest event since then that names anybody. Undefined where it is Headgate itself: what a late
 * call of ours did is nobody's wish.
 */
export function findMover(
  newestFirst: readonly ProcessorMove[],
  wanted: { readonly processor: string; readonly since: number },
): string | undefined {
  const named = newestFirst.find(
    ({ processor, at, by }) => processor === wanted.processor && at >= wanted.since && by !== undefined,
  );
  return typeof named?.by === "string" ? named.by : undefined;
}

/** What a stop is respected for: longer than a deploy takes, where a person made it and the policy says so. */
export function toGraceMs(
  {
    stoppedGraceMs,
    respectManualStopMs = 0,
  }: { readonly stoppedGraceMs: number; readonly respectManualStopMs?: number },
  { stateBy }: Pick<ProcessorStatus, "stateBy">,
): number {
  const isByPerson = stateBy !== null && stateBy !== AUTOSCALING;
  return isByPerson ? Math.max(stoppedGraceMs, respectManualStopMs) : stoppedGraceMs;
}
