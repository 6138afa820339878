#!/usr/bin/env bash
# @temporalio/client: a call that begins with a signal that is aborted already is not ended by it.
#
# Versions: @temporalio/client 1.24.0, Node 20. Seen on 2026-11-29.
# Expected: inside `withAbortSignal(signal, fn)` a call rejects as soon as the signal is aborted, or at once if it is aborted
#   already, as fetch and Node's own functions do.
# Seen: the signal is only listened to. A call that begins after the abort goes on until its deadline; a `handle.result()`
#   polls again and again, until the run ends.
# Bites: whoever ends a wait by Ctrl-C: if the key is pressed between two polls, or before the first, nothing happens any
#   more. Look at `signal.aborted` before, and race the wait with the signal.
#
# Output seen:
#   aborted while it waits: rejected
#   aborted before it began: still waiting
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true, "dependencies": { "@temporalio/client": "1.24.0" } }' >package.json
npm install --no-audit --no-fund --silent >/dev/null 2>&1
cat >abort.js <<'JS'
import { once } from "node:events";
import { createServer } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { Connection } from "@temporalio/client";

// A server that takes every call and answers none, as a long poll is until something happens.
const arrivals = [];
const server = createServer();
server.on("stream", (stream) => {
  stream.on("error", () => undefined);
  arrivals.shift()?.();
});
await once(server.listen(0, "127.0.0.1"), "listening");

const connection = Connection.lazy({ address: `127.0.0.1:${server.address().port}` });
const ask = (signal) =>
  connection
    .withAbortSignal(signal, () => connection.workflowService.getClusterInfo({}))
    .then(() => "answered", () => "rejected");
const WHILE_MS = 3_000;
const orWaiting = (asked) => Promise.race([asked, delay(WHILE_MS, "still waiting")]);

const ending = new AbortController();
const arrived = new Promise((resolve) => arrivals.push(resolve));
const waiting = ask(ending.signal);
await arrived;
ending.abort();
const during = await orWaiting(waiting);
const before = await orWaiting(ask(AbortSignal.abort()));
console.log(`aborted while it waits: ${during}`);
console.log(`aborted before it began: ${before}`);
const isAsSeen = during === "rejected" && before === "still waiting";
if (!isAsSeen) console.error("the behaviour has changed");
process.exit(isAsSeen ? 0 : 1);
JS
node abort.js
