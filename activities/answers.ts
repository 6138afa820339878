// What became of a POST: written down, and told to whoever waits for it. It never asks Atlas for another POST.
import { sleep } from "@temporalio/activity";
import type { Answer, Ending, Fate } from "../src/domain/change/change.js";
import { isAsWanted, toFate, toOwedDelayMs } from "../src/domain/change/posting.js";
import { TIMES } from "../src/domain/times.js";
import { AppError } from "../src/base/errors.js";
import { get } from "./attempt.js";
import type { Attempt } from "./attempt.js";
import { isStoreAway } from "./failures.js";
import { done, ended, takenOver, wait } from "./step-end.js";
import type { StepEnd, Wait } from "./step-end.js";

/**
 * Writes down what became of a POST that did not succeed, and says what that means. Throws the error again if it passes
 * by itself: Temporal knows how long that waits.
 */
export async function settle(attempt: Attempt, fencedAttempt: number, error: unknown): Promise<StepEnd> {
  if (!(error instanceof AppError) || attempt.signal.aborted) throw error;
  const answer = toAnswer(error);
  const fate = toFate(error.code, error.context["sent"] !== false);
  // Only a hint to later openings: an attempt that dies before it is written loses nothing else.
  if (error.context["locked"] === true) {
    const { ref } = attempt.input;
    await attempt.deps.store.rememberLock({ ref, forMs: attempt.deps.settings.oneByOneMs });
  }
  if (fate === "refused") return settleRefusal(attempt, fencedAttempt, answer);
  const recorded = await record(attempt, fencedAttempt, { fate, answer });
  if (recorded.kind !== "recorded") return recorded;
  if (fate !== "unknown") throw error;
  return wait(`its fate is unknown: ${error.message}`, attempt.deps.settings.pollMs / 5);
}

/** A 4xx that may mean "wrong state", or that follows a POST of unknown fate, is answered by one GET. */
async function settleRefusal(attempt: Attempt, fencedAttempt: number, answer: Answer): Promise<StepEnd> {
  const followsUnknown =
    attempt.row !== undefined && (attempt.row.fate === null || attempt.row.fate === "unknown");
  if (answer.code === "atlas.conflict" || followsUnknown) {
    const { observation, observedAt } = await get(attempt);
    if (observation !== undefined && isAsWanted(attempt.input.step, observation)) {
      const recorded = await record(attempt, fencedAttempt, { fate: "applied", answer });
      return recorded.kind === "recorded" ? done(observation, observedAt) : recorded;
    }
  }
  const recorded = await record(attempt, fencedAttempt, { fate: "refused", answer });
  return recorded.kind === "recorded" ? toRefusal(attempt, answer) : recorded;
}

/**
 * What a refusal means. An owed start waits out what may pass; a stop that may have taken effect before it was refused
 * still owes a start, and is no refusal to the workflow.
 */
export function toRefusal({ deps, input, change, row, isOwed }: Attempt, answer: Answer): StepEnd {
  const end = toRefusedEnding(answer);
  const delayMs = isOwed ? toOwedDelayMs(answer, row?.attempt ?? 0, deps.settings) : undefined;
  if (delayMs !== undefined) return wait(`it owes a start: ${end.text}`, delayMs);
  return ended(end, !(change.owesStart && input.step === "stop"));
}

function toRefusedEnding(answer: Answer): Ending {
  const { code, status, errorCode, detail } = answer;
  const said = `${String(status ?? "")}${errorCode === null ? "" : ` ${errorCode}`}: ${detail}`;
  return { outcome: "failed", code, text: said };
}

function toAnswer({ code, context, message, reply }: AppError): Answer {
  const { status, errorCode, detail, transient } = context;
  return {
    code,
    status: typeof status === "number" ? status : null,
    errorCode: typeof errorCode === "string" ? errorCode : null,
    detail: typeof detail === "string" ? detail : message,
    isTransient: transient === true,
    ...(reply === undefined ? {} : { reply }),
  };
}

/** Written down, at that database time. */
interface Recorded {
  readonly kind: "recorded";
  readonly answeredAt: number;
}

/**
 * Writes down what is known of a POST, unless a later attempt has taken the step over. While Postgres is away it is
 * tried again in place: an answer that is forgotten would be asked for again, and asking Atlas again may be another
 * POST. Throws `store.unavailable` past half of the attempt's time.
 */
export async function record(
  { deps, input, change, signal }: Attempt,
  fencedAttempt: number,
  what: { readonly fate: Fate; readonly answer: Answer | null },
): Promise<Recorded | Wait> {
  const answer = { changeId: change.id, ref: input.ref, step: input.step, attempt: fencedAttempt, ...what };
  const giveUpAt = performance.now() + TIMES.stepMs / 2;
  for (;;) {
    try {
      const answeredAt = await deps.store.recordAnswer(answer);
      if (answeredAt !== undefined)
        deps.metrics.add("headgate_posts_total", { step: input.step, fate: what.fate });
      return answeredAt === undefined ? takenOver(deps) : { kind: "recorded", answeredAt };
    } catch (error) {
      if (!isStoreAway(error) || signal.aborted || performance.now() >= giveUpAt) throw error;
      await sleep(deps.settings.pollMs);
    }
  }
}
