// Whether Temporal still gives a worker work. The SDK's worker says RUNNING while its polls are refused, so this asks
// by a call of its own: the same poll, of a queue that is always empty.
import type { Client } from "@temporalio/client";
import type { Installation } from "../domain/run-names.js";
import type { AppError } from "../base/errors.js";
import { isRefusal, isThere, toTemporalTarget, toTemporalError } from "./errors.js";

export type Presence =
  | { readonly kind: "there" }
  /** No answer, or one that says nothing of us: an outage, which passes. */
  | { readonly kind: "away"; readonly error: AppError }
  /** The namespace is gone, or we may not poll it. */
  | { readonly kind: "refused"; readonly error: AppError };

/** The server answers an empty poll two seconds earlier, and refuses one that leaves it no time. */
const PATIENCE_MS = 5_000;

/** Never throws for what it looks for; rejects as aborted if the signal says so. */
export async function readPresence(
  { client, installation }: { readonly client: Client; readonly installation: Installation },
  signal: AbortSignal,
): Promise<Presence> {
  const request = {
    namespace: client.options.namespace,
    taskQueue: { name: `${installation.taskQueue}-watch` },
    identity: client.options.identity,
  };
  const poll = (): Promise<unknown> => client.workflowService.pollActivityTaskQueue(request);
  try {
    await client.withAbortSignal(signal, () => client.withDeadline(Date.now() + PATIENCE_MS, poll));
    return { kind: "there" };
  } catch (error) {
    signal.throwIfAborted();
    if (isThere(error)) return { kind: "there" };
    const told = toTemporalError(error, toTemporalTarget(client));
    return { kind: isRefusal(error) ? "refused" : "away", error: told };
  }
}
