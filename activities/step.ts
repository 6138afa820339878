// One step of a change: observation, budget, fence, POST, answer, and the wait for the state it was for. Every attempt
// begins from the step's row, so that a worker may be killed at any point: nothing is lost and nothing is posted twice.
import { admitCalls } from "../src/calls/admission.js";
import type { AtlasClient } from "../src/atlas/client.js";
import type { StepRow } from "../src/domain/change/change.js";
import { judgeFence } from "../src/domain/change/fence.js";
import type { FenceVerdict } from "../src/domain/change/fence.js";
import {
  isMoving,
  judgeAwait,
  judgeBeforePost,
  judgeLook,
  toNextMove,
} from "../src/domain/change/posting.js";
import type { ProcessorStatus } from "../src/domain/status.js";
import { AppError } from "../src/base/errors.js";
import type { LoopStore } from "../src/store/loop-store.js";
import { record, settle, toRefusal } from "./answers.js";
import { get, toResult } from "./attempt.js";
import type { Attempt } from "./attempt.js";
import { missingRow, toCallClass, toRun } from "./change.js";
import type { StepInput, StepResult } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { isFinal, notYet, stepEnded } from "./failures.js";
import { seeShared } from "./observe.js";
import type { Seen } from "./observe.js";

export async function runStep(
  deps: ActivityDeps,
  input: StepInput,
  signal: AbortSignal,
): Promise<StepResult> {
  const found = await deps.store.readChange(toRun().runId);
  if (found === undefined) throw missingRow();
  const { change, steps: rows, now } = found;
  const callClass = toCallClass(change.request);
  const row = rows.find(({ step }) => step === input.step);
  const isOwed = change.owesStart && input.step !== "stop";
  const attempt: Attempt = { deps, input, change, rows, row, isOwed, now, callClass, signal };
  try {
    return await makeMove(attempt);
  } catch (error) {
    // A read that Atlas refuses says nothing of the debt.
    if (!isOwed || !(error instanceof AppError) || !isFinal(error)) throw error;
    return waitOwing(attempt, error.message);
  }
}

function makeMove(attempt: Attempt): Promise<StepResult> {
  const move = toNextMove(attempt.row, attempt.isOwed);
  switch (move.kind) {
    case "await-state":
      return awaitState(attempt, move.since);
    case "refused":
      return Promise.reject(toRefusal(attempt, move.answer));
    case "look":
      return look(attempt);
    case "post":
      return post(attempt);
  }
}

/** A POST of unknown fate is judged by GET: at once, and again past its horizon, when the shared observation shows it at rest. */
async function look(attempt: Attempt): Promise<StepResult> {
  const { deps, row, change, now } = attempt;
  if (row === undefined) throw new Error("only a fenced step is looked at");
  const { pollMs } = deps.settings;
  if (now >= row.horizonAt) {
    const shared = await see(attempt, { newerThan: row.horizonAt, maxAgeMs: 2 * pollMs });
    if (isMoving(shared.observation)) throw notYet("waiting for it to come to rest", pollMs);
  }
  const { observation, observedAt } = await get(attempt);
  if (observation === undefined && attempt.isOwed) return waitOwing(attempt, "not in Atlas");
  const verdict = judgeLook({ row, observation, stateBefore: change.stateBefore, now: observedAt });
  switch (verdict.kind) {
    case "as-wanted":
      await record(attempt, row.attempt, { fate: "applied", answer: row.answer });
      return toResult(observation, observedAt);
    case "wait":
      throw notYet(
        "the last call's fate is unknown",
        verdict.until > observedAt ? verdict.until - observedAt : pollMs,
      );
    case "post-again":
      return post(attempt);
    case "end":
      throw stepEnded(verdict.ending, false);
  }
}

/** The shared observation, on this change's behalf. */
function see(
  { deps, input, callClass, signal }: Attempt,
  wanted: { readonly newerThan: number; readonly maxAgeMs: number },
): Promise<Seen> {
  return seeShared(deps, { ref: input.ref, callClass, owner: toRun().runId, signal, ...wanted });
}

/** Observation, budget, fence, POST: in that order, so that who only waits pays for nothing. */
async function post(attempt: Attempt): Promise<StepResult> {
  const { deps, input, change, rows, isOwed } = attempt;
  const { pollMs, postTimeoutMs } = deps.settings;
  const seen = await see(attempt, {
    newerThan: Math.max(change.openedAt, ...rows.map((row) => row.answeredAt ?? row.fencedAt)),
    maxAgeMs: 2 * pollMs,
  });
  if (seen.observation === undefined && isOwed) return waitOwing(attempt, "not in Atlas");
  const barredUntil = seen.status?.barredUntil ?? null;
  const verdict = judgeBeforePost({ ...seen, step: input.step, barredUntil, request: change.request });
  if (verdict.kind === "as-wanted") return { seen: null };
  if (verdict.kind === "end") throw stepEnded(verdict.ending, false);
  if (verdict.kind === "wait") throw notYet("waiting for it to come to rest", pollMs);
  if (barredUntil !== null && seen.now < barredUntil) throw barred(barredUntil - seen.now);
  const maxTier = await pay(attempt);
  const handedOver = performance.now();
  const fenced = await passFence(attempt, maxTier);
  return send(attempt, { options: fenced.options, deadline: handedOver + postTimeoutMs });
}

function barred(forMs: number): Error {
  return notYet("barred until the last call's horizon has passed", forMs);
}

/** Pays for the POST. A restart also asks what tier the workspace allows, before it stops anything: paid for at once. */
async function pay({ deps, input, change, callClass, signal }: Attempt): Promise<string | undefined> {
  const asksLimits = input.step === "stop" && change.request.kind === "restart";
  await admitCalls(deps, { project: input.ref.project, calls: asksLimits ? 2 : 1, callClass });
  if (!asksLimits) return undefined;
  const limits = await deps.atlas.getWorkspace(input.ref, { signal, timeoutMs: deps.settings.readTimeoutMs });
  return limits?.maxTier;
}

/** A position that this very step spent, on a POST that past its horizon has changed nothing, goes out with the next one. */
function withOwnPosition(status: ProcessorStatus, row: StepRow | undefined): ProcessorStatus {
  if (row === undefined || row.positionKey === null) return status;
  return { ...status, positionsSpent: status.positionsSpent.filter((key) => key !== row.positionKey) };
}

type AtFence = Parameters<Parameters<LoopStore["fence"]>[0]["judge"]>[0];

/** Asks at the fence, and passes it where `judge` says so. */
function askFence(
  { deps, input, row }: Attempt,
  judge: (facts: AtFence) => FenceVerdict,
): ReturnType<LoopStore["fence"]> {
  const { startHorizonMs, stopHorizonMs } = deps.settings;
  return deps.store.fence({
    runId: toRun().runId,
    ref: input.ref,
    step: input.step,
    attempt: (row?.attempt ?? 0) + 1,
    horizonMs: input.step === "stop" ? stopHorizonMs : startHorizonMs,
    judge,
  });
}

async function passFence(
  attempt: Attempt,
  maxTier: string | undefined,
): Promise<Extract<FenceVerdict, { kind: "post" }>> {
  const { deps, input, row, now } = attempt;
  const verdict = await askFence(attempt, (facts) =>
    judgeFence({ ...facts, status: withOwnPosition(facts.status, row), step: input.step, maxTier }),
  );
  switch (verdict.kind) {
    case "post":
      return verdict;
    case "wait":
      throw barred(verdict.until - now);
    case "end":
      throw stepEnded(verdict.ending, false);
    case "taken-over":
      throw notYet("another attempt has taken this step over", deps.settings.pollMs);
    case "missing":
      throw missingRow();
  }
}

/** An owed start that does not get as far as its fence waits for somebody to see to it, unless the debt was released. */
async function waitOwing(attempt: Attempt, why: string): Promise<never> {
  const { deps, input } = attempt;
  const { holdRecheckMs } = deps.settings;
  const verdict = await askFence(attempt, (facts) => {
    const judged = judgeFence({ ...facts, step: input.step });
    return judged.kind === "end" ? judged : { kind: "wait", until: facts.now + holdRecheckMs };
  });
  if (verdict.kind === "end") throw stepEnded(verdict.ending, false);
  throw verdict.kind === "missing" ? missingRow() : notYet(`it owes a start: ${why}`, holdRecheckMs);
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

/** Waits without history and without calls of its own: by the shared observation. */
async function awaitState(attempt: Attempt, answeredAt: number): Promise<StepResult> {
  const { deps, input } = attempt;
  const { pollMs } = deps.settings;
  const seen = await see(attempt, { newerThan: answeredAt, maxAgeMs: pollMs });
  const { observation, observedAt, now } = seen;
  const { step } = input;
  const verdict = judgeAwait({ step, observation, observedAt, now, answeredAt, settings: deps.settings });
  if (verdict.kind === "as-wanted") return { seen: null };
  if (verdict.kind === "end") throw stepEnded(verdict.ending, false);
  throw notYet(`waiting for its state: ${observation?.state ?? "absent"}`, pollMs);
}
