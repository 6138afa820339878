#!/usr/bin/env bash
# croner: what it says of a day or a month out of range is one less than what was written.
#
# Versions: croner 11.0.1, Node 20. Seen on 2026-11-29.
# Expected: the message names the value that is wrong, as it stands in the pattern.
# Seen: days and months are counted from zero by then, so 32 is "31", which is a valid day, and 0 is "-1". Minutes, hours and
#   days of the week are as they were written.
# Bites: whoever shows the message to the person who wrote the cron: they are told that a value is wrong which is right, and
#   which they have not written. Check the range of each field before, and say it in your own words.
#
# Output seen:
#   0 3 32 * *  CronPattern: Invalid value for day: 31
#   0 3 0 * *   CronPattern: Invalid value for day: -1
#   0 3 * 13 *  CronPattern: Invalid value for month: 12
#   60 3 * * *  CronPattern: Invalid value for minute: 60
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true, "dependencies": { "croner": "11.0.1" } }' >package.json
npm install --no-audit --no-fund --silent >/dev/null 2>&1
cat >ranges.js <<'JS'
import { Cron } from "croner";

const saidOf = (cron) => {
  try {
    return new Cron(cron, { paused: true, mode: "5-part" }).getPattern();
  } catch (error) {
    return error.message;
  }
};
const SEEN = [
  ["0 3 32 * *", "day: 31"],
  ["0 3 0 * *", "day: -1"],
  ["0 3 * 13 *", "month: 12"],
  ["60 3 * * *", "minute: 60"],
];
let isAsSeen = true;
for (const [cron, end] of SEEN) {
  const said = saidOf(cron);
  console.log(`${cron.padEnd(10)}  ${said}`);
  isAsSeen &&= said.endsWith(end);
}
if (!isAsSeen) console.error("the behaviour has changed");
process.exit(isAsSeen ? 0 : 1);
JS
node ranges.js
