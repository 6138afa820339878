// Starting, joining and describing runs. The id of a change's run is the mutex; everything here may be called twice.
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from "@temporalio/client";
import type { Client, WorkflowExecutionDescription, WorkflowHandle } from "@temporalio/client";
import type { ChangeRequest } from "../domain/change.js";
import { ending } from "../domain/change.js";
import { WAITING_FOR_PLACE } from "../domain/place.js";
import type { StartOptions } from "../domain/policy.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import { formatWorkspaceRef, toChangeWorkflowId } from "../domain/refs.js";
import { TIMES } from "../domain/times.js";
import { toTarget, toTemporalError } from "./errors.js";
import type { ChangeResult, ReconcileRequest, TickSummary } from "../../workflows/messages.js";

export const TASK_QUEUE = "headgate";
/** Batches of one tick that run at once, over all workers. */
export const LANES = 8;

export interface RunStarter {
  /** Whether that very run is open. Throws where Temporal does not answer. */
  isOpen(workflowId: string, runId: string): Promise<boolean>;
  /** A pass of one workspace, after the delay; requests in between join it. */
  requestPass(ref: WorkspaceRef): Promise<void>;
  /** A pass of the named workspaces, now. */
  startPass(request: Omit<ReconcileRequest, "lanes">): Promise<StartedRun<TickSummary>>;
  /** Undefined where a change of that processor runs already. */
  startChange(request: ChangeRequest): Promise<StartedRun<ChangeResult> | undefined>;
  /** What runs for a processor now, by Temporal: also a run that has no row yet. Undefined where nothing does. */
  findChange(ref: ProcessorRef): Promise<OpenRun | undefined>;
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
  /** Resolves when the run ends; throws where it failed, or when it is told to leave off. A change that failed is lost. */
  result(leaveOff?: AbortSignal): Promise<Result>;
}

export interface OpenRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly kind: string;
  readonly actor: string;
  readonly why: string;
  readonly options: StartOptions | null;
  /** A bulk request that found no room under the caps yet. */
  readonly isWaitingForPlace: boolean;
}

export interface RunOptions {
  readonly client: Client;
  /** How long requested passes are gathered. */
  readonly gatherMs: number;
}

export function createRuns({ client, gatherMs }: RunOptions): RunStarter {
  const { workflow } = client;
  return {
    isOpen: async (workflowId, runId) => {
      try {
        const { status } = await workflow.getHandle(workflowId, runId).describe();
        return status.name === "RUNNING";
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw toTemporalError(error, toTarget(client));
      }
    },
    requestPass: async (ref) => {
      await guarded(client, () =>
        workflow.start("reconcile", {
          taskQueue: TASK_QUEUE,
          workflowId: `headgate-reconcile/${formatWorkspaceRef(ref)}`,
          workflowIdConflictPolicy: "USE_EXISTING",
          workflowExecutionTimeout: TIMES.tickMs,
          startDelay: gatherMs,
          args: [{ workspaces: [ref], isLookOnly: false, lanes: LANES }],
        }),
      );
    },
    startPass: async (request) => {
      const handle = await guarded(client, () =>
        workflow.start("reconcile", {
          taskQueue: TASK_QUEUE,
          workflowId: `headgate-reconcile/on-demand/${crypto.randomUUID()}`,
          workflowExecutionTimeout: TIMES.tickMs,
          args: [{ ...request, lanes: LANES }],
        }),
      );
      return toRun<TickSummary>(client, handle, handle.firstExecutionRunId);
    },
    startChange: (request) => startChange(client, request),
    findChange: async (ref) => {
      try {
        return toOpenRun(await workflow.getHandle(toChangeWorkflowId(ref)).describe());
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw toTemporalError(error, toTarget(client));
      }
    },
    joinChange: (ref, runId) =>
      toChangeRun(client, workflow.getHandle(toChangeWorkflowId(ref), runId), runId),
    endRun: async (workflowId, runId) => {
      await ignoringMissing(client, () =>
        workflow.getHandle(workflowId, runId).terminate("superseded before it posted anything"),
      );
    },
    cancelRun: async (workflowId, runId) => {
      await ignoringMissing(client, () => workflow.getHandle(workflowId, runId).cancel());
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
      memo: {
        kind: request.kind,
        requestedBy: request.requestedBy,
        actor: request.actor,
        why: request.why,
        options: request.options,
      },
    });
    return toChangeRun(client, handle, handle.firstExecutionRunId);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw toTemporalError(error, toTarget(client));
  }
}

function toRun<Result>(client: Client, handle: WorkflowHandle, runId: string): StartedRun<Result> {
  const result = (): Promise<Result> => handle.result() as Promise<Result>;
  return {
    workflowId: handle.workflowId,
    runId,
    result: (leaveOff) => (leaveOff === undefined ? result() : client.withAbortSignal(leaveOff, result)),
  };
}

/** A change's run answers how it ended; one that failed or was terminated could not, and is lost. */
function toChangeRun(client: Client, handle: WorkflowHandle, runId: string): StartedRun<ChangeResult> {
  const run = toRun<ChangeResult>(client, handle, runId);
  return {
    ...run,
    result: async (leaveOff) => {
      try {
        return await run.result(leaveOff);
      } catch (error) {
        if (!(error instanceof WorkflowFailedError)) throw toTemporalError(error, toTarget(client));
        const why = error.cause?.message ?? error.message;
        return { ...ending("lost", "lost", `its run ended without an outcome: ${why}`), changeId: null };
      }
    },
  };
}

/** Of the newest run; a run of a pass tells less of itself. */
function toOpenRun(described: WorkflowExecutionDescription): OpenRun | undefined {
  if (described.status.name !== "RUNNING") return undefined;
  const { workflowId, runId, memo = {}, raw } = described;
  const { kind, actor, why, options } = memo as Partial<ChangeRequest>;
  const waits = raw.pendingActivities?.some(
    ({ lastFailure }) => lastFailure?.applicationFailureInfo?.type === WAITING_FOR_PLACE,
  );
  return {
    workflowId,
    runId,
    kind: kind ?? "change",
    actor: actor ?? "headgate",
    why: why ?? "",
    options: options ?? null,
    isWaitingForPlace: waits ?? false,
  };
}

async function ignoringMissing(client: Client, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw toTemporalError(error, toTarget(client));
  }
}

async function guarded<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toTemporalError(error, toTarget(client));
  }
}
