#!/bin/sh
# Temporal's tables, in both of its databases, at the version of this image. Idempotent; the databases exist already and
# belong to the role this runs as.
set -eu
SQL_PASSWORD="$(cat "${SECRETS_FOLDER:-/run/secrets}/temporal_password")"
export SQL_PASSWORD

for pair in temporal:temporal temporal_visibility:visibility; do
  export SQL_DATABASE="${pair%%:*}"
  temporal-sql-tool setup-schema -v 0.0
  temporal-sql-tool update-schema --schema-name "postgresql/v12/${pair##*:}"
done
