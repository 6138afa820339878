// The incidents of a project, one step on: read, judged and written under the project's lock, so that two passes never
// choose two canaries. What follows from what, the domain says.
import type { WorkspaceIncident } from "../../domain/decide/incident-turn.js";
import type { Advance } from "../../domain/incident/advance.js";
import type { IncidentChanges, OpenIncident } from "../../domain/incident/judge.js";
import type { Outbreak } from "../../domain/incident/outbreak.js";
import type { ProcessorRef, WorkspaceRef } from "../../domain/refs.js";
import { toKept } from "../../base/text.js";
import { readClock } from "../postgres/clock.js";
import type { Db, Store } from "../postgres/pool.js";
import { toJournalInsert } from "../rows/journal.js";
import { toIso } from "../rows/status-rows.js";
import { WORKSPACE_INCIDENTS, readOpenIncidents } from "./incident-rows.js";

export interface IncidentStep {
  readonly ref: WorkspaceRef;
  /** Called under the lock. */
  readonly judge: (open: readonly OpenIncident[], now: number) => IncidentChanges;
}

/** How passes sign what they do. */
const HEADGATE = "headgate";

/**
 * One step of every open incident of the project. Answers how the workspace stands then. Locks the project; costs four
 * statements between begin and commit, and three for each incident that moves. A second step from equal facts writes
 * nothing. Throws `store.unavailable`.
 */
export async function stepOpenIncidents(
  store: Store,
  { ref, judge }: IncidentStep,
): Promise<readonly WorkspaceIncident[]> {
  return store.transaction(async (db) => {
    await db.query("select from projects where project = $1 for no key update", [ref.project]);
    const now = await readClock(db);
    const { advances, joined, opened } = judge(await readOpenIncidents(db, ref.project), now);
    for (const { id, advance } of advances) await writeAdvance(db, id, advance);
    if (joined !== undefined) await join(db, ref, joined);
    if (opened !== undefined) await openOutbreak(db, ref, opened);
    const [row] = await db.query<{ incidents: readonly WorkspaceIncident[] }>(
      `select ${WORKSPACE_INCIDENTS} as incidents from workspaces w where project = $1 and workspace = $2`,
      [ref.project, ref.workspace],
    );
    return row?.incidents ?? [];
  });
}

async function join(
  db: Db,
  ref: WorkspaceRef,
  { id, processors, widened }: NonNullable<IncidentChanges["joined"]>,
): Promise<void> {
  if (widened !== undefined) {
    const { workspace, connection } = widened.scope;
    await db.query("update incidents set workspace = $2, connection = $3, why = $4 where id = $1", [
      id,
      workspace,
      connection,
      toKept(widened.why, MAX_WHY),
    ]);
  }
  await addMembers(db, id, toRefs(ref, processors));
  const text = `${String(processors.length)} more failed in workspace ${ref.workspace}`;
  await writeLine(db, id, { kind: "incident.joined", actor: HEADGATE, text });
}

const toRefs = (ref: WorkspaceRef, processors: readonly string[]): readonly ProcessorRef[] =>
  processors.map((processor) => ({ ...ref, processor }));

async function openOutbreak(db: Db, ref: WorkspaceRef, outbreak: Outbreak): Promise<void> {
  const { scope, why, processors } = outbreak;
  const id = await insertIncident(db, { ...scope, isAnnounced: false, phase: "pausing", why, by: HEADGATE });
  await addMembers(db, id, toRefs(ref, processors));
  const text = `${why} (${String(processors.length)})`;
  await writeLine(db, id, { kind: "incident.opened", actor: HEADGATE, text });
}

interface NewIncident {
  readonly project: string;
  readonly workspace: string | null;
  readonly connection: string | null;
  readonly isAnnounced: boolean;
  readonly phase: "pausing" | "stopping";
  readonly why: string;
  readonly by: string;
}

/** Characters that are kept of a reason. */
const MAX_WHY = 500;

/** Its id. The first canary may be tried at once: Atlas has given up, and has tried long enough. */
export async function insertIncident(db: Db, incident: NewIncident): Promise<string> {
  const { project, workspace, connection, isAnnounced, phase, why, by } = incident;
  const [row] = await db.query<{ id: string }>(
    `insert into incidents (project, workspace, connection, announced, phase, why, opened_by)
     values ($1, $2, $3, $4, $5, $6, $7) returning id`,
    [project, workspace, connection, isAnnounced, phase, toKept(why, MAX_WHY), by],
  );
  if (row === undefined) throw new Error("an insert answers its row");
  return row.id;
}

/** Those that are in no open incident yet; how many they are. */
export async function addMembers(db: Db, id: string, refs: readonly ProcessorRef[]): Promise<number> {
  const rows = await db.query(
    `insert into incident_members (incident_id, project, workspace, processor)
     select $1, project, workspace, processor from unnest($2::text[], $3::text[], $4::text[])
       as r(project, workspace, processor) on conflict do nothing returning 1`,
    [id, ...toNameColumns(refs)],
  );
  return rows.length;
}

export const toNameColumns = (refs: readonly ProcessorRef[]): readonly (readonly string[])[] => [
  refs.map(({ project }) => project),
  refs.map(({ workspace }) => workspace),
  refs.map(({ processor }) => processor),
];

async function writeAdvance(db: Db, id: string, advance: Advance): Promise<void> {
  const { incident, admitted, released, dropped, happenings } = advance;
  const closing = happenings.at(-1)?.text ?? "";
  if (incident === null) await closeIncident(db, { id, by: HEADGATE, text: closing });
  else {
    await db.query(
      `update incidents set phase = $2, phase_since = $3, next_try_at = $4, tries = $5, wave = $6 where id = $1`,
      [
        id,
        incident.phase,
        toIso(incident.phaseSince),
        toIso(incident.nextTryAt),
        incident.tries,
        incident.wave,
      ],
    );
    const wave = incident.wave === 0 ? "null" : String(incident.wave);
    const sets: readonly (readonly [readonly ProcessorRef[], string])[] = [
      [released, "admitted_at = null, wave = null"],
      [dropped, "left_at = headgate_now()"],
      [admitted, `admitted_at = headgate_now(), wave = ${wave}`],
    ];
    for (const [refs, assignments] of sets) await setMembers(db, { id, refs, assignments });
  }
  for (const { kind, text } of happenings) await writeLine(db, id, { kind, actor: HEADGATE, text });
}

interface MemberChange {
  readonly id: string;
  readonly refs: readonly ProcessorRef[];
  /** SQL of ours. */
  readonly assignments: string;
}

async function setMembers(db: Db, { id, refs, assignments }: MemberChange): Promise<void> {
  if (refs.length === 0) return;
  await db.query(
    `update incident_members m set ${assignments}
     from unnest($2::text[], $3::text[], $4::text[]) as r(project, workspace, processor)
     where m.incident_id = $1 and m.project = r.project and m.workspace = r.workspace and m.processor = r.processor`,
    [id, ...toNameColumns(refs)],
  );
}

interface Closing {
  readonly id: string;
  readonly by: string;
  readonly text: string;
}

/** False if it was closed before. Its members are free to join another. */
export async function closeIncident(db: Db, { id, by, text }: Closing): Promise<boolean> {
  const rows = await db.query(
    `with closed as (
       update incidents set closed_at = headgate_now(), closed_by = $2, closed_text = $3, next_try_at = null
       where id = $1 and closed_at is null returning id
     ), freed as (
       update incident_members m set left_at = headgate_now() from closed c
       where m.incident_id = c.id and m.left_at is null returning 1
     ) select id from closed`,
    [id, by, toKept(text, MAX_WHY)],
  );
  return rows.length > 0;
}

type Line = Pick<Advance["happenings"][number], "kind" | "text"> & { readonly actor: string };

/** With the project and workspace of the incident. */
export async function writeLine(db: Db, id: string, { kind, actor, text }: Line): Promise<void> {
  await db.query(
    toJournalInsert({
      project: "i.project",
      workspace: "i.workspace",
      kind,
      actor: "$2::text",
      text: "$3::text",
      incidentId: "i.id",
      from: "incidents i where i.id = $1",
    }),
    [id, actor, toKept(text, MAX_WHY)],
  );
}
