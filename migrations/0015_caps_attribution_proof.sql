-- Up Migration
-- Caps that span projects, the turn of starts in a workspace, who moved a processor, and the proof after a start. Every
-- column is null where a policy or a worker says nothing, so that an older program, which writes none, goes on.

alter table start_policies
  add column concurrency_key text check (concurrency_key ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,62}$'),
  add column respect_manual_stop_ms bigint check (respect_manual_stop_ms > 0),
  add column proof_within_ms bigint check (proof_within_ms > 0),
  add column proof_dead_letter_ratio double precision check (proof_dead_letter_ratio between 0 and 1),
  add column proof_max_lag_ms bigint check (proof_max_lag_ms > 0),
  add constraint start_policies_proof
    check (num_nulls(proof_within_ms, proof_dead_letter_ratio, proof_max_lag_ms) in (0, 3));

-- The key of the policy at the time of the opening: a later version does not move a change that runs.
alter table changes add column concurrency_key text;
create index changes_open_by_key on changes (concurrency_key) where closed_at is null and concurrency_key is not null;

-- Until then the starts of the workspace go one after another, because Atlas has answered with its lock.
alter table workspaces add column one_by_one_until timestamptz;

alter table processor_status
  -- Who brought it into its state, as Atlas's events name them.
  add column state_by text check (length(state_by) <= 200),
  -- What a start has to prove yet, or that it did not.
  add column proof jsonb;
