// The activities as a worker registers them: adapters in, functions out. Every one heartbeats while it works, so that a
// dead worker is noticed soon and a cancel arrives. This file and failures.ts are where their results and errors become
// Temporal's; the rest of the folder does not know it.
import { CancelledFailure, Context } from "@temporalio/activity";
import pLimit from "p-limit";
import { closeChange, openChange } from "./change.js";
import type { Activities, OpenedChange, StepInput, StepResult } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { beginAttempt, missingRow, notYet, toFailure, toStepResult, toTimeLeftMs } from "./failures.js";
import { refuseForeign } from "./foreign.js";
import { reconcileDueWorkspaces } from "./reconcile.js";
import { attemptStep } from "./step.js";

const HEARTBEAT_MS = 2_000;
/**
 * Passes of one worker at once, however many batches they are of. Twice its connections to Postgres: a pass mostly
 * waits for Atlas.
 */
const PASSES_AT_ONCE = 40;
/** Starts of changes that one worker asks Temporal for at once. */
const STARTS_AT_ONCE = 10;

export function createActivities(deps: ActivityDeps): Activities {
  const limits = { passes: pLimit(PASSES_AT_ONCE), starts: pLimit(STARTS_AT_ONCE) };
  const step = async (input: StepInput, signal: AbortSignal): Promise<StepResult> =>
    toStepResult(await attemptStep(deps, { input, runId: toRun().runId, signal }));
  return {
    reconcileDueWorkspaces: running((input, signal) => {
      refuseForeign(deps, input);
      return reconcileDueWorkspaces(deps, limits, { input, owner: toOwner(), signal });
    }),
    openChange: running(async (request, signal): Promise<OpenedChange> => {
      refuseForeign(deps, request);
      const opened = await openChange(deps, { request, run: toRun(), leftMs: toTimeLeftMs(), signal });
      if (opened.kind === "wait") throw notYet(opened);
      return opened;
    }),
    stop: running(step),
    startWith: running(step),
    closeChange: running(async (input) => {
      const end = await closeChange(deps, input, toRun().runId);
      if (end === undefined) throw missingRow();
      return end;
    }),
  };
}

function toRun(): { readonly workflowId: string; readonly runId: string } {
  const { workflowExecution } = Context.current().info;
  if (workflowExecution === undefined) throw new Error("these activities run inside a workflow");
  return workflowExecution;
}

/** Stable over the retries of an activity: they may take over what an earlier attempt had claimed. */
function toOwner(): string {
  const { workflowId, runId } = toRun();
  return `${workflowId}/${runId}/${Context.current().info.activityId}`;
}

/**
 * Whatever is thrown while the run is being cancelled is the cancel's: an aborted call must not look like an outage.
 */
function running<Input, Output>(
  work: (input: Input, signal: AbortSignal) => Promise<Output>,
): (input: Input) => Promise<Output> {
  return async (input) => {
    const context = Context.current();
    beginAttempt(context);
    const signal = context.cancellationSignal;
    const beat = setInterval(() => {
      context.heartbeat();
    }, HEARTBEAT_MS);
    try {
      return await work(input, signal);
    } catch (error) {
      if (signal.aborted) throw new CancelledFailure("cancelled while it worked");
      throw toFailure(error);
    } finally {
      clearInterval(beat);
    }
  };
}
