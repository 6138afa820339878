// The journal's one way in. A line is written in the transaction of the thing it tells of, most often in the same
// statement, so neither is ever there without the other. It never holds a credential or a pipeline. `get journal` reads
// it (listed-journal.ts); retention forgets it after 90 days.
import type { JournalKind } from "../../domain/journal.js";
import { toJson } from "../postgres/parameters.js";
import type { Db } from "../postgres/pool.js";

/** A line about a whole workspace has no processor, one about the installation no name at all. */
export interface JournalLine {
  readonly project: string | null;
  readonly workspace: string | null;
  readonly processor: string | null;
  readonly kind: JournalKind;
  readonly actor: string;
  readonly text: string;
  readonly changeId?: string;
  /** Of whose timeline it is a part. */
  readonly incidentId?: string;
}

/** Lines as SQL, for a statement that also does what they tell of. Every field is an expression over `from`. */
interface JournalSelect {
  /** A kind, or an expression in parentheses that gives one. */
  readonly kind: JournalKind | `(${string})`;
  readonly project?: string;
  readonly workspace?: string;
  readonly processor?: string;
  /** Absent: Headgate itself. */
  readonly actor?: string;
  readonly text: string;
  readonly changeId?: string;
  readonly incidentId?: string;
  readonly from: string;
}

/** An INSERT, to stand alone or in a WITH; the only one there is. */
export function toJournalInsert(lines: JournalSelect): string {
  const { project = "null", workspace = "null", processor = "null" } = lines;
  const { changeId = "null::uuid", incidentId = "null::uuid" } = lines;
  const ids = `${changeId}, ${incidentId}`;
  const kind = lines.kind.startsWith("(") ? lines.kind : `'${lines.kind}'`;
  return `insert into journal (project, workspace, processor, kind, actor, text, change_id, incident_id)
    select ${project}, ${workspace}, ${processor}, ${kind}, ${lines.actor ?? "'headgate'"}, ${lines.text}, ${ids}
    from ${lines.from}`;
}

const WRITE = toJournalInsert({
  project: "project",
  workspace: "workspace",
  processor: "processor",
  kind: "(kind)",
  actor: "actor",
  text: "text",
  changeId: `"changeId"`,
  incidentId: `"incidentId"`,
  from: `jsonb_to_recordset($1::jsonb)
    as t(project text, workspace text, processor text, kind text, actor text, text text, "changeId" uuid,
      "incidentId" uuid)`,
});

/**
 * One statement for all lines, none for no line. Not idempotent: call it once, in the transaction of what it tells of.
 * Nothing may be locked after it (ARCHITECTURE.md, "Locks").
 */
export async function writeJournal(db: Db, lines: readonly JournalLine[]): Promise<void> {
  if (lines.length > 0) await db.query(WRITE, [toJson(lines)]);
}
