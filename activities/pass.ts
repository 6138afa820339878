// One pass over one workspace: claim, look, load, decide, store, each a call of one function below. Ticks and waiting
// changes share it, so that a hundred changes waiting in a workspace cost one LIST per poll interval. Two things must
// stay true: it decides nothing itself (planWorkspace does), and whatever goes wrong with a workspace ends up in that
// workspace's row, so that it holds up no other.
import { admitCalls } from "../src/calls/admission.js";
import { explainFailures } from "../src/calls/failure-reasons.js";
import { findMovers } from "../src/calls/movers.js";
import { findDriftToAttribute } from "../src/domain/decide/attribution.js";
import type { Observation, ProcessorStats } from "../src/domain/observation.js";
import { isName } from "../src/domain/refs.js";
import { toIntervalMs } from "../src/domain/settings.js";
import { isUnexplained } from "../src/domain/status.js";
import { toSampler } from "../src/domain/decide/sampling.js";
import { withStopsSampled } from "../src/domain/decide/stops-sampled.js";
import { planWorkspace } from "../src/domain/decide/workspace-plan.js";
import type { PlannedChange, WorkspacePlan } from "../src/domain/decide/workspace-plan.js";
import type { WorkspaceFacts } from "../src/domain/decide/workspace-facts.js";
import { AppError } from "../src/base/errors.js";
import { redact } from "../src/base/text.js";
import type { CallClass } from "../src/store/pass/budgets.js";
import { findQuietUntil } from "../src/domain/decide/quiet.js";
import type { Claim } from "../src/store/pass/leases.js";
import type { LoadedWorkspace } from "../src/store/pass/loading.js";
import { stepIncidents } from "./incidents.js";
import { digestList } from "./quiet-workspaces.js";
import type { ActivityDeps } from "./deps.js";
import { isStoreAway, toMessage } from "./failures.js";

export interface PassRequest {
  /** Takes the lease; undefined if there is nothing to do here, or somebody else does it. */
  readonly claim: () => Promise<Claim | undefined>;
  readonly callClass: CallClass;
  readonly signal: AbortSignal;
}

/** What a pass over one workspace came to. */
export type Pass =
  | {
      readonly kind: "observed";
      readonly changes: readonly PlannedChange[];
      readonly loaded: Pick<LoadedWorkspace, "now" | "openChanges">;
    }
  /** Why is in the workspace's row. */
  | { readonly kind: "failed" }
  /** There was no lease to take: nothing was done. */
  | { readonly kind: "not-claimed" }
  /** Somebody else took the lease meanwhile, or stored a newer observation: nothing was written. */
  | { readonly kind: "lost" };

interface Passing {
  readonly claim: Claim;
  readonly callClass: CallClass;
  readonly signal: AbortSignal;
}

interface Look {
  /** Database time before the first page was asked for. */
  readonly observedAt: number;
  /** Undefined: Atlas has no such workspace. */
  readonly observations: readonly Observation[] | undefined;
  readonly pages: number;
  /** Read only when asked for. */
  readonly stats: ReadonlyMap<string, () => ProcessorStats | undefined>;
}

/** No change is open in a workspace that is as it was. */
const NOTHING_OPEN = { now: 0, openChanges: [] } as const;

interface Loaded {
  readonly loaded: LoadedWorkspace;
  readonly facts: WorkspaceFacts;
}

/**
 * Passes over one workspace and gives the lease back. Its deadline runs from the lease. Throws only if Postgres is
 * away. Idempotent: a later pass that has stored a newer observation makes the store of this one write nothing.
 */
export async function passOverWorkspace(deps: ActivityDeps, request: PassRequest): Promise<Pass> {
  const claim = await request.claim();
  if (claim === undefined) return { kind: "not-claimed" };
  deps.metrics.add("headgate_passes_total");
  const deadline = AbortSignal.timeout(deps.settings.workspaceDeadlineMs);
  const passing = { ...request, claim, signal: AbortSignal.any([request.signal, deadline]) };
  try {
    const look = await lookAtAtlas(deps, passing);
    return (await storeUnchanged(deps, claim, look)) ?? (await judge(deps, passing, look));
  } catch (error) {
    if (isStoreAway(error)) throw error;
    await storeFailure(deps, claim, error);
    return { kind: "failed" };
  }
}

/**
 * Pays for each page before it is asked for. A processor whose name Headgate could not declare is passed over: it is
 * nobody's business, and must not hold up its neighbours.
 */
async function lookAtAtlas(deps: ActivityDeps, { claim, callClass, signal }: Passing): Promise<Look> {
  const { project } = claim.ref;
  const observedAt = await admitCalls(deps, { project, calls: claim.pages, callClass });
  let pagesAdmitted = claim.pages;
  const stats = new Map<string, () => ProcessorStats | undefined>();
  const listing = await deps.atlas.listProcessors(claim.ref, {
    signal,
    onStats: (processor, read) => stats.set(processor, read),
    timeoutMs: deps.settings.readTimeoutMs,
    admit: async () => {
      if (pagesAdmitted > 0) pagesAdmitted -= 1;
      else await admitCalls(deps, { project, calls: 1, callClass });
    },
    pageSize: claim.pageSize,
    onSmallerPages: (pageSize) => deps.store.rememberPageSize({ ref: claim.ref, pageSize }),
  });
  const observations = listing?.observations.filter(({ processor }) => isName(processor));
  return { observedAt, observations, pages: listing?.pages ?? 1, stats };
}

/** Undefined: there is something to judge, or may be. */
async function storeUnchanged(deps: ActivityDeps, claim: Claim, look: Look): Promise<Pass | undefined> {
  const last = deps.quiet.recall(claim.ref);
  if (last === undefined || look.observations === undefined) return undefined;
  if (digestList(look.observations) !== last.seen) return undefined;
  const { observedAt, pages } = look;
  const intervalMs = toIntervalMs(deps.settings, { pagesInProject: last.pagesInProject, isAbsent: false });
  const count = look.observations.length;
  const isStored = await deps.store.storeUnchanged({ claim, observedAt, count, pages, intervalMs, last });
  return isStored ? { kind: "observed", changes: [], loaded: NOTHING_OPEN } : undefined;
}

async function judge(deps: ActivityDeps, passing: Passing, look: Look): Promise<Pass> {
  const judged = await load(deps, passing, look);
  if (judged === undefined) return { kind: "lost" };
  const { loaded, facts } = judged;
  const plan = withStopsSampled(planWorkspace(facts, deps), facts, (one) => look.stats.get(one)?.());
  remember(deps, look, { ...judged, plan });
  const isStored = await store(deps, { ...judged, claim: passing.claim, look, plan });
  return isStored ? { kind: "observed", changes: plan.changes, loaded } : { kind: "lost" };
}

/** By what Atlas listed: what was asked for beside it is in the status. */
function remember(
  deps: ActivityDeps,
  look: Look,
  { loaded, facts, plan }: Loaded & { readonly plan: WorkspacePlan },
): void {
  const { ref, now, stamp, pagesInProject } = loaded;
  const until = findQuietUntil(facts, plan, deps.scheduler);
  if (until === undefined || stamp === null || look.observations === undefined) return;
  const seen = digestList(look.observations);
  deps.quiet.remember(ref, { seen, stamp, from: now, until, pagesInProject });
}

/** Undefined if the workspace was forgotten meanwhile. A complete list ends a hold that a denied list began. */
async function load(deps: ActivityDeps, passing: Passing, look: Look): Promise<Loaded | undefined> {
  const { ref } = passing.claim;
  const loaded = await deps.store.loadWorkspace(ref);
  if (loaded === undefined) return undefined;
  const facts: WorkspaceFacts = {
    ref,
    now: loaded.now,
    observedAt: look.observedAt,
    ...(await explainNews(deps, passing, { loaded, seen: look.observations })),
    processors: loaded.processors,
    stats: readStats(loaded, look, deps.settings),
    hold: loaded.hold?.by === "list" ? null : loaded.hold,
    brakeReleased: loaded.brakeReleased,
    recentMutations: loaded.recentMutations,
    openInWorkspace: loaded.openChanges.length,
    openInProject: loaded.openInProject,
    openByKey: loaded.openByKey,
    openStartsInTurn: loaded.openStartsInTurn,
    incidents: loaded.incidents,
    settings: deps.settings,
  };
  return { loaded, facts: { ...facts, incidents: await stepIncidents(deps, facts, loaded) } };
}

/**
 * Only of those that have something to prove, or whose position is due: what the others count must make no pass another
 * one.
 */
function readStats(
  { processors, now }: LoadedWorkspace,
  { observations, stats }: Look,
  settings: WorkspaceFacts["settings"],
): WorkspaceFacts["stats"] {
  const isSampled = toSampler({ processors, now, settings });
  const listed = new Map((observations ?? []).map((one) => [one.processor, one]));
  const wanted = processors.filter((one) => {
    const observation = listed.get(one.processor);
    return (one.status?.proof ?? null) !== null || (observation !== undefined && isSampled(one, observation));
  });
  const read = wanted.map(({ processor }) => [processor, stats.get(processor)?.()] as const);
  return Object.fromEntries(
    read.filter((one): one is readonly [string, ProcessorStats] => one[1] !== undefined),
  );
}

/**
 * Asks Atlas why a processor FAILED, or else who moved one, if that is news and the list did not say: one call a pass,
 * and none otherwise. Who is not asked about now is asked about by the next pass.
 */
async function explainNews(
  deps: ActivityDeps,
  { claim, signal }: Passing,
  { loaded, seen }: { readonly loaded: LoadedWorkspace; readonly seen: readonly Observation[] | undefined },
): Promise<Pick<WorkspaceFacts, "observations" | "movers">> {
  if (seen === undefined) return { observations: undefined, movers: {} };
  const { ref } = claim;
  const call = { signal, timeoutMs: deps.settings.readTimeoutMs };
  const known = new Map(loaded.processors.map((one) => [one.processor, one]));
  const isNewFailure = (one: Observation): boolean => isUnexplained(one, known.get(one.processor)?.status);
  if (seen.some(isNewFailure)) {
    const now = (): number => loaded.now;
    const asked = { ref, seen, isUnexplained: isNewFailure, now, call };
    return { observations: await explainFailures(deps, asked), movers: {} };
  }
  const { now, observedAt: seenBefore } = loaded;
  const wanted = seen.flatMap((one) => {
    const facts = known.get(one.processor);
    const since = facts && findDriftToAttribute(facts, one, { seenBefore, now });
    return since === undefined ? [] : [{ processor: one.processor, since }];
  });
  return { observations: seen, movers: await findMovers(deps, { ref, wanted, call }) };
}

/** False if the lease was lost: nothing is written then. */
function store(
  deps: ActivityDeps,
  {
    claim,
    look,
    loaded,
    facts,
    plan,
  }: Loaded & { readonly claim: Claim; readonly look: Look; readonly plan: WorkspacePlan },
): Promise<boolean> {
  const intervalMs = toIntervalMs(deps.settings, {
    pagesInProject: loaded.pagesInProject,
    isAbsent: facts.observations === undefined,
  });
  const endsHold = loaded.hold?.by === "list";
  const { revisions } = loaded;
  return deps.store.storePass({ claim, facts, plan, revisions, pages: look.pages, intervalMs, endsHold });
}

/**
 * An error that is none of ours is a defect of Headgate, or a row that this version does not understand: logged as one.
 */
async function storeFailure(deps: ActivityDeps, claim: Claim, error: unknown): Promise<void> {
  const { log, metrics, settings } = deps;
  metrics.add("headgate_passes_failed_total");
  const isExpected = error instanceof AppError;
  const text = `${isExpected ? error.code : "unexpected"}: ${toMessage(error)}`;
  const fields = { ...claim.ref, error: text };
  if (isExpected) log.warn("pass.failed", fields);
  else log.error("pass.failed", { ...fields, stack: redact((error instanceof Error && error.stack) || "") });
  const isDenied = isExpected && error.code === "atlas.denied";
  const hold = isDenied ? { why: error.message, recheckMs: settings.holdRecheckMs } : null;
  // If Postgres refuses the text itself, the row still says that something is wrong.
  for (const told of [text, "unexpected: the worker's log says what"]) {
    try {
      await deps.store.storeFailedPass({ claim, error: told, hold });
      return;
    } catch (refusal) {
      if (isStoreAway(refusal)) throw refusal;
      log.error("pass.not-recorded", { ...claim.ref, error: toMessage(refusal) });
    }
  }
}
