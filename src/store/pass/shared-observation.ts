// What waiting changes read instead of asking Atlas: the newest complete LIST of their workspaces, and what it showed
// of their processors.
import type { ProcessorRef } from "../../domain/refs.js";
import type { Db } from "../postgres/pool.js";
import type { StatusRow, StoredStatus } from "../rows/status-rows.js";
import { fromStatusRow } from "../rows/status-rows.js";

/** What a waiting change reads: when the workspace was last looked at, and what its processor showed. */
export interface SharedObservation {
  readonly ref: ProcessorRef;
  readonly now: number;
  /** When the newest complete LIST was sent. */
  readonly observedAt: number | null;
  /** The same, or when a LIST failed since. */
  readonly lookedAt: number | null;
  readonly stored: StoredStatus | undefined;
}

interface SharedRow extends ProcessorRef {
  readonly now: number;
  readonly observed_at: number | null;
  readonly looked_at: number | null;
  readonly status: StatusRow | null;
}

/** One statement for all, without a lock; in no order. Times in epoch milliseconds. */
export async function readSharedObservations(
  db: Db,
  refs: readonly ProcessorRef[],
): Promise<readonly SharedObservation[]> {
  const rows = await db.query<SharedRow>(
    `select k.project, k.workspace, k.processor, to_ms(headgate_now()) as now, w.observed_at,
       greatest(w.observed_at, w.last_error_at) as looked_at, row_to_json(s) as status
     from unnest($1::text[], $2::text[], $3::text[]) as k(project, workspace, processor)
     left join workspaces w on w.project = k.project and w.workspace = k.workspace
     left join processor_status s on s.project = k.project and s.workspace = k.workspace and s.processor = k.processor`,
    [
      refs.map(({ project }) => project),
      refs.map(({ workspace }) => workspace),
      refs.map(({ processor }) => processor),
    ],
  );
  return rows.map(({ project, workspace, processor, ...row }) => ({
    ref: { project, workspace, processor },
    now: row.now,
    observedAt: row.observed_at,
    lookedAt: row.looked_at,
    stored: row.status === null ? undefined : fromStatusRow(row.status),
  }));
}
