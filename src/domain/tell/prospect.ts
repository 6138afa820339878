// One thing that may come next for a processor, and the facts it is found by. Types only; prospects.ts finds them.
import type { Decision } from "../decide/decision-table.js";
import type { Turn } from "../decide/trains.js";
import type { Hold } from "../decide/workspace-facts.js";
import type { ProcessorRef } from "../refs.js";
import type { LoopSettings } from "../settings.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import type { Braked } from "./wording.js";

export interface ProspectFacts {
  readonly ref: ProcessorRef;
  readonly now: number;
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus;
  readonly decision: Decision;
  /** Whether a pass would open the decided change now. */
  readonly isChange: boolean;
  /** Where it stands in its train; null where it waits for none. */
  readonly turn: Turn | null;
  readonly hold: Hold | null;
  /** Who gave the options that stand as a one-off, if that is known. */
  readonly oneOffBy?: string | undefined;
  /** In its whole workspace; told where this one is among them. */
  readonly braked: Braked;
  /** When the workspace is looked at next; null where nobody looks. */
  readonly dueAt: number | null;
  readonly settings: Pick<LoopSettings, "settleMs" | "stuckMs" | "trainHoldMs">;
}

export interface Prospect {
  readonly code: string;
  /** Null: it comes when something happens, not at a time. */
  readonly at: number | null;
  readonly text: string;
}

/** Each looks for one thing that may come next; undefined if it does not. */
export type Declared = ProspectFacts & { readonly declared: DeclaredPolicy };
export type Outlook<Of> = (facts: Of) => Prospect | undefined;
