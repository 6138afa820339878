// The activities as a worker registers them: adapters in, functions out. Every one heartbeats while it works, so that a
// dead worker is noticed soon and a cancel arrives.
import { CancelledFailure, Context } from "@temporalio/activity";
import pLimit from "p-limit";
import { closeChange, openChange } from "./change.js";
import type { Activities } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { beginAttempt, toFailure } from "./failures.js";
import { refuseForeign } from "./foreign.js";
import { reconcileDueWorkspaces } from "./reconcile.js";
import { runStep } from "./step.js";

const HEARTBEAT_MS = 2_000;
/** Passes of one worker at once, however many batches they are of. Twice its connections to Postgres: a pass mostly waits for Atlas. */
const PASSES_AT_ONCE = 40;
/** Starts of changes that one worker asks Temporal for at once. */
const STARTS_AT_ONCE = 10;

export function createActivities(deps: ActivityDeps): Activities {
  const limits = { passes: pLimit(PASSES_AT_ONCE), starts: pLimit(STARTS_AT_ONCE) };
  return {
    reconcileDueWorkspaces: running((input, signal) => {
      refuseForeign(deps, input);
      return reconcileDueWorkspaces(deps, limits, { input, signal });
    }),
    openChange: running((request, signal) => {
      refuseForeign(deps, request);
      return openChange(deps, request, signal);
    }),
    stop: running((input, signal) => runStep(deps, input, signal)),
    startWith: running((input, signal) => runStep(deps, input, signal)),
    closeChange: running((input) => closeChange(deps, input)),
  };
}

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
