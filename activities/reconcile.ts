// The tick's activity: claims workspaces, passes over them side by side, and starts the changes that each pass planned,
// as soon as that pass is stored. The failure of one workspace is data in its row; only Postgres being away fails the
// activity, after every pass has ended, so that no pass goes on behind a retry of its own batch.
import { sleep } from "@temporalio/activity";
import type { LimitFunction } from "p-limit";
import { toPlannedRequest } from "../src/domain/change/requests.js";
import type { ChangeRequest } from "../src/domain/change/requests.js";
import type { WorkspaceRef } from "../src/domain/refs.js";
import type { Claim } from "../src/store/pass/leases.js";
import type { ReconcileBatch, ReconcileBatchInput } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { toMessage } from "./failures.js";
import { settleLost } from "./lost-changes.js";
import { passOverWorkspace } from "./pass.js";

/** Between two looks at leases that others hold. */
const LEASE_POLL_MS = 250;

/** Limits that all batches of one worker share. */
export interface WorkerLimits {
  /** Passes at once. */
  readonly passes: LimitFunction;
  /** Starts of changes that Temporal is asked for at once. */
  readonly starts: LimitFunction;
}

export interface BatchRequest {
  readonly input: ReconcileBatchInput;
  /** Whose leases they are. */
  readonly owner: string;
  readonly signal: AbortSignal;
}

interface Batch extends BatchRequest {
  readonly deps: ActivityDeps;
  readonly limits: WorkerLimits;
  /** Changes this batch may still start, by project; those that are missing are as a batch begins. */
  readonly places: Map<string, number>;
}

/** Throws `store.unavailable` only. A retry takes over what an earlier attempt of the same owner had claimed. */
export async function reconcileDueWorkspaces(
  deps: ActivityDeps,
  limits: WorkerLimits,
  asked: BatchRequest,
): Promise<ReconcileBatch> {
  const batch: Batch = { ...asked, deps, limits, places: new Map() };
  const passes: Promise<PassCounts>[] = [];
  const begin = (claims: readonly Claim[]): void => {
    // A pass that queued so long that its lease would not cover it is not begun.
    const beginBy = performance.now() + deps.settings.leaseMs - deps.settings.workspaceDeadlineMs;
    passes.push(...claims.map((claim) => limits.passes(() => passOver(batch, { claim, beginBy }))));
  };
  // Passes begin while named workspaces are still being claimed. All are waited for, whatever failed first.
  const claiming = claimWorkspaces(batch, begin);
  const [claimed] = await Promise.allSettled([claiming]);
  const ended = await Promise.allSettled(passes);
  const failure = [claimed, ...ended].find((one) => one.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  const counts = toCounts(ended.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
  const { tickAt, left } = await claiming;
  if (counts.started > 0 || counts.failed > 0 || counts.notStarted > 0)
    deps.log.info("batch.finished", counts);
  const { observed, failed, started, alreadyChanging } = counts;
  const batchesLeft = Math.ceil(left / deps.settings.claimSize);
  return { tickAt, observed, failed, batchesLeft, started, alreadyChanging, changes: [] };
}

interface Claimed {
  readonly tickAt: number;
  readonly left: number;
}

/** Whatever is due, or those that somebody named, wherever their next pass is due. */
async function claimWorkspaces(
  { deps, input, owner }: Batch,
  begin: (claims: readonly Claim[]) => void,
): Promise<Claimed> {
  const { intervalMs, leaseMs, claimSize } = deps.settings;
  if (input.workspaces !== null) {
    await claimAllNamed(deps, { owner, refs: input.workspaces, begin });
    return { tickAt: input.tickAt ?? 0, left: 0 };
  }
  const due = { owner, tickAt: input.tickAt, limit: claimSize, intervalMs, leaseMs };
  const { claims, tickAt, left } = await deps.store.claimDue(due);
  begin(claims);
  return { tickAt, left };
}

/** Begins each pass as soon as its lease is had; waits for those that others hold, no longer than a lease lasts. */
async function claimAllNamed(
  deps: ActivityDeps,
  named: {
    readonly owner: string;
    readonly refs: readonly WorkspaceRef[];
    readonly begin: (claims: readonly Claim[]) => void;
  },
): Promise<void> {
  const { leaseMs } = deps.settings;
  const giveUpAt = performance.now() + leaseMs;
  for (let wanted = named.refs; ;) {
    const { claims, held } = await deps.store.claimNamed({ owner: named.owner, leaseMs, refs: wanted });
    named.begin(claims);
    if (held.length === 0 || performance.now() >= giveUpAt) return;
    wanted = held;
    await sleep(LEASE_POLL_MS);
  }
}

interface ClaimedWorkspace {
  readonly claim: Claim;
  /** By this process's own clock: later its lease would not cover it. */
  readonly beginBy: number;
}

interface PassCounts {
  readonly observed: number;
  readonly failed: number;
  readonly started: number;
  readonly alreadyChanging: number;
  /** Temporal did not take them, or the batch had started as many as it may: planned again by the next pass. */
  readonly notStarted: number;
}

const NOTHING: PassCounts = { observed: 0, failed: 0, started: 0, alreadyChanging: 0, notStarted: 0 };

function toCounts(passes: readonly PassCounts[]): PassCounts & Record<string, number> {
  const sum = (key: keyof PassCounts): number => passes.reduce((total, one) => total + one[key], 0);
  return {
    observed: sum("observed"),
    failed: sum("failed"),
    started: sum("started"),
    alreadyChanging: sum("alreadyChanging"),
    notStarted: sum("notStarted"),
  };
}

/** A lost change is settled before new ones are started: its row is in their way. */
async function passOver(batch: Batch, claimed: ClaimedWorkspace): Promise<PassCounts> {
  const { deps, input, signal } = batch;
  const { ref } = claimed.claim;
  const pass = await passOverWorkspace(deps, {
    claim: () => keepOrGiveBack(batch, claimed),
    // Somebody waits for the pass of a named workspace: it draws calls as a change does.
    callClass: input.workspaces === null ? "pass" : "change",
    signal,
  });
  if (pass.kind !== "observed") return { ...NOTHING, failed: pass.kind === "failed" ? 1 : 0 };
  if (input.isLookOnly) return { ...NOTHING, observed: 1 };
  const resumed = await settleLost(deps, ref, pass.loaded);
  const requests = [...resumed, ...pass.changes.map(toPlannedRequest)];
  const taken = takePlaces(batch, ref.project, requests);
  const started = await startChanges(batch, taken);
  const left = requests.length - taken.length;
  // Somebody waits for what was named: the rest is not left to the next interval.
  if (left > 0 && input.workspaces !== null) await requestAnother(deps, ref);
  return { ...NOTHING, ...started, notStarted: started.notStarted + left, observed: 1 };
}

/**
 * As many as the batch has places for in that project: no more may be open there, and a run that finds no place has
 * cost Temporal its history for nothing. The rest is planned again by the next pass.
 */
function takePlaces(
  { places, deps }: Batch,
  project: string,
  requests: readonly ChangeRequest[],
): readonly ChangeRequest[] {
  const left = places.get(project) ?? deps.settings.plannedMax;
  const taken = requests.slice(0, left);
  places.set(project, left - taken.length);
  return taken;
}

/** If Temporal does not take it, nothing is lost: the next tick finds what is left. */
async function requestAnother({ runs, log }: ActivityDeps, ref: WorkspaceRef): Promise<void> {
  try {
    await runs.requestPass(ref);
  } catch (error) {
    log.warn("pass.not-requested", { ...ref, error: toMessage(error) });
  }
}

async function startChanges(
  batch: Batch,
  taken: readonly ChangeRequest[],
): Promise<Pick<PassCounts, "started" | "alreadyChanging" | "notStarted">> {
  const ends = await Promise.all(
    taken.map((request) => batch.limits.starts(() => tryToStart(batch.deps, request))),
  );
  const count = (end: StartEnd): number => ends.filter((one) => one === end).length;
  return {
    started: count("started"),
    alreadyChanging: count("running"),
    notStarted: count("refused"),
  };
}

type StartEnd = "started" | "running" | "refused";

/** A lease that no longer covers a whole pass would be taken over in the middle of it. */
async function keepOrGiveBack(
  { deps, signal }: Batch,
  { claim, beginBy }: ClaimedWorkspace,
): Promise<Claim | undefined> {
  if (performance.now() <= beginBy && !signal.aborted) return claim;
  await deps.store.giveBack(claim);
  return undefined;
}

/** Idempotent by the id of the run. Where Temporal does not take it, nothing is lost: the next pass plans it again. */
async function tryToStart({ runs, log }: ActivityDeps, request: ChangeRequest): Promise<StartEnd> {
  try {
    return (await runs.startChange(request)) === undefined ? "running" : "started";
  } catch (error) {
    log.warn("change.not-started", { ...request.ref, kind: request.kind, error: toMessage(error) });
    return "refused";
  }
}
