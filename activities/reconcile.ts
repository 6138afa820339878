// The tick's activity: claims workspaces, observes them side by side, and hands the planned changes back. The failure of
// one workspace is data in its row; only Postgres being away fails the activity.
import { activityInfo, heartbeat, sleep } from "@temporalio/activity";
import type { ChangeRequest } from "../src/domain/change.js";
import { close } from "../src/domain/outcome.js";
import type { WorkspacePlan } from "../src/domain/workspace-plan.js";
import { formatWorkspaceRef, toChangeWorkflowId } from "../src/domain/refs.js";
import type { WorkspaceRef } from "../src/domain/refs.js";
import type { Claim } from "../src/store/leases.js";
import type { OpenRow } from "../src/store/workspaces.js";
import type { ReconcileBatch, ReconcileBatchInput } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { observeWorkspace } from "./observe.js";
import type { ObservedWorkspace } from "./observe.js";

/** Expired rows one tick deletes at most. */
const RETENTION_LIMIT = 1_000;
const LEASE_POLL_MS = 250;

export async function reconcileDueWorkspaces(
  deps: ActivityDeps,
  input: ReconcileBatchInput,
  signal: AbortSignal,
): Promise<ReconcileBatch> {
  const { claims, tickAt, left } = await claimWorkspaces(deps, input);
  const passes = await Promise.all(claims.map((claim) => runPass(deps, { claim, input, signal })));
  if (input.tickAt === null && input.workspaces === null) await deps.store.deleteExpired(RETENTION_LIMIT);
  const changes = passes.flatMap((pass) => pass ?? []);
  const failed = passes.filter((pass) => pass === undefined).length;
  if (changes.length > 0 || failed > 0) {
    deps.log.info("pass.finished", { workspaces: claims.length, failed, changes: changes.length });
  }
  return {
    tickAt,
    observed: claims.length - failed,
    failed,
    batchesLeft: Math.ceil(left / deps.settings.claimSize),
    changes: input.isLookOnly ? [] : changes.slice(0, deps.settings.plannedMax),
  };
}

interface Claimed {
  readonly claims: readonly Claim[];
  readonly tickAt: number;
  readonly left: number;
}

async function claimWorkspaces(deps: ActivityDeps, input: ReconcileBatchInput): Promise<Claimed> {
  const { intervalMs, leaseMs, claimSize } = deps.settings;
  const owner = toOwner();
  if (input.workspaces === null) {
    return deps.store.claimDue({ owner, tickAt: input.tickAt, limit: claimSize, intervalMs, leaseMs });
  }
  const claims = await claimAllNamed(deps, { owner, refs: input.workspaces });
  return { claims, tickAt: input.tickAt ?? 0, left: 0 };
}

/** Waits for leases that others hold, no longer than a lease lasts. */
async function claimAllNamed(
  deps: ActivityDeps,
  wanted: { readonly owner: string; readonly refs: readonly WorkspaceRef[] },
): Promise<readonly Claim[]> {
  const { leaseMs } = deps.settings;
  const claims: Claim[] = [];
  for (let waitedMs = 0; waitedMs <= leaseMs; waitedMs += LEASE_POLL_MS) {
    const got = new Set(claims.map(({ ref }) => formatWorkspaceRef(ref)));
    const refs = wanted.refs.filter((ref) => !got.has(formatWorkspaceRef(ref)));
    if (refs.length === 0) break;
    claims.push(...(await deps.store.claimNamed({ owner: wanted.owner, leaseMs, refs })));
    if (claims.length === wanted.refs.length) break;
    await sleep(LEASE_POLL_MS);
  }
  return claims;
}

/** Stable over the retries of this activity: they may take over what an earlier attempt had claimed. */
function toOwner(): string {
  const { workflowExecution, activityId } = activityInfo();
  return `${workflowExecution?.workflowId ?? ""}/${workflowExecution?.runId ?? ""}/${activityId}`;
}

interface PassRequest {
  readonly claim: Claim;
  readonly input: ReconcileBatchInput;
  readonly signal: AbortSignal;
}

async function runPass(
  deps: ActivityDeps,
  request: PassRequest,
): Promise<readonly ChangeRequest[] | undefined> {
  const { claim, input } = request;
  const deadline = AbortSignal.timeout(deps.settings.workspaceDeadlineMs);
  const signal = AbortSignal.any([request.signal, deadline]);
  const callClass = input.workspaces === null ? "pass" : "change";
  const observed = await observeWorkspace(deps, { claim, callClass, signal });
  heartbeat();
  if (observed === undefined) return undefined;
  const resumed = input.isLookOnly ? [] : await settleLost(deps, claim.ref, observed);
  return [...resumed, ...observed.changes.map(toRequest)];
}

function toRequest(planned: WorkspacePlan["changes"][number]): ChangeRequest {
  return { ...planned, requestedBy: "pass", actor: "headgate", isBulk: false, options: null, resumes: null };
}

/** Open rows whose run is gone: closed as lost, or taken over where they owe a start. Only where Temporal answers. */
async function settleLost(
  deps: ActivityDeps,
  ref: WorkspaceRef,
  { loaded }: ObservedWorkspace,
): Promise<readonly ChangeRequest[]> {
  const oldEnough = loaded.openChanges.filter(
    ({ openedAt }) => openedAt <= loaded.now - deps.settings.intervalMs,
  );
  const settled = await Promise.all(
    oldEnough.map(async (row) => {
      const isOpen = await deps.runs.isOpen(row.workflowId, row.runId).catch(() => true);
      return isOpen ? undefined : settleRow(deps, ref, row);
    }),
  );
  return settled.filter((request) => request !== undefined);
}

async function settleRow(
  deps: ActivityDeps,
  ref: WorkspaceRef,
  row: OpenRow,
): Promise<ChangeRequest | undefined> {
  deps.log.warn("change.lost", {
    ...ref,
    processor: row.processor,
    change: row.id,
    owesStart: row.owesStart,
  });
  if (row.owesStart) return toResumed(ref, row);
  const ending = { outcome: "lost", code: "run-gone", text: "its workflow run is gone" } as const;
  await deps.store.closeChange({
    runId: row.runId,
    holdRecheckMs: deps.settings.holdRecheckMs,
    judge: (facts) => ({ ...close({ ...facts, ending, seen: null }), ending }),
  });
  return undefined;
}

function toResumed(workspace: WorkspaceRef, row: OpenRow): ChangeRequest {
  const ref = { ...workspace, processor: row.processor };
  return {
    ref,
    kind: "restart",
    requestedBy: "pass",
    actor: "headgate",
    why: `${toChangeWorkflowId(ref)} was lost after its stop: it owes a start`,
    policyVersion: null,
    slotAt: null,
    plannedFrom: null,
    isReleased: false,
    isTrial: false,
    isBulk: false,
    options: null,
    resumes: row.id,
  };
}
