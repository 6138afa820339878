// A pass now: of the named workspaces or of all, to act or only to look. A command that waits for it needs Temporal and
// a worker. It adds nothing to what a tick does: only the moment is chosen by a person.
import { toWorkspaceRefs } from "../../domain/refs.js";
import type { WorkspaceRef } from "../../domain/refs.js";
import { listWorkspaceRefs } from "../../store/people/listings/listings.js";
import type { AppDeps } from "../deps.js";
import { refuseUnknownWorkspaces } from "../select.js";

/** Workspaces named to one run: a request is stored in its history, and has to stay small. */
export const NAMED_MAX = 1_000;

export interface PassOutcome {
  readonly observed: number;
  readonly failed: number;
  readonly started: number;
  readonly alreadyChanging: number;
}

interface PassRequest {
  /** Absent: all. */
  readonly only?: readonly WorkspaceRef[] | undefined;
  /** Those of `only` that have no policies are left out; else they are refused. */
  readonly isLenient?: boolean;
  readonly isLookOnly: boolean;
}

/** Runs it and waits for its end. Throws `request.unknown` where a named workspace has no policies. */
export async function requestPass(
  deps: Pick<AppDeps, "store" | "runs">,
  request: PassRequest,
): Promise<PassOutcome> {
  const { isLookOnly } = request;
  const only = request.only && toWorkspaceRefs(request.only);
  const found = await listWorkspaceRefs(deps.store, only);
  if (only !== undefined && found.length < only.length && request.isLenient !== true) {
    refuseUnknownWorkspaces(only, await listWorkspaceRefs(deps.store));
  }
  const runs = await deps.runs();
  let total: PassOutcome = { observed: 0, failed: 0, started: 0, alreadyChanging: 0 };
  // One run after the other: a second one at the same time would only compete for the same workers and budgets.
  for (let from = 0; from < found.length; from += NAMED_MAX) {
    const workspaces = found.slice(from, from + NAMED_MAX);
    const run = await runs.startPass({ workspaces, isLookOnly });
    total = add(total, await run.result());
  }
  return total;
}

/**
 * Begins a pass of these workspaces, 1 to `NAMED_MAX` of them, and does not wait for its end. Throws `request.unknown`
 * where one has no policies.
 */
export async function beginPass(
  deps: Pick<AppDeps, "store" | "runs">,
  named: readonly WorkspaceRef[],
): Promise<{ readonly workflowId: string; readonly runId: string }> {
  const workspaces = toWorkspaceRefs(named);
  const found = await listWorkspaceRefs(deps.store, workspaces);
  if (found.length < workspaces.length) {
    refuseUnknownWorkspaces(workspaces, await listWorkspaceRefs(deps.store));
  }
  const { workflowId, runId } = await (await deps.runs()).startPass({ workspaces: found, isLookOnly: false });
  return { workflowId, runId };
}

function add(one: PassOutcome, other: PassOutcome): PassOutcome {
  return {
    observed: one.observed + other.observed,
    failed: one.failed + other.failed,
    started: one.started + other.started,
    alreadyChanging: one.alreadyChanging + other.alreadyChanging,
  };
}
