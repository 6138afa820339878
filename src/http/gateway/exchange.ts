// One request of a client of Atlas on its way through the gateway: who sent it, what it is about, how long it waits.
// What has no answer in time, and what breaks on our side, becomes an error in Atlas's form here.
import { AppError } from "../../base/errors.js";
import type { AppDeps } from "../../app/deps.js";
import { isInScope, hasRight } from "../../domain/access.js";
import type { KeyHolder, Place, Right } from "../../domain/access.js";
import type { AtlasError, Rendered } from "./form.js";
import { renderError } from "./form.js";

export interface GatewayExchange {
  /** The key's name is its actor. */
  readonly app: AppDeps;
  readonly holder: KeyHolder;
  readonly requestId: string;
  readonly method: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Aborted if the client has gone away, or the server ends. */
  readonly signal: AbortSignal;
  /** On performance.now()'s clock. */
  readonly deadline: number;
}

/** None of four vendor clients gave up within 130 s (docs/atlas.md 12). */
const WAIT_S = { byDefault: 100, most: 300 };

/** Seconds, by the preference of RFC 7240; what cannot be read is no preference. */
export function toWaitSeconds(prefer: string | undefined): number {
  const asked = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})/i.exec(prefer ?? "")?.[1];
  return asked === undefined ? WAIT_S.byDefault : Math.min(Number(asked), WAIT_S.most);
}

/** 403 that names the right or the scope; undefined if the key may. A read is never a 404 for want of a right. */
export function refuseWithoutRight(holder: KeyHolder, right: Right, place: Place): AtlasError | undefined {
  if (hasRight(holder, right) && isInScope(holder, place)) return undefined;
  const what = hasRight(holder, right)
    ? `is for project ${holder.scope.project}, workspace ${holder.scope.workspace} alone`
    : `has the role ${holder.role}, which lacks the right "${right}"`;
  return { status: 403, errorCode: "USER_UNAUTHORIZED", detail: `Headgate's key "${holder.name}" ${what}.` };
}

interface Failure {
  readonly status: number;
  readonly errorCode: string;
  readonly words: (error: AppError) => string;
}

const UNAVAILABLE: Failure = {
  status: 503,
  errorCode: "SERVICE_UNAVAILABLE",
  words: ({ message }) => `Headgate cannot do this now: ${message}`,
};
/** By the beginning of an error's code; the last row is for what nobody foresaw. */
const FAILURES: readonly (readonly [string, Failure])[] = [
  ["atlas.rate_limited", { status: 429, errorCode: "RATE_LIMITED", words: ({ message }) => message }],
  [
    "atlas.ambiguous",
    {
      status: 504,
      errorCode: "GATEWAY_TIMEOUT",
      words: ({ message }) => `${message}. Whether it took effect is not known: look before it is sent again`,
    },
  ],
  [
    "atlas.denied",
    {
      status: 502,
      errorCode: "BAD_GATEWAY",
      words: ({ message }) => `Atlas refused Headgate's own credentials: ${message}`,
    },
  ],
  ["atlas.unavailable", { status: 504, errorCode: "GATEWAY_TIMEOUT", words: ({ message }) => message }],
  ["atlas.", { status: 502, errorCode: "BAD_GATEWAY", words: ({ message }) => message }],
  ["config.", UNAVAILABLE],
  ["temporal.", UNAVAILABLE],
  ["store.", UNAVAILABLE],
  ["request.", { status: 409, errorCode: "CONFLICT", words: ({ message }) => message }],
];

/** Undefined for a defect of ours, whose words are not for clients. */
export function toFailureForm(error: unknown): AtlasError | undefined {
  if (!(error instanceof AppError)) return undefined;
  const [, failure] = FAILURES.find(([prefix]) => error.code.startsWith(prefix)) ?? [];
  if (failure === undefined) return undefined;
  const waitMs = error.retryAfterMs ?? (failure === UNAVAILABLE ? 5_000 : undefined);
  return {
    status: failure.status,
    errorCode: failure.errorCode,
    detail: failure.words(error),
    ...(waitMs === undefined ? {} : { headers: { "retry-after": String(Math.ceil(waitMs / 1_000)) } }),
  };
}

/** What every handler of the gateway answers with. */
export function refuseWith(exchange: Pick<GatewayExchange, "query">, error: AtlasError): Rendered {
  return renderError(error, exchange.query);
}
