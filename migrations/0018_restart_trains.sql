-- Up Migration
-- Processors of a workspace that are restarted one wave after another share the name of a train. Null where a policy
-- names none, so that an older program, which writes none, goes on.

alter table start_policies
  add column restart_train text check (restart_train ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,62}$'),
  add constraint start_policies_train check (restart_train is null or restart_cron is not null);
