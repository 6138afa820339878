// The look that all waiting changes of a workspace share. A change that needs a fresh observation of its processor
// takes the stored one if it is fresh enough; otherwise one of those who wait makes a whole pass, which serves them
// all. It never waits itself: "not yet" is an answer, and the caller's attempt ends with it.
import type { Observation } from "../src/domain/observation.js";
import type { ProcessorRef } from "../src/domain/refs.js";
import type { ProcessorStatus } from "../src/domain/status.js";
import type { CallClass } from "../src/store/pass/budgets.js";
import type { ActivityDeps } from "./deps.js";
import { passOverWorkspace } from "./pass.js";

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

/** Undefined: somebody else is looking, or looked less than a poll interval ago. Ask again after `pollMs`. */
export async function seeShared(deps: ActivityDeps, request: SharedRequest): Promise<Seen | undefined> {
  const first = await readIfFresh(deps, request);
  if (first !== undefined) return first;
  const { ref, owner, callClass, signal, newerThan } = request;
  const { leaseMs, pollMs } = deps.settings;
  const { project, workspace } = ref;
  const pass = await passOverWorkspace(deps, {
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
  return pass.kind === "not-claimed" ? undefined : readIfFresh(deps, request);
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
