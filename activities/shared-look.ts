// The look that all waiting changes of a workspace share. A change that needs a fresh observation of its processor
// takes the stored one if it is fresh enough; otherwise one of those who wait makes a whole pass, which serves them
// all. They wait in place for as long as the next look may take: an attempt that ends and comes again costs Temporal
// more than the look. What takes longer is "not yet", and the caller's attempt ends with it.
import { setTimeout as delay } from "node:timers/promises";
import type { Observation } from "../src/domain/observation.js";
import { formatWorkspaceRef } from "../src/domain/refs.js";
import type { ProcessorRef } from "../src/domain/refs.js";
import type { ProcessorStatus } from "../src/domain/status.js";
import type { LoopStore } from "../src/store/loop-store.js";
import type { CallClass } from "../src/store/pass/budgets.js";
import type { ActivityDeps } from "./deps.js";
import { passOverWorkspace } from "./pass.js";
import type { Pass } from "./pass.js";

/** A processor as the newest complete LIST shows it. Times are database times. */
export interface Seen {
  /** Undefined: absent from two lists in a row. */
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

/** Of a poll interval: how long an attempt waits in place, and how soon it asks after somebody else's look again. */
const PATIENCE = 1.5;
const AGAIN = 0.1;

/**
 * Undefined: whoever else looks has not come to an end within a poll interval and a half, or the look failed. Ask again
 * after `pollMs`.
 */
export async function seeShared(deps: ActivityDeps, request: SharedRequest): Promise<Seen | undefined> {
  const { pollMs } = deps.settings;
  const giveUpAt = performance.now() + PATIENCE * pollMs;
  for (;;) {
    const { seen, lookInMs } = await read(deps, request);
    if (seen !== undefined) return seen;
    const pass = lookInMs <= 0 ? await lookTogether(deps, request) : undefined;
    if (pass?.kind === "failed") return undefined;
    if (pass?.kind === "observed") continue;
    const waitMs = Math.max(lookInMs, AGAIN * pollMs);
    if (performance.now() + waitMs > giveUpAt) return undefined;
    await delay(waitMs, undefined, { signal: request.signal });
  }
}

interface Reading {
  readonly seen: Seen | undefined;
  /** How long until the workspace may be looked at again on behalf of changes. */
  readonly lookInMs: number;
}

async function read(deps: ActivityDeps, request: SharedRequest): Promise<Reading> {
  const { now, observedAt, lookedAt, stored } = await deps.store.readSharedObservation(request.ref);
  const lookInMs = lookedAt === null ? 0 : lookedAt + deps.settings.pollMs - now;
  const notBefore = Math.max(request.newerThan, now - (request.maxAgeMs ?? Number.MAX_SAFE_INTEGER));
  // Absent from one list proves nothing (row `absent` of the decision table): whoever waits looks once more.
  const isProof = stored?.status.absences !== 1;
  if (observedAt === null || observedAt <= notBefore || !isProof) return { seen: undefined, lookInMs };
  const isListed = stored !== undefined && stored.status.absences === 0;
  const observation = isListed ? (stored.status.observed ?? undefined) : undefined;
  return { seen: { observation, observedAt, now, status: stored?.status }, lookInMs };
}

const looksOf = new WeakMap<LoopStore, Map<string, Promise<Pass>>>();

/** Of this process one look at a time per workspace and class of call: whoever wants another meanwhile waits for it. */
function lookTogether(deps: ActivityDeps, request: SharedRequest): Promise<Pass> {
  const looks = looksOf.get(deps.store) ?? new Map<string, Promise<Pass>>();
  looksOf.set(deps.store, looks);
  const key = `${request.callClass} ${formatWorkspaceRef(request.ref)}`;
  const underWay = looks.get(key);
  if (underWay !== undefined) return underWay;
  const look = lookOnce(deps, request).finally(() => looks.delete(key));
  looks.set(key, look);
  return look;
}

function lookOnce(
  deps: ActivityDeps,
  { ref, owner, callClass, signal, newerThan }: SharedRequest,
): Promise<Pass> {
  const { leaseMs, pollMs } = deps.settings;
  const { project, workspace } = ref;
  return passOverWorkspace(deps, {
    claim: () =>
      deps.store.claimForLook({
        ref: { project, workspace },
        owner,
        leaseMs,
        pollMs,
        // A person does not wait out the poll interval of a look that was made before they asked.
        askedAt: callClass === "person" ? newerThan : null,
      }),
    callClass,
    signal,
  });
}
