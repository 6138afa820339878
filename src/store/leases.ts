// Leases on workspaces: the only single flight there is. Every take-over, also by one's own retry, writes a new random
// token that every later write compares. Claiming says nothing about what is then done.
import type { WorkspaceRef } from "../domain/refs.js";
import type { Db } from "./pool.js";

/** A lease: every write under it names its token. */
export interface Claim {
  readonly ref: WorkspaceRef;
  readonly token: string;
  /** What the claim set; a due time changed since is not overwritten. */
  readonly dueAt: number;
  /** LIST pages the last complete observation took. */
  readonly pages: number;
}

export interface DueClaim {
  /** Who claims: the same owner may take its own lease over, with a new token. */
  readonly owner: string;
  /** Absent: now, by the database's clock. */
  readonly tickAt: number | null;
  readonly limit: number;
  readonly intervalMs: number;
  readonly leaseMs: number;
}

export interface ClaimResult {
  readonly tickAt: number;
  readonly claims: readonly Claim[];
  /** Due workspaces that are left for others to claim. */
  readonly left: number;
}

interface ClaimRow {
  readonly project: string;
  readonly workspace: string;
  readonly token: string;
  readonly due_at: number;
  readonly pages: number;
}

const toClaim = (row: ClaimRow): Claim => ({
  ref: { project: row.project, workspace: row.workspace },
  token: row.token,
  dueAt: row.due_at,
  pages: row.pages,
});

/** Claims what is due before tick + half the interval, and sets due = tick + the workspace's own interval. One statement. */
export async function claimDue(db: Db, claim: DueClaim): Promise<ClaimResult> {
  const [row] = await db.query<{ tick_at: number; claims: readonly ClaimRow[]; left_over: number }>(
    `with tick as (select coalesce(from_ms($1::bigint), headgate_now()) as at, headgate_now() as now),
     candidates as (
       select w.project, w.workspace from workspaces w, tick
       where (w.lease_owner = $2 and w.lease_until is not null)
          or (w.due_at < tick.at + make_interval(secs => $4::double precision / 2000)
              and (w.lease_until is null or w.lease_until <= tick.now)
              and not exists (select from projects h where h.project = w.project and h.held_by = 'list'
                              and h.recheck_at > tick.now)
              and (exists (select from start_policies p where p.project = w.project and p.workspace = w.workspace)
                or exists (select from changes c where c.project = w.project and c.workspace = w.workspace
                           and c.closed_at is null)))
     ),
     picked as (
       -- A row that another claimer has written since the snapshot is judged once more, by these conditions on w alone.
       select w.project, w.workspace from workspaces w join candidates using (project, workspace), tick
       where (w.lease_owner = $2 and w.lease_until is not null)
          or (w.due_at < tick.at + make_interval(secs => $4::double precision / 2000)
              and (w.lease_until is null or w.lease_until <= tick.now))
       order by w.due_at, w.project, w.workspace limit $3 for update of w skip locked
     ),
     claimed as (
       update workspaces w set lease_token = gen_random_uuid(), lease_owner = $2,
         lease_until = tick.now + make_interval(secs => $5::double precision / 1000),
         due_at = tick.at + make_interval(secs => w.interval_ms::double precision / 1000)
       from picked, tick where w.project = picked.project and w.workspace = picked.workspace
       returning w.project, w.workspace, w.lease_token as token, w.due_at, w.observed_pages as pages
     )
     select (select at from tick) as tick_at,
       coalesce((select jsonb_agg(jsonb_build_object('project', project, 'workspace', workspace, 'token', token,
         'due_at', to_ms(due_at), 'pages', pages)) from claimed), '[]') as claims,
       (select count(*) from candidates) - (select count(*) from claimed) as left_over`,
    [claim.tickAt, claim.owner, claim.limit, claim.intervalMs, claim.leaseMs],
  );
  if (row === undefined) throw new Error("the claim answers one row");
  return { tickAt: row.tick_at, claims: row.claims.map(toClaim), left: row.left_over };
}

export interface NamedClaim {
  readonly owner: string;
  readonly leaseMs: number;
  readonly refs: readonly WorkspaceRef[];
}

export interface NamedClaims {
  readonly claims: readonly Claim[];
  /** Those whose lease somebody else holds. A workspace without a row is neither. */
  readonly held: readonly WorkspaceRef[];
}

/** Claims the named workspaces whose lease is free, due or not, locking them by name as everybody does. */
export async function claimNamed(db: Db, claim: NamedClaim): Promise<NamedClaims> {
  const [row] = await db.query<{ claims: readonly ClaimRow[]; held: readonly WorkspaceRef[] }>(
    `with wanted as (select project, workspace from jsonb_to_recordset($3::jsonb) as w(project text, workspace text)),
     picked as (
       select w.project, w.workspace from workspaces w join wanted using (project, workspace)
       where w.lease_until is null or w.lease_until <= headgate_now() or w.lease_owner = $1
       order by w.project, w.workspace for update of w
     ),
     claimed as (
       update workspaces w set lease_token = gen_random_uuid(), lease_owner = $1,
         lease_until = headgate_now() + make_interval(secs => $2::double precision / 1000),
         due_at = headgate_now() + make_interval(secs => w.interval_ms::double precision / 1000)
       from picked where w.project = picked.project and w.workspace = picked.workspace
       returning w.project, w.workspace, w.lease_token as token, to_ms(w.due_at) as due_at, w.observed_pages as pages
     )
     select coalesce((select jsonb_agg(to_jsonb(c)) from claimed c), '[]') as claims,
       coalesce((select jsonb_agg(jsonb_build_object('project', w.project, 'workspace', w.workspace))
         from workspaces w join wanted using (project, workspace) left join claimed c using (project, workspace)
         where c.token is null), '[]') as held`,
    [claim.owner, claim.leaseMs, JSON.stringify(claim.refs)],
  );
  if (row === undefined) throw new Error("the claim answers one row");
  return { claims: row.claims.map(toClaim), held: row.held };
}

export interface WaiterClaim {
  readonly ref: WorkspaceRef;
  readonly owner: string;
  readonly leaseMs: number;
  /** No LIST where the last look, whatever came of it, is younger. */
  readonly pollMs: number;
  /** A person's own look, not older than this, is tried once although the project's LISTs are denied; null for others. */
  readonly askedAt: number | null;
}

/**
 * The lease for one LIST on behalf of a waiting change; undefined where somebody holds it, looked just now, or was denied
 * and the project's re-check is not due.
 */
export async function claimForLook(db: Db, claim: WaiterClaim): Promise<Claim | undefined> {
  const [row] = await db.query<ClaimRow>(
    `update workspaces set lease_token = gen_random_uuid(), lease_owner = $3,
       lease_until = headgate_now() + make_interval(secs => $4::double precision / 1000)
     where project = $1 and workspace = $2 and (lease_until is null or lease_until <= headgate_now())
       and coalesce(greatest(observed_at, last_error_at) <= headgate_now() - make_interval(secs => $5::double precision / 1000), true)
       and (not exists (select from projects h where h.project = $1 and h.recheck_at > headgate_now()
                        and (h.held_by = 'list' or last_error like 'atlas.denied%'))
            or coalesce(greatest(observed_at, last_error_at) < from_ms($6), $6 is not null))
     returning project, workspace, lease_token as token, due_at, observed_pages as pages`,
    [claim.ref.project, claim.ref.workspace, claim.owner, claim.leaseMs, claim.pollMs, claim.askedAt],
  );
  return row === undefined ? undefined : toClaim(row);
}

/** Gives a lease back unused: the workspace is due at once, for whoever claims next. */
export async function giveBack(db: Db, { ref, token }: Claim): Promise<void> {
  await db.query(
    `update workspaces set lease_token = null, lease_owner = null, lease_until = null, due_at = headgate_now()
     where project = $1 and workspace = $2 and lease_token = $3`,
    [ref.project, ref.workspace, token],
  );
}
