// The proof after a start: STARTED says that Atlas runs it, and not that it gets on. Pure. Judged by the counters that
// the list shows, once, at the end of the declared time. What Atlas does not count is never held against a processor.
import { toObservedState } from "../observation.js";
import type { Observation, ProcessorStats } from "../observation.js";
import type { ProofRule } from "../policy.js";
import type { DeclaredPolicy, ProcessorStatus, Proof, ProofCounters } from "../status.js";
import { withAttempt } from "./recovery.js";

export type ProofVerdict =
  | { readonly kind: "pending" }
  | { readonly kind: "proven" }
  /** `why` holds no counter, so that it does not flap. */
  | { readonly kind: "degraded"; readonly why: string };

export interface ProofFacts {
  readonly proof: Proof;
  readonly rule: ProofRule;
  /** Undefined where the list has none of it. */
  readonly stats: ProcessorStats | undefined;
  readonly now: number;
}

/** A source that is at rest shows a little lag, too: seconds by which it may be behind without having anything. */
const IDLE_LAG_SECONDS = 60;

interface Judged {
  readonly first: ProofCounters;
  readonly stats: ProcessorStats;
  readonly rule: ProofRule;
}

/** First match wins. */
const FAILINGS: readonly { readonly why: string; readonly match: (judged: Judged) => boolean }[] = [
  {
    why: "no message has come in since its start, and its source has some",
    match: ({ first, stats }) => toGrowth(first.messagesIn, stats.messagesIn) === 0 && isBehind(first, stats),
  },
  {
    why: "too many of its messages since its start are dead letters",
    match: ({ first, stats, rule }) => {
      const dead = toGrowth(first.deadLetters, stats.deadLetterMessages) ?? 0;
      const came = toGrowth(first.messagesIn, stats.messagesIn) ?? 0;
      return dead > 0 && dead > rule.deadLetterRatio * came;
    },
  },
  {
    why: "its lag has grown beyond what is declared",
    match: ({ first, stats: { lagSeconds = 0 }, rule }) =>
      lagSeconds * 1_000 > rule.maxLagMs && lagSeconds > (first.lagSeconds ?? lagSeconds),
  },
];

/** A counter that is lower than before has begun anew. Undefined where either is not known. */
function toGrowth(before: number | null, now: number | undefined): number | undefined {
  if (before === null || now === undefined) return undefined;
  return now < before ? now : now - before;
}

/** By its lag; where Atlas tells of none, a source that had input before is held to have more. */
function isBehind({ messagesIn }: ProofCounters, { lagSeconds, kafkaLag }: ProcessorStats): boolean {
  if (lagSeconds === undefined && kafkaLag === undefined) return (messagesIn ?? 0) > 0;
  return (kafkaLag ?? 0) > 0 || (lagSeconds ?? 0) > IDLE_LAG_SECONDS;
}

/** Whether a start has proved itself by now. One that was found degraded stays so until the counters say otherwise. */
export function judgeProof({ proof, rule, stats, now }: ProofFacts): ProofVerdict {
  const { first, startedAt, degraded } = proof;
  if (now < (first?.at ?? startedAt) + rule.withinMs) return { kind: "pending" };
  if (first === null || stats === undefined) {
    return degraded === null ? { kind: "proven" } : { kind: "degraded", why: degraded };
  }
  const failing = FAILINGS.find(({ match }) => match({ first, stats, rule }));
  return failing === undefined ? { kind: "proven" } : { kind: "degraded", why: failing.why };
}

interface Seen {
  readonly observation: Observation | undefined;
  readonly stats: ProcessorStats | undefined;
  readonly now: number;
}

/** The status after one more look at a processor that has something to prove; the very same if nothing is news. */
export function withProof(
  status: ProcessorStatus,
  declared: DeclaredPolicy | undefined,
  seen: Seen,
): ProcessorStatus {
  const { proof } = status;
  if (proof === null) return status;
  const rule = declared?.policy.recovery.proof;
  if (declared === undefined || rule === undefined || isAtRest(seen)) return { ...status, proof: null };
  if (!isRunning(seen)) return status;
  const begun = withFirst(proof, seen);
  const verdict = judgeProof({ ...seen, proof: begun, rule });
  if (verdict.kind === "proven") return { ...status, proof: null };
  if (verdict.kind === "degraded" && verdict.why !== proof.degraded) {
    return withFailing(status, declared, { proof: begun, why: verdict.why, now: seen.now });
  }
  return begun === proof ? status : { ...status, proof: begun };
}

/** No start stands any more that could prove itself. */
function isAtRest({ observation }: Seen): boolean {
  const state = observation && toObservedState(observation.state);
  return state === "FAILED" || state === "STOPPED" || state === "CREATED";
}

function isRunning({ observation }: Seen): boolean {
  return observation !== undefined && toObservedState(observation.state) === "STARTED";
}

/** Counted once for a start, whatever it is found to fail by. */
function withFailing(
  status: ProcessorStatus,
  declared: DeclaredPolicy,
  { proof, why, now }: { readonly proof: Proof; readonly why: string; readonly now: number },
): ProcessorStatus {
  const counted = proof.isCounted ? status : withAttempt(status, declared, now);
  return { ...counted, lastFailure: why, proof: { ...proof, isCounted: true, degraded: why } };
}

function withFirst(
  proof: Proof,
  { stats, now }: { readonly stats: ProcessorStats | undefined; readonly now: number },
): Proof {
  if (proof.first !== null || stats === undefined) return proof;
  const { messagesIn = null, deadLetterMessages = null, lagSeconds = null } = stats;
  return { ...proof, first: { at: now, messagesIn, deadLetters: deadLetterMessages, lagSeconds } };
}

/** Why it is degraded; undefined if it is not. */
export function findDegraded({ proof }: Pick<ProcessorStatus, "proof">): string | undefined {
  return proof?.degraded ?? undefined;
}
