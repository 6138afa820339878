// The journal: transitions of the fleet and what people did. Written only together with the thing it tells of; never
// holds a credential or a pipeline.
import { toJson } from "../postgres/parameters.js";
import type { Db } from "../postgres/pool.js";

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
    [toJson(lines)],
  );
}
