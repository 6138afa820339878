// From declared files to stored policies: what would change, what that would do to running processors and to positions,
// and the write itself. Applying an equal file writes nothing.
// What is shown and what is written come from one plan. Each write names the version that was read for it, so that a
// policy that somebody changed in between is a conflict and never overwritten.
import { isPositionArmed } from "../../domain/decide/start-to-send.js";
import { toObservedState } from "../../domain/observation.js";
import type { Policy } from "../../domain/policy.js";
import { hasPosition } from "../../domain/start-options.js";
import { formatProcessorRef, formatWorkspaceRef, toWorkspaceRefs } from "../../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../../domain/refs.js";
import { NEW_STATUS } from "../../domain/status.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../domain/status.js";
import type { WrittenPolicy } from "../../domain/tell/written.js";
import { AppError } from "../../base/errors.js";
import { findDeclared } from "../../store/people/commands.js";
import { readStatuses } from "../../store/people/listings/listings.js";
import { isChange, listPolicies, writePolicies } from "../../store/people/policies.js";
import type { PolicyWrite, StoredPolicy } from "../../store/people/policies.js";
import type { AppDeps } from "../deps.js";
import { NAMED_MAX } from "../act/pass.js";
import { planFleet } from "../look/plan.js";
import type { PlannedProcessor, PlannedWorkspace } from "../look/plan.js";

export interface ApplyRequest {
  readonly processors: readonly {
    readonly ref: ProcessorRef;
    readonly policy: Policy;
    readonly written?: WrittenPolicy;
  }[];
  /** Named by the files: where `prune` deletes what they no longer contain. */
  readonly workspaces: readonly WorkspaceRef[];
  readonly prune: boolean;
}

/** What becomes of a declared position that is not the checkpoint. */
interface PositionNote {
  readonly ref: ProcessorRef;
  readonly kind: "will-be-spent" | "no-effect-running" | "already-spent";
}

export interface ApplyPlan {
  readonly writes: readonly PolicyWrite[];
  readonly unchanged: number;
  readonly positions: readonly PositionNote[];
  /** The pass that would follow, over the workspaces that were named. */
  readonly planned: readonly PlannedWorkspace[];
  /** What it would change, or hold back, among the processors that are written. */
  readonly effects: readonly PlannedProcessor[];
  /** Those of them that run now: it would stop or restart them. */
  readonly mutations: readonly PlannedProcessor[];
  /** Whether the brake would hold them. */
  readonly isBraked: boolean;
}

/** What applying would write and do. Reads only: one statement for the policies, then those of `planWrites`. */
export async function planApply(
  deps: Pick<AppDeps, "store" | "settings">,
  request: ApplyRequest,
): Promise<ApplyPlan> {
  // The files may also name workspaces that declare nothing any more: what was there is to be pruned.
  const named = [...request.processors.map(({ ref }) => ref), ...request.workspaces];
  const stored = await listPolicies(deps.store, toWorkspaceRefs(named));
  const byRef = new Map(stored.map((one) => [formatProcessorRef(one.ref), one]));
  const declared = request.processors.map(({ ref, policy, written }): PolicyWrite => {
    const before = byRef.get(formatProcessorRef(ref))?.declared;
    return { ref, before, after: policy, written };
  });
  return planWrites(deps, {
    candidates: [...declared, ...toPruned(request, stored)],
    workspaces: request.workspaces,
  });
}

/**
 * What these writes would do; those that would change nothing are counted and left out. Reads only: per workspace two
 * statements, and one more if a position is declared.
 */
export async function planWrites(
  deps: Pick<AppDeps, "store" | "settings">,
  request: { readonly candidates: readonly PolicyWrite[]; readonly workspaces: readonly WorkspaceRef[] },
): Promise<ApplyPlan> {
  // Equal in effect is equal: only the effective policy decides, not how the file spells it.
  const writes = request.candidates.filter(isChange);
  const planned = await planFleet(deps, { only: toWorkspaceRefs(request.workspaces), overlays: writes });
  const touched = new Set(writes.map(({ ref }) => formatProcessorRef(ref)));
  const affected = planned.flatMap((workspace) =>
    workspace.processors
      .filter(({ ref }) => touched.has(formatProcessorRef(ref)))
      .map((processor) => ({ processor, isBraked: workspace.isBraked })),
  );
  const mutations = affected.filter(({ processor: { decision } }) => isMutation(decision));
  const effects = affected.map(({ processor }) => processor);
  return {
    writes,
    unchanged: request.candidates.length - writes.length,
    positions: await toPositionNotes(deps, writes),
    planned,
    effects: effects.filter(({ isChange: isPlanned, decision }) => isPlanned || isMutation(decision)),
    mutations: mutations.map(({ processor }) => processor),
    // One workspace that brakes is enough to ask: who confirms releases exactly the versions that are written.
    isBraked: mutations.some(({ isBraked }) => isBraked),
  };
}

/** A start interrupts nothing. A decision that the brake holds has no action any more, so it goes by its code. */
export function isMutation({ action, reason }: PlannedProcessor["decision"]): boolean {
  return reason.code === "braked" || (action !== undefined && action.kind !== "start");
}

/** Deletes what is stored in a workspace that the files name, and what they do not contain. Exported for its test. */
export function toPruned(request: ApplyRequest, stored: readonly StoredPolicy[]): readonly PolicyWrite[] {
  if (!request.prune) return [];
  // A workspace that no file names is never pruned: its policies may come from files that were not given.
  const scope = new Set(request.workspaces.map(formatWorkspaceRef));
  const kept = new Set(request.processors.map(({ ref }) => formatProcessorRef(ref)));
  return stored
    .filter(({ ref }) => scope.has(formatWorkspaceRef(ref)) && !kept.has(formatProcessorRef(ref)))
    .map(({ ref, declared }) => ({ ref, before: declared, after: null }));
}

async function toPositionNotes(
  deps: Pick<AppDeps, "store">,
  writes: readonly PolicyWrite[],
): Promise<readonly PositionNote[]> {
  // The checkpoint is no position: a start that resumes spends nothing.
  const positioned = writes.filter(({ after }) => after?.state === "STARTED" && hasPosition(after.start));
  if (positioned.length === 0) return [];
  const statuses = await readStatuses(
    deps.store,
    positioned.map(({ ref }) => ref),
  );
  return positioned.map(({ ref, after }) => ({
    ref,
    kind: toPositionKind(after as Policy, statuses.get(formatProcessorRef(ref)) ?? NEW_STATUS),
  }));
}

/** In this order: what was spent stays spent, whatever runs. Exported for its test. */
export function toPositionKind(policy: Policy, status: ProcessorStatus): PositionNote["kind"] {
  if (!isPositionArmed(policy.start, status)) return "already-spent";
  // What runs is not started, so its position waits for the next start from rest. What is gone ran once and does not.
  const seen = status.absences > 0 ? null : status.observed;
  const isRunning = seen !== null && toObservedState(seen.state) === "STARTED";
  return isRunning ? "no-effect-running" : "will-be-spent";
}

export interface Applied {
  /** Absent where Temporal could not be asked: the next tick takes what is due. */
  readonly pass?: { readonly workflowId: string; readonly runId: string };
  readonly warning?: string;
}

/** Writes the plan and asks for a pass of its workspaces. With Temporal down it succeeds and warns. */
export async function apply(deps: AppDeps, plan: ApplyPlan): Promise<Applied> {
  await writePolicies(deps.store, {
    author: deps.actor,
    writes: plan.writes,
    // A person has seen the plan. What the brake would have held of it is released in the same transaction.
    releasesBrake: plan.isBraked,
    intervalMs: deps.settings.intervalMs,
  });
  if (plan.writes.length === 0) return {};
  const workspaces = new Map(
    plan.writes.map(({ ref: { project, workspace } }) => [`${project}/${workspace}`, { project, workspace }]),
  );
  try {
    const runs = await deps.runs();
    const { workflowId, runId } = await runs.startPass({
      // Past what one request may name: all of them are due since the write, so a run of whatever is due takes them.
      workspaces: workspaces.size > NAMED_MAX ? null : [...workspaces.values()],
      isLookOnly: false,
    });
    return { pass: { workflowId, runId } };
    // Written is written: without Temporal the next tick finds the workspaces due. Other errors are bugs or refusals.
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "temporal.unavailable") throw error;
    return { warning: `${error.message}; the policies are written, the next tick takes them up` };
  }
}

/** Those of the processors that have a policy. Throws `request.unknown` where none has. */
export async function keepDeclared(
  { store }: Pick<AppDeps, "store">,
  refs: readonly ProcessorRef[],
): Promise<readonly ProcessorRef[]> {
  const declared = new Set(
    (await listPolicies(store, toWorkspaceRefs(refs))).map(({ ref }) => formatProcessorRef(ref)),
  );
  const kept = refs.filter((ref) => declared.has(formatProcessorRef(ref)));
  if (kept.length > 0) return kept;
  const [ref, ...others] = refs;
  const whom = ref !== undefined && others.length === 0 ? formatProcessorRef(ref) : "any of these processors";
  throw new AppError("request.unknown", `no policy names ${whom}`);
}

/** As it stands now; undefined where there is none. */
export function findPolicy(
  { store }: Pick<AppDeps, "store">,
  ref: ProcessorRef,
): Promise<DeclaredPolicy | undefined> {
  return findDeclared(store, ref);
}

/**
 * Deletes one policy: its processor stays as it is, unmanaged. Throws `request.unknown` where there is none, and
 * `store.conflict` where it is another than the one that `read` is.
 */
export async function deletePolicy(
  deps: Pick<AppDeps, "store" | "settings" | "actor">,
  ref: ProcessorRef,
  read?: DeclaredPolicy,
): Promise<void> {
  const declared = read ?? (await findDeclared(deps.store, ref));
  if (declared === undefined) {
    throw new AppError("request.unknown", `no policy names ${formatProcessorRef(ref)}`);
  }
  await writePolicies(deps.store, {
    author: deps.actor,
    writes: [{ ref, before: declared, after: null }],
    releasesBrake: false,
    intervalMs: deps.settings.intervalMs,
  });
}
