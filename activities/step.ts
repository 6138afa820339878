// One step of a change: budget, observation, fence, POST, answer, and the wait for the state it was for. Every attempt
// begins from the step's row, so that a worker may be killed at any point: nothing is lost and nothing is posted twice.
import { admitCalls } from "../src/app/admission.js";
import type { AtlasClient } from "../src/atlas/client.js";
import type { Answer, Ending, Fate, OpenChange, StepRow } from "../src/domain/change.js";
import { ending } from "../src/domain/change.js";
import { judgeFence } from "../src/domain/fence.js";
import type { FenceVerdict } from "../src/domain/fence.js";
import type { Observation } from "../src/domain/observation.js";
import { isAsWanted, judgeAwait, judgeBeforePost, judgeLook, toNextMove } from "../src/domain/posting.js";
import type { ProcessorStatus } from "../src/domain/status.js";
import { AppError } from "../src/errors.js";
import type { CallClass } from "../src/store/budgets.js";
import { missingRow, toRun } from "./change.js";
import type { StepInput, StepResult } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { notYet, stepEnded } from "./failures.js";
import { seeShared } from "./observe.js";

interface Attempt {
  readonly deps: ActivityDeps;
  readonly input: StepInput;
  readonly change: OpenChange;
  readonly rows: readonly StepRow[];
  readonly row: StepRow | undefined;
  readonly now: number;
  readonly callClass: CallClass;
  readonly signal: AbortSignal;
}

export async function runStep(
  deps: ActivityDeps,
  input: StepInput,
  signal: AbortSignal,
): Promise<StepResult> {
  const found = await deps.store.readChange(toRun().runId);
  if (found === undefined) throw missingRow();
  const { change, steps: rows, now } = found;
  const callClass = change.request.requestedBy === "person" ? "person" : "change";
  const row = rows.find(({ step }) => step === input.step);
  const attempt: Attempt = { deps, input, change, rows, row, now, callClass, signal };
  const move = toNextMove(row);
  switch (move.kind) {
    case "await-state":
      return awaitState(attempt, move.since);
    case "refused":
      throw toRefusal(move.answer);
    case "look":
      return look(attempt);
    case "post":
      return post(attempt);
  }
}

/** A POST of unknown fate is judged by GET: at once, and again past its horizon. */
async function look(attempt: Attempt): Promise<StepResult> {
  const { deps, row, change } = attempt;
  if (row === undefined) throw new Error("only a fenced step is looked at");
  const { observation, observedAt } = await get(attempt);
  const verdict = judgeLook({ row, observation, stateBefore: change.stateBefore, now: observedAt });
  switch (verdict.kind) {
    case "as-wanted":
      await record(attempt, row.attempt, { fate: "applied", answer: row.answer });
      return toResult(observation, observedAt);
    case "wait":
      throw notYet(
        "the last call's fate is unknown",
        Math.max(verdict.until - observedAt, deps.settings.pollMs / 5),
      );
    case "post-again":
      return post(attempt);
    case "end":
      throw stepEnded(verdict.ending, false);
  }
}

async function get(
  attempt: Attempt,
): Promise<{ readonly observation: Observation | undefined; readonly observedAt: number }> {
  const { deps, input, callClass, signal } = attempt;
  const observedAt = await admitCalls(deps, { project: input.ref.project, calls: 1, callClass });
  const call = { signal, timeoutMs: deps.settings.readTimeoutMs };
  return { observation: await deps.atlas.getProcessor(input.ref, call), observedAt };
}

function toResult(observation: Observation | undefined, observedAt: number): StepResult {
  return { seen: observation === undefined ? null : { observation, observedAt } };
}

/** Budget, observation, fence, POST: in that order. */
async function post(attempt: Attempt): Promise<StepResult> {
  const { deps, input, change, rows, callClass, signal } = attempt;
  await admitCalls(deps, { project: input.ref.project, calls: 1, callClass });
  const seen = await seeShared(deps, {
    ref: input.ref,
    newerThan: Math.max(change.openedAt, ...rows.map((row) => row.answeredAt ?? row.fencedAt)),
    maxAgeMs: 2 * deps.settings.pollMs,
    callClass,
    owner: toRun().runId,
    signal,
  });
  const barredUntil = seen.status?.barredUntil ?? null;
  const verdict = judgeBeforePost({ ...seen, step: input.step, barredUntil, request: change.request });
  if (verdict.kind === "as-wanted") return { seen: null };
  if (verdict.kind === "end") throw stepEnded(verdict.ending, false);
  if (verdict.kind === "wait") throw notYet("waiting for it to come to rest", deps.settings.pollMs);
  const maxTier = await findMaxTier(attempt);
  const handedOver = performance.now();
  const fenced = await passFence(attempt, maxTier);
  return send(attempt, { options: fenced.options, deadline: handedOver + deps.settings.postTimeoutMs });
}

/** A restart asks what the workspace allows before it stops anything. */
async function findMaxTier({ deps, input, change, callClass, signal }: Attempt): Promise<string | undefined> {
  if (input.step !== "stop" || change.request.kind !== "restart") return undefined;
  await admitCalls(deps, { project: input.ref.project, calls: 1, callClass });
  const limits = await deps.atlas.getWorkspace(input.ref, { signal, timeoutMs: deps.settings.readTimeoutMs });
  return limits?.maxTier;
}

/** A position that this very step spent, on a POST that past its horizon has changed nothing, goes out with the next one. */
function withOwnPosition(status: ProcessorStatus, row: StepRow | undefined): ProcessorStatus {
  if (row === undefined || row.positionKey === null) return status;
  return { ...status, positionsSpent: status.positionsSpent.filter((key) => key !== row.positionKey) };
}

async function passFence(
  attempt: Attempt,
  maxTier: string | undefined,
): Promise<Extract<FenceVerdict, { kind: "post" }>> {
  const { deps, input, row, now } = attempt;
  const horizonMs = input.step === "stop" ? deps.settings.stopHorizonMs : deps.settings.startHorizonMs;
  const verdict = await deps.store.fence({
    runId: toRun().runId,
    ref: input.ref,
    step: input.step,
    attempt: (row?.attempt ?? 0) + 1,
    horizonMs,
    judge: (facts) =>
      judgeFence({ ...facts, status: withOwnPosition(facts.status, row), step: input.step, maxTier }),
  });
  switch (verdict.kind) {
    case "post":
      return verdict;
    case "wait":
      throw notYet("barred until the last call's horizon has passed", verdict.until - now);
    case "end":
      throw stepEnded(verdict.ending, false);
    case "taken-over":
      throw notYet("another attempt has taken this step over", deps.settings.pollMs);
    case "missing":
      throw missingRow();
  }
}

interface Posting {
  readonly options: StepRow["options"];
  readonly deadline: number;
}

async function send(attempt: Attempt, posting: Posting): Promise<StepResult> {
  const fencedAttempt = (attempt.row?.attempt ?? 0) + 1;
  try {
    await call(attempt, posting);
  } catch (error) {
    return settle(attempt, fencedAttempt, error);
  }
  await record(attempt, fencedAttempt, { fate: "applied", answer: null });
  const { deps, input } = attempt;
  deps.log.info("change.posted", { ...input.ref, step: input.step, change: attempt.change.id });
  const reread = await deps.store.readChange(toRun().runId);
  const answered = reread?.steps.find(({ step }) => step === input.step);
  return awaitState(attempt, answered?.answeredAt ?? attempt.now);
}

function call(
  { deps, input, signal }: Attempt,
  { options, deadline }: Posting,
): ReturnType<AtlasClient["stop"]> {
  const write = { signal, deadline };
  return input.step === "stop"
    ? deps.atlas.stop(input.ref, write)
    : deps.atlas.startWith(input.ref, options, write);
}

/** Writes down what became of a POST that did not succeed, and says what that means. */
async function settle(attempt: Attempt, fencedAttempt: number, error: unknown): Promise<StepResult> {
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
    attempt.row !== undefined && attempt.row.fate !== "limited" && attempt.row.fate !== "unsent";
  if (refused.error.code === "atlas.conflict" || followsUnknown) {
    const { observation, observedAt } = await get(attempt);
    if (observation !== undefined && isAsWanted(attempt.input.step, observation)) {
      await record(attempt, fencedAttempt, { fate: "applied", answer: refused.answer });
      return toResult(observation, observedAt);
    }
  }
  await record(attempt, fencedAttempt, { fate: "refused", answer: refused.answer });
  throw toRefusal(refused.answer);
}

function toRefusal(answer: Answer): Error {
  return stepEnded(toRefusedEnding(answer), true);
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

async function record(
  { deps, input, change }: Attempt,
  fencedAttempt: number,
  what: { readonly fate: NonNullable<StepRow["fate"]>; readonly answer: Answer | null },
): Promise<void> {
  const isMine = await deps.store.recordAnswer({
    changeId: change.id,
    ref: input.ref,
    step: input.step,
    attempt: fencedAttempt,
    ...what,
  });
  if (!isMine) throw notYet("another attempt has taken this step over", deps.settings.pollMs);
}

/** Waits without history and without calls of its own: by the shared observation. */
async function awaitState(attempt: Attempt, answeredAt: number): Promise<StepResult> {
  const { deps, input, callClass, signal } = attempt;
  const seen = await seeShared(deps, {
    ref: input.ref,
    newerThan: answeredAt,
    maxAgeMs: deps.settings.pollMs,
    callClass,
    owner: toRun().runId,
    signal,
  });
  const verdict = judgeAwait({
    step: input.step,
    observation: seen.observation,
    observedAt: seen.observedAt,
    now: seen.now,
    answeredAt,
    settings: deps.settings,
  });
  if (verdict.kind === "as-wanted") return { seen: null };
  if (verdict.kind === "end") throw stepEnded(verdict.ending, false);
  throw notYet(`waiting for its state: ${seen.observation?.state ?? "absent"}`, deps.settings.pollMs);
}
