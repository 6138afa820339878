// A tick as it was before activities started the changes: kept for ticks that were under way during the upgrade, which
// have to replay. They last ten minutes; once none can be open any more, this file may go, with its recorded histories.
import {
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  proxyActivities,
  startChild,
} from "@temporalio/workflow";
import { WorkflowExecutionAlreadyStartedError } from "@temporalio/common";
import type { Activities } from "../activities/contract.js";
import type { ChangeRequest } from "../src/domain/change/requests.js";
import { PLAIN_QUEUE, toChangeWorkflowId } from "../src/domain/run-names.js";
import { changeProcessor } from "./change-processor.js";
import { BATCH, BATCHES_MAX } from "./batches.js";
import type { ReconcileRequest, TickSummary } from "../src/domain/change/messages.js";

const { reconcileDueWorkspaces } = proxyActivities<Activities>(BATCH);

export async function reconcileByChildren(request: ReconcileRequest): Promise<TickSummary> {
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
      workflowId: toChangeWorkflowId(PLAIN_QUEUE, request.ref),
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
