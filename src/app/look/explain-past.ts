// The explanation of one processor as it would have been told at a moment of the past: the policy, the observation, the
// counters and the change of then, decided by the functions that a pass uses. What is not kept is named and never made
// up.
import type { WorkspaceIncident } from "../../domain/decide/incident-turn.js";
import { createScheduler } from "../../domain/decide/schedule.js";
import type { WorkspaceFacts } from "../../domain/decide/workspace-facts.js";
import { planWorkspace } from "../../domain/decide/workspace-plan.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { Reason } from "../../domain/reasons.js";
import type { Since } from "../../domain/tell/listing.js";
import { AppError } from "../../base/errors.js";
import { createPatterns } from "../../policy-file/patterns.js";
import { readPast } from "../../store/people/past.js";
import type { Past, PastIncident } from "../../store/people/past.js";
import type { Standing } from "../../store/people/standing.js";
import type { AppDeps } from "../deps.js";
import { selectProcessors } from "../select.js";
import { tellExplanation } from "./explain.js";
import type { Explanation } from "./explain.js";
import { toPlanned } from "./plan.js";

/**
 * Throws `request.unknown` where no such processor is declared or was seen, and `request.refused` for a moment that has
 * not come.
 */
export async function explainAt(
  deps: Pick<AppDeps, "store" | "settings">,
  ref: ProcessorRef,
  moment: Since,
): Promise<Explanation> {
  await selectProcessors(deps, [ref]);
  const past = await readPast(deps.store, ref, moment);
  if (past.at > past.now) {
    const text = `${new Date(past.at).toISOString()} has not come yet: it is ${new Date(past.now).toISOString()}`;
    throw new AppError("request.refused", text);
  }
  const plan = planWorkspace(toFacts(deps.settings, ref, past), {
    scheduler: createScheduler(),
    finds: createPatterns(),
  });
  const [one] = plan.processors;
  if (one === undefined)
    throw new AppError("store.conflict", `${formatProcessorRef(ref)} has just gone; look again`);
  const told = tellExplanation(deps.settings, {
    ref,
    standing: toStanding(past, one.decision.reason),
    planned: toPlanned(ref, one, plan),
    braked: { stops: 0, restarts: 0 },
    searched: past.changes,
  });
  return {
    ...told,
    conditions: told.conditions.map((condition) => ({ ...condition, since: toKnown(past, condition.since) })),
    past: { askedAt: past.now, notKept: findNotKept(past) },
  };
}

/** A mark is never newer than the row it stands in; a clock that went back may make it look so. */
function toKnown({ at }: Past, since: number | null): number | null {
  return since !== null && since > at ? null : since;
}

/** With the reason that stood: rows are not written for it, so the one in the row may be older. */
function withReason({ status, reason: told }: Past, reason: Reason): Past["status"] {
  const isStored = status.reason?.code === reason.code && status.reason.text === reason.text;
  if (isStored) return status;
  // By the journal, whose last reason before then is the one that stood.
  return { ...status, reason, reasonSince: told?.text === reason.text ? told.at : null };
}

/** A workspace of this one alone: who shared its brake, caps and train then is not kept with it. */
function toFacts(settings: AppDeps["settings"], ref: ProcessorRef, past: Past): WorkspaceFacts {
  const { at, status, policy, heldWhy } = past;
  const { project, workspace, processor } = ref;
  const isOpen = past.changes.some(({ closedAt }) => closedAt === null);
  return {
    ref: { project, workspace },
    now: at,
    observedAt: at,
    observations: status.observed === null || status.absences > 0 ? [] : [status.observed],
    processors: [
      { processor, declared: policy?.declared, status: asSeenAt(status, at), hasOpenChange: isOpen },
    ],
    hold: heldWhy === undefined ? null : { why: heldWhy, by: "list", recheckAt: at },
    movers: {},
    stats: {},
    brakeReleased: {},
    recentMutations: 0,
    openInWorkspace: isOpen ? 1 : 0,
    openInProject: isOpen ? 1 : 0,
    openByKey: {},
    openStartsInTurn: null,
    incidents: past.incident === undefined ? [] : [toWorkspaceIncident(past.incident, ref)],
    settings,
  };
}

/** The row stands for every look up to the moment: none of them is one more look, nor one more absence. */
function asSeenAt(status: Past["status"], at: number): Past["status"] {
  return { ...status, observedAt: at };
}

function toWorkspaceIncident(incident: PastIncident, ref: ProcessorRef): WorkspaceIncident {
  const { id, isAnnounced, phase, why, isAdmitted } = incident;
  const scope = { project: ref.project, workspace: ref.workspace, connection: null };
  const [admitted, waiting] = isAdmitted ? [[ref.processor], []] : [[], [ref.processor]];
  return { id, scope, isAnnounced, phase, why, admitted, waiting, left: [] };
}

/** Nobody can say when the next pass came: a pass is no prospect of the past. */
function toStanding(past: Past, reason: Reason): Standing {
  const { at, policy, heldWhy } = past;
  return {
    now: at,
    policy,
    status: withReason(past, reason),
    workspace: undefined,
    hold: heldWhy === undefined ? null : { why: heldWhy, by: "list", recheckAt: at },
  };
}

const AFTER_THE_TABLE =
  "whether the brake, a cap, its train or a trial of a hold kept it back is not kept: told is what its row decided";
const LOOKS = "looks that saw nothing new are not kept: it is told as if Atlas had been looked at just then";

function findNotKept({ observationAt, policy }: Past): readonly string[] {
  const notes = [
    observationAt === undefined && "no observation is kept from then: what was seen and counted is not known",
    policy === undefined && "no policy named it then, or its version is not kept",
    LOOKS,
    AFTER_THE_TABLE,
  ];
  return notes.filter((note) => note !== false);
}
