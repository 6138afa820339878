-- Up Migration
-- What a policy says of failures, and what is remembered of the last one. All of it may be absent: an older program
-- writes none of these columns.

alter table start_policies
  add column failure_rules jsonb check (jsonb_typeof(failure_rules) = 'array'),
  add column failure_classes jsonb check (jsonb_typeof(failure_classes) = 'object');

alter table processor_status
  -- How Atlas refused the start of the last change.
  add column refusal jsonb,
  add column failure_class text,
  -- The larger tier that a failure was answered with, and when it is given up again.
  add column climbed_tier text,
  add column climbed_version integer,
  add column climbed_at timestamptz,
  add column step_back_after_ms bigint check (step_back_after_ms > 0),
  add column climb_refused boolean,
  -- When a person said that older failures count no more.
  add column forgiven_at timestamptz,
  add constraint processor_status_climb check (
    num_nonnulls(climbed_tier, climbed_version, climbed_at, step_back_after_ms, climb_refused) in (0, 5));
