// One tick: batches of due workspaces, then one child per planned change. It awaits each child's start and never its
// result: an unawaited start is lost, and an awaited result would let one stuck change stop the fleet.
import {
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  proxyActivities,
  startChild,
} from "@temporalio/workflow";
import { WorkflowExecutionAlreadyStartedError } from "@temporalio/common";
import type { Activities } from "../activities/contract.js";
import type { ChangeRequest } from "../src/domain/change.js";
import { toChangeWorkflowId } from "../src/domain/refs.js";
import { changeProcessor } from "./change-processor.js";
import type { ReconcileRequest, TickSummary } from "./messages.js";

/** 10,000 workspaces a tick. */
const BATCHES_MAX = 199;

const { reconcileDueWorkspaces } = proxyActivities<Activities>({
  startToCloseTimeout: "2 minutes",
  heartbeatTimeout: "10 seconds",
  retry: { initialInterval: "1 second", maximumInterval: "10 seconds", maximumAttempts: 4 },
});

export async function reconcile(request: ReconcileRequest): Promise<TickSummary> {
  const first = await reconcileDueWorkspaces({ ...request, tickAt: null });
  const more = Math.min(first.batchesLeft, BATCHES_MAX);
  const rest = await Promise.all(
    Array.from({ length: more }, () => reconcileDueWorkspaces({ ...request, tickAt: first.tickAt })),
  );
  const batches = [first, ...rest];
  const started = await Promise.all(batches.flatMap(({ changes }) => changes).map(startChange));
  return {
    observed: sum(batches.map(({ observed }) => observed)),
    failed: sum(batches.map(({ failed }) => failed)),
    started: started.filter(Boolean).length,
    alreadyChanging: started.filter((isNew) => !isNew).length,
  };
}

/** False where a change of that processor runs already: the next pass looks again. */
async function startChange(request: ChangeRequest): Promise<boolean> {
  try {
    await startChild(changeProcessor, {
      workflowId: toChangeWorkflowId(request.ref),
      args: [request],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      memo: { kind: request.kind, requestedBy: request.requestedBy, why: request.why },
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
