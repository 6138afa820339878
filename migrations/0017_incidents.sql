-- Up Migration
-- Incidents: many processors that failed together, or an outage that somebody announced. Open ones are read by every pass
-- of their project, so they have indexes of their own; closed ones are kept as changes are.

create table incidents (
  id uuid primary key default gen_random_uuid(),
  project project_id not null,
  -- What its members have in common; null: all of the part above it.
  workspace atlas_name,
  connection text check (length(connection) between 1 and 500),
  announced boolean not null,
  why text not null check (length(why) between 1 and 500),
  opened_at timestamptz not null default headgate_now(),
  opened_by text not null check (length(opened_by) between 1 and 200),
  phase text not null check (phase in ('stopping', 'resting', 'pausing', 'trying', 'refilling')),
  phase_since timestamptz not null default headgate_now(),
  next_try_at timestamptz,
  tries integer not null default 0 check (tries >= 0),
  wave integer not null default 0 check (wave >= 0),
  closed_at timestamptz,
  closed_by text check (length(closed_by) between 1 and 200),
  closed_text text,
  check (num_nonnulls(closed_at, closed_by, closed_text) in (0, 3)),
  check (connection is null or workspace is not null)
);
create index incidents_open on incidents (project) where closed_at is null;
create index incidents_by_opening on incidents (opened_at desc);
create index incidents_by_close on incidents (closed_at) where closed_at is not null;

-- A processor is a member of one open incident at most. A row stays when its incident has left it to its own policy, so
-- that it does not join the same one again.
create table incident_members (
  incident_id uuid not null references incidents on delete cascade,
  project project_id not null,
  workspace atlas_name not null,
  processor atlas_name not null,
  joined_at timestamptz not null default headgate_now(),
  -- Its turn has come.
  admitted_at timestamptz,
  wave integer,
  left_at timestamptz,
  primary key (incident_id, project, workspace, processor)
);
create unique index incident_members_one on incident_members (project, workspace, processor) where left_at is null;

-- What failed lately is counted over a project.
create index processor_status_failed on processor_status (project, state_since) where state = 'FAILED';

-- The timeline of an incident.
alter table journal add column incident_id uuid;
create index journal_by_incident on journal (incident_id, id) where incident_id is not null;
