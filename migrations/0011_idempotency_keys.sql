-- Up Migration
-- What POSTs over HTTP were answered, for a day: a client that did not get an answer sends the same request again and is
-- given it, and nothing is done twice. Of each API key its own.
create table idempotency_keys (
  api_key text not null check (length(api_key) between 1 and 200),
  idempotency_key text not null check (length(idempotency_key) between 1 and 255),
  -- Of method, path and body.
  request_hash text not null,
  claimed_at timestamptz not null default headgate_now(),
  -- Null while the request is under way.
  answer jsonb,
  primary key (api_key, idempotency_key)
);
create index idempotency_keys_by_age on idempotency_keys (claimed_at);
