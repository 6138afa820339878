#!/usr/bin/env bash
# Intl takes abbreviations for time zones, and not for those that people mean: BST is Dhaka, AST is Anchorage.
#
# Versions: Node 20.20.2 (ICU 78.2), moment-timezone 0.6.6 (tz database 2026f). Seen on 2026-11-29.
# Expected: `new Intl.DateTimeFormat("en", { timeZone })` throws for a name that is no zone of the tz database, so that it can
#   be used to check names.
# Seen: ICU keeps old three-letter names of its own beside the database's: BST, AST and IST are in no tzdata, and stand for
#   Asia/Dhaka (+06), America/Anchorage and Asia/Kolkata.
# Bites: whoever checks a schedule's zone by Intl: a nightly job in "BST" (meant: London in summer) runs five hours off, and
#   nothing says so. Take names from a list of the tz database.
#
# Output seen:
#   BST  Asia/Dhaka         in tzdata: no
#   AST  America/Anchorage  in tzdata: no
#   IST  Asia/Calcutta      in tzdata: no
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# The names of the tz database, links included.
echo '{ "type": "module", "private": true, "dependencies": { "moment-timezone": "0.6.6" } }' >package.json
npm install --no-audit --no-fund --silent >/dev/null 2>&1
cat >zones.js <<'JS'
import moment from "moment-timezone";

const known = new Set(moment.tz.names());
const SEEN = { BST: /^Asia\/Dhaka$/, AST: /^America\/Anchorage$/, IST: /^Asia\/(Calcutta|Kolkata)$/ };
let isAsSeen = known.has("Europe/London");
for (const [name, zone] of Object.entries(SEEN)) {
  const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
  console.log(`${name}  ${timeZone.padEnd(17)}  in tzdata: ${known.has(name) ? "yes" : "no"}`);
  isAsSeen &&= zone.test(timeZone) && !known.has(name);
}
if (!isAsSeen) console.error("the behaviour has changed");
process.exit(isAsSeen ? 0 : 1);
JS
node zones.js
