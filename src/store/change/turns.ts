// Where Atlas answers a start with its tenant lock, the starts of that workspace go one after another for a while. The
// workspace's row remembers until when; openings and plans read it. It must never be written by a transaction that
// holds a lock: an answer is recorded under the processor's, which comes after the workspace's.
import type { WorkspaceRef } from "../../domain/refs.js";
import type { Db } from "../postgres/pool.js";

/** Idempotent; an earlier end never replaces a later one. One statement by itself. */
export async function rememberLock(
  db: Db,
  { ref, forMs }: { readonly ref: WorkspaceRef; readonly forMs: number },
): Promise<void> {
  await db.query(
    `update workspaces set one_by_one_until = greatest(one_by_one_until,
       headgate_now() + make_interval(secs => $3::double precision / 1000))
     where project = $1 and workspace = $2`,
    [ref.project, ref.workspace, forMs],
  );
}
