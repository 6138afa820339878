-- Up Migration
-- Where a processor was in its source, and what may be done when that place is lost. All of it may be absent: an older
-- program writes none of these columns.

alter table start_policies
  -- Which rungs may be taken, and how much may be replayed or skipped.
  add column ladder jsonb check (jsonb_typeof(ladder) = 'object'),
  -- How far back the source's oplog reaches, as its owner declares it.
  add column oplog_window_ms bigint check (oplog_window_ms > 0);

alter table processor_status
  -- The last place in its change stream that was seen, and when.
  add column position jsonb check (jsonb_typeof(position) = 'object'),
  -- The rung that was taken after its position was lost.
  add column rung jsonb check (jsonb_typeof(rung) = 'object'),
  -- What a person allows it, and until when.
  add column approval jsonb check (jsonb_typeof(approval) = 'object');
