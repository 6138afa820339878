// A person's start, stop or restart: starts the run, joins an equal one, supersedes a pass's change that has fenced
// nothing, and otherwise says who is in the way and how to end it.
// The run's id is the mutex of a processor, so every attempt begins with starting the run. Only if Temporal has one
// already does anybody look for its row. Nothing here posts to Atlas: the run does, behind its fence.
import type { Ending } from "../../domain/change/change.js";
import { toPersonalRequest } from "../../domain/change/requests.js";
import type { StartOptions } from "../../domain/start-options.js";
import type { ChangeKind } from "../../domain/decide/decision.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { AppError } from "../../base/errors.js";
import { findDeclared, findOpenChange, isKnown, supersede } from "../../store/people/commands.js";
import type { RunStarter } from "../../temporal/runs.js";
import type { AppDeps } from "../deps.js";
import { suspend } from "./interventions.js";

export interface PersonRequest {
  readonly ref: ProcessorRef;
  readonly kind: ChangeKind;
  readonly why: string;
  /** Null: as declared. */
  readonly options: StartOptions | null;
  /** Of a change against the declaration. */
  readonly suspendForMs?: number;
  /** One of many: it waits for a place under the caps, without a row. */
  readonly isBulk?: boolean;
  /** Of the HTTP request, for the journal. */
  readonly requestId?: string;
  readonly isVerbatim?: true;
}

export interface RequestedChange {
  readonly kind: "started" | "joined";
  /** Of one that was joined: it is a bulk request's and has no row yet. */
  readonly isWaitingForPlace: boolean;
  readonly workflowId: string;
  readonly runId: string;
  /** How it ended; rejects when it is told to leave off. */
  result(leaveOff?: AbortSignal): Promise<Ending>;
}

/** What the end of a change means to who asked for it. */
export function toDeedResult({ outcome, code }: Ending): "done" | "skipped" | "failed" {
  if (outcome !== "succeeded") return "failed";
  return code === "already-as-wanted" ? "skipped" : "done";
}

// Long for that moment, short for the person who waits at a terminal.
/** A run may exist a moment before its row and after its close. */
const ROWLESS_PATIENCE_MS = 10_000;
const ROWLESS_POLL_MS = 200;

/**
 * Throws `request.refused` where it cannot be done, naming what is in the way and what to do; `request.unknown` for a
 * processor that nobody declared or saw; `temporal.unavailable` if no run can be started. A second equal request joins
 * the first, so it is safe to repeat.
 */
export async function requestChange(deps: AppDeps, request: PersonRequest): Promise<RequestedChange> {
  const { ref } = request;
  const version = await findPolicyVersion(deps, request);
  // Before the change: a pass that came between the two would start again what was just stopped.
  if (request.suspendForMs !== undefined) {
    await suspend(deps, { ref, forMs: request.suspendForMs, why: request.why });
  }
  return startOrJoin(deps, request, version).catch((error: unknown) => {
    throw request.suspendForMs === undefined ? error : withSuspension(error);
  });
}

/** The suspension was in force before the change was asked for, and stays. */
function withSuspension(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const text = `${error.message}. The suspension is in force all the same (headgate unsuspend ends it)`;
  return new AppError(error.code, text, { context: error.context, cause: error });
}

/**
 * As `requestChange`, for whoever has looked at the declaration already: `version` is the one they saw. A refusal
 * because of another change has `isBusy` in its context.
 */
export async function startOrJoin(
  deps: AppDeps,
  request: PersonRequest,
  version: number | null,
): Promise<RequestedChange> {
  const { ref } = request;
  const runs = await deps.runs();
  const asked = toPersonalRequest({
    ref,
    kind: request.kind,
    actor: deps.actor,
    why: request.why,
    policyVersion: version,
    isBulk: request.isBulk ?? false,
    options: request.options,
    ...(request.requestId === undefined ? {} : { requestId: request.requestId }),
    ...(request.isVerbatim === undefined ? {} : { isVerbatim: true }),
  });
  const giveUpAt = performance.now() + ROWLESS_PATIENCE_MS;
  for (;;) {
    const run = await runs.startChange(asked);
    if (run !== undefined) return { kind: "started", isWaitingForPlace: false, ...run };
    const joined = await settleWithHolder(deps, runs, request);
    if (joined !== undefined) return joined;
    if (performance.now() > giveUpAt) throw refusal(ref, "a run that has not opened its change yet");
    await new Promise((resolve) => setTimeout(resolve, ROWLESS_POLL_MS));
  }
}

/** What the next pass would undo. */
const CONTRADICTIONS = {
  stop: { declared: "STARTED", again: "start", instead: "STOPPED" },
  start: { declared: "STOPPED", again: "stop", instead: "STARTED" },
  restart: { declared: "STOPPED", again: "stop", instead: "STARTED" },
} as const satisfies Record<ChangeKind, unknown>;

async function findPolicyVersion(deps: AppDeps, request: PersonRequest): Promise<number | null> {
  const { ref } = request;
  const found = await findDeclared(deps.store, ref);
  if (found === undefined && !(await isKnown(deps.store, ref))) {
    throw new AppError(
      "request.unknown",
      `no processor ${formatProcessorRef(ref)} is declared or was seen in Atlas`,
    );
  }
  const { declared, again, instead } = CONTRADICTIONS[request.kind];
  if (found?.policy.state === declared && request.suspendForMs === undefined) {
    throw new AppError(
      "request.refused",
      `${formatProcessorRef(ref)} is declared ${declared}: the next pass would ${again} it again. ` +
        `Add --suspend FOR (for example --suspend 4h), or declare it ${instead}`,
    );
  }
  return found?.version ?? null;
}

/** Joins an equal change or clears a pass's that has posted nothing; undefined: try again. */
async function settleWithHolder(
  deps: AppDeps,
  runs: RunStarter,
  request: PersonRequest,
): Promise<RequestedChange | undefined> {
  const open = await findOpenChange(deps.store, request.ref);
  if (open === undefined) return settleWithWaiting(runs, request);
  // An equal change is joined even if a pass planned it: ending it would only do the same later.
  if (isEqual(open, request)) return join(runs, request.ref, open.runId);
  if (await supersede(deps.store, open, deps.actor)) {
    // Its row is closed by now, so the run can post nothing more. The next attempt finds the id free.
    await runs.endRun(open.workflowId, open.runId);
    return undefined;
  }
  throw refusal(
    request.ref,
    `change ${open.id} (${open.kind}, by ${open.actor}: ${open.why}). To end it: headgate changes cancel ${open.id}`,
  );
}

/** A run without a row may open it any moment, unless it waits for a place. Undefined: try again. */
async function settleWithWaiting(
  runs: RunStarter,
  request: PersonRequest,
): Promise<RequestedChange | undefined> {
  const { ref } = request;
  const run = await runs.findChange(ref);
  if (run?.isWaitingForPlace !== true) return undefined;
  if (isEqual(run, request)) return { ...join(runs, ref, run.runId), isWaitingForPlace: true };
  throw refusal(
    ref,
    `a ${run.kind} that waits for a place under the cap on open changes (by ${run.actor}: ${run.why}). ` +
      `To end it: headgate changes cancel ${formatProcessorRef(ref)}`,
  );
}

function join(runs: RunStarter, ref: ProcessorRef, runId: string): RequestedChange {
  return { kind: "joined", isWaitingForPlace: false, ...runs.joinChange(ref, runId) };
}

interface Comparable {
  readonly kind: string;
  readonly options: object | null;
}

/** Sorted, because a row's JSONB keeps no order of keys. No options and `{}` ask for the same: what is declared. */
function isEqual(open: Comparable, request: Comparable): boolean {
  const texts = [open.options, request.options].map((options) =>
    JSON.stringify(Object.entries(options ?? {}).sort()),
  );
  return open.kind === request.kind && texts[0] === texts[1];
}

function refusal(ref: ProcessorRef, holder: string): AppError {
  return new AppError("request.refused", `${formatProcessorRef(ref)} is busy with ${holder}`, {
    context: { isBusy: true },
  });
}
