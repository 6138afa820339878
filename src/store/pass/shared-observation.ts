// What waiting changes read instead of asking Atlas: the newest complete LIST of their workspace, and what it showed of
// their processor.
import type { WorkspaceRef } from "../../domain/refs.js";
import type { Db } from "../postgres/pool.js";
import type { StatusRow, StoredStatus } from "../rows/status-rows.js";
import { fromStatusRow } from "../rows/status-rows.js";

/** What a waiting change reads: when the workspace was last looked at, and what its processor showed. */
export interface SharedObservation {
  readonly now: number;
  /** When the newest complete LIST was sent. */
  readonly observedAt: number | null;
  readonly stored: StoredStatus | undefined;
}

/** One statement, without a lock: hundreds of waiting attempts ask it again and again. Times in epoch milliseconds. */
export async function readSharedObservation(
  db: Db,
  ref: WorkspaceRef & { readonly processor: string },
): Promise<SharedObservation> {
  const [row] = await db.query<{ now: number; observed_at: number | null; status: StatusRow | null }>(
    `select to_ms(headgate_now()) as now, w.observed_at, to_jsonb(s) as status
     from (select $1::text as project, $2::text as workspace, $3::text as processor) k
     left join workspaces w on w.project = k.project and w.workspace = k.workspace
     left join processor_status s on s.project = k.project and s.workspace = k.workspace and s.processor = k.processor`,
    [ref.project, ref.workspace, ref.processor],
  );
  if (row === undefined) throw new Error("the query answers one row");
  return {
    now: row.now,
    observedAt: row.observed_at,
    stored: row.status === null ? undefined : fromStatusRow(row.status),
  };
}
