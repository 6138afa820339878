-- Up Migration
-- Word that goes out: to which channels, and the outbox. Rows of the outbox come from lines of the journal, in the same
-- transaction, so whoever writes a line needs to know nothing of notifications. No credential is kept here: where a
-- channel leads is known to the processes that send.

-- One row per channel that the workers are configured with. Its lease lets one process at a time send to it, and its
-- due time paces it: one receiver that is down costs one attempt per back-off, however much waits for it.
create table notify_channels (
  channel text primary key check (channel in ('webhook', 'slack', 'mail')),
  -- Kinds of the journal.
  events text[] not null,
  due_at timestamptz not null default headgate_now(),
  token uuid,
  failures integer not null default 0,
  -- Of the last attempt, if it failed.
  error text,
  failed_at timestamptz
);

create table notifications (
  -- Of the journal, which forgets its line later than this is forgotten.
  line bigint not null,
  channel text not null,
  kind text not null,
  project project_id,
  workspace atlas_name,
  processor atlas_name,
  text text not null,
  at timestamptz not null,
  attempts integer not null default 0,
  -- What went out together the first time goes out together again, under the same id.
  delivery uuid,
  -- Null while it waits. `repeated`: an earlier one told the same within the hour.
  outcome text check (outcome in ('delivered', 'repeated', 'refused', 'given-up')),
  ended_at timestamptz,
  error text,
  primary key (line, channel),
  check ((outcome is null) = (ended_at is null))
);
create index notifications_waiting on notifications (channel, line) where outcome is null;
create index notifications_delivered on notifications (channel, kind, project, workspace, processor, at)
  where outcome = 'delivered';
create index notifications_by_age on notifications (at);

-- Waits for nothing and conflicts with nothing: the id of a line is its own, so a pass that writes the journal is held up
-- by nobody.
create function queue_notifications() returns trigger language plpgsql as $$
begin
  insert into notifications (line, channel, kind, project, workspace, processor, text, at)
    select new.id, c.channel, new.kind, new.project, new.workspace, new.processor, new.text, new.at
    from notify_channels c where new.kind = any (c.events);
  return null;
end $$;

-- Called for these kinds alone, so that every other line costs nothing. They are those of
-- src/domain/tell/notices.ts, which a test compares: a kind more there needs this trigger made anew.
create trigger journal_notifies after insert on journal for each row
  when (new.kind in ('processor.parked', 'project.held', 'project.released', 'incident.opened', 'incident.closed',
    'approval.needed', 'train.aborted', 'loop.silent', 'loop.back'))
  execute function queue_notifications();

-- The last word on the loop, whoever wrote it.
create index journal_of_the_loop on journal (id desc) where kind in ('loop.silent', 'loop.back');
