// What the workflows are started with and what they answer: data stored in histories.
import type { Ending } from "./change.js";
import type { WorkspaceRef } from "../refs.js";
import type { ChangeRequest } from "./requests.js";

export interface ReconcileRequest {
  /** Null: whatever is due. */
  readonly workspaces: readonly WorkspaceRef[] | null;
  readonly isLookOnly: boolean;
  /** Batches that run at once. Absent in requests from before activities started the changes. */
  readonly lanes?: number;
}

/**
 * A request as a run is started with it: which installation asks, so that no worker of another carries it out. Absent
 * in runs that an older version started.
 */
export type Addressed<Request> = Request & { readonly installation?: string };

/** A change as its run is started with it. */
export type AddressedChange = Addressed<ChangeRequest> & {
  /** What takes one step is carried out by one activity. Absent in runs that an older version started. */
  readonly inOne?: boolean;
};

export interface TickSummary {
  readonly observed: number;
  readonly failed: number;
  readonly started: number;
  /** Planned, but a change of that processor runs already. */
  readonly alreadyChanging: number;
}

export type ChangeResult = Ending & { readonly changeId: string | null };
