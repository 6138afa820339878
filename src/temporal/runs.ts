// Starting, joining and describing runs. The id of a change's run is the mutex: Temporal keeps two open runs of one id
// apart, also while Postgres is away. Everything here may be called twice. Each call ends within ten seconds, but for
// the wait for a result; what Temporal says of a run is an answer, everything else is thrown as `temporal.unavailable`.
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from "@temporalio/client";
import type {
  Client,
  WorkflowExecutionDescription,
  WorkflowHandle,
  WorkflowHandleWithFirstExecutionRunId,
  WorkflowStartOptions,
} from "@temporalio/client";
import type { ChangeRequest } from "../domain/change/requests.js";
import { ending } from "../domain/change/change.js";
import { WAITING_FOR_PLACE } from "../domain/change/place.js";
import type { StartOptions } from "../domain/start-options.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import type { Installation } from "../domain/run-names.js";
import { toChangeWorkflowId, toOnDemandWorkflowId, toPassWorkflowId } from "../domain/run-names.js";
import { unlessAborted } from "../base/deadline.js";
import { TIMES } from "../domain/times.js";
import { toTemporalTarget, toTemporalError } from "./errors.js";
import type {
  Addressed,
  AddressedChange,
  ChangeResult,
  ReconcileRequest,
  TickSummary,
} from "../domain/change/messages.js";

/** Batches of one tick that run at once, over all workers. */
export const LANES = 8;

export interface RunStarter {
  /** Whether that very run is open. Throws if Temporal does not answer. */
  isOpen(workflowId: string, runId: string): Promise<boolean>;
  /** A pass of one workspace, after the delay; requests in between join it. */
  requestPass(ref: WorkspaceRef): Promise<void>;
  /** A pass of the named workspaces, now, in a run of its own: who asked waits for its result. */
  startPass(request: Omit<ReconcileRequest, "lanes">): Promise<StartedRun<TickSummary>>;
  /**
   * Undefined if a change of that processor runs already, a start of this very request whose answer was lost included.
   */
  startChange(request: ChangeRequest): Promise<StartedRun<ChangeResult> | undefined>;
  /** What runs for a processor now, by Temporal: also a run that has no row yet. Undefined if nothing does. */
  findChange(ref: ProcessorRef): Promise<OpenRun | undefined>;
  /** The result of a change that runs already, to join it. */
  joinChange(ref: ProcessorRef, runId: string): StartedRun<ChangeResult>;
  /** Ends a run that has posted nothing and whose row was closed before. No matter if it is gone. */
  endRun(workflowId: string, runId: string): Promise<void>;
  /** Asks a run to end; it records how it did. No matter if it is gone. */
  cancelRun(workflowId: string, runId: string): Promise<void>;
}

interface StartedRun<Result> {
  readonly workflowId: string;
  readonly runId: string;
  /**
   * Resolves when the run ends; throws if it failed, or when it is told to leave off. A change that failed is lost.
   */
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
  readonly installation: Installation;
  /** How long requested passes are gathered. */
  readonly gatherMs: number;
}

type PassStart = Pick<WorkflowStartOptions, "workflowId" | "workflowIdConflictPolicy" | "startDelay">;

/** As runs are started with it, by whomever. The id lets a worker of another installation refuse it. */
export function toPassRequest({ id }: Installation, request: ReconcileRequest): Addressed<ReconcileRequest> {
  return { ...request, lanes: LANES, installation: id };
}

/** Opens nothing: the client's connection is its owner's to close. */
export function createRuns({ client, installation, gatherMs }: RunOptions): RunStarter {
  const { workflow } = client;
  const { taskQueue } = installation;
  const startReconcile = (
    request: ReconcileRequest,
    how: PassStart,
  ): Promise<WorkflowHandleWithFirstExecutionRunId> =>
    call(client, () =>
      workflow.start("reconcile", {
        ...how,
        taskQueue,
        workflowExecutionTimeout: TIMES.tickMs,
        args: [toPassRequest(installation, request)],
      }),
    );
  return {
    isOpen: async (workflowId, runId) =>
      (await describe(client, workflowId, runId))?.status.name === "RUNNING",
    requestPass: async (ref) => {
      await startReconcile(
        { workspaces: [ref], isLookOnly: false },
        {
          workflowId: toPassWorkflowId(taskQueue, ref),
          workflowIdConflictPolicy: "USE_EXISTING",
          startDelay: gatherMs,
        },
      );
    },
    startPass: async (request) => {
      const workflowId = toOnDemandWorkflowId(taskQueue, crypto.randomUUID());
      const handle = await startReconcile(request, { workflowId });
      return toStartedRun<TickSummary>(client, handle, handle.firstExecutionRunId);
    },
    startChange: (request) => startChangeRun(client, installation, request),
    findChange: async (ref) => {
      const found = await describe(client, toChangeWorkflowId(taskQueue, ref));
      return found && toOpenRun(found);
    },
    joinChange: (ref, runId) =>
      toChangeRun(client, workflow.getHandle(toChangeWorkflowId(taskQueue, ref), runId), runId),
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

/**
 * A closed run of the same id is no obstacle: a processor is changed again and again. An open one is, and is never
 * joined by starting. The memo is for people and for `findChange`, which may find a run that has no row yet.
 */
async function startChangeRun(
  client: Client,
  { id, taskQueue }: Installation,
  request: ChangeRequest,
): Promise<StartedRun<ChangeResult> | undefined> {
  try {
    const handle = await call(client, () =>
      client.workflow.start("changeProcessor", {
        taskQueue,
        workflowId: toChangeWorkflowId(taskQueue, request.ref),
        workflowIdReusePolicy: "ALLOW_DUPLICATE",
        workflowIdConflictPolicy: "FAIL",
        args: [{ ...request, installation: id, inOne: true } satisfies AddressedChange],
        memo: {
          kind: request.kind,
          requestedBy: request.requestedBy,
          actor: request.actor,
          why: request.why,
          options: request.options,
        },
      }),
    );
    return toChangeRun(client, handle, handle.firstExecutionRunId);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

/** To leave off ends the wait, not the run. */
function toStartedRun<Result>(client: Client, handle: WorkflowHandle, runId: string): StartedRun<Result> {
  const result = (): Promise<Result> => handle.result() as Promise<Result>;
  return {
    workflowId: handle.workflowId,
    runId,
    // The SDK ends a call that is under way, and none that begins afterwards (client 1.24.0, connection.js): it would
    // be waited for until the run ends.
    result: (leaveOff) =>
      leaveOff === undefined
        ? result()
        : unlessAborted(leaveOff, () => client.withAbortSignal(leaveOff, result)),
  };
}

/** A change's run answers how it ended; one that failed or was terminated could not, and is lost. */
function toChangeRun(client: Client, handle: WorkflowHandle, runId: string): StartedRun<ChangeResult> {
  const run = toStartedRun<ChangeResult>(client, handle, runId);
  return {
    ...run,
    result: async (leaveOff) => {
      try {
        return await run.result(leaveOff);
      } catch (error) {
        if (!(error instanceof WorkflowFailedError)) throw toTemporalError(error, toTemporalTarget(client));
        // The wrapper says that the run failed; its cause says why.
        const why = error.cause?.message ?? error.message;
        return { ...ending("lost", "lost", `its run ended without an outcome: ${why}`), changeId: null };
      }
    },
  };
}

/**
 * Of the newest run, undefined if it has ended. What an older version left out of its memo has a word that fits any.
 */
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

/** For what is to be gone: a retry finds it gone already. */
async function ignoringMissing(client: Client, work: () => Promise<unknown>): Promise<void> {
  try {
    await call(client, work);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Of that run, or of the newest of its id; undefined if there is none. */
async function describe(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await call(client, () => client.workflow.getHandle(workflowId, runId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** One call with all its retries ends by then: a host that died without a word answers nothing. */
const CALL_MS = 10_000;

/** What Temporal says of a run passes as it is; everything else is `temporal.unavailable`. */
async function call<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  try {
    return await client.withDeadline(Date.now() + CALL_MS, work);
  } catch (error) {
    const isAnswer =
      error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError;
    throw isAnswer ? error : toTemporalError(error, toTemporalTarget(client));
  }
}
