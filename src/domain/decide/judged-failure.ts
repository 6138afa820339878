// What stands between a processor and its policy, judged: the class of the failure, the rule that told it, and the
// action that the policy or Headgate picks for it. Pure. A failure from before the policy was declared, before somebody
// unparked the processor, or before a climb or a rung is no news: that may have mended it, so one start is tried.
import type { FailureClass, FailureFacts } from "../failure-classes.js";
import { toClassProperties } from "../failure-classes.js";
import type { Observation } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { Recovery } from "../policy.js";
import { findNextTier } from "../recover/climb.js";
import { classify } from "../recover/classify.js";
import type { Classified, FindsPattern } from "../recover/classify.js";
import type { Tier } from "../start-options.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { isInAgreement } from "./drift.js";

export interface JudgedFailure extends Classified {
  readonly action: "resume" | "climb" | "ladder" | "wait" | "hold";
  /** Of a climb. */
  readonly climbsTo?: { readonly tier: Tier; readonly stepBackAfterMs: number };
  /** Nothing was done since that may have mended it. */
  readonly isNews: boolean;
}

export interface FailedFacts {
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus;
  readonly observation: Observation | undefined;
}

/** Undefined where nothing has failed, or all is as declared. */
export function judgeFailure(facts: FailedFacts, finds: FindsPattern): JudgedFailure | undefined {
  const { declared, status, observation } = facts;
  if (observation === undefined) return undefined;
  const failure = findFailure(status, observation);
  if (failure === undefined) return undefined;
  const isFailed = toObservedState(observation.state) === "FAILED";
  if (!isFailed && (declared === undefined || isInAgreement(declared, status, observation))) return undefined;
  const classified = classify(failure, { rules: declared?.policy.recovery.rules ?? [], finds });
  const isNews = failure.at > findAnsweredAt(declared, status);
  return { ...classified, ...pickAction(classified.class, { ...facts, observation }), isNews };
}

/** The newest: a state that came after the last change closed is newer than what that was refused with. */
export function findFailure(
  { refusal, preceding, stateSince, stateCause, lastStartAt, lastCloseAt }: ProcessorStatus,
  { state, errorMessage }: Observation,
): (FailureFacts & { readonly at: number }) | undefined {
  const isStateNewer = (stateSince ?? 0) > (lastCloseAt ?? 0);
  if (refusal !== null && !isStateNewer) return { ...refusal, preceding, at: lastCloseAt ?? 0 };
  if (toObservedState(state) !== "FAILED") return undefined;
  // One that FAILED again before it was seen in between has FAILED since its last start. When one FAILED that was never
  // seen otherwise, nobody knows: it is no news, and a start is tried.
  const at = Math.max(stateCause === "first" ? 0 : (stateSince ?? 0), lastStartAt ?? 0);
  return { status: null, errorCode: null, text: errorMessage ?? "", preceding, at };
}

function findAnsweredAt(declared: DeclaredPolicy | undefined, status: ProcessorStatus): number {
  const { forgivenAt, climbed, rung } = status;
  return Math.max(declared?.declaredAt ?? 0, forgivenAt ?? 0, climbed?.at ?? 0, rung?.at ?? 0);
}

/** By the policy's own word for the class, else by ours. A climb needs a tier to climb to, a ladder its declaration. */
function pickAction(
  failureClass: FailureClass,
  { declared, status, observation }: FailedFacts & { readonly observation: Observation },
): Pick<JudgedFailure, "action" | "climbsTo"> {
  const { otherwise = "resume", ...shipped } = toClassProperties(failureClass);
  const recovery = declared?.policy.recovery;
  const own = toOwnRule(recovery, failureClass);
  if (own !== undefined && own.action !== "climb") return { action: own.action };
  if (own === undefined || declared === undefined) {
    const hasLadder = shipped.action === "ladder" && recovery?.ladder !== undefined;
    return { action: isBare(shipped.action) && !hasLadder ? otherwise : shipped.action };
  }
  const tier = findNextTier(declared, { status, observation }, own.ceiling);
  return tier === undefined
    ? { action: otherwise }
    : { action: "climb", climbsTo: { tier, stepBackAfterMs: own.stepBackAfterMs } };
}

/** What is nothing without a declaration of its own. */
const isBare = (action: string): boolean => action === "climb" || action === "ladder";

function toOwnRule(
  recovery: Recovery | undefined,
  failureClass: FailureClass,
): NonNullable<Recovery["classes"]>[FailureClass] {
  return recovery?.classes?.[failureClass];
}
