-- Up Migration
-- Headgate's tables. Every time that decides anything comes from headgate_now(), in milliseconds, so that a value
-- survives the trip through JavaScript unchanged; a test replaces the function in its own database.

create function headgate_now() returns timestamptz language sql volatile as $$
  select date_trunc('milliseconds', clock_timestamp())
$$;

create function to_ms(t timestamptz) returns bigint language sql immutable strict as $$
  select round(extract(epoch from t) * 1000)::bigint
$$;

create function from_ms(ms bigint) returns timestamptz language sql immutable strict as $$
  select to_timestamp(ms / 1000.0)
$$;

create domain project_id as text check (value ~ '^[0-9a-f]{24}$');
create domain atlas_name as text check (value ~ '^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,127}$');
create domain tier_name as text check (value in ('SP2', 'SP5', 'SP10', 'SP30', 'SP50'));

-- One row: the Atlas whose processors these tables are about.
create table installation (
  only_one boolean primary key default true check (only_one),
  atlas text not null check (length(atlas) between 1 and 300)
);

-- The current declaration per processor, in its effective form.
create table start_policies (
  project project_id not null,
  workspace atlas_name not null,
  processor atlas_name not null,
  version integer not null check (version >= 1),
  declared_at timestamptz not null,
  state text not null check (state in ('STARTED', 'STOPPED')),
  mode text not null check (mode in ('enforce', 'observe')),
  tier tier_name,
  resume_from_checkpoint boolean,
  start_at_operation_time text check (start_at_operation_time ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$'),
  restart_cron text check (restart_cron ~ '^\S+( \S+){4}$'),
  restart_timezone text check (length(restart_timezone) between 1 and 64),
  restart_spread_ms bigint check (restart_spread_ms >= 0),
  restart_catch_up_ms bigint check (restart_catch_up_ms >= 0),
  restart_since timestamptz,
  backoff_initial_ms bigint not null check (backoff_initial_ms > 0),
  backoff_factor double precision not null check (backoff_factor between 1 and 10),
  backoff_max_ms bigint not null,
  max_attempts integer not null check (max_attempts between 1 and 1000),
  stable_after_ms bigint not null check (stable_after_ms >= 0),
  stopped_grace_ms bigint not null check (stopped_grace_ms >= 0),
  primary key (project, workspace, processor),
  check (backoff_max_ms >= backoff_initial_ms),
  check (num_nonnulls(restart_cron, restart_timezone, restart_spread_ms, restart_catch_up_ms, restart_since) in (0, 5))
);

-- Append-only. `after` is null where the policy was deleted; numbering goes on when it is declared again.
create table policy_versions (
  project project_id not null,
  workspace atlas_name not null,
  processor atlas_name not null,
  version integer not null check (version >= 1),
  author text not null check (length(author) between 1 and 200),
  at timestamptz not null default headgate_now(),
  before jsonb,
  after jsonb,
  primary key (project, workspace, processor, version),
  check (before is not null or after is not null)
);

create function refuse_rewrite() returns trigger language plpgsql as $$
begin
  raise exception 'policy_versions is append-only';
end $$;
create trigger policy_versions_append_only before update or delete on policy_versions
  for each row execute function refuse_rewrite();

create table projects (
  project project_id primary key,
  -- A hold: the whole project waits. `held_by` tells which call ends it.
  held_why text,
  held_by text check (held_by in ('list', 'post')),
  held_since timestamptz,
  recheck_at timestamptz,
  check (num_nonnulls(held_why, held_by, held_since, recheck_at) in (0, 4))
);

create table workspaces (
  project project_id not null references projects,
  workspace atlas_name not null,
  interval_ms bigint not null check (interval_ms > 0),
  due_at timestamptz not null,
  -- The single flight: whoever holds the newest token may write. `lease_owner` lets a retry of the same work take over at once.
  lease_token uuid,
  lease_owner text,
  lease_until timestamptz,
  -- The last complete observation and its counts.
  observed_at timestamptz,
  observed_count integer not null default 0,
  observed_pages integer not null default 1,
  absent boolean not null default false,
  last_error text,
  last_error_at timestamptz,
  braked_since timestamptz,
  -- processor -> policy version whose unscheduled stop or tier restart was released
  brake_released jsonb not null default '{}',
  primary key (project, workspace)
);
create index workspaces_due on workspaces (due_at);

create table processor_status (
  project project_id not null,
  workspace atlas_name not null,
  processor atlas_name not null,
  -- Counts writes: a writer that read an older revision writes nothing.
  revision bigint not null default 1,
  atlas_id text,
  state text,
  tier text,
  effective_tier text,
  autoscaled boolean not null default false,
  error_message text check (length(error_message) <= 500),
  observed_at timestamptz,
  state_since timestamptz,
  state_cause text not null default 'first' check (state_cause in ('first', 'elsewhere', 'headgate')),
  drift_since timestamptz,
  absences integer not null default 0 check (absences between 0 and 2),
  reason_code text,
  reason text,
  reason_since timestamptz,
  attempts integer not null default 0 check (attempts >= 0),
  attempts_version integer,
  next_attempt_at timestamptz,
  last_failure text,
  last_start_at timestamptz,
  last_close_at timestamptz,
  last_slot_at timestamptz,
  last_tier text,
  positions_spent text[] not null default '{}',
  one_off jsonb,
  one_off_version integer,
  suspended_by text,
  suspended_why text,
  suspended_until timestamptz,
  parked_version integer,
  parked_why text,
  refused_version integer,
  barred_until timestamptz,
  primary key (project, workspace, processor),
  check (num_nonnulls(suspended_by, suspended_why, suspended_until) in (0, 3)),
  check (num_nonnulls(parked_version, parked_why) in (0, 2)),
  check (num_nonnulls(reason_code, reason, reason_since) in (0, 3))
);

-- One row per change: the operation journal.
create table changes (
  id uuid primary key default gen_random_uuid(),
  project project_id not null,
  workspace atlas_name not null,
  processor atlas_name not null,
  kind text not null check (kind in ('start', 'stop', 'restart')),
  requested_by text not null check (requested_by in ('pass', 'person')),
  actor text not null check (length(actor) between 1 and 200),
  why text not null,
  policy_version integer,
  slot_at timestamptz,
  -- What was asked for: start options, and for a pass whether it is a trial or released from the brake.
  request jsonb not null default '{}',
  released boolean not null default false,
  trial boolean not null default false,
  state_before text,
  tier_before text,
  owes_start boolean not null default false,
  workflow_id text not null,
  run_id text not null,
  opened_at timestamptz not null,
  planned_from timestamptz,
  first_fenced_at timestamptz,
  cancel_requested_by text,
  closed_at timestamptz,
  outcome text check (outcome in ('succeeded', 'failed', 'superseded', 'cancelled', 'lost')),
  outcome_code text,
  outcome_text text,
  answer jsonb,
  check (num_nonnulls(closed_at, outcome, outcome_code, outcome_text) in (0, 4)),
  check (requested_by = 'person' or policy_version is not null)
);
create unique index changes_one_open on changes (project, workspace, processor) where closed_at is null;
create unique index changes_one_per_slot on changes (project, workspace, processor, slot_at)
  where slot_at is not null and (closed_at is null or first_fenced_at is not null);
create index changes_by_run on changes (run_id);
create index changes_by_processor on changes (project, workspace, processor, opened_at desc);
create index changes_by_opening on changes (project, workspace, opened_at);
create index changes_by_close on changes (closed_at) where closed_at is not null;

-- One fence per step of a change.
create table change_steps (
  change_id uuid not null references changes on delete cascade,
  step text not null check (step in ('stop', 'start', 'fallback')),
  attempt integer not null check (attempt >= 1),
  posts integer not null default 1 check (posts >= 1),
  fenced_at timestamptz not null,
  -- Until then this step's POST may still take effect.
  horizon_at timestamptz not null,
  posted boolean,
  answered_at timestamptz,
  fate text check (fate in ('applied', 'refused', 'limited', 'unsent', 'unknown')),
  answer jsonb,
  options jsonb not null default '{}',
  position_key text,
  -- Whether this step's fence spent the position: only then may its answer give it back.
  spent_position boolean not null default false,
  primary key (change_id, step),
  check (num_nonnulls(answered_at, fate) in (0, 2))
);

create table call_budgets (
  project project_id primary key,
  capacity integer not null check (capacity > 0),
  refill_per_minute integer not null check (refill_per_minute > 0),
  tokens double precision not null,
  refilled_at timestamptz not null,
  blocked_until timestamptz,
  -- When Atlas was last asked for the limits; the defaults are those it documents.
  limits_read_at timestamptz
);

-- Transitions only: a quiet fleet writes nothing here.
create table journal (
  id bigint generated always as identity primary key,
  at timestamptz not null default headgate_now(),
  project project_id,
  workspace atlas_name,
  processor atlas_name,
  kind text not null,
  actor text not null,
  text text not null,
  change_id uuid
);
create index journal_by_processor on journal (project, workspace, processor, id desc);
create index journal_by_age on journal (at);
