#!/usr/bin/env bash
# Schemathesis over both faces of `headgate serve`, in front of a whole Headgate with a simulated Atlas: what the OpenAPI
# documents say, against what is answered. No answer may be a fault of the server's own, a status or a body that its
# document does not have, or an error without a JSON object. Not in the suites: it takes minutes, and needs PyPI.
#
#   scripts/fuzz-api.sh [MINUTES a face, default 10] [SEED] [v1|gateway|both]
#
# Atlas's document is read from ATLAS_OPENAPI, by default beside this project; without it only /v1 is examined.
# Needs a built Headgate, python3, curl and jq. FUZZ_REPORT=file keeps the whole report.
set -euo pipefail
cd "$(dirname "$0")/.."

SCHEMATHESIS=4.32.5
HYPOTHESIS=6.170.17
minutes=${1:-10}
seed=${2:-$RANDOM}
faces=${3:-both}
atlas_document=$(realpath -m "${ATLAS_OPENAPI:-../shared/atlas-streams-openapi.json}")
program=$PWD/dist/src/bin/headgate.js
report=${FUZZ_REPORT:-/dev/null}

folder=$(mktemp -d "${TMPDIR:-/tmp}/fuzz-api.XXXXXX")
stack=
cleanup() {
  if [ -n "$stack" ]; then
    kill -INT "$stack" 2>/dev/null || true
    wait "$stack" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  "schemathesis==$SCHEMATHESIS" "hypothesis==$HYPOTHESIS"

# The limits of requests are examined by tests of their own: here they would hide everything behind them.
export HEADGATE_REQUESTS_PER_SECOND=10000 HEADGATE_FAILED_LOGINS_PER_MINUTE=100000
mkdir "$folder/run"
cd "$folder/run"
node "$program" dev >"$folder/stack.log" 2>&1 &
stack=$!
url=
for _ in $(seq 300); do
  url=$(sed -n 's/^server .* at \(http[^,]*\), .*/\1/p' "$folder/stack.log")
  if [ -n "$url" ] && curl -sf -o /dev/null "$url/readyz"; then break; fi
  kill -0 "$stack" 2>/dev/null || { cat "$folder/stack.log" >&2; exit 1; }
  sleep 1
done
node "$program" keys create fuzz --role admin -o json >"$folder/key.json"

# Curl reads the secret from a pipe: an argument would show in the list of processes.
jq -r '"user = \"\(.clientId):\(.clientSecret)\""' "$folder/key.json" |
  curl -sf -K - -d grant_type=client_credentials "$url/api/oauth/token" |
  jq -r .access_token >"$folder/token"

# What the settings and checks are for:
# - Names of the sample fleet, so that requests reach more than a 404.
# - positive_data_acceptance is off: what a document allows may still meet a processor that is not there.
# - unsupported_method is off: a path answers 404, not 405, to a method that nobody serves.
# - ignored_auth stays on: nothing is answered without a credential.
HEADGATE_TOKEN=$(cat "$folder/token")
export HEADGATE_TOKEN SCHEMATHESIS_HOOKS=checks
export PYTHONPATH=$folder
cat >"$folder/settings.toml" <<'TOML'
continue-on-failure = true
request-timeout = 30.0
max-stream-events = 2
workers = 1
warnings = false

[headers]
Authorization = "Bearer ${HEADGATE_TOKEN}"
Prefer = "wait=3"

[generation]
database = "none"

[dictionaries]
projects = { values = ["32b6e34b3d91647abb20e7b8", "64f1c0ffee0ddba11ca7e5d0"] }
workspaces = { values = ["clickstream", "orders", "telemetry"] }
truths = { values = ["true", "false"] }
processors = { values = ["playground", "orders-to-lake", "clicks-bots", "gift-cards", "price-history", "gps-tracks"] }

[parameters]
"path.project" = { dictionary = "projects", probability = 0.8 }
"path.groupId" = { dictionary = "projects", probability = 0.9 }
"path.workspace" = { dictionary = "workspaces", probability = 0.8 }
"path.tenantName" = { dictionary = "workspaces", probability = 0.8 }
"path.processor" = { dictionary = "processors", probability = 0.7 }
"path.processorName" = { dictionary = "processors", probability = 0.7 }
"query.includeConnections" = { dictionary = "truths", probability = 0.7 }
"query.includeCount" = { dictionary = "truths", probability = 0.7 }

[checks]
# With what is too long for the HTTP layer.
negative_data_rejection = { expected-statuses = ["4xx", "502", "503", "504"] }
positive_data_acceptance = { enabled = false }
unsupported_method = { enabled = false }
# That these are documented is another check's question; 500 is never right.
not_a_server_error = { expected-statuses = ["2xx", "3xx", "4xx", "502", "503", "504"] }
TOML
cat >"$folder/checks.py" <<'PYTHON'
import json

import schemathesis


@schemathesis.check
def error_is_a_json_object(ctx, response, case):
    """One vendor client takes an error without a JSON object for success."""
    if response.status_code < 400:
        return
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    assert isinstance(body, dict) and body, f"the body of {response.status_code} is no JSON object"
PYTHON

status=0
# $1: a name; $2: a document; then options.
fuzz() {
  local name=$1 document=$2
  shift 2
  echo "== $name: $minutes minutes, seed $seed"
  # Long texts that it sends are of no use on a terminal.
  "$folder/venv/bin/schemathesis" --config-file "$folder/settings.toml" run "$document" --url "$url" \
    --phases examples,coverage,fuzzing,stateful --max-time "$((minutes * 60))" --seed "$seed" --no-color "$@" |
    cut -c 1-600 | tee -a "$report" || status=1
  # Whatever is gone has no faults: 503 for all is what its document says.
  if ! curl -sf -o /dev/null "$url/readyz"; then
    echo "the stack did not last: nothing is proved" >&2
    cat "$folder/stack.log" >&2
    exit 1
  fi
}

if [ "$faces" != gateway ]; then
  curl -sf "$url/v1/openapi.json" >"$folder/v1.json"
  fuzz v1 "$folder/v1.json"
fi
if [ "$faces" != v1 ] && [ ! -e "$atlas_document" ]; then
  echo "SKIPPED: $atlas_document is absent: NOTHING of the gateway was examined" >&2
elif [ "$faces" != v1 ]; then
  # The document has no answers of Atlas's HTTP layer, and none for a wait that Headgate ends. Workspaces are neither
  # made, changed nor deleted: all else would then meet nothing but a 404. Over the body of a new connection
  # Schemathesis 4.32.5 sits for minutes before it has one, whatever --max-time says.
  jq '
    def error: {description: "Of the HTTP layer or of Headgate.",
      content: {"application/json": {schema: {"$ref": "#/components/schemas/ApiError"}}}};
    .paths |= with_entries(select(.key | startswith("/api/atlas/v2/groups/")))
    | del(.paths["/api/atlas/v2/groups/{groupId}/streams/{tenantName}"] | .patch, .delete)
    | del(.paths["/api/atlas/v2/groups/{groupId}/streams"].post)
    | del(.paths["/api/atlas/v2/groups/{groupId}/streams/{tenantName}/connections"].post)
    # Where the document says an object without a word of what is in it, Atlas sends texts and numbers too: the counts
    # in stats (docs/atlas.md 4).
    | walk(if type == "object" and .type == "object"
          and ((keys - ["type", "description", "title", "readOnly", "externalDocs"]) == [])
        then del(.type) else . end)
    # It says that a region is an object, and lists texts; Atlas sends one of the texts.
    | del(.components.schemas.BaseStreamsRegion.type)
    # It says that a connection is one of its kinds, and that each kind is a connection: nothing is, by that circle. So
    # answers are held to what all kinds have. Requests keep the circle, which is how their bodies are made up.
    | .components.schemas.AnsweredConnection = (.components.schemas.StreamsConnection | del(.oneOf))
    | def answered: walk(if type == "object" and ."$ref" == "#/components/schemas/StreamsConnection"
        then ."$ref" = "#/components/schemas/AnsweredConnection" else . end);
      .components.schemas |= with_entries(if .key | test("^(Paginated|StreamsTenant)") then .value |= answered else . end)
    | .paths |= map_values(map_values(
        if type == "object" and has("responses") then .responses |= answered else . end))
    # A 204 has no body, and so no type.
    | walk(if type == "object" and has("204") then .["204"] |= del(.content) else . end)
    # Atlas takes what is no truth for false, so any text is right there.
    | walk(if type == "object" and .in == "query" and .schema.type? == "boolean" then .schema = {} else . end)
    # The schemas do not know the envelope; it and pretty have tests of their own.
    | .components.parameters |= map_values(select(.name | IN("envelope", "pretty") | not))
    | .paths |= map_values(map_values(
        if type == "object" and has("responses")
        then .parameters |= map(select(((."$ref" // .name) | test("(envelope|pretty)$")) | not))
        | .responses |= reduce ("400", "406", "409", "413", "415", "431", "503", "504") as $status
          (.; if has($status) then . else .[$status] = error end)
        else . end))
  ' "$atlas_document" >"$folder/gateway.json"
  # Not by --header: that takes the place of all headers in the settings.
  sed -i 's/^\[headers\]$/&\nAccept = "application\/vnd.atlas.2025-03-12+json"/' "$folder/settings.toml"
  fuzz gateway "$folder/gateway.json"
fi
exit "$status"
