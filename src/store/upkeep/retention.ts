// Retention: what has been kept for long enough is deleted, in bounded slices, by the worker itself and beside the
// loop: no tick waits for it. Workers take turns; whoever finds another one at it leaves it to that one.
import { reasonIn } from "../rows/status-rows.js";
import type { Db, Store } from "../postgres/pool.js";

/** Rows of each table that one slice, and so one transaction, looks at. */
const SLICE = 1_000;
/** Slices of one run: a backlog of a million rows is gone within minutes, and no run lasts for ever. */
const SLICES_MAX = 300;
const LOCK = 4_137_208_018;

/** How far the old rows of a table have been looked through. */
interface Cursor {
  readonly at: string;
  readonly id: string;
}

/** Of each table some of whose old rows are kept. */
interface Cursors {
  readonly changes: Cursor;
  readonly observations: Cursor;
}

const BEGINNING: Cursors = {
  changes: { at: "-infinity", id: "00000000-0000-0000-0000-000000000000" },
  observations: { at: "-infinity", id: "0" },
};

export interface Retention {
  /**
   * Deletes what has expired until nothing is left, or `signal` is aborted, or the run has done its share. How many
   * rows went. Safe to run anywhere and at any time.
   */
  run(signal: AbortSignal): Promise<number>;
}

/**
 * One per process: it remembers how far it has looked, so that old rows that are kept, because they are among the
 * newest of their processor, are looked at once a day and not once a run.
 */
export function createRetention(store: Store): Retention {
  let sweep: Sweep = { cursors: BEGINNING, day: -1 };
  return {
    run: async (signal) => {
      let deleted = 0;
      for (let slices = 0; slices < SLICES_MAX && !signal.aborted; slices += 1) {
        const slice = await store.transaction((db) => deleteSlice(db, sweep));
        if (slice === undefined) break;
        sweep = slice.sweep;
        deleted += slice.deleted;
        if (slice.isLast) break;
      }
      return deleted;
    },
  };
}

interface Sweep {
  readonly cursors: Cursors;
  /** The day, counted by the database, in which the sweep began. */
  readonly day: number;
}

interface Slice {
  readonly deleted: number;
  readonly isLast: boolean;
  readonly sweep: Sweep;
}

/** Undefined if another worker is at it. */
async function deleteSlice(db: Db, before: Sweep): Promise<Slice | undefined> {
  const [lock] = await db.query<{ is_mine: boolean; day: number }>(
    `select pg_try_advisory_xact_lock($1) as is_mine, to_ms(headgate_now()) / 86400000 as day`,
    [LOCK],
  );
  if (lock?.is_mine !== true) return undefined;
  const cursors = lock.day === before.day ? before.cursors : BEGINNING;
  const counts: number[] = [];
  for (const expired of EXPIRED) counts.push((await db.query(expired, [SLICE])).length);
  const changes = await sweepOn(db, OLD_CHANGES, cursors.changes);
  const observations = await sweepOn(db, OLD_OBSERVATIONS, cursors.observations);
  const all = [...counts, changes.deleted, observations.deleted];
  return {
    deleted: all.reduce((sum, count) => sum + count, 0),
    isLast: Math.max(...counts, changes.looked_at, observations.looked_at) < SLICE,
    sweep: { cursors: { changes: changes.last, observations: observations.last }, day: lock.day },
  };
}

async function sweepOn(
  db: Db,
  statement: string,
  cursor: Cursor,
): Promise<Swept & { readonly last: Cursor }> {
  const [swept] = await db.query<Swept>(statement, [SLICE, cursor.at, cursor.id]);
  if (swept === undefined) throw new Error("the statement answers one row");
  return { ...swept, last: swept.last ?? cursor };
}

const OLD_LINES = `
delete from journal where id in (
  select id from journal where at < headgate_now() - interval '90 days' order by at limit $1)
returning 1`;

const OLD_KEYS = `
delete from idempotency_keys where (api_key, idempotency_key) in (
  select api_key, idempotency_key from idempotency_keys where claimed_at < headgate_now() - interval '1 day'
  order by claimed_at limit $1)
returning 1`;

/** Sent or not: what still waits then has no channel any more. */
const OLD_NOTICES = `
delete from notifications where (line, channel) in (
  select line, channel from notifications where at < headgate_now() - interval '30 days' order by at limit $1)
returning 1`;

/** With their members. */
const OLD_INCIDENTS = `
delete from incidents where id in (
  select id from incidents where closed_at < headgate_now() - interval '400 days' order by closed_at limit $1)
returning 1`;

/**
 * Processors that nobody declares and Atlas no longer lists, once there is nothing left to remember of them. Spent
 * positions are remembered for ever: a policy that comes back must not arm them again. What is written while this looks
 * is passed over, or comes too late to matter: such a row holds nothing that is not made anew.
 */
const GONE_STATUSES = `
delete from processor_status where (project, workspace, processor) in (
  select project, workspace, processor from processor_status s
  where s.absences = 2 and s.${reasonIn("unmanaged")} and s.positions_spent = '{}'
    and s.written_at < headgate_now() - interval '90 days'
    and (s.suspended_until is null or s.suspended_until <= headgate_now())
    and (s.barred_until is null or s.barred_until <= headgate_now())
    and not exists (select from start_policies p
      where p.project = s.project and p.workspace = s.workspace and p.processor = s.processor)
    and not exists (select from changes c
      where c.project = s.project and c.workspace = s.workspace and c.processor = s.processor and c.closed_at is null)
  order by s.written_at limit $1 for update skip locked)
returning 1`;

/** In this order, a slice of each. */
const EXPIRED = [OLD_LINES, GONE_STATUSES, OLD_KEYS, OLD_NOTICES, OLD_INCIDENTS] as const;

interface Swept {
  readonly deleted: number;
  readonly looked_at: number;
  readonly last: Cursor | null;
}

/** Of the next old changes those that have twenty newer ones; the count of them stops at twenty. */
const OLD_CHANGES = `
with old as (
  select id, project, workspace, processor, opened_at, closed_at from changes
  where closed_at < headgate_now() - interval '400 days' and (closed_at, id) > ($2::timestamptz, $3::uuid)
  order by closed_at, id limit $1
),
gone as (
  delete from changes where id in (
    select o.id from old o where 20 = (select count(*) from (
      select from changes n where n.project = o.project and n.workspace = o.workspace and n.processor = o.processor
        and n.opened_at > o.opened_at limit 20) newer))
  returning 1
)
select (select count(*) from gone) as deleted, (select count(*) from old) as looked_at,
  (select jsonb_build_object('at', closed_at::text, 'id', id) from old order by closed_at desc, id desc limit 1) as last`;

/**
 * Of the next old observations those that held no more when the time that is kept began, and those of what nobody knows
 * any longer. What held then stays: a question about that time is answered from it.
 */
const OLD_OBSERVATIONS = `
with old as (
  select id, project, workspace, processor, at from observations
  where at < headgate_now() - interval '35 days' and (at, id) > ($2::timestamptz, $3::bigint)
  order by at, id limit $1
),
gone as (
  delete from observations where id in (
    select o.id from old o where exists (select from observations n
        where n.project = o.project and n.workspace = o.workspace and n.processor = o.processor and n.id > o.id
          and n.at < headgate_now() - interval '35 days')
      or not exists (select from processor_status s
        where s.project = o.project and s.workspace = o.workspace and s.processor = o.processor))
  returning 1
)
select (select count(*) from gone) as deleted, (select count(*) from old) as looked_at,
  (select jsonb_build_object('at', at::text, 'id', id::text) from old order by at desc, id desc limit 1) as last`;
