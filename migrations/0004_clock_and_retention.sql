-- Up Migration
-- The clock is read once per statement: headgate_now() is STABLE, the time at which the statement reached the server. A
-- volatile one is called for every row, so that `at < headgate_now() - ...` is a filter over the whole table and never the
-- condition of an index.
--
-- What waits for a lock inside one statement is judged by the time at which it began to wait. That is safe in each place:
-- - A time that must come after a lock is read by a statement of its own, sent once the lock is had: a fence's, an
--   opening's and a closing's (store/change-rows.ts: lockProcessor).
-- - A claim that waited takes a lease no longer than promised. What it missed meanwhile is in the row, which Postgres reads
--   again after the wait; a lease that ended during the wait is found by the next claim.
-- - A budget that waited dates the observation a little too early, never too late. Its refill is measured between two
--   such times, so that nothing is refilled twice.
-- - An answer's time is before its wait, and after the answer: what is observed later is newer than the answer.

create or replace function headgate_now() returns timestamptz language sql stable as $$
  select date_trunc('milliseconds', statement_timestamp())
$$;

-- The newest time that a worker has read, noted once a minute: a clock that is behind it went back (a failover).
alter table installation add column clock_seen_at timestamptz;

-- A retry takes its own claims first.
create index workspaces_by_owner on workspaces (lease_owner) where lease_owner is not null;

-- When a status last changed, for retention. Null where a program older than this column wrote the row.
alter table processor_status add column written_at timestamptz default headgate_now();
create index processor_status_gone on processor_status (written_at)
  where absences = 2 and reason_code = 'unmanaged' and positions_spent = '{}';
