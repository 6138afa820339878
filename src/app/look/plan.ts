// What the next pass would do, and why, from the stored observation: the same decisions as a pass, without a call to
// Atlas and without a write. Policies that are not applied yet may be laid over the stored ones.
// It must go through `planWorkspace` like a pass: a second way to decide would one day say something else. What it
// cannot know is what Atlas would answer now, so a plan is as old as the observation, and says so.
import { decide } from "../../domain/decide/decision-table.js";
import type { Decision } from "../../domain/decide/decision-table.js";
import { createScheduler } from "../../domain/decide/schedule.js";
import type { JudgedFailure } from "../../domain/decide/judged-failure.js";
import type { PlanTools } from "../../domain/decide/workspace-plan.js";
import { layOver } from "../../domain/tell/overlay.js";
import type { Policy } from "../../domain/policy.js";
import { formatWorkspaceRef, toWorkspaceRefs } from "../../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../../domain/refs.js";
import { createPatterns } from "../../policy-file/patterns.js";
import { NEW_STATUS } from "../../domain/status.js";
import type { DeclaredPolicy } from "../../domain/status.js";
import type { Turn } from "../../domain/decide/trains.js";
import { planWorkspace } from "../../domain/decide/workspace-plan.js";
import type { ProcessorFacts } from "../../domain/decide/workspace-facts.js";
import type { ProcessorPlan, WorkspacePlan } from "../../domain/decide/workspace-plan.js";
import { listWorkspaceRefs } from "../../store/people/listings/listings.js";
import { loadWorkspaces } from "../../store/pass/loading.js";
import type { LoadedWorkspace } from "../../store/pass/loading.js";
import type { AppDeps } from "../deps.js";
import { refuseUnknownWorkspaces } from "../select.js";

/** A policy as it would be; null deletes it. */
interface Overlay {
  readonly ref: ProcessorRef;
  readonly after: Policy | null;
}

export interface PlannedProcessor {
  readonly ref: ProcessorRef;
  readonly declared: DeclaredPolicy | undefined;
  readonly state: string | null;
  readonly tier: string | null;
  readonly decision: Decision;
  /** What has failed, if anything has. */
  readonly failure: JudgedFailure | null;
  /** Whether a pass would open this change now: brake, caps and holds let it through. */
  readonly isChange: boolean;
  /** Null where it waits for no train. */
  readonly turn: Turn | null;
}

export interface PlannedWorkspace {
  readonly ref: WorkspaceRef;
  /** Age of the observation the plan rests on; null where there is none. */
  readonly observedAgeMs: number | null;
  readonly isBraked: boolean;
  readonly processors: readonly PlannedProcessor[];
}

interface PlanRequest {
  /** Absent: all. Of those that are not ours only the overlays are planned. */
  readonly only?: readonly WorkspaceRef[] | undefined;
  readonly overlays?: readonly Overlay[];
}

/**
 * One statement for each 200 workspaces, and one for their names if all are planned; workspaces that only overlays name
 * come last.
 */
export async function planFleet(
  deps: Pick<AppDeps, "store" | "settings">,
  request: PlanRequest = {},
): Promise<readonly PlannedWorkspace[]> {
  const { store, settings } = deps;
  const { only } = request;
  const wanted = only === undefined ? undefined : new Set(only.map(formatWorkspaceRef));
  const overlays = groupByWorkspace(
    (request.overlays ?? []).filter(({ ref }) => wanted?.has(formatWorkspaceRef(ref)) ?? true),
  );
  const planned: PlannedWorkspace[] = [];
  const planning = { settings, tools: { scheduler: createScheduler(), finds: createPatterns() } };
  const refs = only === undefined ? await listWorkspaceRefs(store) : toWorkspaceRefs(only);
  for await (const loaded of loadWorkspaces(store, refs, settings)) {
    const key = formatWorkspaceRef(loaded.ref);
    planned.push(planOne(planning, loaded, overlays.get(key) ?? []));
    overlays.delete(key);
  }
  for (const news of overlays.values()) planned.push(planUnknown(deps, news));
  return planned;
}

/** As above. Throws `request.unknown` for a named workspace that has no policies and that no overlay names. */
export async function planNamed(
  deps: Pick<AppDeps, "store" | "settings">,
  request: PlanRequest & { readonly only: readonly WorkspaceRef[] },
): Promise<readonly PlannedWorkspace[]> {
  const planned = await planFleet(deps, request);
  const known = new Set(planned.map(({ ref }) => formatWorkspaceRef(ref)));
  if (request.only.some((ref) => !known.has(formatWorkspaceRef(ref)))) {
    const others = planned.map(({ ref }) => ref);
    refuseUnknownWorkspaces(request.only, [...(await listWorkspaceRefs(deps.store)), ...others]);
  }
  return planned;
}

function planOne(
  deps: Pick<AppDeps, "settings"> & { readonly tools: PlanTools },
  loaded: LoadedWorkspace,
  overlays: readonly Overlay[],
): PlannedWorkspace {
  const { ref, observedAt } = loaded;
  const unwritten = overlays.map(({ ref: { processor }, after }) => ({ processor, after }));
  const processors = layOver(loaded.processors, unwritten, loaded.now);
  // Nothing was ever seen, so the table has nothing to decide from: row 1, as in a pass without a look.
  if (observedAt === null) {
    return {
      ref,
      observedAgeMs: null,
      isBraked: false,
      processors: processors.map((one) => toUnobserved(deps, { ref, one, loaded })),
    };
  }
  const facts = {
    ref,
    now: loaded.now,
    observedAt,
    // As the last complete LIST had them: what was absent in it is not there, whatever was seen before.
    observations: loaded.processors.flatMap(({ status }) =>
      status === undefined || status.observed === null || status.absences > 0 ? [] : [status.observed],
    ),
    processors,
    hold: loaded.hold,
    movers: {},
    stats: {},
    brakeReleased: loaded.brakeReleased,
    recentMutations: loaded.recentMutations,
    openInWorkspace: loaded.openChanges.length,
    openInProject: loaded.openInProject,
    openByKey: loaded.openByKey,
    openStartsInTurn: loaded.openStartsInTurn,
    incidents: loaded.incidents,
    settings: deps.settings,
  };
  const plan = planWorkspace(facts, deps.tools);
  return {
    ref,
    observedAgeMs: loaded.now - observedAt,
    isBraked: plan.isBraked,
    processors: plan.processors.map((one) => toPlanned(ref, one, plan)),
  };
}

export function toPlanned(ref: WorkspaceRef, one: ProcessorPlan, plan: WorkspacePlan): PlannedProcessor {
  return {
    ref: { ...ref, processor: one.processor },
    declared: one.declared,
    // The state of what is gone is not known; its tier is the last one that was seen.
    state: one.status.absences > 0 ? null : (one.status.observed?.state ?? null),
    tier: one.status.observed?.tier ?? null,
    decision: one.decision,
    failure: one.failure ?? null,
    isChange: plan.changes.some((change) => change.ref.processor === one.processor),
    turn: plan.turns.get(one.processor) ?? null,
  };
}

/** What the table says without a look at Atlas. `loaded` is absent for a workspace that only an overlay names. */
function toUnobserved(
  { settings }: Pick<AppDeps, "settings">,
  {
    ref,
    one,
    loaded,
  }: {
    readonly ref: WorkspaceRef;
    readonly one: ProcessorFacts;
    readonly loaded?: LoadedWorkspace;
  },
): PlannedProcessor {
  const decision = decide({
    ref: { ...ref, processor: one.processor },
    declared: one.declared,
    status: one.status ?? NEW_STATUS,
    observation: undefined,
    observedAt: null,
    now: loaded?.now ?? 0,
    isHeld: loaded !== undefined && loaded.hold !== null,
    hasOpenChange: one.hasOpenChange,
    failure: undefined,
    dueSlot: undefined,
    settings,
  });
  return {
    ref: { ...ref, processor: one.processor },
    declared: one.declared,
    state: null,
    tier: null,
    decision,
    failure: null,
    isChange: false,
    turn: null,
  };
}

/** A workspace that no policy names yet: it is shown as it will be until its first observation. */
function planUnknown(deps: Pick<AppDeps, "settings">, overlays: readonly Overlay[]): PlannedWorkspace {
  const [first] = overlays;
  if (first === undefined) throw new Error("a group has a member");
  const { project, workspace } = first.ref;
  const facts = overlays.map(({ ref, after }) => ({
    processor: ref.processor,
    // Nobody has seen it, so version and age play no part in what is said of it.
    declared: after === null ? undefined : { policy: after, version: 1, declaredAt: 0 },
    status: undefined,
    hasOpenChange: false,
  }));
  const ref = { project, workspace };
  return {
    ref,
    observedAgeMs: null,
    isBraked: false,
    processors: facts.map((one) => toUnobserved(deps, { ref, one })),
  };
}

/** In the order in which each workspace is named first. */
function groupByWorkspace(overlays: readonly Overlay[]): Map<string, Overlay[]> {
  const groups = new Map<string, Overlay[]>();
  for (const overlay of overlays) {
    const key = formatWorkspaceRef(overlay.ref);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [overlay]);
    else group.push(overlay);
  }
  return groups;
}
