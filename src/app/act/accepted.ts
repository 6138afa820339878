// What came in over the network, before it is carried out: a line of the journal that says who asked for what, and the
// answer kept for a client that asks again. What was done stands in the journal by itself; this is how it came about.
import type { ProcessorRef } from "../../domain/refs.js";
import { claimKey, keepAnswer, releaseKey } from "../../store/people/idempotency-keys.js";
import type { KeptAnswer, KeyClaim, RequestKey } from "../../store/people/idempotency-keys.js";
import { writeJournal } from "../../store/rows/journal.js";
import type { AppDeps } from "../deps.js";

export type { KeptAnswer, RequestKey } from "../../store/people/idempotency-keys.js";

export interface AcceptedRequest {
  /** As far down as it speaks: nothing at all for one about several projects. */
  readonly place: Partial<ProcessorRef>;
  readonly method: string;
  /** As it is documented, with names of parameters for their values. */
  readonly route: string;
  readonly requestId: string;
}

/** One statement. Not idempotent: call it once. */
export async function acceptRequest(
  { store, actor }: Pick<AppDeps, "store" | "actor">,
  { place, method, route, requestId }: AcceptedRequest,
): Promise<void> {
  const { project = null, workspace = null, processor = null } = place;
  const text = `${method} ${route} (request ${requestId})`;
  await writeJournal(store, [{ project, workspace, processor, kind: "request.accepted", actor, text }]);
}

type StoreDeps = Pick<AppDeps, "store">;

/** Of two equal requests at once exactly one gets the claim; the hash tells which are equal. */
export function claimRequest({ store }: StoreDeps, key: RequestKey, hash: string): Promise<KeyClaim> {
  return claimKey(store, key, hash);
}

export function keepRequestAnswer({ store }: StoreDeps, key: RequestKey, answer: KeptAnswer): Promise<void> {
  return keepAnswer(store, key, answer);
}

/** For a request that changed nothing: it may be sent again. */
export function releaseRequest({ store }: StoreDeps, key: RequestKey): Promise<void> {
  return releaseKey(store, key);
}
