// What one pass has seen of each processor, before anything is decided: the look laid over what is remembered, and
// since when it is not as declared. Pure. Both the plan and the judgement of an outage begin here, so that they go by
// the same facts.
import type { Observation } from "../observation.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { NEW_STATUS, withKnownReason, withSighting } from "../status.js";
import type { FindsPattern } from "../recover/classify.js";
import { withClimbEnded } from "../recover/climb.js";
import { withPosition } from "../recover/position.js";
import { withMemory } from "../recover/preceding.js";
import { withLadderEnded } from "../recover/taken-rung.js";
import { isInAgreement } from "./drift.js";
import { judgeFailure } from "./judged-failure.js";
import type { JudgedFailure } from "./judged-failure.js";
import { withProof } from "./proof.js";
import { toSampler } from "./sampling.js";
import type { ProcessorFacts, WorkspaceFacts } from "./workspace-facts.js";

export interface LookedAt {
  readonly processor: ProcessorFacts;
  /** As it was remembered before this look. */
  readonly before: ProcessorStatus;
  readonly status: ProcessorStatus;
  /** Undefined: absent from a complete LIST. */
  readonly observation: Observation | undefined;
  /** What keeps it from being as declared; undefined if nothing has failed. */
  readonly failure: JudgedFailure | undefined;
}

/** In the order of the facts, strangers last. */
export function lookAtAll(facts: WorkspaceFacts, finds: FindsPattern): readonly LookedAt[] {
  const seen = new Map((facts.observations ?? []).map((one) => [one.processor, one]));
  const isSampled = toSampler(facts);
  return toProcessorFacts(facts).map((processor) => {
    const looked = lookAt(facts, { processor, listed: seen.get(processor.processor) }, finds);
    const { observation, status } = looked;
    if (observation === undefined || !isSampled(processor, observation)) return looked;
    const stats = facts.stats[processor.processor];
    return { ...looked, status: withPosition(status, { observation, stats, seenAt: facts.observedAt }) };
  });
}

/** Those that are declared or remembered, and then those that only Atlas knows: they are shown as unmanaged. */
function toProcessorFacts(facts: WorkspaceFacts): readonly ProcessorFacts[] {
  const known = new Set(facts.processors.map(({ processor }) => processor));
  const strangers = (facts.observations ?? [])
    .filter(({ processor }) => !known.has(processor))
    .map(({ processor }) => ({ processor, declared: undefined, status: undefined, hasOpenChange: false }));
  return [...facts.processors, ...strangers];
}

function lookAt(
  facts: WorkspaceFacts,
  { processor, listed }: { readonly processor: ProcessorFacts; readonly listed: Observation | undefined },
  finds: FindsPattern,
): LookedAt {
  const before = processor.status ?? NEW_STATUS;
  const { declared } = processor;
  const observation = withKnownReason(listed, before);
  // While a change of ours is open, it is what moves the processor: nobody else's deploy is waited for afterwards.
  const cause = processor.hasOpenChange ? "headgate" : "elsewhere";
  const by = facts.movers[processor.processor];
  const seen = withSighting(before, { observation, observedAt: facts.observedAt, cause, by }, declared);
  // Where the workspace itself is gone, nothing slipped by between two pages: one such answer proves absence.
  const known = facts.observations === undefined && seen.absences < 2 ? { ...seen, absences: 2 } : seen;
  const at = { observation, now: facts.now };
  const climbed = withClimbEnded(withSuspensionEnded(known, facts.now), declared, at);
  const stats = facts.stats[processor.processor];
  const current = withMemory(withLadderEnded(climbed, declared, at), { observation, stats });
  const failure = judgeFailure({ declared, status: current, observation }, finds);
  const drifting = withDrift(current, declared, { observation, at: facts.observedAt });
  const classed = withFailureClass(drifting, failure);
  // While a change of ours is open, what it brings is what will have to be proved.
  const status = processor.hasOpenChange
    ? classed
    : withProof(classed, declared, { observation, stats, now: facts.now });
  return { processor, before, status, observation, failure };
}

function withFailureClass(status: ProcessorStatus, failure: JudgedFailure | undefined): ProcessorStatus {
  const failureClass = failure?.class ?? null;
  return failureClass === status.failureClass ? status : { ...status, failureClass };
}

/** When the drift was first seen: outages are measured from here, and the oldest is cured first. */
function withDrift(
  status: ProcessorStatus,
  declared: DeclaredPolicy | undefined,
  seen: { readonly observation: Observation | undefined; readonly at: number },
): ProcessorStatus {
  const drifts =
    declared !== undefined &&
    (seen.observation === undefined || !isInAgreement(declared, status, seen.observation));
  if (drifts === (status.driftSince !== null)) return status;
  return { ...status, driftSince: drifts ? seen.at : null };
}

/** It ends by itself at its time; the pass that notices writes it down. */
function withSuspensionEnded(status: ProcessorStatus, now: number): ProcessorStatus {
  return status.suspended !== null && now >= status.suspended.until ? { ...status, suspended: null } : status;
}
