// What became of a POST, and what an attempt does about it. Pure. A POST of unknown fate is never followed by another
// before its horizon has passed: that is what keeps every change at one effective start.
import type { Answer, Ending, Fate, OpenChange, StepName, StepRow } from "./change.js";
import type { ChangeRequest } from "./requests.js";
import { ending } from "./change.js";
import { ERROR_CODES, findErrorProperties } from "../error-codes.js";
import type { ErrorCode, ErrorProperties } from "../error-codes.js";
import type { Observation } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { LoopSettings } from "../settings.js";
import { mayInterrupt } from "./steps.js";

export type Move =
  | { readonly kind: "post" }
  | { readonly kind: "await-state"; readonly since: number }
  | { readonly kind: "look" }
  | { readonly kind: "refused"; readonly answer: Answer };

/**
 * What an attempt does about its step, from what earlier attempts left behind. `isOwed`: the step is a start that is
 * owed.
 */
export function toNextMove(row: StepRow | undefined, isOwed: boolean): Move {
  if (row === undefined) return { kind: "post" };
  if (row.fate === "applied") return { kind: "await-state", since: row.answeredAt ?? row.fencedAt };
  if (row.fate === "refused" && row.answer !== null) {
    return isOwed && toOwedStart(row.answer) !== "stands"
      ? { kind: "post" }
      : { kind: "refused", answer: row.answer };
  }
  return row.fate === "limited" || row.fate === "unsent" ? { kind: "post" } : { kind: "look" };
}

/**
 * What an error says of a POST: what is not known to have failed may have taken effect. `isSent`: some of it left us.
 */
export function toFate(code: ErrorCode, isSent: boolean): Exclude<Fate, "applied"> {
  const { fate } = ERROR_CODES[code];
  return fate === "by-sending" ? (isSent ? "unknown" : "unsent") : fate;
}

/** What an owed start makes of a refusal. Nothing of that name (404), too, is for somebody to see to. */
function toOwedStart({ code, status, isTransient }: Answer): ErrorProperties["owedStart"] {
  const { owedStart } = findErrorProperties(code) ?? { owedStart: "stands" };
  if (status === 404) return "rechecked";
  return owedStart === "stands" && isTransient ? "soon" : owedStart;
}

/**
 * How long after such a refusal an owed start is asked for again; undefined where it stands. `tried`: how often before.
 */
export function toOwedDelayMs(
  answer: Answer,
  tried: number,
  { pollMs, holdRecheckMs }: Pick<LoopSettings, "pollMs" | "holdRecheckMs">,
): number | undefined {
  switch (toOwedStart(answer)) {
    case "stands":
      return undefined;
    case "rechecked":
      return holdRecheckMs;
    case "soon":
      return Math.min(holdRecheckMs, pollMs * 2 ** Math.min(tried, 10));
  }
}

export type LookVerdict =
  | { readonly kind: "as-wanted" }
  | { readonly kind: "wait"; readonly until: number }
  | { readonly kind: "post-again" }
  | { readonly kind: "end"; readonly ending: Ending };

export interface LookFacts {
  readonly row: StepRow;
  /** By GET, after the POST whose fate is unknown; undefined where Atlas has none. */
  readonly observation: Observation | undefined;
  readonly stateBefore: string | null;
  readonly now: number;
}

/** Whether Atlas shows what the step was for. */
export function isAsWanted(step: StepName, observation: Observation): boolean {
  const state = toObservedState(observation.state);
  if (step === "stop") return state === "STOPPED" || state === "CREATED" || state === "FAILED";
  return state === "STARTED";
}

/** In transition, or in a state we do not know: it has not come to rest. */
export function isMoving(observation: Observation | undefined): boolean {
  if (observation === undefined) return false;
  const state = toObservedState(observation.state);
  return state === "TRANSITIONAL" || state === "UNKNOWN";
}

/** Judges a POST of unknown fate: as wanted is success; nothing is posted again before its horizon has passed. */
export function judgeLook({ row, observation, stateBefore, now }: LookFacts): LookVerdict {
  if (observation === undefined)
    return { kind: "end", ending: ending("failed", "missing", "no longer in Atlas") };
  if (isAsWanted(row.step, observation)) return { kind: "as-wanted" };
  if (now < row.horizonAt) return { kind: "wait", until: row.horizonAt };
  if (isMoving(observation)) return { kind: "wait", until: now };
  if (row.step === "stop" || toObservedState(observation.state) !== "FAILED") return { kind: "post-again" };
  return judgeStillFailed(row, stateBefore);
}

/** FAILED past the horizon of a start: whether the start ran and failed, or never was, cannot be told. */
function judgeStillFailed(row: StepRow, stateBefore: string | null): LookVerdict {
  if (row.positionKey !== null) {
    return {
      kind: "end",
      ending: ending(
        "failed",
        "position-unknown",
        "it is not known whether the start at its position took effect",
      ),
    };
  }
  if (row.step === "start" && stateBefore === "FAILED" && row.posts < 2) return { kind: "post-again" };
  return stateBefore === "FAILED"
    ? {
        kind: "end",
        ending: ending("failed", "atlas.ambiguous", "the fate of two starts is unknown and it is FAILED"),
      }
    : { kind: "end", ending: ending("failed", "failed-after-start", "it started and FAILED") };
}

/**
 * Which observation a change may begin from. What a pass has planned begins from the very observation that the plan
 * rests on, if that is no older than a poll interval: a change that closed since is found when the row is opened. What
 * a person asked for begins from one that is newer than the asking. A plan dated ahead of the clock is of a time before
 * the clock went back.
 */
export function toFirstLook(
  { openedAt, request }: Pick<OpenChange, "openedAt" | "request">,
  { pollMs }: Pick<LoopSettings, "pollMs">,
): { readonly newerThan: number; readonly maxAgeMs: number } {
  const { plannedFrom } = request;
  return plannedFrom === null
    ? { newerThan: openedAt, maxAgeMs: Number.MAX_SAFE_INTEGER }
    : { newerThan: Math.min(plannedFrom - 1, openedAt), maxAgeMs: pollMs };
}

export type StateVerdict =
  | { readonly kind: "as-wanted" }
  | { readonly kind: "wait" }
  | { readonly kind: "post" }
  | { readonly kind: "end"; readonly ending: Ending };

export interface BeforeFacts {
  readonly step: StepName;
  readonly observation: Observation | undefined;
  readonly observedAt: number;
  readonly barredUntil: number | null;
  readonly request: Pick<ChangeRequest, "requestedBy" | "kind">;
}

/**
 * Before a POST, by the shared observation. No POST if it is already in the wanted state. Wait while it is in
 * transition, except for a person's stop. An observation from before the bar's end does not count as the wanted state:
 * the earlier call may still change it (a stop of unknown fate, the start it owes).
 */
export function judgeBeforePost(facts: BeforeFacts): StateVerdict {
  const { step, observation, observedAt, barredUntil, request } = facts;
  if (observation === undefined)
    return { kind: "end", ending: ending("failed", "missing", "no longer in Atlas") };
  if (isAsWanted(step, observation)) {
    return { kind: barredUntil !== null && observedAt < barredUntil ? "wait" : "as-wanted" };
  }
  return { kind: isMoving(observation) && !mayInterrupt(request) ? "wait" : "post" };
}

export interface AwaitFacts {
  readonly step: StepName;
  /** Sent after the answer. */
  readonly observation: Observation | undefined;
  readonly answeredAt: number;
  readonly observedAt: number;
  readonly now: number;
  readonly settings: { readonly settleMs: number; readonly waitForStateMs: number };
}

/**
 * After a POST that Atlas accepted: whether the processor has got there. FAILED counts only once `settleMs` have
 * passed: a start from FAILED shows the old state for a while.
 */
export function judgeAwait(facts: AwaitFacts): StateVerdict {
  const { step, observation, answeredAt, settings } = facts;
  if (observation === undefined)
    return { kind: "end", ending: ending("failed", "missing", "no longer in Atlas") };
  if (isAsWanted(step, observation)) return { kind: "as-wanted" };
  const hasSettled = facts.observedAt >= answeredAt + settings.settleMs;
  if (step !== "stop" && toObservedState(observation.state) === "FAILED" && hasSettled) {
    const why = observation.errorMessage ?? "no reason given";
    return { kind: "end", ending: ending("failed", "failed-after-start", `it started and FAILED: ${why}`) };
  }
  if (facts.now - answeredAt < settings.waitForStateMs) return { kind: "wait" };
  const text = `Atlas accepted the call, but it is still ${observation.state}`;
  return { kind: "end", ending: ending("failed", "not-in-time", text) };
}
