// How words of a listing look on a terminal with colours: good is as it should be, bad wants a person, busy is on its
// way.
import { toObservedState } from "../../domain/observation.js";
import { isReasonCode, toReasonProperties } from "../../domain/reasons.js";
import type { Tone } from "../terminal/context.js";

/** At rest is fine where rest is declared, and where nothing is. */
export function toStateTone(state: string | null, declared: string | null): Tone | undefined {
  if (state === null) return undefined;
  switch (toObservedState(state)) {
    case "STARTED":
      return "good";
    case "FAILED":
      return "bad";
    case "STOPPED":
    case "CREATED":
      return declared === "STARTED" ? "busy" : undefined;
    case "TRANSITIONAL":
    case "UNKNOWN":
      return "busy";
  }
}

/** By the code of a decision; one that only a newer program knows is on its way. */
export function toReasonTone(code: string | null): Tone | undefined {
  if (code === null) return "quiet";
  if (!isReasonCode(code)) return "busy";
  const { tone } = toReasonProperties(code);
  return tone === "settled" ? undefined : tone;
}

/**
 * Null: not ended. What ended because somebody said so, or because the world moved on, needs nobody.
 */
export function toOutcomeTone(outcome: string | null): Tone {
  switch (outcome) {
    case null:
      return "busy";
    case "succeeded":
      return "good";
    case "failed":
    case "lost":
      return "bad";
    default:
      return "quiet";
  }
}

/** Of a count that is best at nothing. */
export function toCountTone(count: number): Tone | undefined {
  return count > 0 ? "busy" : undefined;
}
