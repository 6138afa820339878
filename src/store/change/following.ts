// One change as a reader follows it: its row, its steps and what Atlas last showed of its processor, in one reading. A
// story that is told from two readings would contradict itself: a step answered after its change had closed.
import type { ChangeReading } from "../../domain/tell/story.js";
import type { ChangeRow, StepJson } from "../rows/change-rows.js";
import { toStepRow } from "../rows/change-rows.js";
import type { Db } from "../postgres/pool.js";
import { toEpochMs } from "../rows/status-rows.js";

/** What `readChange` leaves out, because only people read it. */
type FollowedRow = ChangeRow & { readonly kind: string; readonly actor: string; readonly why: string };

/** Undefined if there is no such change. One statement, without a lock; times in epoch milliseconds. */
export async function readFollowed(db: Db, id: string): Promise<ChangeReading | undefined> {
  const [found] = await db.query<{
    row: FollowedRow;
    steps: readonly StepJson[];
    state: string | null;
    now: number;
  }>(
    `select to_jsonb(c) as row, p.state, to_ms(headgate_now()) as now,
       coalesce((select jsonb_agg(to_jsonb(s) order by s.fenced_at) from change_steps s where s.change_id = c.id), '[]') as steps
     from changes c left join processor_status p using (project, workspace, processor) where c.id = $1`,
    [id],
  );
  // Without a status, `state` is null: retention may have deleted that of a processor long gone, and keeps its changes.
  if (found === undefined) return undefined;
  const { row, steps, state, now } = found;
  return {
    now,
    kind: row.kind,
    actor: row.actor,
    why: row.why,
    openedAt: Date.parse(row.opened_at),
    stateBefore: row.state_before,
    tierBefore: row.tier_before,
    cancelRequestedBy: row.cancel_requested_by,
    steps: steps.map(toStepRow),
    state,
    closedAt: toEpochMs(row.closed_at),
    outcome: row.outcome,
    outcomeText: row.outcome_text,
  };
}
