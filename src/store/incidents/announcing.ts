// What people say of an outage: that it begins, with the set that is to run, and that it ends. Under the project's
// lock, as every step of an incident; passes do the rest.
import type { ProcessorRef } from "../../domain/refs.js";
import type { Db, Store } from "../postgres/pool.js";
import { addMembers, closeIncident, insertIncident, toNameColumns, writeLine } from "./stepping.js";

export interface Announcement {
  /** All of one project. */
  readonly project: string;
  readonly refs: readonly ProcessorRef[];
  readonly why: string;
  readonly actor: string;
}

export interface AnnouncedOutage {
  readonly id: string;
  /** Those of the named that it has: declared STARTED in mode enforce, not suspended, and in no other incident. */
  readonly members: readonly ProcessorRef[];
}

/** What an incident may stop and bring back. */
const IS_WANTED = `p.state = 'STARTED' and p.mode = 'enforce'
  and (s.suspended_until is null or s.suspended_until <= headgate_now())`;

/**
 * Begins an outage and makes its workspaces due. Undefined if none of the named can be a member: nothing is written
 * then. Not idempotent, but a processor is in one open incident at most. Locks the project, then the workspaces.
 */
export async function beginAnnounced(
  store: Store,
  { project, refs, why, actor }: Announcement,
): Promise<AnnouncedOutage | undefined> {
  return store.transaction(async (db) => {
    await lockProjectOf(db, project);
    const members = await db.query<ProcessorRef>(
      `select p.project, p.workspace, p.processor from start_policies p
       join unnest($1::text[], $2::text[], $3::text[]) as r(project, workspace, processor)
         using (project, workspace, processor)
       left join processor_status s using (project, workspace, processor)
       where ${IS_WANTED} and not exists (select from incident_members m where m.project = p.project
         and m.workspace = p.workspace and m.processor = p.processor and m.left_at is null)
       order by 1, 2, 3`,
      toNameColumns(refs),
    );
    if (members.length === 0) return undefined;
    const scope = { project, workspace: null, connection: null };
    const id = await insertIncident(db, { ...scope, isAnnounced: true, phase: "stopping", why, by: actor });
    await addMembers(db, id, members);
    const text = `announced: ${why} (${String(members.length)})`;
    await writeLine(db, id, { kind: "incident.opened", actor, text });
    await makeDue(db, id);
    return { id, members };
  });
}

/** By whom it was locked first, its commands come in turn. */
async function lockProjectOf(db: Db, project: string): Promise<void> {
  await db.query("insert into projects (project) values ($1) on conflict do nothing", [project]);
  await db.query("select from projects where project = $1 for no key update", [project]);
}

async function makeDue(db: Db, id: string): Promise<void> {
  await db.query(
    `update workspaces set due_at = headgate_now() where (project, workspace) in (
       select w.project, w.workspace from workspaces w
       where (w.project, w.workspace) in (select project, workspace from incident_members where incident_id = $1)
       order by 1, 2 for no key update)`,
    [id],
  );
}

export interface EndOfOutage {
  readonly id: string;
  readonly actor: string;
  readonly why: string;
  /** Closed now: each member is left to its own policy. Else a canary goes first. */
  readonly isAtOnce: boolean;
}

/** False if it is not open. Locks the project, then the workspaces. */
export async function endIncident(store: Store, { id, actor, why, isAtOnce }: EndOfOutage): Promise<boolean> {
  return store.transaction(async (db) => {
    const [found] = await db.query<{ project: string }>(
      "select project from incidents where id = $1 and closed_at is null",
      [id],
    );
    if (found === undefined) return false;
    await lockProjectOf(db, found.project);
    await makeDue(db, id);
    if (isAtOnce) {
      const isClosed = await closeIncident(db, { id, by: actor, text: why });
      if (isClosed) await writeLine(db, id, { kind: "incident.closed", actor, text: why });
      return isClosed;
    }
    const rows = await db.query(
      `update incidents set phase = 'pausing', phase_since = headgate_now(), next_try_at = null, tries = 0, wave = 0
       where id = $1 and closed_at is null and phase in ('stopping', 'resting', 'pausing') returning 1`,
      [id],
    );
    // Its canary or a wave is under way already: that is what was asked for.
    if (rows.length > 0) {
      await db.query("update incident_members set admitted_at = null, wave = null where incident_id = $1", [
        id,
      ]);
    }
    await writeLine(db, id, { kind: "incident.ending", actor, text: why });
    return true;
  });
}

/** The open incidents that any of the processors is in; the oldest first. One statement. */
export async function findIncidentsOf(db: Db, refs: readonly ProcessorRef[]): Promise<readonly string[]> {
  const rows = await db.query<{ id: string }>(
    `select i.id from incidents i where i.closed_at is null and exists (
       select from incident_members m join unnest($1::text[], $2::text[], $3::text[]) as r(project, workspace, processor)
         using (project, workspace, processor)
       where m.incident_id = i.id and m.left_at is null)
     order by i.opened_at, i.id`,
    toNameColumns(refs),
  );
  return rows.map(({ id }) => id);
}
