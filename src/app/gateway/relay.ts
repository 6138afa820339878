// Other clients' requests to Atlas, sent with Headgate's own credentials and paid from the project's budget. A read
// that Atlas did not answer well is asked again until the caller's time is over, because no client of Atlas asks twice.
// A write is sent again only if Atlas cannot have carried it out.
import { setTimeout as delay } from "node:timers/promises";
import { BUDGETED_PATH } from "../../atlas/caller.js";
import type { RelayReply, RelayRequest } from "../../atlas/client.js";
import { admitPerson } from "../person-calls.js";
import { AppError } from "../../base/errors.js";
import type { AppDeps } from "../deps.js";

export type { RelayReply, RelayRequest } from "../../atlas/client.js";

export interface RelayPatience {
  /** On performance.now()'s clock: nothing is asked again past it. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

const RETRY_MS = { first: 500, factor: 2, most: 5_000 };

/**
 * Atlas's answer, whatever it says. Throws the AppError of the last try if none came in time: `atlas.unavailable`,
 * `atlas.rate_limited`, and for a write that may have taken effect `atlas.ambiguous`.
 */
export async function relay(
  deps: AppDeps,
  request: RelayRequest,
  patience: RelayPatience,
): Promise<RelayReply> {
  for (let pauseMs = RETRY_MS.first; ; pauseMs = Math.min(pauseMs * RETRY_MS.factor, RETRY_MS.most)) {
    const tried = await tryOnce(deps, request, patience);
    if (tried.kind === "settled") return tried.reply;
    const waitMs = Math.max(pauseMs, tried.retryAfterMs ?? 0);
    if (performance.now() + waitMs > patience.deadline) {
      if (tried.error !== undefined) throw tried.error;
      return tried.reply;
    }
    await delay(waitMs, undefined, { signal: patience.signal });
  }
}

type Tried =
  | { readonly kind: "settled"; readonly reply: RelayReply }
  | {
      readonly kind: "again";
      readonly reply: RelayReply;
      readonly error?: undefined;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: "again"; readonly error: AppError; readonly retryAfterMs?: number };

async function tryOnce(
  deps: AppDeps,
  request: RelayRequest,
  { deadline, signal }: RelayPatience,
): Promise<Tried> {
  try {
    const { client } = await deps.atlas();
    if (BUDGETED_PATH.test(request.path)) await admitPerson(deps, request.project);
    // A write is not given up before its caller is: its fate would be unknown for nothing.
    const timeoutMs = request.method === "GET" ? deps.settings.readTimeoutMs : Number.MAX_SAFE_INTEGER;
    const reply = await client.relay(request, {
      deadline: Math.min(deadline, performance.now() + timeoutMs),
      signal,
    });
    return mayAskAgain(request, reply.status)
      ? { kind: "again", reply, ...toRetryAfter(reply) }
      : { kind: "settled", reply };
  } catch (error) {
    if (!(error instanceof AppError) || !isPassing(request, error)) throw error;
    return {
      kind: "again",
      error,
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    };
  }
}

/** Of a write only a 429 says that nothing was done. */
function mayAskAgain({ method }: RelayRequest, status: number): boolean {
  return status === 429 || (method === "GET" && status >= 500);
}

function isPassing({ method }: RelayRequest, { code, context }: AppError): boolean {
  if (code !== "atlas.unavailable" && code !== "atlas.rate_limited") return false;
  return method === "GET" || context["sent"] !== true;
}

function toRetryAfter({ headers }: RelayReply): { readonly retryAfterMs?: number } {
  const seconds = /^\d{1,4}$/.exec(headers["retry-after"] ?? "")?.[0];
  return seconds === undefined ? {} : { retryAfterMs: Number(seconds) * 1_000 };
}
