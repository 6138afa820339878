// Everything an operator asks about one processor, from what is stored: its policy and where each value comes from,
// what was observed, which row of the decision table decides now, what comes next, what was done. No call to Atlas. The
// decision is made anew from the stored facts, by the functions that a pass uses, so it can be newer than the reason
// that the last pass stored. It rests on several statements: what moves between them shows at the next look.
import type { Observation, SourcePosition } from "../../domain/observation.js";
import type { JudgedFailure } from "../../domain/decide/judged-failure.js";
import { describeRow } from "../../domain/decide/decision-table.js";
import type { RowId } from "../../domain/decide/decision-table.js";
import type { ReasonCode } from "../../domain/reasons.js";
import { ZONE_RULES, describeRules } from "../../domain/decide/zone-rules.js";
import { toConditions } from "../../domain/tell/conditions.js";
import type { ProcessorCondition } from "../../domain/tell/conditions.js";
import { findProspects } from "../../domain/tell/prospects.js";
import type { Prospect } from "../../domain/tell/prospect.js";
import type { Braked } from "../../domain/tell/wording.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { StateCause } from "../../domain/status.js";
import { AppError } from "../../base/errors.js";
import { policySources } from "../../policy-file/sources.js";
import type { SourcedField } from "../../policy-file/sources.js";
import { listChanges } from "../../store/people/listings/listings.js";
import type { ChangeListing } from "../../store/people/listings/listings.js";
import { readStanding } from "../../store/people/standing.js";
import type { Standing } from "../../store/people/standing.js";
import type { AppDeps } from "../deps.js";
import { planFleet } from "./plan.js";
import type { PlannedProcessor } from "./plan.js";
import { selectProcessors } from "../select.js";

export interface Explanation {
  readonly ref: ProcessorRef;
  /** Database time: what ages are measured from. */
  readonly now: number;
  /** Null where it is unmanaged. */
  readonly policy: {
    readonly version: number;
    readonly author: string | null;
    readonly declaredAt: number;
    readonly fields: readonly SourcedField[];
  } | null;
  readonly observed: ObservedFacts;
  readonly decision: {
    /** Its place in the decision table, which may change from release to release; `rowId` does not. */
    readonly row: number;
    readonly rowId: RowId;
    readonly meaning: string;
    readonly code: ReasonCode;
    readonly why: string;
    /** Since when it is decided so; null where the next pass will be the first to. */
    readonly since: number | null;
  };
  /** As the last write of its status found them. */
  readonly conditions: readonly ProcessorCondition[];
  /** What keeps it from being as declared; null where nothing has failed. */
  readonly failure: JudgedFailure | null;
  /** By which its slots are worked out; null where it has no schedule. */
  readonly zoneRules: string | null;
  /** What comes next, those with a time first. */
  readonly next: readonly Prospect[];
  readonly running: ChangeListing | null;
  /** The newest first, the running one among them. */
  readonly changes: readonly ChangeListing[];
  /** Of a moment in the past. */
  readonly past?: {
    /** Database time of the question; `now` is the moment that was asked about. */
    readonly askedAt: number;
    /** What is not kept, and so cannot be told. */
    readonly notKept: readonly string[];
  };
}

export interface ObservedFacts {
  /** When its workspace was looked at last; null: never. */
  readonly at: number | null;
  /** Null where it was never seen. */
  readonly processor: Observation | null;
  /** It was there once, and is not in the newest list. */
  readonly isAbsent: boolean;
  readonly stateSince: number | null;
  readonly stateCause: StateCause;
  /** Who brought it there, where somebody is named. */
  readonly stateBy: string | null;
  readonly driftSince: number | null;
  /** The newest place in its change stream that was seen. */
  readonly position: SourcePosition | null;
  /** Of the newest look, where it failed. */
  readonly failure: { readonly at: number | null; readonly why: string } | null;
}

/** `get changes` shows the rest. */
const CHANGES_TOLD = 5;

/** Among which whoever gave the standing one-off is looked for. */
const CHANGES_SEARCHED = 50;

/** Throws `request.unknown` where no such processor is declared or was seen. */
export async function explain(
  deps: Pick<AppDeps, "store" | "settings">,
  ref: ProcessorRef,
): Promise<Explanation> {
  // For its refusal alone, which names the nearest processor.
  await selectProcessors(deps, [ref]);
  const standing = await readStanding(deps.store, ref);
  const { planned, braked } = await planOne(deps, ref);
  const searched = await listChanges(deps.store, { ...ref, limit: CHANGES_SEARCHED });
  return tellExplanation(deps.settings, { ref, standing, planned, braked, searched });
}

/** What is told from, of now or of a moment in the past. */
export interface Told {
  readonly ref: ProcessorRef;
  readonly standing: Standing;
  readonly planned: PlannedProcessor;
  readonly braked: Braked;
  /** The newest first. */
  readonly searched: readonly ChangeListing[];
}

export function tellExplanation(
  settings: AppDeps["settings"],
  { ref, standing, planned, braked, searched }: Told,
): Explanation {
  const changes = searched.slice(0, CHANGES_TOLD);
  const { policy } = standing;
  return {
    ref,
    now: standing.now,
    policy:
      policy === undefined
        ? null
        : {
            version: policy.declared.version,
            author: policy.author,
            declaredAt: policy.declared.declaredAt,
            fields: policySources(policy.declared.policy, policy.written),
          },
    observed: toObservedFacts(standing),
    decision: toDecision(standing, planned),
    conditions: toConditionsOf(standing),
    failure: planned.failure,
    zoneRules: policy?.declared.policy.restart === undefined ? null : describeRules(ZONE_RULES),
    next: findProspects({
      ref,
      now: standing.now,
      declared: policy?.declared,
      status: standing.status,
      decision: planned.decision,
      isChange: planned.isChange,
      turn: planned.turn,
      hold: standing.hold,
      braked,
      oneOffBy: findOneOffBy(searched),
      dueAt: standing.workspace?.dueAt ?? null,
      settings,
    }),
    running: changes.find(({ closedAt }) => closedAt === null) ?? null,
    changes,
  };
}

async function planOne(
  deps: Pick<AppDeps, "store" | "settings">,
  ref: ProcessorRef,
): Promise<{ readonly planned: PlannedProcessor; readonly braked: Braked }> {
  const { project, workspace, processor } = ref;
  const workspaces = await planFleet(deps, { only: [{ project, workspace }] });
  const all = workspaces.flatMap(({ processors }) => processors);
  const planned = all.find((one) => one.ref.processor === processor);
  const braked = all.filter(({ decision }) => decision.reason.code === "braked");
  const stops = braked.filter(({ decision }) => decision.row === "stop").length;
  if (planned !== undefined) return { planned, braked: { stops, restarts: braked.length - stops } };
  throw new AppError("store.conflict", `${formatProcessorRef(ref)} has just gone; look again`);
}

/** The last whose own options took effect. */
function findOneOffBy(changes: readonly ChangeListing[]): string | undefined {
  const found = changes.find(
    ({ outcome, options }) => outcome === "succeeded" && options?.["tier"] !== undefined,
  );
  return found === undefined ? undefined : `${found.actor} (${found.why})`;
}

function toDecision({ status }: Standing, { decision }: PlannedProcessor): Explanation["decision"] {
  const { row, reason } = decision;
  const { number, meaning } = describeRow(row);
  // Reasons hold no times and no counters, so equal text means that nothing changed since.
  const isStored = status.reason?.code === reason.code && status.reason.text === reason.text;
  return {
    row: number,
    rowId: row,
    meaning,
    code: reason.code,
    why: reason.text,
    since: isStored ? status.reasonSince : null,
  };
}

function toConditionsOf({ status, policy }: Standing): Explanation["conditions"] {
  return toConditions({
    marks: status.conditions,
    isSeen: status.observed !== null || status.absences > 0,
    isDeclared: policy !== undefined,
    reasonCode: status.reason?.code ?? null,
  });
}

function toObservedFacts({ status, workspace }: Standing): ObservedFacts {
  const { observed, observedAt, absences, stateSince, stateCause, stateBy, driftSince, position } = status;
  // A change of ours may have looked since the last list.
  const lookedAt = Math.max(workspace?.observedAt ?? 0, observedAt ?? 0);
  return {
    at: lookedAt === 0 ? null : lookedAt,
    processor: observed,
    isAbsent: absences > 0,
    stateSince,
    stateCause,
    stateBy,
    driftSince,
    position,
    failure: toLookFailure(workspace),
  };
}

function toLookFailure(workspace: Standing["workspace"]): ObservedFacts["failure"] {
  const why = workspace?.lastError ?? null;
  return why === null ? null : { at: workspace?.lastErrorAt ?? null, why };
}
