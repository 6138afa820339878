// How an error becomes a Temporal failure: what is retried, when, and what is final. The one place that knows both
// worlds. No secret and no body gets into a failure: AppError is redacted when it is built.
import { ApplicationFailure, Context, activityInfo, log } from "@temporalio/activity";
import type { Info } from "@temporalio/activity";
import { ApplicationFailureCategory } from "@temporalio/common";
import { ERROR_CODES } from "../src/domain/error-codes.js";
import { AppError } from "../src/base/errors.js";
import { toKept } from "../src/base/text.js";
import type { StepResult } from "./contract.js";
import type { StepEnd, Wait } from "./step-end.js";

/** Types of failures, as workflows and people see them. */
const NOT_YET = "NotYet";
const STEP_ENDED = "StepEnded";

const begunAt = new WeakMap<Context, number>();

/** Notes when an attempt began, by a clock that nobody sets. Called once, before its work. */
export function beginAttempt(context: Context): void {
  begunAt.set(context, performance.now());
}

/** What the activity may still spend on waiting, with a second for its last attempt. */
export function toTimeLeftMs(): number {
  const context = Context.current();
  const now = performance.now();
  return reckonTimeLeft(context.info, now - (begunAt.get(context) ?? now));
}

/**
 * Takes differences on one clock only: between the server's own two times, and on this machine since the attempt began.
 * A worker whose clock is wrong waits as long as any other. What an attempt spent in the queue is not known here.
 */
export function reckonTimeLeft(
  info: Pick<
    Info,
    "scheduledTimestampMs" | "currentAttemptScheduledTimestampMs" | "scheduleToCloseTimeoutMs"
  >,
  ranMs: number,
): number {
  if (info.scheduleToCloseTimeoutMs <= 0) return Number.MAX_SAFE_INTEGER;
  const beforeMs = info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs;
  return info.scheduleToCloseTimeoutMs - beforeMs - ranMs - 1_000;
}

/** A delay past the schedule-to-close time-out would fail the activity at once, and 0 would mean "do not retry". */
function clampDelayMs(delayMs: number): number {
  return Math.max(20, Math.min(delayMs, toTimeLeftMs()));
}

/**
 * Waiting without history: the attempt ends with a failure nobody has to see, and the next one comes after the delay.
 */
export function notYet({ why, delayMs, waitsFor }: Omit<Wait, "kind">): ApplicationFailure {
  return ApplicationFailure.create({
    message: why,
    type: waitsFor ?? NOT_YET,
    nonRetryable: false,
    nextRetryDelay: clampDelayMs(delayMs),
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** The one place where the end of an attempt at a step becomes what Temporal makes of it. Throws for all but `done`. */
export function toStepResult(end: StepEnd): StepResult {
  switch (end.kind) {
    case "done":
      return { seen: end.seen };
    case "wait":
      throw notYet(end);
    case "missing":
      throw missingRow();
    case "ended":
      throw ApplicationFailure.create({
        message: end.ending.text,
        type: STEP_ENDED,
        nonRetryable: true,
        details: [{ ...end.ending, isRefusal: end.isRefusal }],
      });
  }
}

/** Postgres is new and Temporal old, or the row was taken over: end at once, loudly, without a POST. */
export function missingRow(): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    "no open change belongs to this run: it ends without a call",
    "ChangeMissing",
  );
}

/** Postgres is away: the one condition under which nothing can be written down, so the attempt ends and is retried. */
export function isStoreAway(error: unknown): boolean {
  return error instanceof AppError && error.code === "store.unavailable";
}

/** Characters that are kept of an error. */
const MAX_TEXT = 1_000;

/** What an error says, for logs and rows; redacted, as an AppError is when it is built. */
export function toMessage(error: unknown): string {
  return toKept(error instanceof Error ? error.message : String(error), MAX_TEXT);
}

const A_FEW_TIMES = 5;

/** Full jitter: the server's own back-off has none. */
function toRetryDelayMs(error: AppError, attempt: number): number {
  if (error.retryAfterMs !== undefined) return error.retryAfterMs * (1 + Math.random() / 4);
  return 200 + Math.random() * Math.min(60_000, 1_000 * 2 ** Math.min(attempt, 10));
}

/** Translates what an activity threw. Failures pass as they are. */
export function toFailure(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const { attempt } = activityInfo();
  const { retry, isBenign } = ERROR_CODES[error.code];
  const isTooOften = retry === "a-few-times" && attempt >= A_FEW_TIMES;
  const nonRetryable = retry === "never" || isTooOften;
  if (isTooOften) log.error("atlas.not-understood", { code: error.code, message: error.message });
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable,
    details: [error.context],
    ...(nonRetryable ? {} : { nextRetryDelay: clampDelayMs(toRetryDelayMs(error, attempt)) }),
    ...(isBenign ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
}
