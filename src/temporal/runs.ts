// Starting, joining and describing runs. The id of a change's run is the mutex; everything here may be called twice.
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from "@temporalio/client";
import type { Client, WorkflowHandle } from "@temporalio/client";
import { AppError } from "../errors.js";
import type { ChangeRequest } from "../domain/change.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import { formatWorkspaceRef, toChangeWorkflowId } from "../domain/refs.js";
import type { ChangeResult, ReconcileRequest, TickSummary } from "../../workflows/messages.js";

export const TASK_QUEUE = "headgate";

export interface RunStarter {
  /** Whether that very run is open. Throws where Temporal does not answer. */
  isOpen(workflowId: string, runId: string): Promise<boolean>;
  /** A pass of one workspace, after the delay; requests in between join it. */
  requestPass(ref: WorkspaceRef): Promise<void>;
  /** A pass of the named workspaces, now. */
  startPass(request: ReconcileRequest): Promise<StartedRun<TickSummary>>;
  /** Undefined where a change of that processor runs already. */
  startChange(request: ChangeRequest): Promise<StartedRun<ChangeResult> | undefined>;
  /** The result of a change that runs already, to join it. */
  joinChange(ref: ProcessorRef, runId: string): StartedRun<ChangeResult>;
  /** Ends a run that has posted nothing and whose row was closed before. */
  endRun(workflowId: string, runId: string): Promise<void>;
  /** Asks a run to end; it records how it did. */
  cancelRun(workflowId: string, runId: string): Promise<void>;
}

interface StartedRun<Result> {
  readonly workflowId: string;
  readonly runId: string;
  /** Resolves when the run ends; throws where it failed. */
  result(): Promise<Result>;
}

export interface RunOptions {
  readonly client: Client;
  /** How long requested passes are gathered. */
  readonly gatherMs: number;
}

const PASS_TIMEOUT = "10 minutes";

export function createRuns({ client, gatherMs }: RunOptions): RunStarter {
  const { workflow } = client;
  return {
    isOpen: async (workflowId, runId) => {
      try {
        const { status } = await workflow.getHandle(workflowId, runId).describe();
        return status.name === "RUNNING";
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw toAppError(error);
      }
    },
    requestPass: async (ref) => {
      await guarded(() =>
        workflow.start("reconcile", {
          taskQueue: TASK_QUEUE,
          workflowId: `headgate-reconcile/${formatWorkspaceRef(ref)}`,
          workflowIdConflictPolicy: "USE_EXISTING",
          workflowExecutionTimeout: PASS_TIMEOUT,
          startDelay: gatherMs,
          args: [{ workspaces: [ref], isLookOnly: false }],
        }),
      );
    },
    startPass: async (request) => {
      const handle = await guarded(() =>
        workflow.start("reconcile", {
          taskQueue: TASK_QUEUE,
          workflowId: `headgate-reconcile/on-demand/${crypto.randomUUID()}`,
          workflowExecutionTimeout: PASS_TIMEOUT,
          args: [request],
        }),
      );
      return toRun<TickSummary>(handle, handle.firstExecutionRunId);
    },
    startChange: (request) => startChange(client, request),
    joinChange: (ref, runId) =>
      toRun<ChangeResult>(workflow.getHandle(toChangeWorkflowId(ref), runId), runId),
    endRun: async (workflowId, runId) => {
      await ignoringMissing(() =>
        workflow.getHandle(workflowId, runId).terminate("superseded before it posted anything"),
      );
    },
    cancelRun: async (workflowId, runId) => {
      await ignoringMissing(() => workflow.getHandle(workflowId, runId).cancel());
    },
  };
}

async function startChange(
  client: Client,
  request: ChangeRequest,
): Promise<StartedRun<ChangeResult> | undefined> {
  try {
    const handle = await client.workflow.start("changeProcessor", {
      taskQueue: TASK_QUEUE,
      workflowId: toChangeWorkflowId(request.ref),
      workflowIdReusePolicy: "ALLOW_DUPLICATE",
      workflowIdConflictPolicy: "FAIL",
      args: [request],
      memo: { kind: request.kind, requestedBy: request.requestedBy, why: request.why },
    });
    return toRun<ChangeResult>(handle, handle.firstExecutionRunId);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw toAppError(error);
  }
}

function toRun<Result>(handle: WorkflowHandle, runId: string): StartedRun<Result> {
  return { workflowId: handle.workflowId, runId, result: () => handle.result() as Promise<Result> };
}

async function ignoringMissing(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw toAppError(error);
  }
}

async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toAppError(error);
  }
}

function toAppError(error: unknown): AppError {
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError("temporal.unavailable", `Temporal did not answer: ${reason}`, { cause: error });
}
