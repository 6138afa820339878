// The activities' signatures: types only, because they are data stored in histories. One argument object each, JSON
// only: no Date, no class, no undefined. Renaming anything here breaks running workflows.
import type { Ending, StepName } from "../src/domain/change/change.js";
import type { ChangeRequest } from "../src/domain/change/requests.js";
import type { Observation } from "../src/domain/observation.js";
import type { ProcessorRef, WorkspaceRef } from "../src/domain/refs.js";
import type { Addressed, AddressedChange } from "../src/domain/change/messages.js";

export interface ReconcileBatchInput {
  /** The tick's database time as its first batch read it; null in the first. */
  readonly tickAt: number | null;
  /** Null: whatever is due. */
  readonly workspaces: readonly WorkspaceRef[] | null;
  /** Observe and record what would be done, but start nothing. */
  readonly isLookOnly: boolean;
}

export interface ReconcileBatch {
  readonly tickAt: number;
  readonly observed: number;
  readonly failed: number;
  /** How many more batches the due workspaces need that this one left. */
  readonly batchesLeft: number;
  /** Changes that this batch started. */
  readonly started: number;
  /** Planned, but a change of that processor runs already. */
  readonly alreadyChanging: number;
  /** What ticks from before the upgrade start as children: none any more. */
  readonly changes: readonly ChangeRequest[];
}

export type OpenedChange =
  | {
      readonly kind: "open";
      readonly changeId: string;
      readonly steps: readonly StepName[];
      readonly owesStart: boolean;
    }
  /** Open, but nothing is left to do. */
  | { readonly kind: "settled"; readonly changeId: string; readonly ending: Ending }
  /** It found no place or no reason: no row was written. */
  | { readonly kind: "refused"; readonly ending: Ending };

/** What became of a change that takes one step; or, as `OpenedChange`, what is left to the activities that follow. */
export type ChangeMade =
  | OpenedChange
  /** Its row is closed: nothing follows. */
  | { readonly kind: "closed"; readonly changeId: string; readonly ending: Ending };

export interface StepInput {
  readonly ref: ProcessorRef;
  readonly step: StepName;
}

/** The newest look at the processor that a step ended with; null where it came from the shared observation. */
export interface StepResult {
  readonly seen: { readonly observation: Observation; readonly observedAt: number } | null;
}

export interface CloseInput {
  readonly ref: ProcessorRef;
  readonly ending: Ending;
  readonly seen: StepResult["seen"];
}

export interface Activities {
  /**
   * Claims due (or the named) workspaces, observes each, plans, stores, and starts the planned changes, a bounded
   * number of them. A workspace that fails is data in its own row, never an exception: only Postgres being away fails
   * the activity. Idempotent: a retry takes over what its own earlier attempt had claimed and not finished.
   */
  reconcileDueWorkspaces(input: Addressed<ReconcileBatchInput>): Promise<ReconcileBatch>;
  /** Opens the row of this run's change, once, looks afresh, and says which steps it takes. */
  openChange(request: AddressedChange): Promise<OpenedChange>;
  /**
   * Opens the row of this run's change, and if the change takes one step takes it and closes the row: one activity
   * instead of three. A change of several steps, or one that has used up half of its time, comes back open.
   */
  makeChange(request: AddressedChange): Promise<ChangeMade>;
  /** One POST :stop and the wait for rest. At most one effective stop, however often it is retried. */
  stop(input: StepInput): Promise<StepResult>;
  /** One POST :startWith and the wait for STARTED. At most one effective start, however often it is retried. */
  startWith(input: StepInput): Promise<StepResult>;
  /** Closes this run's change, once, and says how it ended. Retried without end. */
  closeChange(input: CloseInput): Promise<Ending>;
}
