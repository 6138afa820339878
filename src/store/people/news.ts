// What moved since somebody looked, by the journal: whatever a person would see differently has a line there, so a
// fleet at rest costs one step down its primary key. Reads only.
import type { Db } from "../postgres/pool.js";

/** Which names a line of the journal is about. */
export interface NewsLine {
  readonly id: number;
  /** Null: about the whole installation. */
  readonly project: string | null;
  /** Null: about the whole project. */
  readonly workspace: string | null;
}

/** The newest line; 0 if there is none. */
export async function readNewestLine(db: Db): Promise<number> {
  const [row] = await db.query<{ id: number | null }>("select max(id) as id from journal");
  return row?.id ?? 0;
}

/**
 * Lines after that one, oldest first. Ids are given before commits: a line may come to be seen after one with a higher
 * id, so whoever wants all of them asks again from a little earlier.
 */
export async function readNews(db: Db, after: number): Promise<readonly NewsLine[]> {
  return db.query<NewsLine>("select id, project, workspace from journal where id > $1 order by id", [after]);
}
