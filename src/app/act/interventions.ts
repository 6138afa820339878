// What people say about one processor beside its policy: leave it alone, look again, use the position again. Each is in
// force when written and journaled with who said it.
import { findCheckpointEnd } from "../../domain/decide/checkpoint-age.js";
import { isPositionArmed } from "../../domain/decide/start-to-send.js";
import { markedAs } from "../../domain/conditions.js";
import { toObservedState } from "../../domain/observation.js";
import { isAboutPosition } from "../../domain/failure-classes.js";
import { toPositionKey } from "../../domain/start-options.js";
import { withoutAttempts } from "../../domain/decide/recovery.js";
import { formatProcessorRef, isChangeId } from "../../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../../domain/refs.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../domain/status.js";
import { AppError } from "../../base/errors.js";
import {
  commandStatus,
  findOpenChange,
  isKnown,
  releaseBrake,
  requestCancel,
} from "../../store/people/commands.js";
import type { OpenChangeRow } from "../../store/people/commands.js";
import type { AppDeps } from "../deps.js";

type StoreDeps = Pick<AppDeps, "store" | "actor">;

async function refuseUnknown(deps: StoreDeps, ref: ProcessorRef): Promise<void> {
  if (await isKnown(deps.store, ref)) return;
  throw new AppError(
    "request.unknown",
    `no processor ${formatProcessorRef(ref)} is declared or was seen in Atlas`,
  );
}

export interface Suspension {
  readonly ref: ProcessorRef;
  readonly forMs: number;
  readonly why: string;
  /** One that ends later is left as it is. */
  readonly keepsLonger?: true;
}

/** In force when it returns; names a change that runs on. */
export async function suspend(
  deps: StoreDeps,
  { ref, forMs, why, keepsLonger }: Suspension,
): Promise<{ readonly running: OpenChangeRow | undefined }> {
  await refuseUnknown(deps, ref);
  await commandStatus(deps.store, {
    ref,
    actor: deps.actor,
    kind: "processor.suspended",
    apply: ({ status, now }) => {
      const until = now + forMs;
      if (keepsLonger === true && (status.suspended?.until ?? 0) >= until) return undefined;
      return {
        status: {
          ...status,
          suspended: { by: deps.actor, why, until },
          conditions: markedAs(status.conditions, "Suspended", { status: "true", since: now }),
        },
        text: `until ${new Date(until).toISOString()}: ${why}`,
      };
    },
  });
  return { running: await findOpenChange(deps.store, ref) };
}

type Command = Parameters<typeof commandStatus>[1];

interface Intervention {
  /** In the journal. */
  readonly kind: Command["kind"];
  /** The status as it is to be, and what the journal says of it; undefined if there is nothing to do. */
  readonly change: (
    facts: Parameters<Command["apply"]>[0],
    ref: ProcessorRef,
  ) => ReturnType<Command["apply"]>;
}

/**
 * A person's word about one processor, from a row: what it is called in the journal and what it makes of the status.
 * Answers false if there was nothing to do. Throws `request.unknown` for a processor that nobody declared or saw.
 */
function toIntervention({ kind, change }: Intervention) {
  return async (deps: StoreDeps, ref: ProcessorRef): Promise<boolean> => {
    await refuseUnknown(deps, ref);
    return commandStatus(deps.store, { ref, actor: deps.actor, kind, apply: (facts) => change(facts, ref) });
  };
}

export const unsuspend = toIntervention({
  kind: "processor.unsuspended",
  change: ({ status, now }) => {
    if (status.suspended === null) return undefined;
    const conditions = markedAs(status.conditions, "Suspended", { status: "false", since: now });
    return { status: { ...status, suspended: null, conditions }, text: "no longer suspended" };
  },
});

/** Forgets the counted attempts as well as the parking. */
export const unpark = toIntervention({
  kind: "processor.unparked",
  change: ({ status, now }) =>
    status.parked === null && status.attempts === 0
      ? undefined
      : { status: toForgiven(status, now), text: "attempts forgotten" },
});

function toForgiven(status: ProcessorStatus, now: number): ProcessorStatus {
  const conditions = markedAs(status.conditions, "Parked", { status: "false", since: now });
  return { ...withoutAttempts(status), forgivenAt: now, conditions };
}
/** What it was given for may be under way: a running change goes on. */
export const unapprove = toIntervention({
  kind: "approval.withdrawn",
  change: ({ status }) => {
    const { approval } = status;
    if (approval === null) return undefined;
    return {
      status: { ...status, approval: null },
      text: `rung ${approval.rung}, approved by ${approval.by}`,
    };
  },
});

/**
 * How the reason begins if a processor was parked over its position: as to a lost one, arming is the answer to that.
 */
const POSITION_UNKNOWN = "position unknown";

/**
 * The next start from rest is sent the declared position again. Throws `request.refused` if none is declared, or it
 * runs.
 */
export const arm = toIntervention({
  kind: "position.armed",
  change: ({ status, declared, now }, ref) => {
    const key = declared === undefined ? undefined : toPositionKey(declared.policy.start);
    if (declared === undefined || key === undefined) {
      const text = `${formatProcessorRef(ref)} declares no position: nothing to arm`;
      throw new AppError("request.refused", text);
    }
    if (status.observed !== null && toObservedState(status.observed.state) === "STARTED") {
      const hint = "a position has no effect while it runs; use restart --at or restart --no-resume";
      throw new AppError("request.refused", `${formatProcessorRef(ref)} is STARTED: ${hint}`);
    }
    if (isPositionArmed(declared.policy.start, status)) return undefined;
    const positionsSpent = status.positionsSpent.filter((one) => one !== key);
    const waits =
      status.parked?.why.startsWith(POSITION_UNKNOWN) === true || isAboutPosition(status.failureClass);
    const freed = waits || isPastResuming(status, declared, now) ? toForgiven(status, now) : status;
    return { status: { ...freed, positionsSpent }, text: "its position is armed again" };
  },
});

/** Parked for want of a place to begin at, which the armed position is. */
function isPastResuming(status: ProcessorStatus, declared: DeclaredPolicy, now: number): boolean {
  const { observed: observation } = status;
  const end = observation === null ? undefined : findCheckpointEnd({ declared, status, observation });
  return end !== undefined && now >= end.at;
}

/** How many processors were released. Throws `request.unknown` where there is no such workspace. */
export async function release(deps: StoreDeps, ref: WorkspaceRef): Promise<number> {
  const released = await releaseBrake(deps.store, ref, deps.actor);
  if (released === undefined) {
    throw new AppError("request.unknown", `no workspace ${ref.project}/${ref.workspace} has policies`);
  }
  return released;
}

/** Asks a running change to end. Undefined where no such change is open. */
export async function cancelChange(
  deps: Pick<AppDeps, "store" | "actor" | "runs">,
  id: string,
): Promise<OpenChangeRow | undefined> {
  const open = isChangeId(id) ? await requestCancel(deps.store, id, deps.actor) : undefined;
  if (open === undefined) return undefined;
  const runs = await deps.runs();
  await runs.cancelRun(open.workflowId, open.runId);
  return open;
}
