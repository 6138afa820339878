-- Up Migration
-- What the file wrote for a version, before defaults were merged: {"defaults": ..., "own": ...}. Null where no file wrote
-- it, or where it is older than this column.

alter table policy_versions add column written jsonb check (written is null or jsonb_typeof(written) = 'object');
