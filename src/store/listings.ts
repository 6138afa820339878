// What people ask to see: read models for the CLI. Bounded by a limit each; nothing here locks or writes.
import type { Policy } from "../domain/policy.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import { formatProcessorRef } from "../domain/refs.js";
import type { ProcessorStatus } from "../domain/status.js";
import type { Db } from "./pool.js";
import type { StatusRow } from "./status.js";
import { fromStatusRow } from "./status.js";

export interface ListFilter {
  readonly project?: string;
  readonly workspace?: string;
  readonly processor?: string;
  readonly limit?: number;
}

const LIMIT = 10_000;

function toValues(filter: ListFilter): readonly unknown[] {
  return [filter.project ?? null, filter.workspace ?? null, filter.processor ?? null, filter.limit ?? LIMIT];
}

const WHERE = `($1::text is null or project = $1) and ($2::text is null or workspace = $2)
  and ($3::text is null or processor = $3)`;

export interface ProcessorListing {
  readonly ref: ProcessorRef;
  readonly declaredState: Policy["state"] | null;
  readonly declaredTier: string | null;
  readonly mode: Policy["mode"] | null;
  readonly version: number | null;
  readonly state: string | null;
  readonly tier: string | null;
  readonly isAbsent: boolean;
  readonly observedAt: number | null;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly reasonSince: number | null;
  readonly attempts: number;
  readonly nextAttemptAt: number | null;
  readonly suspendedBy: string | null;
  readonly suspendedUntil: number | null;
  readonly parkedWhy: string | null;
  readonly barredUntil: number | null;
  readonly openChange: string | null;
}

/** Every processor that is declared or was seen, by name. */
export async function listProcessors(db: Db, filter: ListFilter = {}): Promise<readonly ProcessorListing[]> {
  return db.query<ProcessorListing>(
    `select jsonb_build_object('project', project, 'workspace', workspace, 'processor', processor) as ref,
       p.state as "declaredState", p.tier as "declaredTier", p.mode, p.version, s.state, s.tier,
       coalesce(s.absences, 0) > 0 as "isAbsent", w.observed_at as "observedAt", s.reason_code as "reasonCode", s.reason,
       s.reason_since as "reasonSince", coalesce(s.attempts, 0) as attempts, s.next_attempt_at as "nextAttemptAt",
       s.suspended_by as "suspendedBy", s.suspended_until as "suspendedUntil", s.parked_why as "parkedWhy",
       s.barred_until as "barredUntil",
       c.id as "openChange"
     from start_policies p full join processor_status s using (project, workspace, processor)
     left join workspaces w using (project, workspace)
     left join (select id, project, workspace, processor from changes where closed_at is null) c
       using (project, workspace, processor)
     where ${WHERE} order by project, workspace, processor limit $4`,
    toValues(filter),
  );
}

/** Every processor that is declared or was seen in Atlas, by name. */
export async function listRefs(db: Db): Promise<readonly ProcessorRef[]> {
  return db.query<ProcessorRef>(
    `select project, workspace, processor from start_policies
     union select project, workspace, processor from processor_status where observed_at is not null
     order by project, workspace, processor`,
  );
}

export interface WorkspaceListing {
  readonly ref: WorkspaceRef;
  readonly intervalMs: number;
  readonly dueAt: number;
  readonly observedAt: number | null;
  readonly processors: number;
  readonly drifting: number;
  readonly openChanges: number;
  readonly isAbsent: boolean;
  readonly lastError: string | null;
  readonly brakedSince: number | null;
  readonly heldWhy: string | null;
}

export async function listWorkspaces(db: Db, filter: ListFilter = {}): Promise<readonly WorkspaceListing[]> {
  return db.query<WorkspaceListing>(
    `select jsonb_build_object('project', w.project, 'workspace', w.workspace) as ref, w.interval_ms as "intervalMs",
       w.due_at as "dueAt", w.observed_at as "observedAt", w.observed_count as processors,
       (select count(*) from processor_status s where s.project = w.project and s.workspace = w.workspace
          and s.drift_since is not null) as drifting,
       (select count(*) from changes c where c.project = w.project and c.workspace = w.workspace
          and c.closed_at is null) as "openChanges",
       w.absent as "isAbsent", w.last_error as "lastError", w.braked_since as "brakedSince", p.held_why as "heldWhy"
     from workspaces w join projects p using (project)
     where ($1::text is null or w.project = $1) and ($2::text is null or w.workspace = $2)
     order by w.project, w.workspace limit $3`,
    [filter.project ?? null, filter.workspace ?? null, filter.limit ?? LIMIT],
  );
}

export interface ChangeListing {
  readonly id: string;
  readonly ref: ProcessorRef;
  readonly kind: string;
  readonly requestedBy: string;
  readonly actor: string;
  readonly why: string;
  readonly policyVersion: number | null;
  readonly slotAt: number | null;
  readonly stateBefore: string | null;
  readonly tierBefore: string | null;
  readonly openedAt: number;
  readonly closedAt: number | null;
  readonly outcome: string | null;
  readonly outcomeCode: string | null;
  readonly outcomeText: string | null;
  readonly posts: number;
  readonly workflowId: string;
  readonly runId: string;
}

/** The newest changes first. */
export async function listChanges(db: Db, filter: ListFilter = {}): Promise<readonly ChangeListing[]> {
  return db.query<ChangeListing>(
    `select id, jsonb_build_object('project', project, 'workspace', workspace, 'processor', processor) as ref, kind,
       requested_by as "requestedBy", actor, why, policy_version as "policyVersion", slot_at as "slotAt",
       state_before as "stateBefore", tier_before as "tierBefore", opened_at as "openedAt", closed_at as "closedAt", outcome,
       outcome_code as "outcomeCode", outcome_text as "outcomeText", workflow_id as "workflowId", run_id as "runId",
       (select coalesce(sum(posts), 0) from change_steps s where s.change_id = c.id) as posts
     from changes c where ${WHERE} order by opened_at desc, id limit $4`,
    toValues(filter),
  );
}

/** The database's time: ages shown to people are measured from it. */
export async function readClock(db: Db): Promise<number> {
  const [row] = await db.query<{ now: number }>("select to_ms(headgate_now()) as now");
  return row?.now ?? 0;
}

/** The statuses of these processors, by `project/workspace/processor`. */
export async function readStatuses(
  db: Db,
  refs: readonly ProcessorRef[],
): Promise<ReadonlyMap<string, ProcessorStatus>> {
  const rows = await db.query<{ row: StatusRow }>(
    `select to_jsonb(s) as row from processor_status s
     join jsonb_to_recordset($1::jsonb) as w(project text, workspace text, processor text)
       using (project, workspace, processor)`,
    [JSON.stringify(refs)],
  );
  return new Map(rows.map(({ row }) => [formatProcessorRef(row), fromStatusRow(row).status]));
}
