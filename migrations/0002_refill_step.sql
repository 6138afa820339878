-- Up Migration
-- Atlas refills in steps that need not last a minute: what may go at once is the capacity less one step.

alter table call_budgets add column refill_step integer not null default 500 check (refill_step > 0);
update call_budgets set refill_step = refill_per_minute;
