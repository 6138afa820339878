// The listing of incidents, and the story of one. Which rows of a listing, and in which order, is listing-sql.ts's.
import type { IncidentPhase } from "../../../domain/decide/incident-turn.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import type { Db } from "../../postgres/pool.js";
import type { ListingSource } from "./listing-sql.js";

export interface IncidentListing {
  readonly id: string;
  readonly project: string;
  /** Null: the whole project; so is `connection` for all of a workspace. */
  readonly workspace: string | null;
  readonly connection: string | null;
  readonly isAnnounced: boolean;
  readonly phase: IncidentPhase | "closed";
  readonly why: string;
  readonly openedAt: number;
  readonly openedBy: string;
  /** Those that it had at any time, and those of them that Atlas does not show STARTED. */
  readonly members: number;
  readonly down: number;
  readonly nextTryAt: number | null;
  /** Canaries. */
  readonly tries: number;
  readonly wave: number;
  readonly closedAt: number | null;
  readonly closedBy: string | null;
  readonly closedText: string | null;
}

/** The newest first; the id after it, so that two of one millisecond keep their places from page to page. */
export const INCIDENTS: ListingSource<"incidents"> = {
  select: `select i.id, i.project, i.workspace, i.connection, i.announced as "isAnnounced",
       case when i.closed_at is null then i.phase else 'closed' end as phase, i.why, i.opened_at as "openedAt",
       i.opened_by as "openedBy", m.members, m.down, i.next_try_at as "nextTryAt", i.tries, i.wave,
       i.closed_at as "closedAt", i.closed_by as "closedBy", i.closed_text as "closedText"
     from incidents i cross join lateral (
       select count(*) as members, count(*) filter (where s.state is distinct from 'STARTED') as down
       from incident_members k left join processor_status s using (project, workspace, processor)
       where k.incident_id = i.id) m`,
  parts: ["i.project"],
  conditions: {
    open: "i.closed_at is null",
    closed: "i.closed_at is not null",
    announced: "i.announced",
  },
  since: "i.opened_at",
  sorts: {
    opened: ["i.opened_at"],
    closed: ["i.closed_at"],
    name: ["i.project", "i.workspace", "i.connection"],
    members: ["m.members"],
    down: ["m.down"],
  },
  order: ["i.opened_at desc", "i.id"],
};

export interface IncidentStory {
  readonly incident: IncidentListing;
  readonly members: readonly IncidentMember[];
  /** The oldest first. */
  readonly timeline: readonly IncidentLine[];
}

interface IncidentMember extends ProcessorRef {
  readonly state: string | null;
  readonly admittedAt: number | null;
  readonly wave: number | null;
  readonly leftAt: number | null;
}

interface IncidentLine {
  readonly at: number;
  readonly kind: string;
  readonly actor: string;
  readonly text: string;
}

/** Lines of one incident that are told: more than any but a broken one has. */
const LINES_MAX = 1_000;

/** Undefined if there is no such incident. Three statements. */
export async function readIncidentStory(db: Db, id: string): Promise<IncidentStory | undefined> {
  const [incident] = await db.query<IncidentListing>(`${INCIDENTS.select} where i.id = $1`, [id]);
  if (incident === undefined) return undefined;
  const members = await db.query<IncidentMember>(
    `select project, workspace, processor, s.state, to_ms(m.admitted_at) as "admittedAt", m.wave,
       to_ms(m.left_at) as "leftAt"
     from incident_members m left join processor_status s using (project, workspace, processor)
     where m.incident_id = $1 order by project, workspace, processor`,
    [id],
  );
  const timeline = await db.query<IncidentLine>(
    "select to_ms(at) as at, kind, actor, text from journal where incident_id = $1 order by id limit $2",
    [id, LINES_MAX],
  );
  return { incident, members, timeline };
}
