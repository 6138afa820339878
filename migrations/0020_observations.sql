-- Up Migration
-- What was so at a moment of the past: since when each condition of a processor holds, and what was seen and remembered
-- of it whenever that changed.

alter table processor_status
  -- Condition -> its status, and since when. One that never changed has no entry.
  add column conditions jsonb not null default '{}' check (jsonb_typeof(conditions) = 'object');

-- Insert-only. A row holds until the next one of its processor.
create table observations (
  id bigint generated always as identity primary key,
  project project_id not null,
  workspace atlas_name not null,
  processor atlas_name not null,
  -- When it was written.
  at timestamptz not null default headgate_now(),
  -- When the look was sent; null: nothing was ever seen.
  observed_at timestamptz,
  atlas_id text,
  state text,
  tier text,
  effective_tier text,
  autoscaled boolean not null,
  error_message text,
  -- Complete LISTs in a row without it: 0, 1, or 2 for two or more.
  absences smallint not null,
  -- Who moved it, where somebody is named.
  state_by text,
  position jsonb,
  -- The other columns of its status, those that were not null.
  remembered jsonb not null
);
create index observations_of_processor on observations (project, workspace, processor, id desc);
create index observations_by_age on observations (at, id);

-- In the statement that writes the status, so a look that saw nothing new costs nothing. Conflicts with nothing and
-- locks nothing.
create function keep_observation() returns trigger language plpgsql as $$
declare
  -- Change beside what is seen and counted, or are found elsewhere: reasons in the journal, bars in change_steps.
  passing constant text[] := array['revision', 'written_at', 'observed_at', 'reason_code', 'reason', 'reason_since',
    'barred_until', 'position', 'last_failure'];
  shown constant text[] := array['project', 'workspace', 'processor', 'revision', 'written_at', 'observed_at', 'atlas_id',
    'state', 'tier', 'effective_tier', 'autoscaled', 'error_message', 'absences', 'state_by', 'position',
    'barred_until'];
begin
  if tg_op = 'UPDATE' then
    if to_jsonb(old) - passing = to_jsonb(new) - passing then return null; end if;
  elsif new.observed_at is null and new.absences = 0 and new.suspended_until is null then
    -- A row that was only made to be locked.
    return null;
  end if;
  insert into observations (project, workspace, processor, observed_at, atlas_id, state, tier, effective_tier, autoscaled,
      error_message, absences, state_by, position, remembered)
    values (new.project, new.workspace, new.processor, new.observed_at, new.atlas_id, new.state, new.tier,
      new.effective_tier, new.autoscaled, new.error_message, new.absences, new.state_by, new.position,
      (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(to_jsonb(new) - shown)
       where jsonb_typeof(value) <> 'null'));
  return null;
end $$;

create trigger status_is_kept after insert or update on processor_status for each row execute function keep_observation();

-- What is known at the upgrade has been so since it was written.
insert into observations (project, workspace, processor, at, observed_at, atlas_id, state, tier, effective_tier,
    autoscaled, error_message, absences, state_by, position, remembered)
  select project, workspace, processor, coalesce(written_at, headgate_now()), observed_at, atlas_id, state, tier, effective_tier, autoscaled,
    error_message, absences, state_by, position,
    (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(to_jsonb(s) - array['project', 'workspace',
       'processor', 'revision', 'written_at', 'observed_at', 'atlas_id', 'state', 'tier', 'effective_tier', 'autoscaled',
       'error_message', 'absences', 'state_by', 'position', 'barred_until'])
     where jsonb_typeof(value) <> 'null')
  from processor_status s where observed_at is not null or absences > 0 or suspended_until is not null;
