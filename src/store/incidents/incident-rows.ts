// Incidents and their members out of the tables: as a pass of one workspace sees them, and whole, under the project's
// lock. Reads only.
import type { IncidentPhase } from "../../domain/decide/incident-turn.js";
import type { OpenIncident } from "../../domain/incident/judge.js";
import type { MemberFacts } from "../../domain/incident/incident.js";
import { NEW_STATUS } from "../../domain/status.js";
import type { PolicyRow } from "../rows/policy-rows.js";
import { fromPolicyRow } from "../rows/policy-rows.js";
import type { StatusRow } from "../rows/status-rows.js";
import { fromStatusRow, toEpochMs } from "../rows/status-rows.js";
import type { Db } from "../postgres/pool.js";

/**
 * The open incidents of workspace `w` as JSON (`WorkspaceIncident`): those with members in it, and those whose scope
 * it is in.
 */
export const WORKSPACE_INCIDENTS = `coalesce((
  select json_agg(json_build_object('id', i.id, 'phase', i.phase, 'why', i.why, 'isAnnounced', i.announced,
      'scope', json_build_object('project', i.project, 'workspace', i.workspace, 'connection', i.connection),
      'admitted', m.admitted, 'waiting', m.waiting, 'left', m.has_left))
  from incidents i cross join lateral (
    select coalesce(json_agg(processor) filter (where left_at is null and admitted_at is not null), '[]') as admitted,
      coalesce(json_agg(processor) filter (where left_at is null and admitted_at is null), '[]') as waiting,
      coalesce(json_agg(processor) filter (where left_at is not null), '[]') as has_left, count(*) as members
    from incident_members where incident_id = i.id and project = w.project and workspace = w.workspace
  ) m
  where i.project = w.project and i.closed_at is null
    and (m.members > 0 or not i.announced and coalesce(i.workspace, w.workspace) = w.workspace)), '[]')`;

interface MemberRow {
  readonly project: string;
  readonly workspace: string;
  readonly processor: string;
  readonly admitted_at: string | null;
  readonly wave: number | null;
  readonly policy: PolicyRow | null;
  readonly status: StatusRow | null;
  readonly has_open_change: boolean;
  readonly seen_at: string | null;
}

interface IncidentRow {
  readonly id: string;
  readonly project: string;
  readonly workspace: string | null;
  readonly connection: string | null;
  readonly announced: boolean;
  readonly why: string;
  readonly phase: IncidentPhase;
  readonly phase_since: string;
  readonly next_try_at: string | null;
  readonly tries: number;
  readonly wave: number;
  readonly members: readonly MemberRow[];
}

/** Those of the project that are open, with all of their members; by opening. One statement. */
export async function readOpenIncidents(db: Db, project: string): Promise<readonly OpenIncident[]> {
  const rows = await db.query<{ row: IncidentRow }>(
    `select to_jsonb(i) || jsonb_build_object('members', coalesce((
       select jsonb_agg(to_jsonb(m) || jsonb_build_object('policy', to_jsonb(p), 'status', to_jsonb(s),
         'seen_at', w.observed_at, 'has_open_change', exists (select from changes c
           where c.project = m.project and c.workspace = m.workspace and c.processor = m.processor
             and c.closed_at is null)))
       from incident_members m
       left join start_policies p using (project, workspace, processor)
       left join processor_status s using (project, workspace, processor)
       left join workspaces w using (project, workspace)
       where m.incident_id = i.id and m.left_at is null), '[]')) as row
     from incidents i where i.project = $1 and i.closed_at is null order by i.opened_at, i.id`,
    [project],
  );
  return rows.map(({ row }) => toOpenIncident(row));
}

function toOpenIncident(row: IncidentRow): OpenIncident {
  const { project, workspace, connection } = row;
  return {
    incident: {
      id: row.id,
      scope: { project, workspace, connection },
      isAnnounced: row.announced,
      phase: row.phase,
      phaseSince: Date.parse(row.phase_since),
      why: row.why,
      nextTryAt: toEpochMs(row.next_try_at),
      tries: row.tries,
      wave: row.wave,
    },
    members: row.members.map(toMember),
  };
}

function toMember(row: MemberRow): MemberFacts {
  const { project, workspace, processor } = row;
  return {
    ref: { project, workspace, processor },
    admittedAt: toEpochMs(row.admitted_at),
    wave: row.wave,
    declared: row.policy === null ? undefined : fromPolicyRow(row.policy),
    status: row.status === null ? NEW_STATUS : fromStatusRow(row.status).status,
    hasOpenChange: row.has_open_change,
    seenAt: toEpochMs(row.seen_at) ?? 0,
  };
}
