// What an answer of Atlas that is no success means: one table, read from the top, each row with the source of its
// claim. Nothing else in Headgate looks at Atlas's texts. It must never call the fate of a write known when it is not.
import { ERROR_CODES } from "../domain/error-codes.js";
import type { ErrorCode } from "../domain/error-codes.js";
import { AppError } from "../base/errors.js";
import type { ErrorContext } from "../base/errors.js";
import { toKept, toOneLine } from "../base/text.js";
import type { ExchangeFailure, HttpReply } from "./exchange.js";
import { toRetryAfterMs, parseRetryAfterMs } from "./retry-after.js";
import type { ErrorBody } from "./wire.js";
import { parseErrorBody } from "./wire.js";

export type Operation =
  | "list"
  | "get"
  | "workspace"
  | "workspaces"
  | "events"
  | "rateLimits"
  | "start"
  | "startWith"
  | "stop"
  | "token"
  | "relayed read"
  | "relayed write";
/** The same status means another thing on each: a 503 leaves the fate of a write open, and of a read nothing. */
type Side = "read" | "write" | "token";

export interface ErrorRow {
  /** A status, or its hundred ("5xx"). */
  readonly status: number | "3xx" | "4xx" | "5xx";
  readonly side?: Side;
  readonly errorCode?: string;
  /** Of the detail, without the generic error's opening words, which hold a name. */
  readonly text?: RegExp;
  readonly code: ErrorCode;
  /** Known to pass by itself, though the code does not say so. */
  readonly transient?: true;
  /** Atlas starts few processors of a workspace at a time, and this one was too many. */
  readonly isLocked?: true;
  /** Why we hold it to be so: a section of docs/atlas.md, or a standard. */
  readonly source: string;
}

/** Atlas's one code for most of what goes wrong with processors: the text alone tells its cases apart. */
const GENERIC = "STREAM_PROCESSOR_GENERIC_ERROR";

/** The texts of the platform's own faults inside the generic 400 (docs/atlas.md 1e, seen in CI). */
const PLATFORM_FAULTS: readonly {
  readonly text: RegExp;
  readonly isLocked?: true;
  readonly source: string;
}[] = [
  {
    text: /tenant lock/i,
    isLocked: true,
    source: "docs/atlas.md 1e, seen in CI: timed out trying to acquire tenant lock",
  },
  { text: /internal error/i, source: "docs/atlas.md 1e, seen in CI: An internal error occurred" },
  {
    text: /failed to acquire resources/i,
    source: "docs/atlas.md 1e, seen in CI: on create, Jun and Jul 2025",
  },
  { text: /failed to provision/i, source: "docs/atlas.md 1e, seen in CI: on :start, before the tenant lock" },
  {
    text: /error getting project\b.*\b500/i,
    source: "docs/atlas.md 1e, seen in CI: on :start, 500/UNEXPECTED_ERROR inside",
  },
  {
    text: /access of ProjectID that does not exist/i,
    source: "docs/atlas.md 1e, seen in CI: on :stop in a new project",
  },
];

/**
 * First match wins. Rows with a text come before those of their status without one; the last of each status takes what
 * nobody has seen yet. A new row needs a case in test/unit/atlas/error-table.test.ts.
 */
export const ERROR_TABLE: readonly ErrorRow[] = [
  {
    status: 429,
    code: "atlas.rate_limited",
    source: "docs/atlas.md 6, documented: RATE_LIMITED_TOKEN_BUCKET, RATE_LIMITED",
  },
  { status: 401, code: "atlas.denied", source: "docs/atlas.md 5, recorded" },
  { status: 402, code: "atlas.denied", source: "docs/atlas.md 1e, documented: NO_PAYMENT_INFORMATION_FOUND" },
  { status: 403, code: "atlas.denied", source: "docs/atlas.md 1d, documented" },
  {
    status: 400,
    side: "token",
    code: "atlas.denied",
    source: "RFC 6749 5.2: invalid_client may come as 400",
  },
  // Of a write: refused, so nothing was done, and it may be tried again. Of a read: as good as no answer.
  ...PLATFORM_FAULTS.map(({ text, source, ...rest }): ErrorRow => ({
    status: 400,
    side: "write",
    errorCode: GENERIC,
    text,
    ...rest,
    code: "atlas.rejected",
    transient: true,
    source,
  })),
  ...PLATFORM_FAULTS.map(({ text, source }): ErrorRow => ({
    status: 400,
    side: "read",
    errorCode: GENERIC,
    text,
    code: "atlas.unavailable",
    source,
  })),
  {
    status: 409,
    code: "atlas.conflict",
    source: "docs/atlas.md 1d, documented for create; a guess for the rest",
  },
  {
    status: 400,
    side: "write",
    text: /\b(already|not|is|was|while|be|state|status)\b.{0,25}\b(started|starting|running|stopped|stopping|created|failed|provisioning)\b|\b(wrong|invalid|current)[ _]state\b/i,
    code: "atlas.conflict",
    source:
      "docs/atlas.md 1e and 11.1: the texts for a start of STARTED and a stop of STOPPED are unknown, so any word of state",
  },
  {
    status: 400,
    code: "atlas.rejected",
    source: "docs/atlas.md 1e, seen in CI: user errors, GENERIC or VALIDATION_ERROR",
  },
  {
    status: 404,
    code: "atlas.rejected",
    source: "docs/atlas.md 1e, seen in CI: by status, because the errorCode is unknown",
  },
  { status: 406, code: "atlas.rejected", source: "docs/atlas.md 6, documented: INVALID_VERSION_DATE" },
  { status: 408, side: "read", code: "atlas.unavailable", source: "RFC 9110 15.5.9, from a proxy" },
  { status: 410, code: "atlas.rejected", source: "docs/atlas.md 6, documented: VERSION_GONE" },
  { status: "4xx", code: "atlas.rejected", source: "docs/design.md 3c: no other 4xx is retried" },
  {
    status: 504,
    side: "write",
    errorCode: "STREAM_PROCESSOR_TIMEOUT",
    code: "atlas.ambiguous",
    source: "docs/atlas.md 1e, seen in CI: after 30 to 50 s; whether it takes effect later is unknown",
  },
  {
    status: "5xx",
    side: "write",
    code: "atlas.ambiguous",
    source: "docs/atlas.md 1e, seen in CI; a proxy's 503 can follow a request",
  },
  { status: "5xx", code: "atlas.unavailable", source: "docs/atlas.md 1d and 1e, documented and seen in CI" },
  { status: "3xx", code: "atlas.unintelligible", source: "Atlas redirects nothing; we follow nothing" },
];

const WRITES: ReadonlySet<Operation> = new Set(["start", "startWith", "stop", "relayed write"]);

function toSide(operation: Operation): Side {
  if (operation === "token") return "token";
  return WRITES.has(operation) ? "write" : "read";
}

/** A name may be called anything, "already-started" too: only what follows it is looked at. */
function toInnerText({ detail }: ErrorBody): string {
  return detail.replace(/^Streams Processor with this name \([^)]*\) had a problem occur: /, "");
}

/** The row that says what a status other than 2xx means; undefined for one that no row knows. */
export function findErrorRow(operation: Operation, status: number, body: ErrorBody): ErrorRow | undefined {
  const side = toSide(operation);
  const text = toInnerText(body);
  return ERROR_TABLE.find(
    (row) =>
      (row.status === status || row.status === `${String(Math.floor(status / 100))}xx`) &&
      (row.side === undefined || row.side === side) &&
      (row.errorCode === undefined || row.errorCode === body.errorCode) &&
      (row.text === undefined || row.text.test(text)),
  );
}

/** Of what is kept of a detail, and of an errorCode. */
const MAX_DETAIL = 500;
const MAX_ERROR_CODE = 100;
/** Of a body that is passed on whole, in characters: an error of 11,000 was seen to arrive at a client. */
const MAX_REPLY = 64_000;

/** The body's own code before the header's, which repeats it and is there if the body was lost. */
export function readErrorBody(reply: HttpReply): ErrorBody {
  const body = parseErrorBody(reply.body?.toString("utf8") ?? "");
  const errorCode = body.errorCode ?? reply.headers["x-error-code"];
  return errorCode === undefined ? body : { ...body, errorCode };
}

/** Milliseconds that a 429 or 503 asks to wait; undefined for others, and for a 503 that asks for none. */
export function readRetryAfterMs(reply: HttpReply): number | undefined {
  if (reply.status !== 429 && reply.status !== 503) return undefined;
  const { errorCode, parameters } = readErrorBody(reply);
  const { "retry-after": header, date } = reply.headers;
  const hint = { header, date, errorCode, parameters, now: Date.now() };
  return reply.status === 429 ? toRetryAfterMs(hint) : parseRetryAfterMs(hint);
}

/**
 * The error for a reply that is no success. `scrub` takes the caller's own credentials out of Atlas's text, before it
 * is cut: half a credential would not be found. Of the token endpoint `sent` is false, because the caller's own request
 * was not sent.
 */
export function toReplyError(
  operation: Operation,
  reply: HttpReply,
  scrub: (text: string) => string,
): AppError {
  const body = readErrorBody(reply);
  const row = findErrorRow(operation, reply.status, body);
  const code = row?.code ?? "atlas.unintelligible";
  const detail = toKept(scrub(body.detail), MAX_DETAIL);
  const errorCode = body.errorCode === undefined ? "" : toKept(scrub(body.errorCode), MAX_ERROR_CODE).trim();
  const retryAfterMs = readRetryAfterMs(reply);
  return new AppError(
    code,
    toOneLine(
      `Atlas answered ${operation} with ${String(reply.status)}${errorCode === "" ? "" : ` ${errorCode}`}${detail === "" ? "" : `: ${detail}`}`,
    ),
    {
      context: {
        operation,
        status: reply.status,
        ...(errorCode === "" ? {} : { errorCode }),
        ...(detail === "" ? {} : { detail }),
        sent: operation !== "token",
        ...toRowContext(row, code),
      },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      reply: body.isAtlas ? toReplyText(reply, scrub) : undefined,
    },
  );
}

function toRowContext(row: ErrorRow | undefined, code: ErrorCode): ErrorContext {
  const transient = row?.transient === true || ERROR_CODES[code].isTransient;
  return row?.isLocked === true ? { locked: true, transient } : { transient };
}

/** Uncut or not at all: half an object is no JSON. */
function toReplyText(reply: HttpReply, scrub: (text: string) => string): string | undefined {
  const text = scrub(reply.body?.toString("utf8") ?? "");
  return text.length <= MAX_REPLY ? text : undefined;
}

/** The error for a request without a reply. Only a write that may have reached Atlas is of unknown fate. */
export function toFailureError(operation: Operation, failure: ExchangeFailure): AppError {
  const isUnknown = toSide(operation) === "write" && failure.sent;
  const when = failure.sent ? "" : ", before it was sent";
  return new AppError(
    isUnknown ? "atlas.ambiguous" : "atlas.unavailable",
    `${operation} got no answer from Atlas${when}: ${failure.message}`,
    {
      context: {
        operation,
        sent: failure.sent && operation !== "token",
        transient: true,
        ...(failure.waitedMs === undefined ? {} : { waitedMs: failure.waitedMs }),
      },
      cause: failure.cause ?? failure,
      ...(failure.remedy === undefined ? {} : { remedy: failure.remedy }),
    },
  );
}

/** The error for a success that did not arrive whole: on a write its effect is not known. */
export function toBrokenReplyError(operation: Operation, reply: HttpReply): AppError {
  const isTooLong = reply.defect === "oversized";
  const unread = isTooLong ? "atlas.unintelligible" : "atlas.unavailable";
  const code = toSide(operation) === "write" ? "atlas.ambiguous" : unread;
  return new AppError(code, `Atlas's answer to ${operation} was ${reply.defect ?? "unreadable"}`, {
    context: {
      operation,
      status: reply.status,
      sent: operation !== "token",
      transient: ERROR_CODES[code].isTransient,
      ...(isTooLong ? { oversized: true } : {}),
    },
  });
}

/** A reply that is longer than may be read: the one failure that a smaller page cures. */
export function isOversized(error: unknown): error is AppError {
  return error instanceof AppError && error.context["oversized"] === true;
}

/** The error for a reply that says something we do not understand. `why` is ours: nothing of the reply is quoted. */
export function toUnintelligible(operation: Operation, status: number, why: string): AppError {
  return new AppError("atlas.unintelligible", `Atlas's answer to ${operation} is not understood: ${why}`, {
    context: { operation, status, sent: operation !== "token", transient: false },
  });
}
