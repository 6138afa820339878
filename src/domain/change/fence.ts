// The fence: the last check before a POST, made under the locks of the change and its processor. Pure. It alone says
// whether the POST may still go out and with which options; after it nothing is asked any more.
import type { Ending, EndingCode, OpenChange, StepName } from "./change.js";
import type { ChangeRequest } from "./requests.js";
import { ending } from "./change.js";
import {
  toRequestedOptions,
  toResumeOptions,
  toStartOptions,
  toTierOnly,
  withoutOneOff,
} from "../decide/start-to-send.js";
import type { StartOptions } from "../start-options.js";
import { isLargerTier, isTier, toPositionKey } from "../start-options.js";
import { isParked } from "../decide/recovery.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";

/** How a restart ends whose tier the workspace would refuse. */
export const TIER_TOO_LARGE = "tier-too-large" satisfies EndingCode;

export interface FenceFacts {
  readonly change: OpenChange;
  readonly step: StepName;
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus;
  readonly now: number;
  /** The largest tier the workspace allows; a restart asks before it stops. */
  readonly maxTier?: string | undefined;
}

export type FenceVerdict =
  | { readonly kind: "post"; readonly options: StartOptions; readonly positionKey: string | null }
  | { readonly kind: "wait"; readonly until: number }
  | { readonly kind: "end"; readonly ending: Ending };

/** The last check before a POST: whether it may go out, and with which options. */
export function judgeFence(facts: FenceFacts): FenceVerdict {
  const end = findEnd(facts);
  if (end !== undefined) return { kind: "end", ending: end };
  const { barredUntil } = facts.status;
  if (barredUntil !== null && facts.now < barredUntil) return { kind: "wait", until: barredUntil };
  if (facts.step === "stop") return findTooLarge(facts) ?? { kind: "post", options: {}, positionKey: null };
  const options = toPostOptions(facts);
  return { kind: "post", options, positionKey: toPositionKey(options) ?? null };
}

/** A restart that would be refused its tier stops nothing. */
function findTooLarge(facts: FenceFacts): FenceVerdict | undefined {
  const { maxTier, change } = facts;
  const { tier } = toPostOptions({ ...facts, step: "start", change: { ...change, owesStart: true } });
  if (maxTier === undefined || tier === undefined || !isTier(maxTier) || !isLargerTier(tier, maxTier)) {
    return undefined;
  }
  const text = `tier ${tier} is above ${maxTier}, the largest this workspace allows: nothing was stopped`;
  return { kind: "end", ending: ending("failed", TIER_TOO_LARGE, text) };
}

/** In this order: what is closed posts nothing; a cancel holds for all; an owed start knows only its release. */
function findEnd(facts: FenceFacts): Ending | undefined {
  const { change, declared } = facts;
  if (change.closedAt !== null) return ending("superseded", "superseded", "closed by somebody else");
  if (change.cancelRequestedBy !== null) {
    return ending("cancelled", "cancelled", `cancelled by ${change.cancelRequestedBy}`);
  }
  if (change.owesStart) return findRelease(change, declared);
  if (change.request.requestedBy === "person") return undefined;
  return findReplacement(change.request.policyVersion, facts);
}

/** What ends a pass's change: its version was replaced, or the processor suspended or parked. */
function findReplacement(
  version: number | null,
  facts: Pick<FenceFacts, "declared" | "status" | "now">,
): Ending | undefined {
  const { declared, status } = facts;
  if (declared?.version !== version) {
    return ending("superseded", "policy-replaced", "its policy was replaced");
  }
  if (status.suspended !== null && facts.now < status.suspended.until) {
    return ending("superseded", "suspended", `suspended by ${status.suspended.by}`);
  }
  if (isParked(status, declared)) return ending("superseded", "parked", "parked meanwhile");
  return undefined;
}

/** Only a newer STOPPED releases an owed start (or a cancel, above). */
function findRelease(change: OpenChange, declared: DeclaredPolicy | undefined): Ending | undefined {
  const isReleased =
    declared !== undefined &&
    declared.policy.state === "STOPPED" &&
    declared.version !== change.request.policyVersion;
  return isReleased ? ending("superseded", "policy-replaced", "declared STOPPED meanwhile") : undefined;
}

/**
 * From the declaration as it is now, not as it was when the change was planned: the fence has both under its lock. A
 * start that is owed resumes, because the processor ran; the fallback has the tier it ran on.
 */
function toPostOptions(facts: FenceFacts): StartOptions {
  const { change, step, declared, status } = facts;
  const { request } = change;
  if (step === "fallback") return toTierOnly(change.tierBefore);
  const standing = request.slotAt === null ? status : withoutOneOff(status);
  if (declared === undefined) return { ...toUndeclaredTier(change), ...request.options };
  const isAsAsked = request.options !== null && declared.version === request.policyVersion;
  // A pass restarts what ran: it resumes, also where somebody else stopped it first and nothing is owed.
  const isPassRestart = request.requestedBy === "pass" && request.kind === "restart";
  if ((change.owesStart && !isAsAsked) || isPassRestart) return toResumeOptions(declared, standing);
  const asDeclared = change.owesStart
    ? toResumeOptions(declared, standing)
    : toStartOptions(declared, standing);
  return toRequestedOptions(request.options ?? {}, asDeclared);
}

/** The tier that it ran on, unless a client of Atlas asks, which knows nothing of that. */
function toUndeclaredTier({ request, tierBefore }: OpenChange): StartOptions {
  const isVerbatim = request.requestedBy === "person" && request.isVerbatim === true;
  return isVerbatim ? {} : toTierOnly(tierBefore);
}

/**
 * Why a change may not open, under the processor's lock; undefined where it may. A person's is bound by nothing here.
 */
export function judgeOpening(
  request: ChangeRequest,
  facts: Pick<FenceFacts, "declared" | "status" | "now">,
): Ending | undefined {
  if (request.requestedBy === "person") return undefined;
  const { lastCloseAt } = facts.status;
  if (lastCloseAt !== null && request.plannedFrom !== null && lastCloseAt > request.plannedFrom) {
    return ending("superseded", "moved-on", "another change closed after it was planned");
  }
  return findReplacement(request.policyVersion, facts);
}
