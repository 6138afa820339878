// How an error becomes a Temporal failure: what is retried, when, and what is final. The one place that knows both worlds.
// No secret and no body gets into a failure: AppError is redacted when it is built.
import { ApplicationFailure, Context, activityInfo, log } from "@temporalio/activity";
import type { Info } from "@temporalio/activity";
import { ApplicationFailureCategory } from "@temporalio/common";
import type { Ending } from "../src/domain/change/change.js";
import { AppError } from "../src/base/errors.js";
import { toKept } from "../src/base/text.js";

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
 * Takes differences on one clock only: between the server's own two times, and on this machine since the attempt began. A
 * worker whose clock is wrong waits as long as any other. What an attempt spent in the queue is not known here.
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

/** Waiting without history: the attempt ends and the next one comes after the delay. `type`: what it waits for, for those who look at the run. */
export function notYet(message: string, delayMs: number, type = NOT_YET): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type,
    nonRetryable: false,
    nextRetryDelay: clampDelayMs(delayMs),
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** The step is over and says why; `isRefusal`: Atlas took the call and said no. */
export function stepEnded(ending: Ending, isRefusal: boolean): ApplicationFailure {
  return ApplicationFailure.create({
    message: ending.text,
    type: STEP_ENDED,
    nonRetryable: true,
    details: [{ ...ending, isRefusal }],
  });
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

const FINAL: ReadonlySet<string> = new Set([
  "atlas.conflict",
  "atlas.rejected",
  "atlas.denied",
  "policy.invalid",
  "config.invalid",
  "request.refused",
]);
const UNINTELLIGIBLE_ATTEMPTS = 5;

/** Whether the activity ends with this error, at once or after a few tries. */
export function isFinal({ code }: AppError): boolean {
  return FINAL.has(code) || code === "atlas.unintelligible";
}

/** Full jitter: the server's own back-off has none. */
function toRetryDelayMs(error: AppError, attempt: number): number {
  if (error.retryAfterMs !== undefined) return error.retryAfterMs * (1 + Math.random() / 4);
  return 200 + Math.random() * Math.min(60_000, 1_000 * 2 ** Math.min(attempt, 10));
}

/** Translates what an activity threw. Failures pass as they are. */
export function toFailure(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const { attempt } = activityInfo();
  const isTooOften = error.code === "atlas.unintelligible" && attempt >= UNINTELLIGIBLE_ATTEMPTS;
  const nonRetryable = FINAL.has(error.code) || isTooOften;
  if (isTooOften) log.error("atlas.not-understood", { code: error.code, message: error.message });
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable,
    details: [error.context],
    ...(nonRetryable ? {} : { nextRetryDelay: clampDelayMs(toRetryDelayMs(error, attempt)) }),
    ...(error.code === "atlas.rate_limited" ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
}
