// Leases on workspaces: the only single flight there is. Every take-over, also by one's own retry, writes a new random
// token that every later write compares. Claiming says nothing about what is then done.
import type { WorkspaceRef } from "../../domain/refs.js";
import { toJson } from "../postgres/parameters.js";
import type { Db } from "../postgres/pool.js";

/** A lease: every write under it names its token. */
export interface Claim {
  readonly ref: WorkspaceRef;
  readonly token: string;
  /** What the claim set; a due time changed since is not overwritten. */
  readonly dueAt: number;
  /** LIST pages the last complete observation took. */
  readonly pages: number;
  /** How many processors a page may hold: more were too long to read. */
  readonly pageSize: number;
}

export interface DueClaim {
  /** Who claims: the same owner may take its own lease over, with a new token. */
  readonly owner: string;
  /** Null: now, by the database's clock: the first claim of a tick. */
  readonly tickAt: number | null;
  readonly limit: number;
  readonly intervalMs: number;
  readonly leaseMs: number;
}

export interface ClaimResult {
  readonly tickAt: number;
  readonly claims: readonly Claim[];
  /** About how many due workspaces are left for others to claim; counted by the first claim of a tick only, else 0. */
  readonly left: number;
}

interface ClaimRow {
  readonly project: string;
  readonly workspace: string;
  readonly token: string;
  readonly due_at: number;
  readonly pages: number;
  readonly page_size: number;
}

const toClaim = (row: ClaimRow): Claim => ({
  ref: { project: row.project, workspace: row.workspace },
  token: row.token,
  dueAt: row.due_at,
  pages: row.pages,
  pageSize: row.page_size,
});

/**
 * Claims what is due before tick + half the interval, and sets due = tick + the workspace's own interval: the owner's
 * own claims first, so that a retry goes on with what its earlier attempt had claimed, then the longest due. One
 * statement.
 */
export async function claimDue(db: Db, claim: DueClaim): Promise<ClaimResult> {
  const [row] = await db.query<{ tick_at: number; claims: readonly ClaimRow[]; left_over: number }>(
    CLAIM_DUE,
    [claim.tickAt, claim.owner, claim.limit, claim.intervalMs, claim.leaseMs],
  );
  if (row === undefined) throw new Error("the claim answers one row");
  return { tickAt: row.tick_at, claims: row.claims.map(toClaim), left: row.left_over };
}

const TICK = "coalesce(from_ms($1::bigint), headgate_now())";
const IS_DUE = `w.due_at < ${TICK} + make_interval(secs => $4::double precision / 2000)
  and (w.lease_until is null or w.lease_until <= headgate_now())`;

/**
 * A claim locks a slice of the index on due_at, as many rows as it may claim, and no others. Those that turn out to
 * have nothing to do are put off, so that the next claim does not meet them again: of a held project until its
 * re-check, and without a policy and an open change for an hour (a policy makes its workspace due at once, and a
 * waiting change's look within an interval). A row that was written since the statement began is claimed: what was
 * written with it, a policy perhaps, cannot be seen from here.
 */
const CLAIM_DUE = `
with mine as (
  select w.project, w.workspace from workspaces w where w.lease_owner = $2
  order by w.due_at limit $3 for no key update skip locked
),
due as (
  select w.project, w.workspace, w.due_at from workspaces w
  where ${IS_DUE} and w.lease_owner is distinct from $2
  order by w.due_at limit $3 - (select count(*) from mine) for no key update skip locked
),
judged as (
  select due.project, due.workspace, h.recheck_at,
    w.due_at <> due.due_at
      or exists (select from start_policies p where p.project = due.project and p.workspace = due.workspace)
      or exists (select from changes c where c.project = due.project and c.workspace = due.workspace
                 and c.closed_at is null) as has_work
  from due join workspaces w using (project, workspace)
  left join projects h on h.project = due.project and h.held_by = 'list' and h.recheck_at > headgate_now()
),
put_off as (
  update workspaces w set due_at = coalesce(judged.recheck_at, headgate_now() + interval '1 hour')
  from judged where w.project = judged.project and w.workspace = judged.workspace
    and (judged.recheck_at is not null or not judged.has_work)
),
claimed as (
  update workspaces w set lease_token = gen_random_uuid(), lease_owner = $2,
    lease_until = headgate_now() + make_interval(secs => $5::double precision / 1000),
    due_at = ${TICK} + make_interval(secs => w.interval_ms::double precision / 1000)
  from (select project, workspace from mine
        union all select project, workspace from judged where recheck_at is null and has_work) picked
  where w.project = picked.project and w.workspace = picked.workspace
  returning w.project, w.workspace, w.lease_token as token, w.due_at, w.observed_pages as pages, w.page_size
)
select to_ms(${TICK}) as tick_at,
  coalesce((select jsonb_agg(jsonb_build_object('project', project, 'workspace', workspace, 'token', token,
    'due_at', to_ms(due_at), 'pages', pages, 'page_size', page_size)) from claimed), '[]') as claims,
  case when $1::bigint is null
    then (select count(*) from workspaces w where ${IS_DUE}) - (select count(*) from due) else 0 end as left_over`;

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

/**
 * Claims the named workspaces whose lease is free, due or not, locking them by name as everybody does. One statement. A
 * retry of the same owner takes its own leases over, with new tokens.
 */
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
       returning w.project, w.workspace, w.lease_token as token, to_ms(w.due_at) as due_at, w.observed_pages as pages,
         w.page_size
     )
     select coalesce((select jsonb_agg(to_jsonb(c)) from claimed c), '[]') as claims,
       coalesce((select jsonb_agg(jsonb_build_object('project', w.project, 'workspace', w.workspace))
         from workspaces w join wanted using (project, workspace)
         where (w.project, w.workspace) not in (select c.project, c.workspace from claimed c)), '[]') as held`,
    [claim.owner, claim.leaseMs, toJson(claim.refs)],
  );
  if (row === undefined) throw new Error("the claim answers one row");
  return { claims: row.claims.map(toClaim), held: row.held };
}

export interface WaiterClaim {
  readonly ref: WorkspaceRef;
  readonly owner: string;
  readonly leaseMs: number;
  /** No LIST if the last look, whatever came of it, is younger. */
  readonly pollMs: number;
  /**
   * A person's own look, not older than this, is tried once although the project's LISTs are denied; null for others.
   */
  readonly askedAt: number | null;
}

/**
 * The lease for one LIST on behalf of a waiting change; undefined if somebody holds it, looked just now, or was
 * denied and the project's re-check is not due.
 */
export async function claimForLook(db: Db, claim: WaiterClaim): Promise<Claim | undefined> {
  const [row] = await db.query<ClaimRow>(
    `update workspaces set lease_token = gen_random_uuid(), lease_owner = $3,
       lease_until = headgate_now() + make_interval(secs => $4::double precision / 1000),
       due_at = least(due_at, headgate_now() + make_interval(secs => interval_ms::double precision / 1000))
     where project = $1 and workspace = $2 and (lease_until is null or lease_until <= headgate_now())
       and coalesce(greatest(observed_at, last_error_at) <= headgate_now() - make_interval(secs => $5::double precision / 1000), true)
       and (not exists (select from projects h where h.project = $1 and h.recheck_at > headgate_now()
                        and (h.held_by = 'list' or last_error like 'atlas.denied%'))
            or coalesce(greatest(observed_at, last_error_at) < from_ms($6), $6 is not null))
     returning project, workspace, lease_token as token, due_at, observed_pages as pages, page_size`,
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
