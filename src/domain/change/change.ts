// A change as data: what was asked for, its row, its steps' rows, and how it ends. Types only, with their meaning; what a
// change decides stands in steps.ts (which steps), fence.ts (whether a POST may go out), posting.ts (what became of it)
// and outcome.ts (what is remembered).
import type { StartOptions } from "../start-options.js";
import type { ChangeKind } from "../decide/decision.js";
import type { ProcessorRef } from "../refs.js";

type Requester = "pass" | "person";
export type StepName = "stop" | "start" | "fallback";
export type Outcome = "succeeded" | "failed" | "superseded" | "cancelled" | "lost";

/** What a `changeProcessor` is started with. JSON only; holds no credential. */
export interface ChangeRequest {
  readonly ref: ProcessorRef;
  readonly kind: ChangeKind;
  readonly requestedBy: Requester;
  readonly actor: string;
  readonly why: string;
  /** The version it was planned under; null for a person's change of an unmanaged processor. */
  readonly policyVersion: number | null;
  readonly slotAt: number | null;
  /** When the observation it rests on was sent; null for a person's. */
  readonly plannedFrom: number | null;
  readonly isReleased: boolean;
  readonly isTrial: boolean;
  /** A bulk request waits for places under the caps, as a pass's does. */
  readonly isBulk: boolean;
  /** A person's own options; null means: as declared. */
  readonly options: StartOptions | null;
  /** The open row whose run is gone and whose owed start this run takes over. */
  readonly resumes: string | null;
}

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
