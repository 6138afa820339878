// Listings of processors: what is declared and seen of each, who is left alone until when, and what is restarted by a
// schedule. SQL only; which rows and in which order is listing-sql.ts's. A condition means here what the decision table
// means by it: a listing that called a processor parked which the loop still starts would send people the wrong way.
import { TIERS } from "../../../domain/start-options.js";
import { CHECKPOINT_EXPIRING_MS, OPLOG_EXPIRING_SHARE } from "../../../domain/decide/checkpoint-age.js";
import { findReasonCodes } from "../../../domain/reasons.js";
import type { ReasonCode } from "../../../domain/reasons.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import { reasonIn } from "../../rows/status-rows.js";
import type { ListingSource } from "./listing-sql.js";
import { NOW } from "./listing-sql.js";

const REF = `jsonb_build_object('project', project, 'workspace', workspace, 'processor', processor) as ref`;
const NAME = ["project", "workspace", "processor"];
/** At most one row: a processor has one open change (the index changes_one_open). */
const OPEN_CHANGE = `left join (select id, project, workspace, processor from changes where closed_at is null) c
       using (project, workspace, processor)`;
/** Sorts tiers by size; one that Headgate does not know has no place among them and comes last. */
const SIZES = `array[${TIERS.map((tier) => `'${tier}'`).join(", ")}]`;

const becauseOf = (...codes: readonly ReasonCode[]): string => `s.${reasonIn(...codes)}`;

const DRIFTING = "s.drift_since is not null";
/** Its last state stays in the row after it vanished from a list, and is no news then. */
const FAILED = "s.state = 'FAILED' and s.absences = 0";
/** Under this version only: a new one starts from zero without a write. */
const PARKED = "s.parked_version = p.version";
/** One that has run out stays in the row until somebody writes it. */
const SUSPENDED = `s.suspended_until > ${NOW}`;
const CHANGING = "c.id is not null";
/** By Atlas's memory or by the declared window of the oplog: as checkpoint-age.ts, some time before the end. */
const EXPIRING = `p.version is not null and s.absences = 0 and (
      (s.state = 'STOPPED' and s.state_since < ${NOW} - interval '${String(CHECKPOINT_EXPIRING_MS)} ms')
      or (s.state in ('STOPPED', 'FAILED') and coalesce(from_ms((s.position->>'at')::bigint), s.state_since)
        < ${NOW} - make_interval(secs => ${String(OPLOG_EXPIRING_SHARE)} * p.oplog_window_ms / 1000.0)))`;

const AROUND = `left join workspaces w using (project, workspace)
     left join projects h using (project)
     ${OPEN_CHANGE}`;

/** Every processor that is declared or was seen: a full join, because either half may be missing. */
export const PROCESSORS_FROM = `start_policies p full join processor_status s using (project, workspace, processor)
     ${AROUND}`;

/** The workspace's time of observation is shown, not the status's: a quiet pass does not write the status. */
/** One look by the key for each name: a join of a page might read all there is. */
function ofName(table: string, alias: string): string {
  return `left join lateral (select * from ${table} t where t.project = names.project
       and t.workspace = names.workspace and t.processor = names.processor offset 0) ${alias}
     using (project, workspace, processor)`;
}

const PROCESSOR_COLUMNS = `select ${REF},
       p.state as "declaredState", p.tier as "declaredTier", p.mode, p.version, s.state, s.state_by as "stateBy", s.tier,
       coalesce(s.absences, 0) > 0 as "isAbsent", w.observed_at as "observedAt", s.reason_code as "reasonCode", s.reason,
       s.reason_since as "reasonSince", coalesce(s.attempts, 0) as attempts, s.next_attempt_at as "nextAttemptAt",
       s.suspended_by as "suspendedBy", s.suspended_until as "suspendedUntil", s.parked_why as "parkedWhy",
       s.barred_until as "barredUntil", s.failure_class as "failureClass", s.position,
       coalesce(s.conditions, '{}') as marks, c.id as "openChange"`;

export const PROCESSORS: ListingSource<"processors"> = {
  select: `${PROCESSOR_COLUMNS} from ${PROCESSORS_FROM}`,
  byName: {
    tables: ["start_policies", "processor_status"],
    select: `${PROCESSOR_COLUMNS} from names ${ofName("start_policies", "p")} ${ofName("processor_status", "s")}
     ${AROUND}`,
  },
  parts: NAME,
  conditions: {
    drifting: DRIFTING,
    failed: FAILED,
    parked: PARKED,
    suspended: SUSPENDED,
    held: "h.held_why is not null",
    barred: `s.barred_until > ${NOW}`,
    // One absence proves nothing; the second in a row does.
    missing: "p.version is not null and s.absences >= 2",
    unmanaged: "p.version is null",
    changing: CHANGING,
    "backing-off": becauseOf("backing-off"),
    recovering: becauseOf("in-incident"),
    expiring: EXPIRING,
    stuck: becauseOf("stuck"),
    degraded: becauseOf("degraded"),
    braked: becauseOf("braked"),
    waiting: becauseOf(...findReasonCodes(({ isWaiting }) => isWaiting === true)),
    refused: "s.refused_version = p.version",
    observed: "p.mode = 'observe'",
    "as-declared": becauseOf("as-declared"),
  },
  since: "s.reason_since",
  failureClass: "s.failure_class",
  sorts: {
    name: NAME,
    declared: ["p.state", `array_position(${SIZES}, p.tier::text)`],
    observed: ["s.state"],
    tier: [`array_position(${SIZES}, s.tier)`],
    since: ["s.reason_since"],
    why: ["s.reason_code"],
    attempts: ["coalesce(s.attempts, 0)"],
  },
  order: NAME,
};

export interface SuspensionListing {
  readonly ref: ProcessorRef;
  readonly by: string;
  readonly why: string;
  readonly until: number;
  /** Null if it is older than the journal. */
  readonly since: number | null;
  readonly declaredState: string | null;
  readonly state: string | null;
  /** The change that runs on it all the same. */
  readonly openChange: string | null;
}

/** Those that are in force. Since when says the journal: the status remembers only how long it lasts. */
export const SUSPENSIONS: ListingSource<"suspensions"> = {
  select: `select ${REF}, s.suspended_by as by, s.suspended_why as why, s.suspended_until as until, j.at as since,
       p.state as "declaredState", s.state, c.id as "openChange"
     from processor_status s left join start_policies p using (project, workspace, processor)
     ${OPEN_CHANGE}
     left join lateral (select at from journal l where l.project = s.project and l.workspace = s.workspace
       and l.processor = s.processor and l.kind = 'processor.suspended' order by l.id desc limit 1) j on true`,
  where: SUSPENDED,
  parts: NAME,
  conditions: {
    ending: `s.suspended_until <= ${NOW} + interval '1 hour'`,
    drifting: DRIFTING,
    failed: FAILED,
    changing: CHANGING,
  },
  since: "j.at",
  sorts: { until: ["s.suspended_until"], since: ["j.at"], name: NAME, by: ["s.suspended_by"] },
  order: ["s.suspended_until", ...NAME],
};

/** One restart schedule, without its slots: those are worked out, not stored. */
export interface ScheduleRow {
  readonly ref: ProcessorRef;
  readonly cron: string;
  readonly timezone: string;
  readonly spreadMs: number;
  readonly catchUpMs: number;
  readonly train: string | null;
  readonly since: number;
  readonly state: "STARTED" | "STOPPED";
  readonly mode: "enforce" | "observe";
  readonly suspendedUntil: number | null;
  readonly isParked: boolean;
}

/** One row per policy with a schedule, in force or not: `skipped` is an answer, too. */
export const SCHEDULES: ListingSource<"schedules"> = {
  select: `select ${REF}, p.restart_cron as cron, p.restart_timezone as timezone, p.restart_spread_ms as "spreadMs",
       p.restart_catch_up_ms as "catchUpMs", p.restart_train as train, p.restart_since as since, p.state, p.mode,
       case when ${SUSPENDED} then s.suspended_until end as "suspendedUntil",
       coalesce(${PARKED}, false) as "isParked"
     from start_policies p left join processor_status s using (project, workspace, processor)`,
  where: "p.restart_cron is not null",
  parts: NAME,
  conditions: {
    // `is not true`: without a status there is nothing that would hold a slot back.
    effective: `p.mode = 'enforce' and p.state = 'STARTED' and (${SUSPENDED}) is not true and (${PARKED}) is not true`,
    observed: "p.mode = 'observe'",
    stopped: "p.state = 'STOPPED'",
    suspended: SUSPENDED,
    parked: PARKED,
  },
  since: "p.restart_since",
  sorts: {
    name: NAME,
    cron: ["p.restart_cron"],
    timezone: ["p.restart_timezone"],
    spread: ["p.restart_spread_ms"],
    declared: ["p.restart_since"],
  },
  order: NAME,
};
