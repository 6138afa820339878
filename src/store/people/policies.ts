// Policies: the current declaration per processor and its append-only versions. A write names the version it was made
// against; if somebody else was faster it conflicts and nothing is written. Versions only grow, also over a deletion:
// what is tagged with one (attempts, a refusal, a release from the brake) must never be taken for another's.
import type { JournalKind } from "../../domain/journal.js";
import { toJournalInsert } from "../rows/journal.js";
import type { Policy } from "../../domain/policy.js";
import { isSameRestart, toCanonicalPolicy } from "../../domain/policy.js";
import type { ProcessorRef, WorkspaceRef } from "../../domain/refs.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { DeclaredPolicy } from "../../domain/status.js";
import type { WrittenPolicy } from "../../domain/tell/written.js";
import { AppError } from "../../base/errors.js";
import { assignColumns, listColumns } from "../rows/columns.js";
import type { PolicyRow } from "../rows/policy-rows.js";
import { toJson } from "../postgres/parameters.js";
import { POLICY_COLUMNS, fromPolicyRow, toPolicyColumns } from "../rows/policy-rows.js";
import type { Db, Store } from "../postgres/pool.js";

export interface StoredPolicy {
  readonly ref: ProcessorRef;
  readonly declared: DeclaredPolicy;
}

/** All policies, or those of these workspaces; ordered by name. One statement, without a lock. */
export async function listPolicies(db: Db, only?: readonly WorkspaceRef[]): Promise<readonly StoredPolicy[]> {
  const among =
    only === undefined
      ? ""
      : "join jsonb_to_recordset($1::jsonb) as r(project text, workspace text) using (project, workspace)";
  const rows = await db.query<{ row: PolicyRow }>(
    `select to_jsonb(p) as row from start_policies p ${among} order by p.project, p.workspace, p.processor`,
    only === undefined ? [] : [toJson(only)],
  );
  return rows.map(({ row }) => ({
    ref: { project: row.project, workspace: row.workspace, processor: row.processor },
    declared: fromPolicyRow(row),
  }));
}

export async function hasAnyPolicy(db: Db): Promise<boolean> {
  const [row] = await db.query<{ any: boolean }>('select exists (select from start_policies) as "any"');
  return row?.any ?? false;
}

/** What one write makes of a policy; null deletes it. */
export interface PolicyWrite {
  readonly ref: ProcessorRef;
  /** What was read before; undefined if there was none. */
  readonly before: DeclaredPolicy | undefined;
  readonly after: Policy | null;
  /** What a file wrote, if a file did. */
  readonly written?: WrittenPolicy | undefined;
}

export interface PolicyWrites {
  readonly author: string;
  readonly writes: readonly PolicyWrite[];
  /** Release those of the written versions that the brake would hold: a person has confirmed them. */
  readonly releasesBrake: boolean;
  /** The interval of a workspace that is new. */
  readonly intervalMs: number;
}

/**
 * Writes versions and the current rows, makes the workspaces due now, and journals, in one transaction. Writes that do
 * not change the effective policy must not be handed in: each makes a version. A repeated call is no second write: it
 * conflicts with the first.
 *
 * Locks the workspaces, then the policies, both by name. Costs eight statements between begin and commit however many
 * writes there are, nine if it releases the brake; none for no writes. Throws `store.conflict`, which names up to five
 * that were changed meanwhile, and `store.unavailable`.
 */
export async function writePolicies(store: Store, request: PolicyWrites): Promise<void> {
  if (request.writes.length === 0) return;
  const rows = toJson(request.writes.map(toWriteRow));
  await store.transaction(async (db) => {
    await ensureWorkspaces(db, rows, request.intervalMs);
    await refuseConflicts(db, rows);
    await db.query(
      `insert into policy_versions (project, workspace, processor, version, author, before, after, written)
       select w.project, w.workspace, w.processor, ${NEXT_VERSION}, $2, w.before, w.after, w.written from ${WRITES}`,
      [rows, request.author],
    );
    await db.query(UPSERT, [rows]);
    await db.query(
      `delete from start_policies p using ${WRITES} where w.after is null
         and p.project = w.project and p.workspace = w.workspace and p.processor = w.processor`,
      [rows],
    );
    if (request.releasesBrake) await db.query(RELEASE, [rows]);
    await db.query(JOURNAL, [rows, request.author]);
  });
}

/** The writes as rows: one document, so that a thousand of them cost as many statements as one. */
const WRITES = `jsonb_to_recordset($1::jsonb) as w(project text, workspace text, processor text, expected integer,
  before jsonb, after jsonb, written jsonb, columns jsonb, keeps_restart_since boolean)`;
/** From the versions, not from the current row: a policy that was deleted has none, and its numbers go on. */
const NEXT_VERSION = `1 + coalesce((select max(v.version) from policy_versions v
  where v.project = w.project and v.workspace = w.workspace and v.processor = w.processor), 0)`;
const KEYED_COLUMNS = ["project", "workspace", "processor", ...POLICY_COLUMNS];
/** A schedule that stays as it was keeps the time since which its slots count. */
const UPSERT = `
insert into start_policies (${listColumns(KEYED_COLUMNS)})
select ${listColumns(KEYED_COLUMNS, "r")} from ${WRITES}
left join start_policies old on old.project = w.project and old.workspace = w.workspace and old.processor = w.processor
cross join lateral jsonb_populate_record(null::start_policies, w.columns || jsonb_build_object(
  'version', (select max(v.version) from policy_versions v
              where v.project = w.project and v.workspace = w.workspace and v.processor = w.processor),
  'declared_at', headgate_now(),
  'restart_since', case when w.columns->>'restart_cron' is null then null
                        when w.keeps_restart_since then old.restart_since else headgate_now() end)) r
where w.after is not null
on conflict (project, workspace, processor) do update set ${assignColumns(POLICY_COLUMNS)}`;
/** Added to what was released before, as a person releases it; a pass drops what it no longer needs. */
const RELEASE = `
update workspaces x set brake_released = x.brake_released || released.versions
from (select p.project, p.workspace, jsonb_object_agg(p.processor, p.version) as versions
      from start_policies p join ${WRITES} using (project, workspace, processor)
      group by p.project, p.workspace) released
where x.project = released.project and x.workspace = released.workspace`;
const WRITTEN: JournalKind = "policy.written";
const DELETED: JournalKind = "policy.deleted";
const JOURNAL = toJournalInsert({
  project: "w.project",
  workspace: "w.workspace",
  processor: "w.processor",
  kind: `(case when w.after is null then '${DELETED}' else '${WRITTEN}' end)`,
  actor: "$2",
  text: `'version ' || (select max(v.version) from policy_versions v
    where v.project = w.project and v.workspace = w.workspace and v.processor = w.processor)`,
  from: WRITES,
});

function toWriteRow({ ref, before, after, written }: PolicyWrite): object {
  return {
    ...ref,
    expected: before?.version ?? 0,
    before: before?.policy ?? null,
    after,
    written: written ?? null,
    columns:
      after === null ? null : { ...ref, ...toPolicyColumns({ policy: after, version: 1, declaredAt: 0 }) },
    keeps_restart_since: before !== undefined && after !== null && isSameRestart(before.policy, after),
  };
}

/** First of all, because its upsert locks the workspaces: everybody locks them before policies, and by name. */
async function ensureWorkspaces(db: Db, rows: string, intervalMs: number): Promise<void> {
  await db.query(
    `insert into projects (project) select distinct w.project from ${WRITES} order by 1 on conflict do nothing`,
    [rows],
  );
  await db.query(
    `insert into workspaces (project, workspace, interval_ms, due_at)
     select project, workspace, $2::bigint, headgate_now()
     from (select distinct w.project, w.workspace from ${WRITES}) named order by 1, 2
     on conflict (project, workspace) do update set due_at = headgate_now()`,
    [rows, intervalMs],
  );
}

/**
 * Compared under the locks. One that did not exist is not locked; the workspace's row keeps out whoever would make it.
 */
async function refuseConflicts(db: Db, rows: string): Promise<void> {
  await db.query(
    `select from start_policies p join ${WRITES} using (project, workspace, processor)
     order by p.project, p.workspace, p.processor for update of p`,
    [rows],
  );
  const changed = await db.query<ProcessorRef & { expected: number; version: number }>(
    `select w.project, w.workspace, w.processor, w.expected, coalesce(p.version, 0) as version
     from ${WRITES} left join start_policies p using (project, workspace, processor)
     where coalesce(p.version, 0) <> w.expected order by 1, 2, 3 limit 5`,
    [rows],
  );
  if (changed.length === 0) return;
  const names = changed.map(
    (one) =>
      `${formatProcessorRef(one)} (version ${String(one.version)}, read as ${one.expected === 0 ? "absent" : String(one.expected)})`,
  );
  throw new AppError(
    "store.conflict",
    `somebody changed these policies meanwhile: ${names.join(", ")}; look again`,
  );
}

/** Whether a write would change the effective policy. */
export function isChange(write: PolicyWrite): boolean {
  if (write.after === null) return write.before !== undefined;
  return (
    write.before === undefined || toCanonicalPolicy(write.before.policy) !== toCanonicalPolicy(write.after)
  );
}
