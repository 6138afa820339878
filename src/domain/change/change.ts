// A change as data, once it is asked for (requests.ts): its row, its steps' rows, and how it ends. Types only, with
// their meaning; what a change decides stands in steps.ts (which steps), fence.ts (whether a POST may go out),
// posting.ts (what became of it) and outcome.ts (what is remembered).
import type { StartOptions } from "../start-options.js";
import type { ErrorCode } from "../error-codes.js";
import type { ChangeRequest } from "./requests.js";

export type StepName = "stop" | "start" | "fallback";
export type Outcome = "succeeded" | "failed" | "superseded" | "cancelled" | "lost";

/** How Headgate ends a change, beside the error codes of what Atlas refused. Stored: one may be added, none renamed. */
export type EndingCode =
  | ErrorCode
  /** As asked. */
  | "done"
  | "already-as-wanted"
  /** Its state does not allow what was asked for. */
  | "wrong-state"
  | "missing"
  | "moved-on"
  | "policy-replaced"
  | "suspended"
  | "parked"
  | "superseded"
  | "cancelled"
  /** No place under the caps, for as long as it may wait. */
  | "waiting-for-place"
  | "change-running"
  | "slot-used"
  | "held"
  /** The workspace allows no tier as large. */
  | "tier-too-large"
  | "failed-after-start"
  /** Atlas took the POST and did not get there. */
  | "not-in-time"
  /** It is not known whether a start at its position took effect: parked, so that nothing is read twice. */
  | "position-unknown"
  /** A restart that could give back nothing of what it stopped. */
  | "left-stopped"
  /** Its workflow run is gone, or ended without an outcome. */
  | "run-gone"
  | "lost";

/** How a change ended. */
export interface Ending {
  readonly outcome: Outcome;
  /** An EndingCode, or the type of a failure that nobody foresaw, as Temporal names it. */
  readonly code: string;
  readonly text: string;
  /** Why Atlas says that the processor has FAILED, if it was asked for this ending. */
  readonly failure?: string;
  /** The tier that it was last seen with, of a change that succeeded and was asked for one. Not stored in its row. */
  readonly tier?: string;
}

/** What a change found when it looked: a restart whose new tier is refused has to know which one it stopped. */
export interface FoundBefore {
  readonly state: string;
  readonly tier: string | null;
}

/** One opened change, as its activities read it. */
export interface OpenChange {
  readonly id: string;
  readonly request: ChangeRequest;
  readonly openedAt: number;
  readonly closedAt: number | null;
  readonly stateBefore: string | null;
  readonly tierBefore: string | null;
  readonly owesStart: boolean;
  readonly cancelRequestedBy: string | null;
}

export type Fate = "applied" | "refused" | "limited" | "unsent" | "unknown";

/** What Atlas answered, without headers. */
export interface Answer {
  /** An ErrorCode, if this version knows it. */
  readonly code: string;
  readonly status: number | null;
  readonly errorCode: string | null;
  readonly detail: string;
  readonly isTransient: boolean;
  /** Its error body whole, as JSON text, for the client whose request a gateway carries out. */
  readonly reply?: string;
}

export interface StepRow {
  readonly step: StepName;
  readonly attempt: number;
  readonly posts: number;
  readonly fencedAt: number;
  readonly horizonAt: number;
  readonly answeredAt: number | null;
  readonly fate: Fate | null;
  readonly answer: Answer | null;
  readonly options: StartOptions;
  readonly positionKey: string | null;
}

/** Short for an ending. */
export function ending(outcome: Outcome, code: EndingCode, text: string): Ending {
  return { outcome, code, text };
}
