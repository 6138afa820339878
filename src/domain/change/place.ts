// What becomes of a request that finds no room under the caps on open changes. Pure. A pass's ends, and is planned
// again; a person's bulk request waits for its place, as long as its run may.
import type { Ending } from "./change.js";
import type { ChangeRequest } from "./requests.js";
import { ending } from "./change.js";
import type { ReasonCode } from "../reasons.js";

/** The code of that refusal, and the type of the failure by which a run says that it waits. */
export const WAITING_FOR_PLACE = "waiting-for-place" satisfies ReasonCode;

/** A change that may not open yet, with the words of `findFullCap`. */
export function noPlace(why: string): Ending {
  return ending("superseded", WAITING_FOR_PLACE, why);
}

export type PlaceVerdict =
  { readonly kind: "wait"; readonly delayMs: number } | { readonly kind: "end"; readonly ending: Ending };

export interface PlaceFacts {
  readonly request: Pick<ChangeRequest, "isBulk">;
  readonly ending: Ending;
  readonly pollMs: number;
  /** What the run may still spend on waiting. */
  readonly leftMs: number;
  /** 0 to 1: spreads those who wait together. */
  readonly jitter: number;
}

/** Less than this is no time for another attempt. */
const LEAST_MS = 500;

/** Whether a refused opening is asked for again, and when. */
export function judgeRefusal({ request, ending: refusal, pollMs, leftMs, jitter }: PlaceFacts): PlaceVerdict {
  if (!request.isBulk || refusal.code !== WAITING_FOR_PLACE) return { kind: "end", ending: refusal };
  if (leftMs < LEAST_MS) {
    const text = "found no place under the cap on open changes for as long as it may wait: ask again";
    return { kind: "end", ending: ending("failed", WAITING_FOR_PLACE, text) };
  }
  return { kind: "wait", delayMs: pollMs * (1 + jitter) };
}
