// The activities as a worker registers them: adapters in, functions out. Every one heartbeats while it works, so that a
// dead worker is noticed soon and a cancel arrives. This file and failures.ts are where their results and errors become
// Temporal's; the rest of the folder does not know it.
import { CancelledFailure, Context } from "@temporalio/activity";
import pLimit from "p-limit";
import { makeChange } from "./make-change.js";
import { closeChange, openChange } from "./change.js";
import type { OpenRequest } from "./change.js";
import type { Activities, ChangeMade, OpenedChange, StepInput, StepResult } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { beginAttempt, missingRow, notYet, toFailure, toStepResult, toTimeLeftMs } from "./failures.js";
import { refuseForeign } from "./foreign.js";
import { reconcileDueWorkspaces } from "./reconcile.js";
import { attemptStep } from "./step.js";
import type { MISSING, Wait } from "./step-end.js";
import type { AddressedChange } from "../src/domain/change/messages.js";

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
    openChange: running(async (request, signal, memory): Promise<OpenedChange> =>
      unlessUnfinished(await openChange(deps, toOpenRequest(deps, { request, signal, memory }))),
    ),
    makeChange: running(async (request, signal, memory): Promise<ChangeMade> =>
      unlessUnfinished(await makeChange(deps, toOpenRequest(deps, { request, signal, memory }))),
    ),
    stop: running(step),
    startWith: running(step),
    closeChange: running(async (input) => {
      const end = await closeChange(deps, input, toRun().runId);
      if (end === undefined) throw missingRow();
      return end;
    }),
  };
}

function toOpenRequest(
  deps: ActivityDeps,
  {
    request,
    signal,
    memory,
  }: { readonly request: AddressedChange; readonly signal: AbortSignal; readonly memory: Memory },
): OpenRequest {
  refuseForeign(deps, request);
  return {
    request,
    run: toRun(),
    leftMs: toTimeLeftMs(),
    hadRow: memory.get() === HAD_ROW,
    noteRow: () => {
      memory.set(HAD_ROW);
    },
    signal,
  };
}

/** Throws if the attempt has come to no end. */
function unlessUnfinished<End extends { readonly kind: string }>(
  end: End | Wait | typeof MISSING,
): Exclude<End, Wait | typeof MISSING> {
  if (end.kind === "missing") throw missingRow();
  if (end.kind === "wait") throw notYet(end as Wait);
  return end as Exclude<End, Wait | typeof MISSING>;
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
  work: (input: Input, signal: AbortSignal, memory: Memory) => Promise<Output>,
): (input: Input) => Promise<Output> {
  return async (input) => {
    const context = Context.current();
    beginAttempt(context);
    const signal = context.cancellationSignal;
    const memory = rememberByHeartbeat(context);
    const beat = setInterval(memory.beat, HEARTBEAT_MS);
    try {
      return await work(input, signal, memory);
    } catch (error) {
      if (signal.aborted) throw new CancelledFailure("cancelled while it worked");
      throw toFailure(error);
    } finally {
      clearInterval(beat);
    }
  };
}

/** What an attempt leaves to the next one of its activity. Temporal keeps it beside the run, and not in its history. */
interface Memory {
  readonly get: () => unknown;
  readonly set: (value: string) => void;
}

/** The earlier attempts had opened the change's row. */
const HAD_ROW = "had-row";

/** Every heartbeat replaces what the one before it said, so each repeats what is to be remembered. */
function rememberByHeartbeat(context: Context): Memory & { readonly beat: () => void } {
  let value: unknown = context.info.heartbeatDetails;
  const beat = (): void => {
    context.heartbeat(value);
  };
  return {
    get: () => value,
    set: (next) => {
      value = next;
      beat();
    },
    beat,
  };
}
