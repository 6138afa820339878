// One POST: observation, budget, fence, call, answer, in that order and each a call of one function below. The order is
// the point. Who only waits pays for nothing; what was paid for is asked for at once; and nothing is asked any more
// between the fence and the call, so that what the fence found under its locks still holds when the call goes out.
import { admitCalls } from "../src/calls/admission.js";
import type { AtlasClient } from "../src/atlas/client.js";
import type { StepRow } from "../src/domain/change/change.js";
import { judgeBeforePost, toFirstLook } from "../src/domain/change/posting.js";
import { record, settle } from "./answers.js";
import { see } from "./attempt.js";
import type { Attempt } from "./attempt.js";
import { waitForBar, fenceOwing, passFence, toFencedAttempt } from "./fencing.js";
import { done, ended, notSeen, wait } from "./step-end.js";
import type { StepEnd } from "./step-end.js";

/** `accepted`: Atlas took it, at that database time. */
export type Posted = { readonly kind: "accepted"; readonly answeredAt: number } | StepEnd;

export async function post(attempt: Attempt): Promise<Posted> {
  const end = await lookBefore(attempt);
  if (end !== undefined) return end;
  const maxTier = await pay(attempt);
  // By this process's own clock: a call that leaves later than this might outlast the bar that the fence sets.
  const deadline = performance.now() + attempt.deps.settings.postTimeoutMs;
  const fenced = await passFence(attempt, maxTier);
  if (fenced.kind !== "post") return fenced;
  try {
    await call(attempt, { options: fenced.options, deadline });
  } catch (error) {
    return settle(attempt, toFencedAttempt(attempt), error);
  }
  return accept(attempt);
}

/** How the attempt ends before it costs a call; undefined if a POST is due. */
async function lookBefore(attempt: Attempt): Promise<StepEnd | undefined> {
  const { deps, input, change, rows, isOwed } = attempt;
  const { pollMs } = deps.settings;
  const { newerThan } = toFirstLook(change, deps.settings);
  const seen = await see(attempt, {
    newerThan: Math.max(newerThan, ...rows.map((row) => row.answeredAt ?? row.fencedAt)),
    maxAgeMs: 2 * pollMs,
  });
  if (seen === undefined) return notSeen(deps);
  if (seen.observation === undefined && isOwed) return fenceOwing(attempt, "not in Atlas");
  const barredUntil = seen.status?.barredUntil ?? null;
  const verdict = judgeBeforePost({ ...seen, step: input.step, barredUntil, request: change.request });
  switch (verdict.kind) {
    case "as-wanted":
      return done();
    case "end":
      return ended(verdict.ending);
    case "wait":
      return wait("waiting for it to come to rest", pollMs);
    case "post":
      return barredUntil !== null && seen.now < barredUntil ? waitForBar(barredUntil - seen.now) : undefined;
  }
}

/**
 * Pays for the POST. A restart also asks what tier the workspace allows, before it stops anything: paid for at once.
 */
async function pay({ deps, input, change, callClass, signal }: Attempt): Promise<string | undefined> {
  const asksLimits = input.step === "stop" && change.request.kind === "restart";
  await admitCalls(deps, { project: input.ref.project, calls: asksLimits ? 2 : 1, callClass });
  if (!asksLimits) return undefined;
  const limits = await deps.atlas.getWorkspace(input.ref, { signal, timeoutMs: deps.settings.readTimeoutMs });
  return limits?.maxTier;
}

function call(
  { deps, input, signal }: Attempt,
  { options, deadline }: { readonly options: StepRow["options"]; readonly deadline: number },
): ReturnType<AtlasClient["stop"]> {
  const write = { signal, deadline };
  return input.step === "stop"
    ? deps.atlas.stop(input.ref, write)
    : deps.atlas.startWith(input.ref, options, write);
}

/** Later looks are compared with the time at which the answer was written down. */
async function accept(attempt: Attempt): Promise<Posted> {
  const { deps, input, change } = attempt;
  const recorded = await record(attempt, toFencedAttempt(attempt), { fate: "applied", answer: null });
  if (recorded.kind !== "recorded") return recorded;
  deps.log.info("change.posted", { ...input.ref, step: input.step, change: change.id });
  return { kind: "accepted", answeredAt: recorded.answeredAt };
}
