#!/bin/sh
# Temporal's server takes its password from the environment only: this puts it there, in this one process, and hands over
# to the image's own start.
set -eu
POSTGRES_PWD="$(cat "${SECRETS_FOLDER:-/run/secrets}/temporal_password")"
export POSTGRES_PWD
exec /etc/temporal/entrypoint.sh
