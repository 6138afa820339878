// What an examination asks of Postgres: reads only, one statement each or two, so that `doctor` and a worker's watch
// may ask at any time and hold nobody up. Each throws `store.unavailable`.
import type { Db } from "./postgres/pool.js";

export interface DatabaseFacts {
  readonly version: string;
  readonly name: string;
  readonly user: string;
  /** Of the session; false on a standby. */
  readonly isWritable: boolean;
}

export async function readDatabase(db: Db): Promise<DatabaseFacts | undefined> {
  const [facts] = await db.query<DatabaseFacts>(
    `select current_setting('server_version') as version, current_database() as name, current_user as "user",
       not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as "isWritable"`,
  );
  return facts;
}

/**
 * Names, in order; undefined if none was ever applied. Two statements: a query of a table that is not there would fail.
 */
export async function readAppliedMigrations(db: Db): Promise<readonly string[] | undefined> {
  const [table] = await db.query<{ found: boolean }>(
    "select to_regclass('schema_migrations') is not null as found",
  );
  if (table?.found !== true) return undefined;
  const rows = await db.query<{ name: string }>("select name from schema_migrations order by name");
  return rows.map(({ name }) => name);
}

export interface LoopFacts {
  readonly workspaces: number;
  /** Should have been observed a whole interval ago, and were not. */
  readonly overdue: number;
  readonly observedAt: number | null;
  /** Of the one that is due first. */
  readonly dueAt: number | null;
  /** Not one was observed within two of its intervals. */
  readonly isStale: boolean;
  readonly now: number;
  /** A few of those whose last pass saw nothing, with why. */
  readonly failing: readonly string[];
  readonly failingCount: number;
}

/** So many are enough to see what is wrong, and fit on a line each. */
const NAMES_MAX = 3;

/**
 * One row also if there is no workspace: an installation without a policy is not stale. Costs a look at every
 * workspace.
 */
export async function readLoop(db: Db): Promise<LoopFacts | undefined> {
  const [facts] = await db.query<LoopFacts>(
    `select count(w.workspace) as workspaces, max(w.observed_at) as "observedAt", min(w.due_at) as "dueAt", clock.now,
       count(w.workspace) > 0 and bool_and(coalesce(w.observed_at, '-infinity')
         + make_interval(secs => 2 * w.interval_ms / 1000.0) < clock.now) as "isStale",
       count(*) filter (where w.due_at + make_interval(secs => w.interval_ms / 1000.0) < clock.now) as overdue,
       count(w.last_error) as "failingCount",
       coalesce((array_agg(w.project || '/' || w.workspace || ': ' || w.last_error order by w.project, w.workspace)
         filter (where w.last_error is not null))[1:${String(NAMES_MAX)}], '{}') as failing
     from (select headgate_now() as now) clock left join workspaces w on true group by clock.now`,
  );
  return facts;
}

export interface WaitingFacts {
  /** `project: why` of every held project. */
  readonly held: readonly string[];
  readonly braked: readonly string[];
  readonly parked: number;
}

export async function readWaiting(db: Db): Promise<WaitingFacts | undefined> {
  const [facts] = await db.query<WaitingFacts>(
    `select
       array(select project || ': ' || held_why from projects where held_why is not null order by project) as held,
       array(select project || '/' || workspace from workspaces where braked_since is not null
         order by project, workspace) as braked,
       (select count(*) from processor_status s join start_policies p using (project, workspace, processor)
         where s.parked_version = p.version) as parked`,
  );
  return facts;
}

export interface OutboxFacts {
  readonly waiting: number;
  /** Refused or given up, of the last day. */
  readonly lost: number;
  readonly channels: readonly {
    readonly channel: string;
    /** In a row. */
    readonly failures: number;
    readonly error: string | null;
  }[];
}

export async function readOutbox(db: Db): Promise<OutboxFacts | undefined> {
  const [facts] = await db.query<OutboxFacts>(
    `select count(*) filter (where outcome is null) as waiting,
       count(*) filter (where outcome in ('refused', 'given-up') and ended_at > headgate_now() - interval '1 day') as lost,
       (select coalesce(jsonb_agg(jsonb_build_object('channel', channel, 'failures', failures, 'error', error)
          order by channel), '[]') from notify_channels) as channels
     from notifications`,
  );
  return facts;
}

/** Every project something is declared for or was seen of. */
export async function listProjectNames(db: Db): Promise<readonly string[]> {
  const rows = await db.query<{ project: string }>("select project from projects order by project");
  return rows.map(({ project }) => project);
}

/** As they are written in the policies. */
export async function listZonesInUse(db: Db): Promise<readonly string[]> {
  const rows = await db.query<{ zone: string }>(
    "select distinct restart_timezone as zone from start_policies where restart_timezone is not null order by zone",
  );
  return rows.map(({ zone }) => zone);
}

/** How far each zone that Postgres knows is from UTC at each instant, ms, by Postgres's own rules. */
export async function readZoneOffsets(
  db: Db,
  zones: readonly string[],
  instants: readonly number[],
): Promise<readonly { readonly zone: string; readonly offsets: readonly number[] }[]> {
  return db.query<{ zone: string; offsets: readonly number[] }>(
    `select z.name as zone, array_agg((extract(epoch from
         (to_timestamp(i.at / 1000) at time zone z.name) - (to_timestamp(i.at / 1000) at time zone 'UTC'))
         * 1000)::float8 order by i.place) as offsets
     from pg_timezone_names z, unnest($2::float8[]) with ordinality i(at, place)
     where z.name = any($1::text[]) group by z.name`,
    [zones, instants],
  );
}
