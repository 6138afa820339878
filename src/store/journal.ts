// The journal: transitions of the fleet and what people did. Written only together with the thing it tells of; never
// holds a credential or a pipeline.
import type { Db } from "./pool.js";

export interface JournalLine {
  readonly project: string | null;
  readonly workspace: string | null;
  readonly processor: string | null;
  readonly kind: string;
  readonly actor: string;
  readonly text: string;
  readonly changeId?: string;
}

export async function writeJournal(db: Db, lines: readonly JournalLine[]): Promise<void> {
  if (lines.length === 0) return;
  await db.query(
    `insert into journal (project, workspace, processor, kind, actor, text, change_id)
     select project, workspace, processor, kind, actor, text, "changeId"
     from jsonb_to_recordset($1::jsonb)
       as t(project text, workspace text, processor text, kind text, actor text, text text, "changeId" uuid)`,
    [JSON.stringify(lines)],
  );
}

const RETENTION = `
with old_lines as (
  delete from journal where id in (select id from journal where at < headgate_now() - interval '90 days' order by at limit $1)
  returning 1
),
old_changes as (
  delete from changes where id in (
    select c.id from changes c
    where c.closed_at < headgate_now() - interval '400 days'
      and (select count(*) from changes newer
           where newer.project = c.project and newer.workspace = c.workspace and newer.processor = c.processor
             and newer.opened_at > c.opened_at) >= 20
    order by c.closed_at limit $1)
  returning 1
)
select (select count(*) from old_lines) + (select count(*) from old_changes) as deleted`;

/** Deletes expired rows, at most `limit` of them; changes keep 20 per processor at least. How many went. */
export async function deleteExpired(db: Db, limit: number): Promise<number> {
  const [row] = await db.query<{ deleted: number }>(RETENTION, [Math.floor(limit / 2)]);
  return row?.deleted ?? 0;
}
