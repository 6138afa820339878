// What is remembered when a change closes: counters, the one-off that stands, a refused version, a hold of the project.
// Pure, from the change, its steps' rows and the last observation. The rules run in order, each on what the one before
// it has left; `lastCloseAt` comes last, because a look that was sent before the close counts only here.
import type { Answer, Ending, OpenChange, StepRow } from "./change.js";
import { withConditions } from "../decide/conditions.js";
import { isInAgreement } from "../decide/drift.js";
import { withoutOneOff } from "../decide/start-to-send.js";
import { findErrorProperties } from "../error-codes.js";
import { TIER_TOO_LARGE } from "./fence.js";
import type { Observation } from "../observation.js";
import { withoutPosition } from "../start-options.js";
import type { Tier } from "../start-options.js";
import { withAttempt, withoutAttempts } from "../decide/recovery.js";
import { toPrecedingStart } from "../recover/preceding.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { toStandingOneOff, withSighting } from "../status.js";

export interface CloseFacts {
  readonly change: OpenChange;
  readonly ending: Ending;
  readonly steps: readonly StepRow[];
  /** The newest look at the processor, where there was one. */
  readonly seen: { readonly observation: Observation; readonly observedAt: number } | null;
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus;
  /** Of the project, as it stands. */
  readonly hold: StandingHold | null;
  readonly now: number;
}

export interface StandingHold {
  readonly why: string;
  readonly by: "list" | "post";
  readonly since: number;
}

export interface Closing {
  readonly status: ProcessorStatus;
  /** What becomes of the project: held because a POST was denied, released because one passed, or as it was. */
  readonly hold:
    | { readonly kind: "hold"; readonly why: string }
    | { readonly kind: "release" }
    | { readonly kind: "none" };
}

/** What a hold for want of payment begins with: Atlas goes on stopping what it no longer starts (docs/atlas.md 1e). */
const UNPAID = "402:";
/** A refusal that names the tier (docs/atlas.md 1e: the text of a parallelism refusal names the minimum tier). */
const ABOUT_TIER = /\btier\b|parallelism/i;

export function close(facts: CloseFacts): Closing {
  const { ending, now } = facts;
  const rules = [
    withSeen,
    withPersonalStop,
    withFailure,
    withStart,
    withSlot,
    withOneOff,
    withCount,
    withRefusedClimb,
    withRungAnswered,
    withProofBegun,
    withRefusal,
    withRefusedStart,
    withStartPreceding,
    withPositionUnknown,
  ];
  const remembered = rules.reduce((status, rule) => rule(status, facts), facts.status);
  const failed = ending.outcome === "failed" ? { ...remembered, lastFailure: ending.text } : remembered;
  const closed = { ...failed, lastCloseAt: now };
  const status = withConditions(closed, { declared: facts.declared, now, isNew: false });
  return { status, hold: toHold(facts) };
}

/**
 * One denied POST holds the project: its credentials or its bill are everybody's. A change that was closed before holds
 * nothing.
 */
function toHold(facts: CloseFacts): Closing["hold"] {
  const denied = findAnswer(facts, "atlas.denied");
  if (denied !== undefined && facts.change.closedAt === null) {
    return { kind: "hold", why: `${String(denied.status ?? "denied")}: ${denied.detail}` };
  }
  return { kind: facts.hold !== null && endsHold(facts, facts.hold) ? "release" : "none" };
}

/** A POST fenced before the hold began proves nothing against it, and no stop proves that the bill is paid. */
function endsHold({ steps }: CloseFacts, { by, since, why }: StandingHold): boolean {
  const passed = steps.filter(({ fate, fencedAt }) => fate === "applied" && fencedAt >= since);
  return by === "post" && passed.some(({ step }) => step !== "stop" || !why.startsWith(UNPAID));
}

function withSeen(status: ProcessorStatus, { seen, declared }: CloseFacts): ProcessorStatus {
  if (seen === null) return status;
  return withSighting(status, { ...seen, cause: "headgate" }, declared);
}

/**
 * Whoever stops what is declared to run is about to start it again, as a deploy does: the loop waits its grace, as it
 * does where somebody stopped it in Atlas.
 */
function withPersonalStop(status: ProcessorStatus, { change, ending }: CloseFacts): ProcessorStatus {
  const { requestedBy, kind } = change.request;
  const isDone = ending.outcome === "succeeded" && ending.code !== "already-as-wanted";
  return requestedBy === "person" && kind === "stop" && isDone
    ? { ...status, stateCause: "elsewhere", stateBy: change.request.actor }
    : status;
}

/** A list without reasons leaves the old one with a processor that FAILED again before it was seen in between. */
function withFailure(status: ProcessorStatus, { ending: { failure } }: CloseFacts): ProcessorStatus {
  const { observed } = status;
  return failure === undefined || observed?.state !== "FAILED"
    ? status
    : { ...status, observed: { ...observed, errorMessage: failure } };
}

/** The start that took effect, as its fence dates it: slots that fired before it are satisfied. */
function findStart({ steps }: CloseFacts): StepRow | undefined {
  return steps.find(({ step, fate }) => step !== "stop" && fate === "applied");
}

function withStart(status: ProcessorStatus, facts: CloseFacts): ProcessorStatus {
  const start = findStart(facts);
  return start === undefined ? status : { ...status, lastStartAt: start.fencedAt };
}

function withSlot(status: ProcessorStatus, facts: CloseFacts): ProcessorStatus {
  return hasUsedSlot(facts) ? { ...status, lastSlotAt: facts.change.request.slotAt } : status;
}

/** One that ended without passing a fence gives its slot back. */
function hasUsedSlot({ change, steps }: CloseFacts): boolean {
  return change.request.slotAt !== null && steps.length > 0;
}

/**
 * What a person gave, but for a position, stands from the version they saw until a new one or the next slot, whatever
 * became of that slot's change.
 */
function withOneOff(status: ProcessorStatus, facts: CloseFacts): ProcessorStatus {
  const { request } = facts.change;
  if (hasUsedSlot(facts)) return withoutOneOff(status);
  if (request.requestedBy !== "person" || facts.ending.outcome !== "succeeded") return status;
  const start = withoutPosition(request.options ?? {});
  if (Object.keys(start).length === 0) return status;
  // Whoever names a tier has seen to it: the climb does not come back when their one-off ends.
  const climbed = start.tier === undefined ? status.climbed : null;
  return { ...status, climbed, oneOff: { start, version: request.policyVersion } };
}

function withCount(status: ProcessorStatus, facts: CloseFacts): ProcessorStatus {
  const { change, ending, declared, now } = facts;
  const { requestedBy, kind } = change.request;
  if (requestedBy === "person" && ending.outcome === "succeeded" && kind !== "stop")
    return withoutAttempts(status);
  return declared !== undefined && isCounted(status, facts, declared)
    ? withAttempt(status, declared, now)
    : status;
}

/** STARTED is not success yet, where the policy asks for more. */
function withProofBegun(status: ProcessorStatus, facts: CloseFacts): ProcessorStatus {
  const start = findStart(facts);
  if (start === undefined) return status;
  if (facts.declared?.policy.recovery.proof === undefined) return { ...status, proof: null };
  const isCounted = status.attempts > facts.status.attempts;
  return { ...status, proof: { startedAt: start.fencedAt, isCounted, first: null, degraded: null } };
}

/** Every refused or failed change, every start of a FAILED processor, and a success that cured nothing. */
function isCounted(status: ProcessorStatus, facts: CloseFacts, declared: DeclaredPolicy): boolean {
  const { change, ending, steps } = facts;
  if (change.request.requestedBy === "pass" && declared.version !== change.request.policyVersion)
    return false;
  if (change.stateBefore === "FAILED" && findStart(facts) !== undefined) return true;
  if (ending.outcome === "succeeded") return curesNothing(status, facts, declared);
  const isTransient = steps.some(({ answer, fate }) => fate === "refused" && answer?.isTransient === true);
  const saysSomething = findErrorProperties(ending.code)?.isCounted !== false;
  return ending.outcome === "failed" && saysSomething && !isTransient;
}

/** The stop of an announced outage is meant to leave at rest what is declared STARTED. */
function curesNothing(
  status: ProcessorStatus,
  { change: { request }, steps }: CloseFacts,
  declared: DeclaredPolicy,
): boolean {
  const { observed } = status;
  if (steps.length === 0 || observed === null || request.requestedBy !== "pass") return false;
  const isToRest = request.kind === "stop" && declared.policy.state === "STARTED";
  return !isToRest && !isInAgreement(declared, status, observed);
}

/**
 * A refusal is of the version that was sent: the change's own, or the newest one, which an owed start takes its options
 * from.
 */
function withRefusal(status: ProcessorStatus, facts: CloseFacts): ProcessorStatus {
  const { declared, change } = facts;
  if (declared === undefined) return status;
  if (declared.version !== change.request.policyVersion && !change.owesStart) return status;
  const start = findStart(facts);
  if (start?.step === "start") {
    const isCured = start.options.tier === declared.policy.start.tier && status.refusedVersion !== null;
    return isCured ? { ...status, refusedVersion: null } : status;
  }
  const isRefused = isTierRefused(facts, start) && toWantedTier(status, facts) === declared.policy.start.tier;
  return isRefused ? { ...status, refusedVersion: declared.version } : status;
}

/** A tier above the workspace's own maximum, say: the climb is over, and the declared tier is started again. */
function withRefusedClimb(status: ProcessorStatus, facts: CloseFacts): ProcessorStatus {
  const { climbed } = status;
  const tier = findRefused(facts)?.options.tier;
  if (climbed === null || climbed.tier !== tier || !isTierRefused(facts, findStart(facts))) return status;
  return { ...status, climbed: { ...climbed, isRefused: true } };
}

/**
 * Whatever Atlas said of a start with it, later ones resume: if it did not help, the next rung is another. A person who
 * starts it has seen to it.
 */
function withRungAnswered(status: ProcessorStatus, { change, ending, steps }: CloseFacts): ProcessorStatus {
  const { rung } = status;
  const { requestedBy, kind } = change.request;
  if (rung === null || kind === "stop") return status;
  if (requestedBy === "person") return ending.outcome === "succeeded" ? { ...status, rung: null } : status;
  const isAnswered = steps.some(
    ({ step, fate, answer, fencedAt }) =>
      step === "start" &&
      fencedAt >= rung.at &&
      (fate === "applied" || (fate === "refused" && answer?.isTransient !== true)),
  );
  return isAnswered && !rung.isUsed ? { ...status, rung: { ...rung, isUsed: true } } : status;
}

/** For the class of the failure, which a text alone does not always tell. */
function withRefusedStart(status: ProcessorStatus, facts: CloseFacts): ProcessorStatus {
  const answer = facts.ending.outcome === "failed" ? findRefused(facts)?.answer : undefined;
  if (answer === undefined || answer === null)
    return status.refusal === null ? status : { ...status, refusal: null };
  const { detail: text, errorCode } = answer;
  return { ...status, refusal: { status: answer.status, errorCode, text } };
}

/** For the class of a failure that follows: the server says the same of a token and of a time. */
function withStartPreceding(status: ProcessorStatus, facts: CloseFacts): ProcessorStatus {
  const step = findStart(facts) ?? findRefused(facts);
  return step === undefined ? status : { ...status, preceding: toPrecedingStart(step.options) };
}

/** That the old tier was taken is proof; otherwise Atlas's text has to name the tier. */
function isTierRefused(facts: CloseFacts, fallback: StepRow | undefined): boolean {
  if (facts.ending.code === TIER_TOO_LARGE) return true;
  const refused = findRefused(facts)?.answer;
  if (refused?.code !== "atlas.rejected" || refused.isTransient) return false;
  return fallback !== undefined || ABOUT_TIER.test(refused.detail);
}

function findRefused({ steps }: CloseFacts): StepRow | undefined {
  return steps.find(({ step, fate }) => step === "start" && fate === "refused");
}

/** The tier of the start that was refused, or that was not even tried: a one-off's says nothing about the version. */
function toWantedTier(status: ProcessorStatus, facts: CloseFacts): Tier | undefined {
  const refused = findRefused(facts);
  if (refused !== undefined) return refused.options.tier;
  const { request } = facts.change;
  const standing =
    request.slotAt === null ? toStandingOneOff(status, request.policyVersion)?.tier : undefined;
  return request.options?.tier ?? standing ?? facts.declared?.policy.start.tier;
}

/** To post the position again might read everything twice; to resume might leave a gap. A person decides. */
function withPositionUnknown(status: ProcessorStatus, { ending, declared }: CloseFacts): ProcessorStatus {
  if (ending.code !== "position-unknown" || declared === undefined) return status;
  return { ...status, parked: { version: declared.version, why: `position unknown: ${ending.text}` } };
}

function findAnswer({ steps }: CloseFacts, code: string): Answer | undefined {
  return steps.find(({ answer }) => answer?.code === code)?.answer ?? undefined;
}
