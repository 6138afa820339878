#!/usr/bin/env bash
# PyYAML writes an Atlas id such as 5e0123456789012345678901 without quotes; a reader of YAML 1.2 takes it for Infinity.
#
# Versions: PyYAML 6.0.3 (Python 3), yaml 2.9.1 (Node 20). Seen on 2026-11-29.
# Expected: a text that one library writes is a text for the other one.
# Seen: a float of PyYAML's needs a dot, so an id of one digit group, an "e" and digits is plain text to it and gets no quotes.
#   YAML 1.2's core schema takes the same characters for a number with an exponent. It is too large and becomes Infinity: the
#   id is gone, and no error is raised.
# Bites: whoever generates files that name projects of Atlas (24 hex digits) in Python and reads them in JavaScript: it works
#   for years, until one id has an "e" as its only letter. Write ids in quotes (`default_style='"'`), or read scalars by their
#   source text.
#
# Output seen:
#   written: project: 5e0123456789012345678901
#   read:    Infinity
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true, "dependencies": { "yaml": "2.9.1" } }' >package.json
npm install --no-audit --no-fund --silent >/dev/null 2>&1
python3 -m venv python >/dev/null
python/bin/pip install --quiet --disable-pip-version-check pyyaml==6.0.3
python/bin/python -c 'import yaml; print(yaml.safe_dump({"project": "5e0123456789012345678901"}), end="")' >project.yaml
cat >read.js <<'JS'
import { readFileSync } from "node:fs";
import { parse } from "yaml";

const text = readFileSync("project.yaml", "utf8").trim();
const { project } = parse(text);
console.log(`written: ${text}`);
console.log(`read:    ${project}`);
const isAsSeen = text === "project: 5e0123456789012345678901" && project === Infinity;
if (!isAsSeen) console.error("the behaviour has changed");
process.exit(isAsSeen ? 0 : 1);
JS
node read.js
