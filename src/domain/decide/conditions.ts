// Which conditions hold for a processor, from what is declared and remembered of it, and since when. Pure. Whoever
// writes a status marks what changed: a mark that nobody changed keeps its time, so `since` is true.
import { CONDITION_NAMES, UNMARKED } from "../conditions.js";
import type { ConditionName, ConditionStatus } from "../conditions.js";
import { toObservedState } from "../observation.js";
import type { Observation } from "../observation.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { isInAgreement } from "./drift.js";
import { findDegraded } from "./proof.js";
import { isParked } from "./recovery.js";

interface Marked {
  readonly status: ProcessorStatus;
  readonly declared: DeclaredPolicy | undefined;
  readonly now: number;
  /** The newest look that found it; null where nothing did, or it is gone. */
  readonly there: Observation | null;
}

type Judge = (marked: Marked) => boolean | undefined;

/** Of a processor that was never seen, and may be there: nobody can say. */
const isUnseen = ({ status }: Marked): boolean => status.observed === null && status.absences < 2;

const isMissing: Judge = ({ status, declared }) => declared !== undefined && status.absences >= 2;

const isDegraded: Judge = ({ status }) => findDegraded(status) !== undefined;

const isReady: Judge = (marked) => {
  const { there, declared } = marked;
  if (isUnseen(marked)) return undefined;
  if (there === null || isDegraded(marked) === true) return false;
  const state = toObservedState(there.state);
  if (declared?.policy.state !== "STOPPED") return state === "STARTED";
  return state === "STOPPED" || state === "CREATED" || state === "FAILED";
};

const isSynced: Judge = (marked) => {
  const { there, declared, status } = marked;
  if (declared === undefined || isUnseen(marked)) return undefined;
  return there !== null && isInAgreement(declared, status, there);
};

const isSuspended: Judge = ({ status, now }) => status.suspended !== null && now < status.suspended.until;

const isGivenUp: Judge = ({ status, declared }) => declared !== undefined && isParked(status, declared);

/** By the decision, which knows for how long it waits. */
const isStuck: Judge = ({ status, there }) => {
  const state = there === null ? undefined : toObservedState(there.state);
  return status.reason?.code === "stuck" && (state === "TRANSITIONAL" || state === "UNKNOWN");
};

/** Begins with a failure and ends when all is as declared: a start under way shows no failure in between. */
const isRecovering: Judge = (marked) => {
  const { there, declared, status } = marked;
  const { state, mode } = declared?.policy ?? {};
  if (there === null || state !== "STARTED" || mode !== "enforce") return false;
  if ([isSynced, isSuspended, isGivenUp].some((ends) => ends(marked) === true)) return false;
  const hasFailed = toObservedState(there.state) === "FAILED" || status.failureClass !== null;
  return (
    hasFailed || status.reason?.code === "in-incident" || status.conditions.Recovering?.status === "true"
  );
};

const JUDGES: Readonly<Record<ConditionName, Judge>> = {
  Ready: isReady,
  Synced: isSynced,
  Recovering: isRecovering,
  Suspended: isSuspended,
  Parked: isGivenUp,
  Stuck: isStuck,
  Degraded: isDegraded,
  Missing: isMissing,
};

export type JudgedConditions = Readonly<Record<ConditionName, ConditionStatus>>;

/** What holds by a status as it is. */
export function judgeConditions(
  status: ProcessorStatus,
  { declared, now }: Pick<Marked, "declared" | "now">,
): JudgedConditions {
  const there = status.absences >= 2 ? null : status.observed;
  const toStatus = (name: ConditionName): ConditionStatus => {
    const holds = JUDGES[name]({ status, declared, now, there });
    return holds === undefined ? "unknown" : holds ? "true" : "false";
  };
  return Object.fromEntries(CONDITION_NAMES.map((name) => [name, toStatus(name)])) as JudgedConditions;
}

/** Told of a processor from its first look on, for they say the most. */
const ALWAYS_MARKED: ReadonlySet<ConditionName> = new Set(["Ready", "Synced"]);

/** The conditions that a status has no true mark of: what a write has to mark. */
function findUnmarked(
  status: ProcessorStatus,
  at: Pick<Marked, "declared" | "now"> & { readonly isNew: boolean },
): readonly { readonly name: ConditionName; readonly status: ConditionStatus }[] {
  const judged = judgeConditions(status, at);
  return CONDITION_NAMES.flatMap((name) => {
    const assumed = at.isNew && ALWAYS_MARKED.has(name) ? undefined : UNMARKED[name];
    const was = status.conditions[name]?.status ?? assumed;
    return was === judged[name] ? [] : [{ name, status: judged[name] }];
  });
}

/** The status with its marks; the very same where all are true. */
export function withConditions(
  status: ProcessorStatus,
  at: Pick<Marked, "declared" | "now"> & { readonly isNew: boolean },
): ProcessorStatus {
  const changed = findUnmarked(status, at);
  if (changed.length === 0) return status;
  const marks = changed.map(({ name, status: is }) => [name, { status: is, since: at.now }] as const);
  return { ...status, conditions: { ...status.conditions, ...Object.fromEntries(marks) } };
}
