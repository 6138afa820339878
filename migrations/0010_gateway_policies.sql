-- Up Migration
-- What a policy says of a stop through the gateway. The defaults are for the rows that are there, and for an older
-- program, which writes neither column.

alter table start_policies
  add column gateway_stop text not null default 'allow' check (gateway_stop in ('allow', 'suspend', 'refuse')),
  add column gateway_for_ms bigint check (gateway_for_ms > 0),
  add constraint start_policies_gateway check ((gateway_stop = 'suspend') = (gateway_for_ms is not null));
