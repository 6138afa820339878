// What a gateway asks of the tables: how a change ended and what Atlas said, whether its client was left without an
// answer, and a workspace's row for a processor that nobody has declared or seen. One statement each, without locks.
import type { Ending } from "../../domain/change/change.js";
import type { ProcessorRef, WorkspaceRef } from "../../domain/refs.js";
import { KEY, keyOf } from "../rows/change-rows.js";
import { toJson } from "../postgres/parameters.js";
import type { Db } from "../postgres/pool.js";

export interface AnsweredChange {
  readonly ending: Ending | null;
  /** The body of Atlas's last refusal, as JSON text, and its status. */
  readonly reply: string | null;
  readonly status: number | null;
  /** As last seen, by the change itself if it saw it. */
  readonly state: string | null;
  readonly tier: string | null;
}

/** Undefined if there is no such change. */
export async function readAnswered(db: Db, changeId: string): Promise<AnsweredChange | undefined> {
  const [row] = await db.query<AnsweredChange>(
    `select case when c.closed_at is not null then
         jsonb_build_object('outcome', c.outcome, 'code', c.outcome_code, 'text', c.outcome_text) end as ending,
       c.answer->>'reply' as reply, (c.answer->>'status')::integer as status, s.state, s.tier
     from changes c left join processor_status s using (project, workspace, processor) where c.id = $1`,
    [changeId],
  );
  return row;
}

/** How long a client that got no answer may come back for it, as an interval of Postgres. */
const UNANSWERED_FOR = "10 minutes";

/**
 * The newest closed change of that actor and wording whose client was left without an answer (`gateway.unanswered` in
 * the journal); undefined if there is none.
 */
export async function findUnanswered(
  db: Db,
  asked: {
    readonly ref: ProcessorRef;
    readonly actor: string;
    readonly kind: string;
    readonly options: object | null;
  },
): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(
    `select id from changes c where ${KEY} and opened_at > headgate_now() - interval '1 day'
       and closed_at > headgate_now() - interval '${UNANSWERED_FOR}' and actor = $4 and kind = $5
       and coalesce(nullif(request->'options', 'null'), '{}') = $6::jsonb
       and exists (select from journal j where j.project = $1 and j.workspace = $2 and j.processor = $3
                   and j.kind = 'gateway.unanswered' and j.change_id = c.id)
     order by opened_at desc limit 1`,
    [...keyOf(asked.ref), asked.actor, asked.kind, toJson(asked.options ?? {})],
  );
  return row?.id;
}

/** Makes the rows that a look needs, due later than any look that is asked for; does nothing if they are there. */
export async function ensureWorkspace(db: Db, ref: WorkspaceRef, intervalMs: number): Promise<void> {
  await db.query(
    `with known as (insert into projects (project) values ($1) on conflict do nothing)
     insert into workspaces (project, workspace, interval_ms, due_at)
     values ($1, $2, $3::bigint, headgate_now() + make_interval(secs => $3::bigint / 1000.0)) on conflict do nothing`,
    [ref.project, ref.workspace, intervalMs],
  );
}
