// One step of a change. Every attempt begins from the step's row, so that a worker may be killed at any point: nothing
// is lost and nothing is posted twice. What an attempt comes to is data (step-end.ts); it throws only what broke.
import type { Ending, FoundBefore } from "../src/domain/change/change.js";
import type { AwaitFacts } from "../src/domain/change/posting.js";
import { judgeAwait, judgeLook, toNextMove, isMoving } from "../src/domain/change/posting.js";
import type { Observation } from "../src/domain/observation.js";
import { explainFailures } from "../src/calls/failure-reasons.js";
import { AppError, isFinal } from "../src/base/errors.js";
import { record, toRefusal } from "./answers.js";
import { get, see } from "./attempt.js";
import type { Attempt } from "./attempt.js";
import { toCallClass } from "./change.js";
import type { Begun } from "./change.js";
import type { StepInput } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { fenceOwing } from "./fencing.js";
import { post } from "./post.js";
import { MISSING, done, ended, notSeen, wait } from "./step-end.js";
import type { StepEnd } from "./step-end.js";

export interface StepRequest {
  readonly input: StepInput;
  readonly runId: string;
  readonly signal: AbortSignal;
}

/** One attempt: reads the rows, makes the one move that they leave open, and says what that came to. */
export async function attemptStep(deps: ActivityDeps, request: StepRequest): Promise<StepEnd> {
  const found = await deps.store.readChange(request.runId);
  return found === undefined ? MISSING : attemptFrom(deps, request, { ...found, before: null });
}

interface AttemptStart extends Pick<Begun, "change" | "steps" | "now"> {
  readonly before: FoundBefore | null;
}

/** The same from rows that have just been read. */
export async function attemptFrom(
  deps: ActivityDeps,
  { input, runId, signal }: StepRequest,
  { change, steps: rows, now, before }: AttemptStart,
): Promise<StepEnd> {
  const row = rows.find(({ step }) => step === input.step);
  const isOwed = change.owesStart && input.step !== "stop";
  const callClass = toCallClass(change.request);
  const attempt: Attempt = { deps, input, runId, change, rows, before, row, isOwed, now, callClass, signal };
  try {
    const move = toNextMove(row, isOwed);
    switch (move.kind) {
      case "post":
        return await postAndAwait(attempt);
      case "await-state":
        return await awaitState(attempt, move.since);
      case "look":
        return await judgeUnknown(attempt);
      case "refused":
        return toRefusal(attempt, move.answer);
    }
  } catch (error) {
    // A read that Atlas refuses says nothing of the debt.
    if (!isOwed || !(error instanceof AppError) || !isFinal(error)) throw error;
    return fenceOwing(attempt, error.message);
  }
}

/** Most often the answer's own attempt ends with a wait: Atlas takes minutes to get there. */
async function postAndAwait(attempt: Attempt): Promise<StepEnd> {
  const posted = await post(attempt);
  return posted.kind === "accepted" ? awaitState(attempt, posted.answeredAt) : posted;
}

/**
 * A POST of unknown fate is judged by GET: at once, and again past its horizon, when the shared observation shows it at
 * rest.
 */
async function judgeUnknown(attempt: Attempt): Promise<StepEnd> {
  const { row, change, now } = attempt;
  if (row === undefined) throw new Error("only a fenced step is looked at");
  const moving = now < row.horizonAt ? undefined : await awaitRest(attempt, row.horizonAt);
  if (moving !== undefined) return moving;
  const { observation, observedAt } = await get(attempt);
  if (observation === undefined && attempt.isOwed) return fenceOwing(attempt, "not in Atlas");
  const verdict = judgeLook({ row, observation, stateBefore: change.stateBefore, now: observedAt });
  switch (verdict.kind) {
    case "as-wanted": {
      const what = { fate: "applied", answer: row.answer } as const;
      const recorded = await record(attempt, row.attempt, what);
      return recorded.kind === "recorded" ? done(observation, observedAt) : recorded;
    }
    case "wait": {
      const leftMs = verdict.until - observedAt;
      return wait("the last call's fate is unknown", leftMs > 0 ? leftMs : attempt.deps.settings.pollMs);
    }
    case "post-again":
      return postAndAwait(attempt);
    case "end":
      return ended(verdict.ending);
  }
}

/** Undefined once the shared observation shows it at rest after the horizon: until then a GET is not worth a call. */
async function awaitRest(attempt: Attempt, horizonAt: number): Promise<StepEnd | undefined> {
  const { pollMs } = attempt.deps.settings;
  const shared = await see(attempt, { newerThan: horizonAt, maxAgeMs: 2 * pollMs });
  if (shared === undefined) return notSeen(attempt.deps);
  return isMoving(shared.observation) ? wait("waiting for it to come to rest", pollMs) : undefined;
}

/** Waits without history and without calls of its own: by the shared observation. */
async function awaitState(attempt: Attempt, answeredAt: number): Promise<StepEnd> {
  const { deps, input } = attempt;
  const { settings } = deps;
  const seen = await see(attempt, { newerThan: answeredAt, maxAgeMs: settings.pollMs });
  if (seen === undefined) return notSeen(attempt.deps);
  const { observation, observedAt, now } = seen;
  const facts = { step: input.step, observation, observedAt, now, answeredAt, settings };
  const verdict = judgeAwait(facts);
  if (verdict.kind === "as-wanted") return done();
  if (verdict.kind === "end") return ended(await toNewestEnding(attempt, facts, verdict.ending));
  return wait(`waiting for its state: ${observation?.state ?? "absent"}`, settings.pollMs);
}

/**
 * A list may show no reasons: what is kept of one that was seen in no other state since the call is about the failure
 * before it.
 */
async function toNewestEnding(attempt: Attempt, facts: AwaitFacts, ending: Ending): Promise<Ending> {
  const { observation } = facts;
  if (observation === undefined || ending.code !== "failed-after-start") return ending;
  const newest = await withNewestReason(attempt, observation);
  const { errorMessage: failure } = newest;
  if (failure === undefined) return ending;
  const again = judgeAwait({ ...facts, observation: newest });
  return { ...(again.kind === "end" ? again.ending : ending), failure };
}

/** With the newest reason that Atlas tells of it, if it tells one. */
async function withNewestReason(
  { deps, input, now, signal }: Attempt,
  observation: Observation,
): Promise<Observation> {
  const [explained = observation] = await explainFailures(deps, {
    ref: input.ref,
    seen: [observation],
    isUnexplained: () => true,
    now: () => now,
    call: { signal, timeoutMs: deps.settings.readTimeoutMs },
  });
  return explained;
}
