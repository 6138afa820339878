// How many processors a page of a workspace's LIST may hold, remembered when a larger page was too long to read: who
// lists next begins with what worked. It shrinks when it must and grows back by doubling once a day, so that a
// workspace whose pipelines stay long costs one failing call a day.
import { PAGE_SIZE_MAX } from "../../domain/page-size.js";
import type { WorkspaceRef } from "../../domain/refs.js";
import type { Db } from "../postgres/pool.js";

const IS_OLD = "w.page_size_at <= headgate_now() - interval '1 day'";

/**
 * Assignments for the row `w` that a complete LIST updates: the next one tries twice as many if the size is a day old.
 * They rest on the row as it is, so that a size that somebody made smaller meanwhile is not lost.
 */
export const PAGE_SIZE_GROWTH = `
    page_size = case when ${IS_OLD} then least(w.page_size * 2, ${String(PAGE_SIZE_MAX)}) else w.page_size end,
    page_size_at = case when ${IS_OLD} then headgate_now() else w.page_size_at end`;

/**
 * Remembers that larger pages are too long. Idempotent; never makes it larger, so whoever lists may say so, lease or
 * not.
 */
export async function rememberPageSize(
  db: Db,
  { ref, pageSize }: { readonly ref: WorkspaceRef; readonly pageSize: number },
): Promise<void> {
  await db.query(
    `update workspaces set page_size = $3, page_size_at = headgate_now()
     where project = $1 and workspace = $2 and page_size > $3`,
    [ref.project, ref.workspace, pageSize],
  );
}

/** For those who hold no claim; the largest for a workspace that is not known. */
export async function readPageSize(db: Db, ref: WorkspaceRef): Promise<number> {
  const [row] = await db.query<{ page_size: number }>(
    "select page_size from workspaces where project = $1 and workspace = $2",
    [ref.project, ref.workspace],
  );
  return row?.page_size ?? PAGE_SIZE_MAX;
}
