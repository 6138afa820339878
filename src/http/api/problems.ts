// What goes wrong in /v1, as problem documents (RFC 9457): a closed list of types, each with its status and with what
// helps. Clients go by `type`, so one may be added and none renamed. Never holds a stack trace or a credential.
import { z } from "zod";
import { AppError } from "../../base/errors.js";
import type { LogFields } from "../../base/logger.js";
import { redact, toWellFormed } from "../../base/text.js";
import { ERROR_CODES } from "../../domain/error-codes.js";
import type { ErrorCode } from "../../domain/error-codes.js";

interface ProblemType {
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
}

export const PROBLEMS = {
  "invalid-request": {
    status: 400,
    title: "The request cannot be understood",
    remedy: "correct what errors names",
  },
  unauthenticated: {
    status: 401,
    title: "It is not known who calls",
    remedy: "send the token of a service account, or sign with a digest key",
  },
  forbidden: {
    status: 403,
    title: "This key may not do that",
    remedy: "use a key whose role and scope cover it",
  },
  "not-found": { status: 404, title: "There is no such thing", remedy: "name something that exists" },
  conflict: {
    status: 409,
    title: "It cannot be done as things stand",
    remedy: "look at what detail names, then ask again",
  },
  "request-running": {
    status: 409,
    title: "A request with this Idempotency-Key is under way",
    remedy: "wait for its answer, then send the same request again",
  },
  "precondition-failed": {
    status: 412,
    title: "It is no longer what the request was made for",
    remedy: "read it again, and send its new ETag in If-Match",
  },
  "too-large": { status: 413, title: "The body is too large", remedy: "send less at once" },
  "path-too-long": { status: 414, title: "The path is too long", remedy: "name something that exists" },
  "unsupported-media-type": {
    status: 415,
    title: "The body is of a kind that is not taken here",
    remedy: "send one of the media types that the OpenAPI document names",
  },
  "key-reused": {
    status: 422,
    title: "This Idempotency-Key was sent with another request",
    remedy: "use a new key for a new request",
  },
  "precondition-required": {
    status: 428,
    title: "The request does not say which version it changes",
    remedy: "send If-Match with the ETag that was read, or If-None-Match: * for what is new",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many requests",
    remedy: "wait for the seconds that Retry-After names",
  },
  "headers-too-long": {
    status: 431,
    title: "The query and the headers are too long together",
    remedy: "send fewer filters, and no cursor but those of answers",
  },
  internal: {
    status: 500,
    title: "Headgate met a fault of its own",
    remedy: "look for the request id in the server's log",
  },
  atlas: {
    status: 502,
    title: "Atlas did not do what it was asked for",
    remedy: "see to what detail says of Atlas",
  },
  unavailable: {
    status: 503,
    title: "Something that Headgate stands on is away",
    remedy: "try again later; GET /readyz names what is missing",
  },
} as const satisfies Record<string, ProblemType>;

export type ProblemName = keyof typeof PROBLEMS;

/** `field` begins with the part of the request: body, query, path or header. */
export interface FieldProblem {
  readonly field: string;
  /** Of a policy file, from 1. */
  readonly line?: number;
  readonly value?: string;
  /** What would be right. */
  readonly allowed: string;
}

export interface ProblemOptions {
  readonly errors?: readonly FieldProblem[];
  readonly remedy?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly cause?: unknown;
}

const clean = (text: string): string => redact(toWellFormed(text));

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** Thrown by whatever serves a request, answered in one place. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly type: ProblemName;
  readonly errors: readonly FieldProblem[];
  readonly remedy: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;

  constructor(type: ProblemName, detail: string, options: ProblemOptions = {}) {
    super(clean(detail), options.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    this.errors = (options.errors ?? []).map(({ field, line, value, allowed }) => ({
      field: clean(field),
      ...(line === undefined ? {} : { line }),
      ...(value === undefined ? {} : { value: clean(value) }),
      allowed: clean(allowed),
    }));
    this.remedy = options.remedy ?? PROBLEMS[type].remedy;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return PROBLEMS[this.type].status;
  }
}

export const problemSchema = z
  .object({
    type: z
      .enum(Object.keys(PROBLEMS).map((name) => `/problems/${name}`))
      .meta({ description: "What kind of problem; docs/api.md lists them." }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: "What is wrong with this request." }),
    remedy: z.string().meta({ description: "What helps." }),
    requestId: z.string().meta({ description: "As in x-request-id, and in the journal." }),
    errors: z
      .array(
        z.object({
          field: z.string().meta({ description: "Begins with body, query, path or header." }),
          line: z.int().optional().meta({ description: "Of a policy file, from 1." }),
          value: z.string().optional(),
          allowed: z.string().meta({ description: "What would be right." }),
        }),
      )
      .optional(),
  })
  .meta({ id: "Problem", description: "A problem document (RFC 9457)." });

export function toProblemDocument(problem: Problem, requestId: string): z.infer<typeof problemSchema> {
  const { title, status } = PROBLEMS[problem.type];
  return {
    type: `/problems/${problem.type}`,
    title,
    status,
    detail: problem.message,
    remedy: problem.remedy,
    requestId,
    ...(problem.errors.length === 0 ? {} : { errors: [...problem.errors] }),
  };
}

/** What nobody foresaw is found by its stack: the answer has only the request id. */
export function toLogFields(problem: Problem, requestId: string): LogFields {
  const cause = problem.cause instanceof Error ? problem.cause : problem;
  const stack = problem.type === "internal" ? { stack: cause.stack ?? "" } : {};
  return { request: requestId, error: cause.message, ...stack };
}

const BY_CODE: Readonly<Record<ErrorCode, ProblemName>> = {
  "atlas.rate_limited": "unavailable",
  "atlas.unavailable": "atlas",
  "atlas.ambiguous": "atlas",
  "atlas.conflict": "conflict",
  "atlas.rejected": "atlas",
  "atlas.denied": "atlas",
  "atlas.unintelligible": "atlas",
  "policy.invalid": "invalid-request",
  "config.invalid": "unavailable",
  "request.refused": "conflict",
  "request.unknown": "not-found",
  "store.conflict": "conflict",
  "store.unavailable": "unavailable",
  "temporal.unavailable": "unavailable",
  "stack.failed": "unavailable",
};

/** Of those that the framework itself finds. */
const BY_STATUS: Readonly<Record<number, ProblemName>> = {
  400: "invalid-request",
  404: "not-found",
  413: "too-large",
  414: "path-too-long",
  415: "unsupported-media-type",
  429: "too-many-requests",
  431: "headers-too-long",
  503: "unavailable",
};

/** Of what ends before a route is found. */
export function toPlainProblem(status: number, detail: string): Problem {
  return new Problem(BY_STATUS[status] ?? "internal", detail);
}

/** When to ask again after something was away, in seconds. */
const RETRY_SECONDS = 5;

/** Whatever was thrown, as a problem. What nobody foresaw says nothing of itself: its text may be anything. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof AppError) return fromAppError(error);
  const status: unknown = error instanceof Error ? Reflect.get(error, "statusCode") : undefined;
  const type = typeof status === "number" ? BY_STATUS[status] : undefined;
  return type === undefined || !(error instanceof Error)
    ? new Problem("internal", "something failed that nobody foresaw", { cause: error })
    : new Problem(type, error.message, { cause: error });
}

function fromAppError(error: AppError): Problem {
  const type = BY_CODE[error.code];
  const seconds =
    error.retryAfterMs === undefined ? RETRY_SECONDS : Math.max(1, Math.ceil(error.retryAfterMs / 1_000));
  return new Problem(type, error.told, {
    remedy: error.remedy ?? ERROR_CODES[error.code].remedy,
    cause: error,
    ...(type === "unavailable" ? { headers: { "retry-after": String(seconds) } } : {}),
  });
}
