// What goes into the decision table about one processor, and what comes out. Types only: decision-table.ts decides.
import type { Climb } from "../failure-classes.js";
import type { Observation } from "../observation.js";
import type { TakenRung } from "../rungs.js";
import type { StartOptions } from "../start-options.js";
import type { Reason } from "../reasons.js";
import type { ProcessorRef } from "../refs.js";
import type { LoopSettings } from "../settings.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import type { JudgedFailure } from "./judged-failure.js";

export type ChangeKind = "start" | "stop" | "restart";

/** What an open incident lets a pass do to one of its members. */
export interface IncidentStanding {
  /**
   * `wait`: no start; what came back by itself is as any other. `stand`: nothing, whether it runs or not. `rest`: it is
   * to be stopped. `recover`: its turn to start has come, whatever back-off it has.
   */
  readonly turn: "wait" | "stand" | "rest" | "recover";
  /** Why the incident is open. */
  readonly why: string;
}

export interface Facts {
  readonly ref: ProcessorRef;
  /** Undefined: no policy names it. */
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus;
  /** What the newest complete LIST shows; undefined if it is absent from it. */
  readonly observation: Observation | undefined;
  /** When the newest complete LIST was sent; null if there is none. */
  readonly observedAt: number | null;
  readonly now: number;
  /** Its whole project is held. */
  readonly isHeld: boolean;
  readonly hasOpenChange: boolean;
  /** What keeps it from being as declared; undefined if nothing has failed. */
  readonly failure: JudgedFailure | undefined;
  /** Absent: it is in no open incident. */
  readonly incident?: IncidentStanding | undefined;
  /**
   * The newest slot that fired after its block was declared and after the last start, and was neither used nor skipped.
   */
  readonly dueSlot: { readonly at: number; readonly firesAt: number } | undefined;
  readonly settings: Pick<LoopSettings, "settleMs" | "stuckMs">;
}

/** Of what is declared and was seen. */
export type PolicyFacts = Facts & { readonly declared: DeclaredPolicy; readonly observation: Observation };

export interface Action {
  readonly kind: ChangeKind;
  readonly options: StartOptions;
  /** The slot this change satisfies. */
  readonly slotAt: number | null;
  /** Whether the brake may hold it: a stop or tier restart that no slot asked for. */
  readonly isBrakeable: boolean;
}

/** What a row says about a processor that it matches. */
export interface Ruling {
  readonly reason: Reason;
  readonly action?: Action;
  /** What enforcing would do. */
  readonly would?: Action;
  /** The due slot is recorded as skipped, and why. */
  readonly skips?: { readonly slotAt: number; readonly why: string };
  /** We give up under this version. */
  readonly parks?: string;
  /** What parks it is that somebody has to approve what would be done. */
  readonly asks?: boolean;
  /** The larger tier that this start, and those after it, are sent. */
  readonly climbs?: Climb;
  /** The rung that this start, and those after it until one is answered, begin with. */
  readonly takes?: TakenRung;
}
