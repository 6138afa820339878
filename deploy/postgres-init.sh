#!/bin/sh
# Roles and databases of Temporal and of Headgate, each with its own password and closed to the other. Idempotent: it runs
# at every `docker compose up` and never drops anything.
set -eu
secrets="${SECRETS_FOLDER:-/run/secrets}"
PGPASSWORD="$(cat "$secrets/postgres_password")"
TEMPORAL_ROLE_PASSWORD="$(cat "$secrets/temporal_password")"
HEADGATE_ROLE_PASSWORD="$(cat "$secrets/headgate_password")"
export PGPASSWORD TEMPORAL_ROLE_PASSWORD HEADGATE_ROLE_PASSWORD

# psql reads the passwords from the environment, so that no process list shows them, and quotes them itself.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname=postgres <<'SQL'
\getenv temporal_password TEMPORAL_ROLE_PASSWORD
\getenv headgate_password HEADGATE_ROLE_PASSWORD

select 'create role temporal' where not exists (select from pg_roles where rolname = 'temporal') \gexec
select 'create role headgate' where not exists (select from pg_roles where rolname = 'headgate') \gexec
alter role temporal login password :'temporal_password';
alter role headgate login password :'headgate_password';

select format('create database %I owner %I', name, owner)
from (values ('temporal', 'temporal'), ('temporal_visibility', 'temporal'), ('headgate', 'headgate')) as wanted (name, owner)
where not exists (select from pg_database where datname = name) \gexec

revoke connect on database temporal, temporal_visibility, headgate from public;
SQL
echo "Roles and databases are there."
