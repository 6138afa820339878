#!/bin/sh
# Makes the secrets that docker-compose.yml reads, where they are missing. Never replaces one: to change a password, remove
# its file (and database_url, for Headgate's) and run this and `docker compose up -d --force-recreate` again. The password
# of the superuser is the exception: Postgres takes it at the first start only.
set -eu
cd "$(dirname "$0")/secrets"
# Containers read the files as users of their own: the files are readable, the folder is closed.
umask 022
chmod 700 .

# Writes its second argument into the file, whole or not at all.
put() {
  printf '%s\n' "$2" >"$1.new"
  mv "$1.new" "$1"
  echo "made deploy/secrets/$1"
}

for role in postgres temporal headgate; do
  [ -s "${role}_password" ] && continue
  # Hexadecimal: safe in a URL and in Temporal's YAML template.
  put "${role}_password" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
done
[ -s database_url ] || put database_url "postgres://headgate:$(cat headgate_password)@postgres:5432/headgate"

for name in atlas_client_id atlas_client_secret; do
  [ -s "$name" ] || echo "missing: deploy/secrets/$name, of a service account of Atlas"
done
