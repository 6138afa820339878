// The work of another installation of Headgate: two databases may come to share a task queue, and what one of them
// declares must not be carried out on the other's.
import { ApplicationFailure, activityInfo } from "@temporalio/activity";
import type { Addressed } from "../src/domain/change/messages.js";
import type { ActivityDeps } from "./deps.js";

/**
 * Throws before anything is touched. Retried, because a worker of the installation that asks may poll the same queue.
 * Later steps of a change need no such check: they find no row of their run.
 */
export function refuseForeign({ installation, log }: ActivityDeps, request: Addressed<object>): void {
  if (request.installation === undefined || request.installation === installation.id) return;
  const { workflowExecution, taskQueue } = activityInfo();
  const workflow = workflowExecution?.workflowId ?? "";
  log.error("installation.refused", {
    workflow,
    taskQueue,
    theirs: request.installation,
    ours: installation.id,
  });
  throw ApplicationFailure.create({
    type: "ForeignInstallation",
    message: `${workflow} belongs to installation ${request.installation} of Headgate, this worker to ${installation.id}: give each its own TEMPORAL_NAMESPACE`,
  });
}
