-- Up Migration
-- Who may call Headgate over HTTP. No secret that could be used as it stands is kept but one: a digest key's HA1 is as
-- good as its private key for signing requests to this Headgate, because the protocol asks for it. A backup of this table
-- is to be guarded as one of credentials.

create table api_keys (
  id uuid primary key default gen_random_uuid(),
  name text not null check (char_length(name) between 1 and 200),
  role text not null check (role in ('viewer', 'operator', 'admin')),
  project_pattern text not null check (project_pattern <> ''),
  workspace_pattern text not null check (workspace_pattern <> ''),
  client_id text not null unique,
  client_secret_hash text not null check (client_secret_hash like '$argon2id$%'),
  public_key text not null unique,
  ha1_md5 text not null check (ha1_md5 ~ '^[0-9a-f]{32}$'),
  ha1_sha256 text not null check (ha1_sha256 ~ '^[0-9a-f]{64}$'),
  -- Counts the rotations: a token says the one it was made under, and ends with it.
  generation integer not null default 1 check (generation > 0),
  created_at timestamptz not null default headgate_now(),
  created_by text not null,
  rotated_at timestamptz,
  revoked_at timestamptz,
  -- To the minute.
  last_used_at timestamptz
);

-- A name may be taken again once its key is revoked: the journal tells the two apart by their times.
create unique index api_keys_live_name on api_keys (name) where revoked_at is null;

-- Tokens that were revoked before their time. A row is of no use once its token has expired.
create table revoked_tokens (
  jti uuid primary key,
  expires_at timestamptz not null
);
create index revoked_tokens_expiry on revoked_tokens (expires_at);

-- What tokens and nonces are signed with: one for all servers, so that any of them knows what another has signed. Made
-- here, so that it is never the parameter of a statement, which Postgres may log. 244 of its 256 bits are random.
create table signing_secret (
  only_one boolean primary key default true check (only_one),
  secret bytea not null check (length(secret) = 32)
);
insert into signing_secret (secret)
  select decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');
