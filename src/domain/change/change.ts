// A change as data, once it is asked for (requests.ts): its row, its steps' rows, and how it ends. Types only, with their meaning; what a
// change decides stands in steps.ts (which steps), fence.ts (whether a POST may go out), posting.ts (what became of it)
// and outcome.ts (what is remembered).
import type { StartOptions } from "../start-options.js";
import type { ChangeRequest } from "./requests.js";

export type StepName = "stop" | "start" | "fallback";
export type Outcome = "succeeded" | "failed" | "superseded" | "cancelled" | "lost";

/** How a change ended. */
export interface Ending {
  readonly outcome: Outcome;
  readonly code: string;
  readonly text: string;
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

/** What Atlas answered, without headers and bodies. */
export interface Answer {
  readonly code: string;
  readonly status: number | null;
  readonly errorCode: string | null;
  readonly detail: string;
  readonly isTransient: boolean;
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
export function ending(outcome: Outcome, code: string, text: string): Ending {
  return { outcome, code, text };
}
