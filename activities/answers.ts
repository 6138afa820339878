// What became of a POST: written down, and told to whoever waits for it. It never asks Atlas for another POST.
import { sleep } from "@temporalio/activity";
import type { Answer, Ending, Fate, StepRow } from "../src/domain/change/change.js";
import { ending } from "../src/domain/change/change.js";
import { isAsWanted, toOwedDelayMs } from "../src/domain/change/posting.js";
import { TIMES } from "../src/domain/times.js";
import { AppError } from "../src/base/errors.js";
import { get, toResult } from "./attempt.js";
import type { Attempt } from "./attempt.js";
import type { StepResult } from "./contract.js";
import { isStoreAway, notYet, stepEnded } from "./failures.js";

/** Writes down what became of a POST that did not succeed, and says what that means. */
export async function settle(attempt: Attempt, fencedAttempt: number, error: unknown): Promise<StepResult> {
  if (!(error instanceof AppError) || attempt.signal.aborted) throw error;
  const answer = toAnswer(error);
  const fate = toFate(error);
  if (fate === "refused") return settleRefusal(attempt, fencedAttempt, { error, answer });
  await record(attempt, fencedAttempt, { fate, answer });
  if (fate !== "unknown") throw error;
  throw notYet(`its fate is unknown: ${error.message}`, attempt.deps.settings.pollMs / 5);
}

/** What an error of the client says of a POST: what is not known to have failed may have taken effect. */
function toFate({ code, context }: AppError): Exclude<Fate, "applied"> {
  if (code === "atlas.unavailable") return "unsent";
  if (code === "atlas.rate_limited") return "limited";
  if (code === "atlas.rejected" || code === "atlas.denied" || code === "atlas.conflict") return "refused";
  return context["sent"] === false ? "unsent" : "unknown";
}

/** A 4xx that may mean "wrong state", or that follows a POST of unknown fate, is answered by one GET. */
async function settleRefusal(
  attempt: Attempt,
  fencedAttempt: number,
  refused: { readonly error: AppError; readonly answer: Answer },
): Promise<StepResult> {
  const followsUnknown =
    attempt.row !== undefined && (attempt.row.fate === null || attempt.row.fate === "unknown");
  if (refused.error.code === "atlas.conflict" || followsUnknown) {
    const { observation, observedAt } = await get(attempt);
    if (observation !== undefined && isAsWanted(attempt.input.step, observation)) {
      await record(attempt, fencedAttempt, { fate: "applied", answer: refused.answer });
      return toResult(observation, observedAt);
    }
  }
  await record(attempt, fencedAttempt, { fate: "refused", answer: refused.answer });
  throw toRefusal(attempt, refused.answer);
}

/**
 * What a refusal means. An owed start waits out what may pass; a stop that may have taken effect before it was refused still
 * owes a start, and is no refusal to the workflow.
 */
export function toRefusal({ deps, input, change, row, isOwed }: Attempt, answer: Answer): Error {
  const end = toRefusedEnding(answer);
  const delayMs = isOwed ? toOwedDelayMs(answer, row?.attempt ?? 0, deps.settings) : undefined;
  if (delayMs !== undefined) return notYet(`it owes a start: ${end.text}`, delayMs);
  return stepEnded(end, !(change.owesStart && input.step === "stop"));
}

function toRefusedEnding(answer: Answer): Ending {
  const code = answer.errorCode === null ? "" : ` ${answer.errorCode}`;
  return ending("failed", answer.code, `${String(answer.status ?? "")}${code}: ${answer.detail}`);
}

function toAnswer({ code, context, message }: AppError): Answer {
  const { status, errorCode, detail, transient } = context;
  return {
    code,
    status: typeof status === "number" ? status : null,
    errorCode: typeof errorCode === "string" ? errorCode : null,
    detail: typeof detail === "string" ? detail : message,
    isTransient: transient === true,
  };
}

/**
 * Writes down what is known of a POST. While Postgres is away it is tried again in place: an answer that is forgotten would
 * be asked for again, and asking Atlas again may be another POST. Throws `store.unavailable` past half of the attempt's time.
 */
export async function record(
  { deps, input, change, signal }: Attempt,
  fencedAttempt: number,
  what: { readonly fate: NonNullable<StepRow["fate"]>; readonly answer: Answer | null },
): Promise<void> {
  const { pollMs } = deps.settings;
  const answer = { changeId: change.id, ref: input.ref, step: input.step, attempt: fencedAttempt, ...what };
  const giveUpAt = performance.now() + TIMES.stepMs / 2;
  for (;;) {
    try {
      const isMine = await deps.store.recordAnswer(answer);
      if (isMine) return;
      throw notYet("another attempt has taken this step over", pollMs);
    } catch (error) {
      if (!isStoreAway(error) || signal.aborted || performance.now() >= giveUpAt) throw error;
      await sleep(pollMs);
    }
  }
}
