// A pass in two statements: one loads everything it decides from (loading.ts), one stores what came of it and gives the
// lease back. What must stay true: a pass stores all or nothing, only under the newest token, and
// never over a newer LIST.
import { toJournalInsert } from "../rows/journal.js";
import type { WorkspaceFacts } from "../../domain/decide/workspace-facts.js";
import type { WorkspacePlan } from "../../domain/decide/workspace-plan.js";
import { toKept } from "../../base/text.js";
import type { Claim } from "./leases.js";
import { toJson } from "../postgres/parameters.js";
import { IS_MINE, OBSERVED, STORE_OBSERVED, toObservedRow } from "./observed.js";
import type { ObservedRow } from "./observed.js";
import type { Db, Store } from "../postgres/pool.js";
import { STATUS_ASSIGNMENTS, toStatusColumns, toStatusInsert } from "../rows/status-rows.js";

export interface StoredPass {
  readonly claim: Claim;
  readonly facts: WorkspaceFacts;
  readonly plan: WorkspacePlan;
  readonly revisions: ReadonlyMap<string, number>;
  readonly pages: number;
  readonly intervalMs: number;
  /** The hold by a LIST that this complete LIST ends. */
  readonly endsHold: boolean;
}

/**
 * Stores an observation and gives the lease back, in one statement: the workspace's row, the statuses that changed and
 * their journal lines. False if the lease was lost or a newer observation is stored: then nothing is written.
 * Idempotent by the token, which the first write takes away. A status that somebody wrote since the pass loaded it is
 * left as it is, and its journal line with it; the next pass sees it again.
 *
 * Locks the workspace, then the statuses; if it ends a hold the project before them, in a transaction of two
 * statements. Throws `store.unavailable`, and what Postgres says of a text that it refuses.
 */
export async function storePass(store: Store, pass: StoredPass): Promise<boolean> {
  if (!pass.endsHold) return writePass(store, pass);
  return store.transaction(async (db) => {
    await lockProject(db, pass.claim.ref.project);
    return writePass(db, pass);
  });
}

/** Before anything else that is locked: everybody who writes a project's row does so (ARCHITECTURE.md, "Locks"). */
async function lockProject(db: Db, project: string): Promise<void> {
  await db.query("select from projects where project = $1 for no key update", [project]);
}

async function writePass(db: Db, pass: StoredPass): Promise<boolean> {
  const { claim, plan } = pass;
  const changed = plan.processors.filter(({ hasStatusChanged }) => hasStatusChanged);
  const statuses = changed.map(({ processor, status }) => ({
    ...claim.ref,
    processor,
    revision: pass.revisions.get(processor) ?? 0,
    ...toStatusColumns(status),
  }));
  const [row] = await db.query<{ stored: boolean }>(STORE_PASS, [
    toJson([toRowOfPass(pass)]),
    toJson(statuses),
    toJson(plan.transitions),
    pass.endsHold,
  ]);
  return row?.stored ?? false;
}

/** For its workspace's row. */
export function toRowOfPass({ claim, facts, plan, pages, intervalMs }: StoredPass): ObservedRow {
  const { observedAt, observations, brakeReleased } = facts;
  return {
    ...toObservedRow({ claim, observedAt, count: observations?.length, pages, intervalMs }),
    is_braked: plan.isBraked,
    brake_read: brakeReleased,
    brake_kept: plan.brakeReleased,
  };
}

const STORE_PASS = `
with ws as (
  update workspaces w ${STORE_OBSERVED}
  from ${OBSERVED} where ${IS_MINE}
  returning w.project, w.workspace, w.observed_at
),
st as (
  ${toStatusInsert("$2")}
  where exists (select from ws)
  on conflict (project, workspace, processor) do update set ${STATUS_ASSIGNMENTS}
  where processor_status.revision = excluded.revision
  returning project, workspace, processor
),
jn as (
  ${toJournalInsert({
    project: "st.project",
    workspace: "st.workspace",
    processor: "t.processor",
    kind: "(t.kind)",
    text: "t.text",
    from: "jsonb_to_recordset($3::jsonb) as t(processor text, kind text, text text) join st using (processor)",
  })}
),
pr as (
  update projects p set held_why = null, held_by = null, held_since = null, recheck_at = null
  -- A hold that began after this LIST was sent is not ended by it.
  from ws where $4 and p.project = ws.project and p.held_by = 'list' and p.held_since < ws.observed_at
  returning p.project, ws.workspace
),
told as (
  ${toJournalInsert({ project: "project", kind: "project.released", text: "'a complete look passed'", from: "pr" })}
),
freed as (
  -- What claims have put off because of the hold is due again. Nobody is waited for while these locks are held.
  update workspaces set due_at = headgate_now() where (project, workspace) in (
    select w.project, w.workspace from workspaces w join projects p using (project) join pr using (project)
    where w.workspace <> pr.workspace and w.due_at = p.recheck_at
    for no key update of w skip locked)
)
select exists (select from ws) as stored`;

export interface FailedPass {
  readonly claim: Claim;
  readonly error: string;
  /** Set if the whole project is held by this failure. */
  readonly hold: { readonly why: string; readonly recheckMs: number } | null;
}

/** Characters that are kept of what went wrong. */
const MAX_ERROR = 500;

/**
 * Gives the lease back after a pass that observed nothing; the failure is data in its row. A hold by a POST stays one:
 * no LIST ends it; it is only tried again later. Idempotent by the token. One statement, which locks the workspace;
 * with a hold two in a transaction, which lock the project first.
 */
export async function storeFailedPass(store: Store, failed: FailedPass): Promise<void> {
  if (failed.hold === null) return writeFailedPass(store, failed);
  return store.transaction(async (db) => {
    await lockProject(db, failed.claim.ref.project);
    await writeFailedPass(db, failed);
  });
}

/** A hold is journalled by whoever began it: a project that was held before has its line. */
async function writeFailedPass(db: Db, failed: FailedPass): Promise<void> {
  const { claim, error, hold } = failed;
  await db.query(
    `with ws as (
       update workspaces set lease_token = null, lease_owner = null, lease_until = null,
         last_error = $4, last_error_at = headgate_now(),
         due_at = case when $6::bigint is null or due_at <> from_ms($7) then due_at
                       else greatest(due_at, headgate_now() + make_interval(secs => $6::double precision / 1000)) end
       where project = $1 and workspace = $2 and lease_token = $3 returning project
     ),
     pr as (
       update projects p set held_why = case when p.held_by = 'post' then p.held_why else $5 end,
         held_by = coalesce(p.held_by, 'list'), held_since = coalesce(p.held_since, headgate_now()),
         recheck_at = headgate_now() + make_interval(secs => $6::double precision / 1000)
       where p.project = $1 and $5::text is not null and exists (select from ws)
       returning (select q.held_why from projects q where q.project = $1) as was_held
     )
     ${toJournalInsert({ project: "$1", kind: "project.held", text: "$5", from: "pr where was_held is null" })}`,
    [
      claim.ref.project,
      claim.ref.workspace,
      claim.token,
      toKept(error, MAX_ERROR),
      hold?.why ?? null,
      hold?.recheckMs ?? null,
      claim.dueAt,
    ],
  );
}
