// One pass over one workspace, decided: every processor by the decision table, then the hold's single trial, the
// mutation brake and the caps, in that order. Pure. It also says which statuses changed and which transitions the
// journal gets; a workspace in which nothing changed yields neither.
import { isInAgreement } from "./drift.js";
import type { Observation } from "./observation.js";
import type { ChangeKind, Decision } from "./plan.js";
import { decide } from "./plan.js";
import { withStability } from "./recovery.js";
import type { ProcessorRef, WorkspaceRef } from "./refs.js";
import { createScheduler } from "./schedule.js";
import type { Scheduler } from "./schedule.js";
import type { LoopSettings } from "./settings.js";
import type { DeclaredPolicy, ProcessorStatus, Reason } from "./status.js";
import { NEW_STATUS, withKnownReason, withSighting } from "./status.js";

export interface ProcessorFacts {
  readonly processor: string;
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus | undefined;
  readonly hasOpenChange: boolean;
}

export interface Hold {
  readonly why: string;
  readonly by: "list" | "post";
  readonly recheckAt: number;
}

export interface WorkspaceFacts {
  readonly ref: WorkspaceRef;
  readonly now: number;
  readonly observedAt: number;
  /** Of a complete LIST; undefined where Atlas says there is no such workspace. */
  readonly observations: readonly Observation[] | undefined;
  readonly processors: readonly ProcessorFacts[];
  readonly hold: Hold | null;
  /** Policy versions released from the brake. */
  readonly brakeReleased: Readonly<Record<string, number>>;
  /** Unscheduled, unreleased stops and restarts of passes, opened inside the brake's window. */
  readonly recentMutations: number;
  readonly openInWorkspace: number;
  readonly openInProject: number;
  readonly settings: LoopSettings;
}

/** A change a pass wants: what a `changeProcessor` is started with. JSON only. */
export interface PlannedChange {
  readonly ref: ProcessorRef;
  readonly kind: ChangeKind;
  readonly policyVersion: number;
  readonly slotAt: number | null;
  readonly why: string;
  /** When the observation it rests on was sent. */
  readonly plannedFrom: number;
  readonly isReleased: boolean;
  readonly isTrial: boolean;
}

export interface Transition {
  readonly processor: string;
  readonly kind:
    "state.changed" | "reason.changed" | "slot.skipped" | "processor.parked" | "suspension.ended";
  readonly text: string;
}

export interface ProcessorPlan {
  readonly processor: string;
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus;
  readonly hasStatusChanged: boolean;
  readonly decision: Decision;
}

export interface WorkspacePlan {
  readonly processors: readonly ProcessorPlan[];
  readonly changes: readonly PlannedChange[];
  readonly transitions: readonly Transition[];
  readonly isBraked: boolean;
  readonly brakeReleased: Readonly<Record<string, number>>;
}

/** Reasons that come and go with every change: status shows them, the journal does not. */
const PASSING_REASONS: ReadonlySet<string> = new Set([
  "observing-again",
  "change-running",
  "waiting-for-place",
]);

interface Draft {
  readonly facts: ProcessorFacts;
  readonly before: ProcessorStatus;
  /** After the look, before the decision. */
  readonly seen: ProcessorStatus;
  readonly status: ProcessorStatus;
  readonly decision: Decision;
}

/** The plan of one pass. Deterministic: equal facts give an equal plan. */
export function planWorkspace(facts: WorkspaceFacts): WorkspacePlan {
  const scheduler = createScheduler();
  const seen = new Map((facts.observations ?? []).map((one) => [one.processor, one]));
  const drafts = toProcessorFacts(facts).map((processor) =>
    draft(facts, { ...processor, observation: seen.get(processor.processor) }, scheduler),
  );
  const trial = findTrial(facts, drafts);
  const decided = facts.hold === null ? drafts : drafts.map((one) => (one === trial ? one : holding(one)));
  const braked = applyBrake(facts, decided);
  const capped = applyCaps(facts, braked.drafts);
  const processors = capped.drafts.map((one) => finish(facts, one));
  return {
    processors: processors.map(({ plan }) => plan),
    changes: capped.admitted.map((one) => toPlannedChange(facts, one, one === trial)),
    transitions: processors.flatMap(({ transitions }) => transitions),
    isBraked: braked.isBraked,
    brakeReleased: keepReleases(facts, capped.drafts),
  };
}

function toProcessorFacts(facts: WorkspaceFacts): readonly ProcessorFacts[] {
  const known = new Set(facts.processors.map(({ processor }) => processor));
  const strangers = (facts.observations ?? [])
    .filter(({ processor }) => !known.has(processor))
    .map(({ processor }) => ({ processor, declared: undefined, status: undefined, hasOpenChange: false }));
  return [...facts.processors, ...strangers];
}

function draft(
  facts: WorkspaceFacts,
  processor: ProcessorFacts & { readonly observation: Observation | undefined },
  scheduler: Scheduler,
): Draft {
  const before = processor.status ?? NEW_STATUS;
  const { declared } = processor;
  const observation = withKnownReason(processor.observation, before);
  // While a change of ours is open, it is what moves the processor: nobody else's deploy is waited for afterwards.
  const cause = processor.hasOpenChange ? "headgate" : "elsewhere";
  const seen = withSighting(before, { observation, observedAt: facts.observedAt, cause }, declared);
  const known = facts.observations === undefined && seen.absences < 2 ? { ...seen, absences: 2 } : seen;
  const status = withDrift(withSuspensionEnded(known, facts.now), declared, {
    observation,
    at: facts.observedAt,
  });
  const decision = decide({
    declared,
    status,
    observation,
    isListed: true,
    observedAt: facts.observedAt,
    now: facts.now,
    isHeld: false,
    hasOpenChange: processor.hasOpenChange,
    dueSlot:
      declared === undefined ? undefined : findDueSlot(declared, { facts, processor, status }, scheduler),
    settings: facts.settings,
  });
  return {
    facts: processor,
    before,
    seen: status,
    status: withDecision(status, decision, { declared, now: facts.now }),
    decision,
  };
}

function findDueSlot(
  declared: DeclaredPolicy,
  from: {
    readonly facts: WorkspaceFacts;
    readonly processor: ProcessorFacts;
    readonly status: ProcessorStatus;
  },
  scheduler: Scheduler,
): { readonly at: number; readonly firesAt: number } | undefined {
  const { restart } = declared.policy;
  if (restart === undefined) return undefined;
  const after = Math.max(declared.restartSince ?? declared.declaredAt, from.status.lastStartAt ?? 0);
  const ref = { ...from.facts.ref, processor: from.processor.processor };
  const slot = scheduler.latestSlot(restart, ref, { after, upTo: from.facts.now });
  if (slot === undefined) return undefined;
  return from.status.lastSlotAt !== null && slot.at <= from.status.lastSlotAt ? undefined : slot;
}

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

function withSuspensionEnded(status: ProcessorStatus, now: number): ProcessorStatus {
  return status.suspended !== null && now >= status.suspended.until ? { ...status, suspended: null } : status;
}

function withDecision(
  status: ProcessorStatus,
  decision: Decision,
  at: { readonly declared: DeclaredPolicy | undefined; readonly now: number },
): ProcessorStatus {
  let next = status;
  if (decision.skips !== undefined) next = { ...next, lastSlotAt: decision.skips.slotAt };
  if (decision.parks !== undefined && at.declared !== undefined) {
    next = { ...next, parked: { version: at.declared.version, why: decision.parks } };
  }
  if (decision.row === 16 && at.declared !== undefined) next = withStability(next, at.declared, at.now);
  return next;
}

/** Where a POST was denied, one change is tried alone once the re-check is due: the oldest wanted start, else the oldest. */
function findTrial(facts: WorkspaceFacts, drafts: readonly Draft[]): Draft | undefined {
  if (facts.hold?.by !== "post" || facts.now < facts.hold.recheckAt) return undefined;
  return drafts.filter(({ decision }) => decision.action !== undefined).sort(byUrgency)[0];
}

/** Nothing is decided while held: what a decision would have parked, skipped or reset waits for the end of the hold. */
function holding(one: Draft): Draft {
  return {
    ...one,
    status: one.seen,
    decision: { row: 1, reason: { code: "held", text: "the whole project is held" } },
  };
}

/** The same decision without its action; a slot it skips stays skipped. */
function putOff({ row, skips }: Decision, reason: Reason): Decision {
  return { row, reason, ...(skips === undefined ? {} : { skips }) };
}

function isReleased(facts: WorkspaceFacts, one: Draft): boolean {
  return facts.brakeReleased[one.facts.processor] === one.facts.declared?.version;
}

function applyBrake(
  facts: WorkspaceFacts,
  drafts: readonly Draft[],
): { readonly drafts: readonly Draft[]; readonly isBraked: boolean } {
  const { brakeCount, brakeShare } = facts.settings;
  const mutations = drafts.filter(
    (one) => one.decision.action?.isBrakeable === true && !isReleased(facts, one),
  );
  const count = mutations.length + facts.recentMutations;
  const size = facts.observations?.length ?? 0;
  if (mutations.length === 0 || count <= brakeCount || count <= brakeShare * size)
    return { drafts, isBraked: false };
  const reason = {
    code: "braked",
    text: "held by the mutation brake: too many unscheduled stops and restarts at once",
  };
  const heldBack = new Set(mutations);
  return {
    drafts: drafts.map((one) =>
      heldBack.has(one) ? { ...one, decision: putOff(one.decision, reason) } : one,
    ),
    isBraked: true,
  };
}

function byUrgency(one: Draft, other: Draft): number {
  const rank = ({ decision }: Draft): number => (decision.action?.kind === "start" ? 0 : 1);
  const since = ({ status }: Draft): number => status.driftSince ?? Number.MAX_SAFE_INTEGER;
  return rank(one) - rank(other) || since(one) - since(other);
}

function applyCaps(
  facts: WorkspaceFacts,
  drafts: readonly Draft[],
): { readonly drafts: readonly Draft[]; readonly admitted: readonly Draft[] } {
  const { capPerWorkspace, capPerProject } = facts.settings;
  const places = Math.max(
    0,
    Math.min(capPerWorkspace - facts.openInWorkspace, capPerProject - facts.openInProject),
  );
  const wanted = drafts.filter(({ decision }) => decision.action !== undefined).sort(byUrgency);
  const admitted = wanted.slice(0, places);
  const waiting = new Set(wanted.slice(places));
  const reason = { code: "waiting-for-place", text: "waiting for a place under the cap on open changes" };
  return {
    drafts: drafts.map((one) =>
      waiting.has(one) ? { ...one, decision: putOff(one.decision, reason) } : one,
    ),
    admitted,
  };
}

function toPlannedChange(facts: WorkspaceFacts, one: Draft, isTrial: boolean): PlannedChange {
  const { action, reason } = one.decision;
  if (action === undefined || one.facts.declared === undefined) {
    throw new Error("only a decision with an action under a policy is admitted");
  }
  return {
    ref: { ...facts.ref, processor: one.facts.processor },
    kind: action.kind,
    policyVersion: one.facts.declared.version,
    slotAt: action.slotAt,
    why: reason.text,
    plannedFrom: facts.observedAt,
    isReleased: isReleased(facts, one),
    isTrial,
  };
}

/** A release lasts until its processor is in agreement or its version is replaced: it is no switch. */
function keepReleases(facts: WorkspaceFacts, drafts: readonly Draft[]): Readonly<Record<string, number>> {
  const kept = drafts.filter((one) => isReleased(facts, one) && one.status.driftSince !== null);
  return Object.fromEntries(kept.map((one) => [one.facts.processor, one.facts.declared?.version ?? 0]));
}

function finish(
  facts: WorkspaceFacts,
  one: Draft,
): { readonly plan: ProcessorPlan; readonly transitions: readonly Transition[] } {
  const { reason } = one.decision;
  const isNewReason = one.status.reason?.code !== reason.code || one.status.reason.text !== reason.text;
  const status = isNewReason ? { ...one.status, reason, reasonSince: facts.now } : one.status;
  const { processor } = one.facts;
  return {
    plan: {
      processor,
      declared: one.facts.declared,
      status,
      hasStatusChanged: status !== one.before,
      decision: one.decision,
    },
    transitions: toTransitions(one, isNewReason && !PASSING_REASONS.has(reason.code)),
  };
}

function toTransitions(one: Draft, tellsReason: boolean): readonly Transition[] {
  const { processor } = one.facts;
  const { before, status, decision } = one;
  const from = before.observed?.state;
  const to = status.observed?.state;
  const lines: (Transition | false)[] = [
    from !== to &&
      to !== undefined && { processor, kind: "state.changed", text: `${from ?? "not seen"} -> ${to}` },
    before.suspended !== null &&
      status.suspended === null && {
        processor,
        kind: "suspension.ended",
        text: "its time was over",
      },
    decision.skips !== undefined && {
      processor,
      kind: "slot.skipped",
      text: `${new Date(decision.skips.slotAt).toISOString()}: ${decision.skips.why}`,
    },
    decision.parks !== undefined && { processor, kind: "processor.parked", text: decision.parks },
    tellsReason && { processor, kind: "reason.changed", text: decision.reason.text },
  ];
  return lines.filter((line) => line !== false);
}
