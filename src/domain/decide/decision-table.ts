// The decision table of docs/design.md 5, first match wins: from what was declared, observed and remembered of one
// processor to what a pass does about it. Pure; a row is a function of its own, so that changing the table is changing
// one row. It never looks at other processors: brake and caps come after it, in workspace-plan.ts.
import { hasTierDrift, isInAgreement } from "./drift.js";
import { toResumeOptions, toStartOptions, withoutOneOff } from "./start-to-send.js";
import type { Observation } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { StartOptions } from "../start-options.js";
import { isBackingOff, isExhausted, isParked } from "./recovery.js";
import type { LoopSettings } from "../settings.js";
import type { DeclaredPolicy, ProcessorStatus, Reason } from "../status.js";

export type ChangeKind = "start" | "stop" | "restart";

export interface Facts {
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus;
  /** What the newest complete LIST shows; undefined where it is absent from it. */
  readonly observation: Observation | undefined;
  /** Whether there is a complete LIST at all. */
  readonly isListed: boolean;
  readonly observedAt: number;
  readonly now: number;
  readonly isHeld: boolean;
  readonly hasOpenChange: boolean;
  /** The newest slot that fired after its block was declared and after the last start, and was neither used nor skipped. */
  readonly dueSlot: { readonly at: number; readonly firesAt: number } | undefined;
  readonly settings: Pick<LoopSettings, "settleMs" | "stuckMs">;
}

export interface Action {
  readonly kind: ChangeKind;
  readonly options: StartOptions;
  /** The slot this change satisfies. */
  readonly slotAt: number | null;
  /** Whether the brake may hold it: a stop or tier restart that no slot asked for. */
  readonly isBrakeable: boolean;
}

export interface Decision {
  readonly row: number;
  readonly reason: Reason;
  readonly action?: Action;
  /** What enforcing would do. */
  readonly would?: Action;
  /** The due slot is recorded as skipped, and why. */
  readonly skips?: { readonly slotAt: number; readonly why: string };
  /** We give up under this version. */
  readonly parks?: string;
}

type Row = (facts: Facts) => Omit<Decision, "row"> | undefined;
type EnforceableFacts = Facts & { readonly declared: DeclaredPolicy; readonly observation: Observation };
type EnforceableRow = (facts: EnforceableFacts) => Omit<Decision, "row"> | undefined;

const TOO_OLD = "older than catchUp";

const because = (code: string, text: string): { readonly reason: Reason } => ({ reason: { code, text } });

const held: Row = ({ isListed, isHeld }) => {
  if (isHeld) return because("held", "the whole project is held");
  return isListed ? undefined : because("not-observed", "no complete observation yet");
};

const unmanaged: Row = ({ declared }) =>
  declared === undefined ? because("unmanaged", "in Atlas, but no policy names it") : undefined;

const changing: Row = ({ hasOpenChange }) =>
  hasOpenChange ? because("change-running", "a change is running") : undefined;

const unsettled: Row = ({ status, observedAt, now, settings }) => {
  if (status.lastCloseAt !== null && observedAt < status.lastCloseAt + settings.settleMs) {
    return because("observing-again", "a change has just closed: observing again");
  }
  return status.barredUntil !== null && now < status.barredUntil
    ? because("barred", "the last call's fate is unknown: barred until its horizon has passed")
    : undefined;
};

const absent: Row = ({ observation, status }) => {
  if (observation !== undefined) return undefined;
  return status.absences >= 2
    ? because("missing", "declared, but not in Atlas")
    : because("observing-again", "absent from the last list: observing again");
};

const suspended: Row = (facts) => {
  const { suspended: suspension } = facts.status;
  if (suspension === null || facts.now >= suspension.until) return undefined;
  return {
    ...because("suspended", `suspended by ${suspension.by}: ${suspension.why}`),
    ...skipping(facts, "suspended"),
  };
};

const unactionable: Row = ({ observation, status, now, settings }) => {
  const state = observation === undefined ? undefined : toObservedState(observation.state);
  if (observation === undefined || (state !== "TRANSITIONAL" && state !== "UNKNOWN")) return undefined;
  if (status.stateSince !== null && now - status.stateSince >= settings.stuckMs) {
    return because("stuck", `${observation.state} for too long: have a look in Atlas`);
  }
  return state === "UNKNOWN"
    ? because("unknown-state", `Atlas says ${observation.state}, which Headgate does not know: waiting`)
    : because("in-transition", `${observation.state}: waiting`);
};

const restsAsDeclared: EnforceableRow = (facts) =>
  facts.declared.policy.state === "STOPPED" && toObservedState(facts.observation.state) !== "STARTED"
    ? { ...because("as-declared", "rests as declared"), ...skipping(facts, "declared STOPPED") }
    : undefined;

const parked: EnforceableRow = (facts) => {
  const { declared, status, observation } = facts;
  if (isParked(status, declared)) {
    return { ...because("parked", status.parked?.why ?? "gave up"), ...skipping(facts, "parked") };
  }
  if (!isExhausted(status, declared) || isInAgreement(declared, status, observation)) return undefined;
  const last = status.lastFailure ?? observation.errorMessage ?? "it does not stay as declared";
  const why = `gave up after the declared number of attempts; last: ${last}`;
  return { ...because("parked", why), ...skipping(facts, "parked"), parks: why };
};

const backingOff: EnforceableRow = ({ declared, status, observation, now }) =>
  isBackingOff(status, declared, now) && !isInAgreement(declared, status, observation)
    ? because(
        "backing-off",
        `waiting before the next attempt; last: ${status.lastFailure ?? "it failed again"}`,
      )
    : undefined;

const stops: EnforceableRow = (facts) =>
  facts.declared.policy.state === "STOPPED" && toObservedState(facts.observation.state) === "STARTED"
    ? {
        ...because("stop", "STARTED, but declared STOPPED"),
        action: { kind: "stop", options: {}, slotAt: null, isBrakeable: true },
        ...skipping(facts, "declared STOPPED"),
      }
    : undefined;

const starts: EnforceableRow = (facts) => {
  const { declared, status, observation, now } = facts;
  const state = toObservedState(observation.state);
  if (state === "STARTED") return undefined;
  const wasStoppedElsewhere = state !== "FAILED" && status.stateCause === "elsewhere";
  const restsSince = status.stateSince ?? declared.declaredAt;
  const graceUntil = restsSince + declared.policy.recovery.stoppedGraceMs;
  if (wasStoppedElsewhere && restsSince > declared.declaredAt && now < graceUntil) {
    return because("grace", `somebody else brought it to ${observation.state}: waiting the declared grace`);
  }
  const cause = observation.errorMessage === undefined ? "" : ` (${observation.errorMessage})`;
  return {
    ...because("start", `${observation.state}${cause}, but declared STARTED`),
    action: {
      kind: "start",
      options: toStartOptions(declared, facts.dueSlot === undefined ? status : withoutOneOff(status)),
      slotAt: facts.dueSlot?.at ?? null,
      isBrakeable: false,
    },
  };
};

const restartsForTier: EnforceableRow = (facts) => {
  const { declared, status, observation } = facts;
  if (!hasTierDrift(declared, status, observation)) return undefined;
  const isOverdue = isTooOld(facts);
  const slot = isOverdue ? undefined : facts.dueSlot;
  return {
    ...because(
      "restart-tier",
      `runs on ${observation.tier ?? "no tier"}, but declared ${declared.policy.start.tier ?? "no tier"}`,
    ),
    action: {
      kind: "restart",
      options: toResumeOptions(declared, status),
      slotAt: slot?.at ?? null,
      isBrakeable: slot === undefined,
    },
    ...(isOverdue ? skipping(facts, TOO_OLD) : {}),
  };
};

const restartsForSlot: EnforceableRow = (facts) => {
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

const runsAsDeclared: EnforceableRow = () => because("as-declared", "runs as declared");

const ROWS_FOR_ALL: readonly (readonly [number, Row])[] = [
  [1, held],
  [2, unmanaged],
  [3, changing],
  [4, unsettled],
  [5, absent],
  [6, suspended],
  [7, unactionable],
];
const ROWS_TO_ENFORCE: readonly (readonly [number, EnforceableRow])[] = [
  [10, parked],
  [11, backingOff],
  [12, stops],
  [13, starts],
  [14, restartsForTier],
  [15, restartsForSlot],
  [16, runsAsDeclared],
];

/** What a pass does about one processor, and by which row of the table. Total: every combination of facts has a row. */
export function decide(facts: Facts): Decision {
  for (const [row, match] of ROWS_FOR_ALL) {
    const decision = match(facts);
    if (decision !== undefined) return { row, ...decision };
  }
  if (facts.declared === undefined || facts.observation === undefined) {
    throw new Error("rows 2 and 5 take everything without a policy or an observation");
  }
  const enforceable = { ...facts, declared: facts.declared, observation: facts.observation };
  const rests = restsAsDeclared(enforceable);
  if (rests !== undefined) return { row: 8, ...rests };
  return facts.declared.policy.mode === "observe" ? observeOnly(enforceable) : enforce(enforceable);
}

function enforce(facts: EnforceableFacts): Decision {
  for (const [row, match] of ROWS_TO_ENFORCE) {
    const decision = match(facts);
    if (decision !== undefined) return { row, ...decision };
  }
  throw new Error("row 16 takes what is left");
}

/** Row 9: what enforcing would do, recorded and not done. */
function observeOnly(facts: EnforceableFacts): Decision {
  const { action, reason, parks } = enforce(facts);
  const skips = skipping(facts, "mode observe");
  if (parks !== undefined) return { row: 9, ...because("would-park", `would park: ${parks}`), ...skips };
  if (action === undefined) return { row: 9, reason, ...skips };
  return {
    row: 9,
    ...because(`would-${action.kind}`, `would ${action.kind}: ${reason.text}`),
    would: action,
    ...skips,
  };
}

/** Skipped by a restart: it schedules nothing, so it frees no tier restart from the brake either. */
function isTooOld({ declared, dueSlot, now }: EnforceableFacts): boolean {
  const catchUpMs = declared.policy.restart?.catchUpMs ?? 0;
  return dueSlot !== undefined && now - dueSlot.firesAt > catchUpMs;
}

function skipping(facts: Facts, why: string): Pick<Decision, "skips"> {
  return facts.dueSlot === undefined ? {} : { skips: { slotAt: facts.dueSlot.at, why } };
}
