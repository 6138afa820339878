#!/bin/sh
# Headgate's namespace in Temporal. Idempotent; ends once the namespace answers, so that a worker may start. Runs are short
# and the journal is in Postgres: three days of histories are enough.
set -eu

# Tries the command up to 60 times, a second apart; the last try says what is wrong.
retry() {
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
      "$@"
      return
    fi
    sleep 1
  done
}

ensure_namespace() {
  temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" ||
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 72h
}

retry temporal operator cluster health
retry ensure_namespace
# The frontend keeps namespaces in a cache: creating one and using it are two things.
retry temporal workflow list --namespace "$TEMPORAL_NAMESPACE" --limit 1
echo "Namespace $TEMPORAL_NAMESPACE is there."
