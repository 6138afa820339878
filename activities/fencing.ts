// A step's way to its fence: the last check before a POST, made in Postgres under the locks of the change and its
// processor. Whoever passes owns the POST of that attempt; of two who try with the same attempt's number one passes.
import { judgeFence } from "../src/domain/change/fence.js";
import type { FenceVerdict } from "../src/domain/change/fence.js";
import type { StepRow } from "../src/domain/change/change.js";
import type { ProcessorStatus } from "../src/domain/status.js";
import type { LoopStore } from "../src/store/loop-store.js";
import type { Attempt } from "./attempt.js";
import { MISSING, ended, takenOver, wait } from "./step-end.js";
import type { StepEnd } from "./step-end.js";

export type Fenced = Extract<FenceVerdict, { kind: "post" }> | StepEnd;

type AtFence = Parameters<Parameters<LoopStore["fence"]>[0]["judge"]>[0];

/** The number the attempt's row bears once it has passed: of this step's rows, not Temporal's. */
export function toFencedAttempt({ row }: Attempt): number {
  return (row?.attempt ?? 0) + 1;
}

/** Asks at the fence, and passes it if `judge` says so. */
function askFence(attempt: Attempt, judge: (facts: AtFence) => FenceVerdict): ReturnType<LoopStore["fence"]> {
  const { deps, input, runId } = attempt;
  const { startHorizonMs, stopHorizonMs } = deps.settings;
  return deps.store.fence({
    runId,
    ref: input.ref,
    step: input.step,
    attempt: toFencedAttempt(attempt),
    horizonMs: input.step === "stop" ? stopHorizonMs : startHorizonMs,
    before: attempt.before,
    judge,
  });
}

/** What may be posted now, or how the attempt ends without a POST. */
export async function passFence(attempt: Attempt, maxTier: string | undefined): Promise<Fenced> {
  const { deps, input, row, now } = attempt;
  const verdict = await askFence(attempt, (facts) =>
    judgeFence({ ...facts, status: withOwnPosition(facts.status, row), step: input.step, maxTier }),
  );
  switch (verdict.kind) {
    case "post":
      return verdict;
    case "wait":
      return waitForBar(verdict.until - now);
    case "end":
      return ended(verdict.ending);
    case "taken-over":
      return takenOver(deps);
    case "missing":
      return MISSING;
  }
}

export function waitForBar(forMs: number): StepEnd {
  return wait("barred until the last call's horizon has passed", forMs);
}

/**
 * A position that this very step spent, on a POST that past its horizon has changed nothing, goes out with the next
 * one.
 */
function withOwnPosition(status: ProcessorStatus, row: StepRow | undefined): ProcessorStatus {
  if (row === undefined || row.positionKey === null) return status;
  return { ...status, positionsSpent: status.positionsSpent.filter((key) => key !== row.positionKey) };
}

/** An owed start that does not get as far as its POST waits for somebody to see to it, unless the debt was released. */
export async function fenceOwing(attempt: Attempt, why: string): Promise<StepEnd> {
  const { deps, input } = attempt;
  const { holdRecheckMs } = deps.settings;
  const verdict = await askFence(attempt, (facts) => {
    const judged = judgeFence({ ...facts, step: input.step });
    return judged.kind === "end" ? judged : { kind: "wait", until: facts.now + holdRecheckMs };
  });
  if (verdict.kind === "end") return ended(verdict.ending);
  return verdict.kind === "missing" ? MISSING : wait(`it owes a start: ${why}`, holdRecheckMs);
}
