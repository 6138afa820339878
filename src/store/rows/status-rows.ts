// processor_status in and out. Rows travel as JSON objects, so that one list of columns serves loads and bulk writes.
// Both ways must say the same of every status (test/unit/store/rows/status-rows.test.ts): a pass decides from what an
// earlier one remembered, and a field that comes back changed would be written again by every pass.
import type { Observation } from "../../domain/observation.js";
import { isFailureClass } from "../../domain/failure-classes.js";
import type { Refusal } from "../../domain/failure-classes.js";
import { isTier } from "../../domain/start-options.js";
import type { StartOptions } from "../../domain/start-options.js";
import { isReasonCode } from "../../domain/reasons.js";
import type { Reason, ReasonCode } from "../../domain/reasons.js";
import { NEW_STATUS } from "../../domain/status.js";
import type { ProcessorStatus, Proof, StateCause } from "../../domain/status.js";
import { toKept } from "../../base/text.js";
import { assignColumns, listColumns } from "./columns.js";

/**
 * A row of processor_status as `to_jsonb` gives it: times are ISO 8601 texts. Fields that belong together (a reason, a
 * suspension, a parking) are null together, which the table checks.
 */
export interface StatusRow {
  readonly project: string;
  readonly workspace: string;
  readonly processor: string;
  readonly revision: number;
  readonly atlas_id: string | null;
  readonly state: string | null;
  readonly tier: string | null;
  readonly effective_tier: string | null;
  readonly autoscaled: boolean;
  readonly error_message: string | null;
  readonly observed_at: string | null;
  readonly state_since: string | null;
  readonly state_cause: StateCause;
  readonly state_by: string | null;
  readonly drift_since: string | null;
  readonly absences: number;
  readonly reason_code: string | null;
  readonly reason: string | null;
  readonly reason_since: string | null;
  readonly attempts: number;
  readonly attempts_version: number | null;
  readonly next_attempt_at: string | null;
  readonly last_failure: string | null;
  readonly last_start_at: string | null;
  readonly last_close_at: string | null;
  readonly last_slot_at: string | null;
  readonly last_tier: string | null;
  readonly positions_spent: readonly string[];
  readonly one_off: StartOptions | null;
  readonly one_off_version: number | null;
  readonly suspended_by: string | null;
  readonly suspended_why: string | null;
  readonly suspended_until: string | null;
  readonly parked_version: number | null;
  readonly parked_why: string | null;
  readonly refused_version: number | null;
  readonly barred_until: string | null;
  readonly refusal: Refusal | null;
  readonly preceding: ProcessorStatus["preceding"];
  readonly failure_class: string | null;
  readonly climbed_tier: string | null;
  readonly climbed_version: number | null;
  readonly climbed_at: string | null;
  readonly step_back_after_ms: number | null;
  readonly climb_refused: boolean | null;
  readonly forgiven_at: string | null;
  readonly proof: Proof | null;
  readonly position: ProcessorStatus["position"];
  readonly conditions: ProcessorStatus["conditions"];
  readonly rung: ProcessorStatus["rung"];
  readonly approval: ProcessorStatus["approval"];
}

export interface StoredStatus {
  readonly processor: string;
  /** What a later write compares. */
  readonly revision: number;
  readonly status: ProcessorStatus;
}

/** Postgres's texts to the millisecond: `headgate_now()` has nothing below. */
export const toEpochMs = (time: string | null): number | null => (time === null ? null : Date.parse(time));
/** For columns of type timestamptz. Throws RangeError for a number that is no time: none of ours is. */
export const toIso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Of a row as a load gives it. An optional field that is null is left out, as Atlas leaves it out. */
export function fromStatusRow(row: StatusRow): StoredStatus {
  return { processor: row.processor, revision: row.revision, status: toStatus(row) };
}

function toStatus(row: StatusRow): ProcessorStatus {
  return {
    observed: toObservation(row),
    observedAt: toEpochMs(row.observed_at),
    stateSince: toEpochMs(row.state_since),
    stateCause: row.state_cause,
    stateBy: row.state_by,
    driftSince: toEpochMs(row.drift_since),
    absences: row.absences,
    reason: readReason(row),
    reasonSince: toEpochMs(row.reason_since),
    attempts: row.attempts,
    attemptsVersion: row.attempts_version,
    nextAttemptAt: toEpochMs(row.next_attempt_at),
    lastFailure: row.last_failure,
    lastStartAt: toEpochMs(row.last_start_at),
    lastCloseAt: toEpochMs(row.last_close_at),
    lastSlotAt: toEpochMs(row.last_slot_at),
    lastTier: row.last_tier,
    positionsSpent: row.positions_spent,
    oneOff: row.one_off === null ? null : { start: row.one_off, version: row.one_off_version },
    proof: row.proof,
    preceding: row.preceding,
    position: row.position,
    conditions: row.conditions,
    rung: row.rung,
    approval: row.approval,
    ...toExceptions(row),
    ...toFailed(row),
  };
}

/** A condition on a row of processor_status. Codes are of our own closed list, so they need no parameter. */
export function reasonIn(...codes: readonly ReasonCode[]): string {
  return `reason_code in (${codes.map((code) => `'${code}'`).join(", ")})`;
}

/** A code that only a newer program knows is no reason here: the next pass writes its own. */
function readReason({ reason_code: code, reason }: StatusRow): Reason | null {
  return code !== null && isReasonCode(code) ? { code, text: reason ?? "" } : null;
}

function toExceptions(
  row: StatusRow,
): Pick<ProcessorStatus, "suspended" | "parked" | "refusedVersion" | "barredUntil"> {
  const until = toEpochMs(row.suspended_until);
  return {
    suspended: until === null ? null : { by: row.suspended_by ?? "", why: row.suspended_why ?? "", until },
    parked: row.parked_version === null ? null : { version: row.parked_version, why: row.parked_why ?? "" },
    refusedVersion: row.refused_version,
    barredUntil: toEpochMs(row.barred_until),
  };
}

/** A class that only a newer program knows is none here, like a reason. */
function toFailed(
  row: StatusRow,
): Pick<ProcessorStatus, "refusal" | "failureClass" | "climbed" | "forgivenAt"> {
  const { refusal, failure_class: failureClass } = row;
  return {
    refusal,
    failureClass: failureClass !== null && isFailureClass(failureClass) ? failureClass : null,
    climbed: toClimbed(row),
    forgivenAt: toEpochMs(row.forgiven_at),
  };
}

/** All or none, which the table checks. */
function toClimbed(row: StatusRow): ProcessorStatus["climbed"] {
  const { climbed_tier: tier, climbed_version: version, step_back_after_ms: stepBackAfterMs } = row;
  const at = toEpochMs(row.climbed_at);
  if (tier === null || !isTier(tier) || version === null || at === null || stepBackAfterMs === null)
    return null;
  return { tier, version, at, stepBackAfterMs, isRefused: row.climb_refused === true };
}

/** None without an id and a state: the row of a processor that was only declared, or only locked, holds neither. */
function toObservation(row: StatusRow): Observation | null {
  if (row.atlas_id === null || row.state === null) return null;
  return {
    atlasId: row.atlas_id,
    processor: row.processor,
    state: row.state,
    autoscaled: row.autoscaled,
    ...(row.tier === null ? {} : { tier: row.tier }),
    ...(row.effective_tier === null ? {} : { effectiveTier: row.effective_tier }),
    ...(row.error_message === null ? {} : { errorMessage: row.error_message }),
  };
}

/** Every column has to be named below, or the program does not compile: a new one cannot be forgotten on its way in. */
type StatusColumn = Exclude<keyof StatusRow, "project" | "workspace" | "processor" | "revision">;

/** The columns of a status, without its key and revision. What is undefined or null becomes null in the row. */
export function toStatusColumns(status: ProcessorStatus): Readonly<Record<StatusColumn, unknown>> {
  return {
    ...toObservedColumns(status.observed),
    observed_at: toIso(status.observedAt),
    state_since: toIso(status.stateSince),
    state_cause: status.stateCause,
    state_by: status.stateBy === null ? null : toKept(status.stateBy, MAX_STATE_BY),
    drift_since: toIso(status.driftSince),
    absences: status.absences,
    reason_code: status.reason?.code,
    reason: status.reason?.text,
    reason_since: toIso(status.reasonSince),
    attempts: status.attempts,
    attempts_version: status.attemptsVersion,
    next_attempt_at: toIso(status.nextAttemptAt),
    last_failure: status.lastFailure,
    last_start_at: toIso(status.lastStartAt),
    last_close_at: toIso(status.lastCloseAt),
    last_slot_at: toIso(status.lastSlotAt),
    last_tier: status.lastTier,
    positions_spent: status.positionsSpent,
    one_off: status.oneOff?.start,
    one_off_version: status.oneOff?.version,
    ...toSuspensionColumns(status.suspended),
    parked_version: status.parked?.version,
    parked_why: status.parked?.why,
    refused_version: status.refusedVersion,
    barred_until: toIso(status.barredUntil),
    ...toFailedColumns(status),
    proof: status.proof,
    preceding: status.preceding,
    position: status.position,
    conditions: status.conditions,
    rung: status.rung,
    approval: status.approval,
  };
}

/**
 * The column's own limit, in characters. Atlas's text was cut when it came in; one that comes by another way must not
 * be refused, and all that the pass has seen with it.
 */
const MAX_ERROR_MESSAGE = 500;
/** Likewise. */
const MAX_STATE_BY = 200;

function toObservedColumns(observed: Observation | null) {
  return {
    atlas_id: observed?.atlasId,
    state: observed?.state,
    tier: observed?.tier,
    effective_tier: observed?.effectiveTier,
    autoscaled: observed?.autoscaled ?? false,
    error_message:
      observed?.errorMessage === undefined ? undefined : toKept(observed.errorMessage, MAX_ERROR_MESSAGE),
  };
}

function toFailedColumns({ refusal, failureClass, climbed, forgivenAt }: ProcessorStatus) {
  return {
    refusal: refusal === null ? null : { ...refusal, text: toKept(refusal.text, MAX_ERROR_MESSAGE) },
    failure_class: failureClass,
    climbed_tier: climbed?.tier,
    climbed_version: climbed?.version,
    climbed_at: toIso(climbed?.at ?? null),
    step_back_after_ms: climbed?.stepBackAfterMs,
    climb_refused: climbed?.isRefused,
    forgiven_at: toIso(forgivenAt),
  };
}

function toSuspensionColumns(suspended: ProcessorStatus["suspended"]) {
  return {
    suspended_by: suspended?.by,
    suspended_why: suspended?.why,
    suspended_until: toIso(suspended?.until ?? null),
  };
}

/** Taken from a status, not written down again: a second list would sooner or later be another one. */
const COLUMNS = Object.keys(toStatusColumns(NEW_STATUS));
const KEYED_COLUMNS = ["project", "workspace", "processor", "revision", ...COLUMNS];

/**
 * Makes rows of a JSON parameter: an array of keys, revisions and columns. Ends after its FROM, so that a caller may
 * add a WHERE, and what to do with rows that are there.
 */
export const toStatusInsert = (rows: string): string => `
insert into processor_status (${listColumns(KEYED_COLUMNS)})
select ${listColumns(KEYED_COLUMNS, "r")} from jsonb_populate_recordset(null::processor_status, ${rows}::jsonb) r`;

/**
 * The assignments of an upsert from `excluded`, the revision that counts it, and its time. The revision is counted from
 * the row, so that a write under the lock makes every pass that loaded the row before leave it alone.
 */
export const STATUS_ASSIGNMENTS = `${assignColumns(COLUMNS)},
  revision = processor_status.revision + 1, written_at = headgate_now()`;
