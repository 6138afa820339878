-- Up Migration
-- What was known before a processor FAILED, for the class of its failure: how it was started, and how full its memory
-- was. Absent where there is nothing to tell; an older program writes none.

alter table processor_status add column preceding jsonb check (jsonb_typeof(preceding) = 'object');
