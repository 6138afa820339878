// The one error type of Headgate and its closed list of codes. Every AppError is redacted when it is built, so
// that logging one can never print a credential. Expected conditions (an absent processor, drift) are data, not errors.

/** Why something broke, by cause. Mapped once to Temporal in activities/failures.ts. */
export type ErrorCode =
  | "atlas.rate_limited"
  | "atlas.unavailable"
  | "atlas.ambiguous"
  | "atlas.conflict"
  | "atlas.rejected"
  | "atlas.denied"
  | "atlas.unintelligible"
  | "policy.invalid"
  | "config.invalid"
  | "request.refused"
  | "store.conflict"
  | "store.unavailable"
  | "temporal.unavailable"
  | "stack.failed";

/** What helps: try again, look again first, call an operator, or ask the author to change what was written. */
export type Remedy = "retry" | "reobserve" | "operator" | "author";

const REMEDIES: Record<ErrorCode, Remedy> = {
  "atlas.rate_limited": "retry",
  "atlas.unavailable": "retry",
  "atlas.ambiguous": "reobserve",
  "atlas.conflict": "reobserve",
  "atlas.rejected": "author",
  "atlas.denied": "operator",
  "atlas.unintelligible": "operator",
  "policy.invalid": "author",
  "config.invalid": "operator",
  "request.refused": "author",
  "store.conflict": "reobserve",
  "store.unavailable": "retry",
  "temporal.unavailable": "retry",
  "stack.failed": "operator",
};

/** Plain facts about the failure, safe to store and print: never a header, a body or a credential. */
export type ErrorContext = Record<string, string | number | boolean | null>;

export interface AppErrorOptions {
  readonly context?: ErrorContext;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

const SECRET_SHAPES: readonly RegExp[] = [
  /\b(Bearer|Basic|Digest)\s+[A-Za-z0-9+/=._~-]{8,}/gi,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?/g,
  /\bmdb_sa_sk_[A-Za-z0-9_-]+/g,
  /\bresponse\s*=\s*["'\\]*[0-9a-f]{32,}/gi,
  // A password may hold an "@" or, against the rules, a "/": the last "@" before a slash ends it, else the first of all.
  /(:\/\/[^:/\s@]*:)(?:[^/\s]+|[^@\s]+)(?=@)/g,
];

/**
 * Replaces everything that has the shape of a credential. Text without one comes back unchanged. For every text from
 * outside that is kept, before it is cut to a length: half a credential has no shape.
 */
export function redact(text: string): string {
  return SECRET_SHAPES.reduce(
    (current, shape) =>
      current.replace(shape, (_match, prefix: unknown) =>
        typeof prefix === "string" && prefix.startsWith("://") ? `${prefix}[redacted]` : "[redacted]",
      ),
    text,
  );
}

/** Causes that no sane chain of errors exceeds; a circle would. */
const CAUSES_MAX = 10;

/** The cause itself where it holds no credential, else a copy without: whatever prints an error prints its cause as well. */
function redactCause(cause: unknown, depth = 0): unknown {
  if (typeof cause === "string") return redact(cause);
  if (!(cause instanceof Error) || depth >= CAUSES_MAX) return cause;
  const inner = redactCause(cause.cause, depth + 1);
  const stack = redact(cause.stack ?? "");
  if (redact(cause.message) === cause.message && stack === cause.stack && inner === cause.cause) return cause;
  const copy = new Error(redact(cause.message), inner === undefined ? undefined : { cause: inner });
  return Object.assign(copy, { name: cause.name, stack });
}

export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly remedy: Remedy;
  readonly retryAfterMs: number | undefined;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(redact(message), options.cause === undefined ? undefined : { cause: redactCause(options.cause) });
    this.code = code;
    this.remedy = REMEDIES[code];
    this.retryAfterMs = options.retryAfterMs;
    this.context = Object.fromEntries(
      Object.entries(options.context ?? {}).map(([key, value]) => [
        key,
        typeof value === "string" ? redact(value) : value,
      ]),
    );
  }
}
