// Observing one workspace under a lease: budget, LIST, load, plan, store. Passes and waiting changes share it, so that a
// hundred changes waiting in a workspace cost one LIST per poll interval. It decides nothing: the domain does.
import { admitCalls } from "../src/calls/admission.js";
import { explainFailures } from "../src/calls/failure-reasons.js";
import type { Observation } from "../src/domain/observation.js";
import { isName } from "../src/domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../src/domain/refs.js";
import { toIntervalMs } from "../src/domain/settings.js";
import { isUnexplained } from "../src/domain/status.js";
import type { ProcessorStatus } from "../src/domain/status.js";
import { planWorkspace } from "../src/domain/decide/workspace-plan.js";
import type { PlannedChange } from "../src/domain/decide/workspace-plan.js";
import { AppError } from "../src/base/errors.js";
import { redact } from "../src/base/text.js";
import type { CallClass } from "../src/store/pass/budgets.js";
import type { Claim } from "../src/store/pass/leases.js";
import type { LoadedWorkspace } from "../src/store/pass/passes.js";
import type { ActivityDeps } from "./deps.js";
import { isStoreAway, notYet, toMessage } from "./failures.js";

export interface ObserveRequest {
  readonly claim: Claim;
  readonly callClass: CallClass;
  readonly signal: AbortSignal;
}

/** What a pass over one workspace came to. */
export type Pass =
  | {
      readonly kind: "observed";
      readonly changes: readonly PlannedChange[];
      readonly loaded: LoadedWorkspace;
    }
  /** Why is in the workspace's row. */
  | { readonly kind: "failed" }
  /** Somebody else holds the lease by now, or stored a newer observation. */
  | { readonly kind: "lost" };

/**
 * Observes and stores one workspace, and gives the lease back. Whatever goes wrong with this workspace is written into its
 * row, so that it holds up no other. Throws only where Postgres is away.
 */
export async function observeWorkspace(deps: ActivityDeps, request: ObserveRequest): Promise<Pass> {
  try {
    return await storeLook(deps, request, await lookAtAtlas(deps, request));
  } catch (error) {
    if (isStoreAway(error)) throw error;
    await storeFailure(deps, request, error);
    return { kind: "failed" };
  }
}

/** An error that is none of ours is a defect of Headgate, or a row that this version does not understand: logged as one. */
async function storeFailure(deps: ActivityDeps, { claim }: ObserveRequest, error: unknown): Promise<void> {
  const { log, metrics, settings, store } = deps;
  metrics.add("headgate_passes_failed");
  const isExpected = error instanceof AppError;
  const text = `${isExpected ? error.code : "unexpected"}: ${toMessage(error)}`;
  const fields = { ...claim.ref, error: text };
  if (isExpected) log.warn("pass.failed", fields);
  else log.error("pass.failed", { ...fields, stack: redact((error instanceof Error && error.stack) || "") });
  const isDenied = isExpected && error.code === "atlas.denied";
  const hold = isDenied ? { why: error.message, recheckMs: settings.holdRecheckMs } : null;
  for (const told of [text, "unexpected: the worker's log says what"]) {
    try {
      await store.storeFailedPass({ claim, error: told, hold });
      return;
    } catch (refusal) {
      if (isStoreAway(refusal)) throw refusal;
      log.error("pass.not-recorded", { ...claim.ref, error: toMessage(refusal) });
    }
  }
}

interface Look {
  readonly observedAt: number;
  readonly observations: readonly Observation[] | undefined;
  readonly pages: number;
}

/** What Headgate has no name for cannot be declared either: it is passed over, and its neighbours are not held up by it. */
async function lookAtAtlas(deps: ActivityDeps, { claim, callClass, signal }: ObserveRequest): Promise<Look> {
  const { project } = claim.ref;
  const observedAt = await admitCalls(deps, { project, calls: claim.pages, callClass });
  let pagesAdmitted = claim.pages;
  const listing = await deps.atlas.listProcessors(claim.ref, {
    signal,
    timeoutMs: deps.settings.readTimeoutMs,
    admit: async () => {
      if (pagesAdmitted > 0) pagesAdmitted -= 1;
      else await admitCalls(deps, { project, calls: 1, callClass });
    },
    pageSize: claim.pageSize,
    onSmallerPages: (pageSize) => deps.store.rememberPageSize({ ref: claim.ref, pageSize }),
  });
  const observations = listing?.observations.filter(({ processor }) => isName(processor));
  return { observedAt, observations, pages: listing?.pages ?? 1 };
}

async function storeLook(deps: ActivityDeps, { claim, signal }: ObserveRequest, look: Look): Promise<Pass> {
  const loaded = await deps.store.loadWorkspace(claim.ref, deps.settings);
  if (loaded === undefined) return { kind: "lost" };
  const { ref } = claim;
  const statuses = new Map(loaded.processors.map(({ processor, status }) => [processor, status]));
  const observations =
    look.observations &&
    (await explainFailures(deps, {
      ref,
      seen: look.observations,
      // Only where there is such news.
      isUnexplained: (one) => isUnexplained(one, statuses.get(one.processor)),
      now: () => loaded.now,
      call: { signal, timeoutMs: deps.settings.readTimeoutMs },
    }));
  const endsHold = loaded.hold?.by === "list";
  const facts = {
    ref,
    now: loaded.now,
    observedAt: look.observedAt,
    observations,
    processors: loaded.processors,
    hold: endsHold ? null : loaded.hold,
    brakeReleased: loaded.brakeReleased,
    recentMutations: loaded.recentMutations,
    openInWorkspace: loaded.openChanges.length,
    openInProject: loaded.openInProject,
    settings: deps.settings,
  };
  const plan = planWorkspace(facts);
  const intervalMs = toIntervalMs(deps.settings, {
    pagesInProject: loaded.pagesInProject,
    isAbsent: observations === undefined,
  });
  const { revisions } = loaded;
  const isStored = await deps.store.storePass({
    claim,
    facts,
    plan,
    revisions,
    pages: look.pages,
    intervalMs,
    endsHold,
  });
  return isStored ? { kind: "observed", changes: plan.changes, loaded } : { kind: "lost" };
}

/** A processor as the newest complete LIST shows it. */
export interface Seen {
  readonly observation: Observation | undefined;
  readonly observedAt: number;
  readonly now: number;
  readonly status: ProcessorStatus | undefined;
}

export interface SharedRequest {
  readonly ref: ProcessorRef;
  /** Database time the observation has to be newer than; with `maxAgeMs`, also no older than that. */
  readonly newerThan: number;
  readonly maxAgeMs?: number;
  readonly callClass: CallClass;
  readonly owner: string;
  readonly signal: AbortSignal;
}

/**
 * The shared observation, looked up anew by whoever needs it first. Throws NotYet where somebody else is looking, or
 * looked less than a poll interval ago.
 */
export async function seeShared(deps: ActivityDeps, request: SharedRequest): Promise<Seen> {
  const first = await readIfFresh(deps, request);
  if (first !== undefined) return first;
  const { leaseMs, pollMs } = deps.settings;
  const claim = await deps.store.claimForLook({
    ref: toWorkspace(request.ref),
    owner: request.owner,
    leaseMs,
    pollMs,
    askedAt: request.callClass === "person" ? request.newerThan : null,
  });
  if (claim !== undefined) {
    const deadline = AbortSignal.timeout(deps.settings.workspaceDeadlineMs);
    const signal = AbortSignal.any([request.signal, deadline]);
    await observeWorkspace(deps, { claim, callClass: request.callClass, signal });
    const second = await readIfFresh(deps, request);
    if (second !== undefined) return second;
  }
  throw notYet("waiting for a newer observation", pollMs);
}

function toWorkspace({ project, workspace }: ProcessorRef): WorkspaceRef {
  return { project, workspace };
}

async function readIfFresh(deps: ActivityDeps, request: SharedRequest): Promise<Seen | undefined> {
  const { now, observedAt, stored } = await deps.store.readSharedObservation(request.ref);
  const notBefore = Math.max(request.newerThan, now - (request.maxAgeMs ?? Number.MAX_SAFE_INTEGER));
  if (observedAt === null || observedAt <= notBefore) return undefined;
  // Absent from one list proves nothing (row `absent` of the decision table): whoever waits looks once more.
  if (stored?.status.absences === 1) return undefined;
  const isListed = stored !== undefined && stored.status.absences === 0;
  const observation = isListed ? (stored.status.observed ?? undefined) : undefined;
  return { observation, observedAt, now, status: stored?.status };
}
