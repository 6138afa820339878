// The decision table of docs/design.md 5, first match wins: from what was declared, observed and remembered of one
// processor to what a pass does about it. Pure. DECISION_TABLE is the whole of it: to change the table is to change one
// row there and its function above. A row never looks at other processors: the hold's trial, the brake and the caps
// come after the table, in holding-back.ts.
import { hasTierDrift, isInAgreement } from "./drift.js";
import { toResumeOptions, withoutOneOff } from "./start-to-send.js";
import { toObservedState } from "../observation.js";
import { toDifference, toLast } from "./difference.js";
import { toParking } from "./failure-answer.js";
import type { Facts, Ruling } from "./decision.js";
import { because } from "../reasons.js";
import { isBackingOff, isParked } from "./recovery.js";
import { isTooOld, skipping, underPolicy } from "./match.js";
import { forgotten } from "./checkpoint-row.js";
import { starts } from "./start-row.js";
import type { Match, PolicyMatch } from "./match.js";
import { inIncident, isItsTurn, restsForIncident } from "./incident-rows.js";

interface Row {
  readonly id: string;
  readonly meaning: string;
  readonly match: Match;
}
const TOO_OLD = "older than catchUp";

const held: Match = ({ observedAt, isHeld }) => {
  if (isHeld) return because("held", "the whole project is held");
  return observedAt === null ? because("not-observed", "no complete observation yet") : undefined;
};

/** Before all others that need a policy: what nobody declared is never touched, whatever state it is in. */
const unmanaged: Match = ({ declared }) =>
  declared === undefined ? because("unmanaged", "in Atlas, but no policy names it") : undefined;

/** A second plan beside a running change could only contradict it. */
const changing: Match = ({ hasOpenChange }) =>
  hasOpenChange ? because("change-running", "a change is running") : undefined;

/**
 * Atlas may go on showing the old state for a while after a change (`settleMs`), and a call of unknown fate may still
 * act.
 */
const unsettled: Match = ({ status, observedAt, now, settings }) => {
  if (status.lastCloseAt !== null && (observedAt ?? 0) < status.lastCloseAt + settings.settleMs) {
    return because("observing-again", "a change has just closed: observing again");
  }
  return status.barredUntil !== null && now < status.barredUntil
    ? because("barred", "the last call's fate is unknown: barred until its horizon has passed")
    : undefined;
};

/** Never an action: what is not there cannot be started, and one list proves nothing. */
const absent: Match = ({ observation, status }) => {
  if (observation !== undefined) return undefined;
  return status.absences >= 2
    ? because("missing", "declared, but not in Atlas")
    : because("observing-again", "absent from the last list: observing again");
};

/** Left alone for now, by a person. Its slots pass unused: a restart that was missed on purpose is not made up for. */
const suspended: Match = (facts) => {
  const { suspended: suspension } = facts.status;
  if (suspension === null || facts.now >= suspension.until) return undefined;
  return {
    ...because("suspended", `suspended by ${suspension.by}: ${suspension.why}`),
    ...skipping(facts, "suspended"),
  };
};

/** Atlas refuses or misunderstands a call in between; a state that Headgate does not know might mean anything. */
const unactionable: Match = ({ observation, status, now, settings }) => {
  const state = observation === undefined ? undefined : toObservedState(observation.state);
  if (observation === undefined || (state !== "TRANSITIONAL" && state !== "UNKNOWN")) return undefined;
  if (status.stateSince !== null && now - status.stateSince >= settings.stuckMs) {
    return because("stuck", `${observation.state} for too long: have a look in Atlas`);
  }
  return state === "UNKNOWN"
    ? because("unknown-state", `Atlas says ${observation.state}, which Headgate does not know: waiting`)
    : because("in-transition", `${observation.state}: waiting`);
};

/** FAILED counts as rest: nobody wants it to run. Before mode observe, so that both modes say the same of it. */
const restsAsDeclared: PolicyMatch = (facts) =>
  facts.declared.policy.state === "STOPPED" && toObservedState(facts.observation.state) !== "STARTED"
    ? { ...because("as-declared", "rests as declared"), ...skipping(facts, "declared STOPPED") }
    : undefined;

/**
 * Gave up under this version, now or before: all attempts were used, or none can help. One that is as declared after
 * all is not given up on.
 */
const parked: PolicyMatch = (facts) => {
  const { declared, status, observation } = facts;
  if (isParked(status, declared)) {
    return { ...because("parked", status.parked?.why ?? "gave up"), ...skipping(facts, "parked") };
  }
  if (isInAgreement(declared, status, observation)) return undefined;
  const parking = toParking(facts);
  if (parking === undefined) return undefined;
  const { why, asks } = parking;
  return {
    ...because("parked", why),
    ...skipping(facts, "parked"),
    parks: why,
    ...(asks === true ? { asks } : {}),
  };
};

/** Before every row that acts, and after `parked`: one that has used its attempts up must not merely wait. */
const backingOff: PolicyMatch = (facts) =>
  !isItsTurn(facts) &&
  isBackingOff(facts.status, facts.declared, facts.now) &&
  !isInAgreement(facts.declared, facts.status, facts.observation)
    ? because("backing-off", `waiting before the next attempt; last: ${toLast(facts)}`)
    : undefined;

const stops: PolicyMatch = (facts) =>
  facts.declared.policy.state === "STOPPED" && toObservedState(facts.observation.state) === "STARTED"
    ? {
        ...because("stop", toDifference(facts.declared, facts.observation)),
        action: { kind: "stop", options: {}, slotAt: null, isBrakeable: true },
        ...skipping(facts, "declared STOPPED"),
      }
    : undefined;

/**
 * A tier changes by stop and start. With a due slot the restart serves both, and is scheduled: the brake lets it pass.
 */
const restartsForTier: PolicyMatch = (facts) => {
  const { declared, status, observation } = facts;
  if (!hasTierDrift(declared, status, observation)) return undefined;
  const isOverdue = isTooOld(facts);
  const slot = isOverdue ? undefined : facts.dueSlot;
  return {
    ...because("restart-tier", toDifference(declared, observation)),
    action: {
      kind: "restart",
      options: toResumeOptions(declared, status),
      slotAt: slot?.at ?? null,
      isBrakeable: slot === undefined,
    },
    ...(isOverdue ? skipping(facts, TOO_OLD) : {}),
  };
};

/** A slot older than `catchUp` is skipped: a nightly restart at noon would be an outage of our own. */
const restartsForSlot: PolicyMatch = (facts) => {
  const { declared, status, dueSlot } = facts;
  if (dueSlot === undefined) return undefined;
  if (isTooOld(facts)) return { ...because("as-declared", "runs as declared"), ...skipping(facts, TOO_OLD) };
  return {
    ...because("restart-slot", "its restart schedule says so"),
    action: {
      kind: "restart",
      options: toResumeOptions(declared, withoutOneOff(status)),
      slotAt: dueSlot.at,
      isBrakeable: false,
    },
  };
};

const runsAsDeclared: Match = () => because("as-declared", "runs as declared");

/** What enforcing would do, by the rows below, recorded and not done. */
const observesOnly: Match = (facts, at) => {
  if (facts.declared?.policy.mode !== "observe") return undefined;
  const { action, reason, parks } = findRow(facts, at + 1).ruling;
  const skips = skipping(facts, "mode observe");
  if (parks !== undefined) return { ...because("would-park", `would park: ${parks}`), ...skips };
  if (action === undefined) return { reason, ...skips };
  return {
    ...because(`would-${action.kind}`, `would ${action.kind}: ${reason.text}`),
    would: action,
    ...skips,
  };
};

/**
 * First match wins. `id` is how code, tests and `explain -o json` name a row; its position is only shown. `meaning`
 * tells people the row's condition, then what follows; that of a row that acts ends with the kind of its change.
 */
export const DECISION_TABLE = [
  { id: "held", meaning: "no complete look at Atlas, or the project is held: nothing is done", match: held },
  { id: "unmanaged", meaning: "no policy names it: unmanaged, nothing is done", match: unmanaged },
  { id: "change-open", meaning: "a change is running: nothing is planned beside it", match: changing },
  {
    id: "unsettled",
    meaning: "a change has just closed, or a call's fate is unknown: Atlas is looked at again first",
    match: unsettled,
  },
  {
    id: "absent",
    meaning: "absent from Atlas's list: looked at again, then missing; never an action",
    match: absent,
  },
  { id: "suspended", meaning: "suspended: nothing is done", match: suspended },
  {
    id: "in-transition",
    meaning: "in transition, or in a state Headgate does not know: waiting; never an action",
    match: unactionable,
  },
  {
    id: "rests-as-declared",
    meaning: "declared STOPPED and at rest: nothing is left to do",
    match: underPolicy(restsAsDeclared),
  },
  {
    id: "observe-only",
    meaning: "mode observe: what would be done is recorded and not done",
    match: observesOnly,
  },
  {
    id: "parked",
    meaning: "parked under this version: nothing is done until somebody has looked",
    match: underPolicy(parked),
  },
  {
    id: "incident-stop",
    meaning: "STARTED, and its turn in an announced outage has come: stop",
    match: underPolicy(restsForIncident),
  },
  {
    id: "in-incident",
    meaning: "a member of an open incident: nothing is done until its turn comes",
    match: underPolicy(inIncident),
  },
  {
    id: "backing-off",
    meaning: "not as declared, and the back-off is running: waiting",
    match: underPolicy(backingOff),
  },
  { id: "stop", meaning: "declared STOPPED, but STARTED: stop", match: underPolicy(stops) },
  {
    id: "checkpoint-forgotten",
    meaning: "at rest for longer than it can resume after: parked until somebody says where to begin",
    match: underPolicy(forgotten),
  },
  { id: "start", meaning: "declared STARTED, but at rest or FAILED: start", match: underPolicy(starts) },
  {
    id: "restart-tier",
    meaning: "STARTED on another tier than the declared one: restart",
    match: underPolicy(restartsForTier),
  },
  {
    id: "restart-slot",
    meaning: "STARTED, and a slot of its restart schedule is due: restart",
    match: underPolicy(restartsForSlot),
  },
  { id: "runs-as-declared", meaning: "STARTED as declared: nothing is left to do", match: runsAsDeclared },
] as const satisfies readonly Row[];

export type RowId = (typeof DECISION_TABLE)[number]["id"];

export interface Decision extends Ruling {
  readonly row: RowId;
}

/** What a pass does about one processor, and by which row. Total: every combination of facts has a row. */
export function decide(facts: Facts): Decision {
  const { id, ruling } = findRow(facts, 0);
  return { row: id, ...ruling };
}

/** A row as people see it: its place in the table, from 1, and what it means. */
export function describeRow(id: RowId): { readonly number: number; readonly meaning: string } {
  const at = DECISION_TABLE.findIndex((row) => row.id === id);
  const row = DECISION_TABLE[at];
  if (row === undefined) throw new Error(`the decision table has no row ${id}`);
  return { number: at + 1, meaning: row.meaning };
}

/** The first match from a place on. */
function findRow(facts: Facts, from: number): { readonly id: RowId; readonly ruling: Ruling } {
  for (let at = from; at < DECISION_TABLE.length; at += 1) {
    const row = DECISION_TABLE[at];
    const ruling = row?.match(facts, at);
    if (row !== undefined && ruling !== undefined) return { id: row.id, ruling };
  }
  throw new Error("the last row of the decision table takes what is left");
}
