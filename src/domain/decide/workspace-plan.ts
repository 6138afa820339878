// One pass over one workspace, decided: every processor by the decision table, then the trains (trains.ts), the hold's
// single trial, the mutation brake and the caps, in that order (holding-back.ts). The order matters: a trial is chosen
// among what the table wants and whose turn it is, the brake counts what would be done if nothing were held, and only
// what is left takes places under the caps. Pure. It also says which statuses changed and which transitions the journal
// gets; a workspace in which nothing changed yields neither, and that is what keeps a quiet pass at one small write.
import { applyBrake, applyCaps, findTrial, holding, isReleased, keepReleases } from "./holding-back.js";
import type { Draft } from "./holding-back.js";
import { toTurns } from "./incident-turn.js";
import type { LookedAt } from "./looking.js";
import { lookAtAll } from "./looking.js";
import { because, toReasonProperties } from "../reasons.js";
import type { ChangeKind, Facts } from "./decision.js";
import type { Decision } from "./decision-table.js";
import { decide } from "./decision-table.js";
import type { JudgedFailure } from "./judged-failure.js";
import { withConditions } from "./conditions.js";
import { findDegraded } from "./proof.js";
import { withStability } from "./recovery.js";
import type { FindsPattern } from "../recover/classify.js";
import type { ProcessorRef } from "../refs.js";
import type { TakenRung } from "../rungs.js";
import { createScheduler } from "./schedule.js";
import type { Scheduler } from "./schedule.js";
import { applyTrains } from "./trains.js";
import type { Turn } from "./trains.js";
import { findUsedUpTo } from "./used-slots.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { toTransitions } from "./transitions.js";
import type { Transition } from "./transitions.js";
import type { ProcessorFacts, WorkspaceFacts } from "./workspace-facts.js";

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

export interface ProcessorPlan {
  readonly processor: string;
  /** Undefined: no policy names it. */
  readonly declared: DeclaredPolicy | undefined;
  /** As it is to be remembered. */
  readonly status: ProcessorStatus;
  /** False: nothing is written for it. */
  readonly hasStatusChanged: boolean;
  readonly decision: Decision;
  readonly failure: JudgedFailure | undefined;
}

export interface WorkspacePlan {
  readonly processors: readonly ProcessorPlan[];
  /** Those that may be started now; what brake, caps or a hold keep back is only in its processor's reason. */
  readonly changes: readonly PlannedChange[];
  readonly transitions: readonly Transition[];
  readonly isBraked: boolean;
  readonly brakeReleased: Readonly<Record<string, number>>;
  /** Of the processors that wait for their train. */
  readonly turns: ReadonlyMap<string, Turn>;
}

/** What evaluates the texts of policies. Whoever plans many workspaces hands in the same ones for all. */
export interface PlanTools {
  /** Crons and zones cost more than the rest of a pass. */
  readonly scheduler: Scheduler;
  readonly finds: FindsPattern;
}

/** Of a test or of a plan without policies of its own: an owner's pattern is found nowhere. */
const toBareTools = (): PlanTools => ({ scheduler: createScheduler(), finds: () => false });

/** The plan of one pass. Deterministic: equal facts give an equal plan, whatever tools evaluate them. */
export function planWorkspace(facts: WorkspaceFacts, tools: PlanTools = toBareTools()): WorkspacePlan {
  const turns = toTurns(facts.incidents);
  const drafts = lookAtAll(facts, tools.finds).map((looked) =>
    draft(facts, looked, { scheduler: tools.scheduler, turns }),
  );
  const trained = applyTrains(facts, drafts);
  const trial = findTrial(facts, trained.drafts);
  const decided =
    facts.hold === null ? trained.drafts : trained.drafts.map((one) => (one === trial ? one : holding(one)));
  const braked = applyBrake(facts, decided);
  const capped = applyCaps(facts, braked.drafts);
  const processors = capped.drafts.map((one) => finish(facts, one));
  return {
    processors: processors.map(({ plan }) => plan),
    changes: capped.admitted.map((one) => toPlannedChange(facts, one, one === trial)),
    transitions: [...processors.flatMap(({ transitions }) => transitions), ...toAbortions(facts, trained)],
    turns: trained.turns,
    isBraked: braked.isBraked,
    brakeReleased: keepReleases(facts, capped.drafts),
  };
}

/** While its project is held no slot is skipped, so no train ends either. */
function toAbortions(
  { hold }: WorkspaceFacts,
  { aborted }: ReturnType<typeof applyTrains>,
): readonly Transition[] {
  if (hold !== null) return [];
  return aborted.map((line) => ({ ...line, kind: "train.aborted" }));
}

/** One processor, looked at and decided, as if the project were not held: the trial of a hold is chosen among these. */
function draft(
  facts: WorkspaceFacts,
  looked: LookedAt,
  { scheduler, turns }: { readonly scheduler: Scheduler; readonly turns: ReturnType<typeof toTurns> },
): Draft {
  const { processor, before, status, observation, failure } = looked;
  const { declared } = processor;
  const scheduleFault = declared?.policy.restart && scheduler.findFault(declared.policy.restart);
  const asked: Facts = {
    ref: { ...facts.ref, processor: processor.processor },
    declared,
    status,
    observation,
    observedAt: facts.observedAt,
    now: facts.now,
    isHeld: false,
    hasOpenChange: processor.hasOpenChange,
    failure,
    incident: turns.get(processor.processor),
    dueSlot:
      declared === undefined || scheduleFault !== undefined
        ? undefined
        : findDueSlot(declared, { facts, processor, status }, scheduler),
    settings: facts.settings,
  };
  const decided = decide(asked);
  const scheduled = scheduleFault === undefined ? decided : withScheduleFault(decided, scheduleFault);
  const decision = withDegraded(scheduled, findDegraded(status));
  return {
    facts: processor,
    before,
    asked,
    status: withDecision(status, decision, { declared, now: facts.now }),
    decision,
  };
}

/**
 * A schedule that this worker cannot evaluate keeps nothing else from being done; where nothing is, it is what to tell.
 */
function withScheduleFault(decision: Decision, fault: string): Decision {
  if (decision.row !== "runs-as-declared") return decision;
  const text = `runs as declared, but its restart schedule cannot be evaluated: not ${fault}`;
  return { ...decision, ...because("schedule-not-evaluated", text) };
}

/** One that runs and does not get on is left running: a restart would not know better. It is shown. */
function withDegraded(decision: Decision, why: string | undefined): Decision {
  if (why === undefined || decision.row !== "runs-as-declared") return decision;
  return { ...decision, ...because("degraded", `runs, but ${why}`) };
}

/** Slots before the last start, or before the restart block was declared, were never missed. */
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
  // The first comparison is cheap, and true on most looks.
  if (from.status.lastSlotAt !== null && slot.at <= from.status.lastSlotAt) return undefined;
  return slot.at <= findUsedUpTo(declared, from.status, scheduler) ? undefined : slot;
}

/**
 * What the decision itself is remembered by. A held processor keeps none of it: `holding` goes back to what was seen.
 */
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
  if (decision.climbs !== undefined) next = { ...next, climbed: decision.climbs };
  if (decision.takes !== undefined) next = withRung(next, decision.takes);
  const isSound = decision.row === "runs-as-declared" && findDegraded(status) === undefined;
  if (isSound && at.declared !== undefined) next = withStability(next, at.declared, at.now);
  return next;
}

/** An approval is for one start: what it was given for has been taken, or something below it. */
function withRung(status: ProcessorStatus, rung: TakenRung): ProcessorStatus {
  const { approval } = status;
  return { ...status, rung, approval: approval?.rung === rung.rung ? null : approval };
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

/** `reasonSince` moves only with the reason, so that people see since when it has been so. */
function finish(
  facts: WorkspaceFacts,
  one: Draft,
): { readonly plan: ProcessorPlan; readonly transitions: readonly Transition[] } {
  const { reason } = one.decision;
  const isNewReason = one.status.reason?.code !== reason.code || one.status.reason.text !== reason.text;
  const reasoned = isNewReason ? { ...one.status, reason, reasonSince: facts.now } : one.status;
  const { processor, declared } = one.facts;
  const isNew = one.before.observed === null && one.before.reason === null;
  const status = withConditions(reasoned, { declared, now: facts.now, isNew });
  return {
    plan: {
      processor,
      declared,
      status,
      hasStatusChanged: status !== one.before,
      decision: one.decision,
      failure: one.asked.failure,
    },
    transitions: toTransitions({ ...one, status }, isNewReason && isTold(one)),
  };
}

/** Whoever only waited for its turn and is left is as it was before: the line of its slot says so. */
function isTold({ before, decision: { reason, skips } }: Draft): boolean {
  const isLeft = skips !== undefined && before.reason?.code === "waiting-for-train";
  if (isLeft && reason.code === "as-declared") return false;
  return toReasonProperties(reason.code).isPassing !== true;
}
