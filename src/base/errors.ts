// The one error type of Headgate; what its codes mean stands in src/domain/error-codes.ts. Every AppError is redacted
// and made storable when it is built, so that logging one can never print a credential, and neither Temporal nor
// Postgres can refuse its text. Expected conditions (an absent processor, drift) are data, not errors.
import { ERROR_CODES } from "../domain/error-codes.js";
import type { ErrorCode } from "../domain/error-codes.js";
import { redact, toWellFormed } from "./text.js";

/** Plain facts about the failure, safe to store and print: never a header, a body or a credential. */
export type ErrorContext = Record<string, string | number | boolean | null>;

export interface AppErrorOptions {
  readonly context?: ErrorContext;
  readonly retryAfterMs?: number;
  /** What helps against this cause, as a sentence: the message ends with it. Absent: what its code says. */
  readonly remedy?: string;
  /** The body of an answer, for whoever has to pass it on whole. */
  readonly reply?: string | undefined;
  readonly cause?: unknown;
}

/** Causes that no sane chain of errors exceeds; a circle would. */
const CAUSES_MAX = 10;

/** Not cut: how long a text may be is known where it comes from. */
const clean = (text: string): string => redact(toWellFormed(text));

/**
 * The cause itself where it holds no credential, else a copy without: whatever prints an error prints its cause as
 * well.
 */
function cleanCause(cause: unknown, depth = 0): unknown {
  if (typeof cause === "string") return clean(cause);
  if (!(cause instanceof Error) || depth >= CAUSES_MAX) return cause;
  const inner = cleanCause(cause.cause, depth + 1);
  const stack = clean(cause.stack ?? "");
  if (clean(cause.message) === cause.message && stack === cause.stack && inner === cause.cause) return cause;
  const copy = new Error(clean(cause.message), inner === undefined ? undefined : { cause: inner });
  return Object.assign(copy, { name: cause.name, stack });
}

export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly context: ErrorContext;
  /** The message without its remedy, for whoever shows the two apart. */
  readonly told: string;
  readonly remedy: string | undefined;
  /** JSON text, without credentials. */
  readonly reply: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    const { remedy } = options;
    super(
      clean(remedy === undefined ? message : `${message}. ${remedy}`),
      options.cause === undefined ? undefined : { cause: cleanCause(options.cause) },
    );
    this.code = code;
    this.told = clean(message);
    this.remedy = remedy;
    this.reply = options.reply === undefined ? undefined : clean(options.reply);
    this.retryAfterMs = options.retryAfterMs;
    this.context = Object.fromEntries(
      Object.entries(options.context ?? {}).map(([key, value]) => [
        key,
        typeof value === "string" ? clean(value) : value,
      ]),
    );
  }
}

/** Whether an activity ends with this error, at once or after a few tries. */
export function isFinal({ code }: AppError): boolean {
  return ERROR_CODES[code].retry !== "always";
}
