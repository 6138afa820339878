#!/usr/bin/env bash
# node-postgres: after a query has timed out, the ROLLBACK that cleans up waits as long again.
#
# Versions: pg 8.23.1, Node 20. Seen on 2026-11-28.
# Expected: `query_timeout` ends the wait for a query whose server has gone silent, so that a transaction given up in a `catch`
#   with ROLLBACK takes about one time-out.
# Seen: the query that timed out stays the client's active one until the server answers it. The ROLLBACK is queued behind it,
#   is never written to the socket, and rejects after a time-out of its own. Every further statement does the same.
# Bites: whoever writes begin / work / commit with `catch { await client.query("rollback") }` and sets query_timeout to survive
#   a host that died without a word: each transaction holds its place in the pool for two time-outs, and a pool that is full
#   of such clients hands out none. Destroy the client instead (`client.release(error)`), without a ROLLBACK.
#
# Output seen (T is the time-out):
#   select: Query read timeout after 1.0 T
#   rollback: Query read timeout after 1.0 T more; written to the server: no
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true, "dependencies": { "pg": "8.23.1" } }' >package.json
npm install --no-audit --no-fund --silent >/dev/null 2>&1
cat >silent.js <<'JS'
import { once } from "node:events";
import { createServer } from "node:net";
import pg from "pg";

// A server as far as a client can tell: it lets everybody in, answers BEGIN, and then says nothing, as a host does that died.
const message = (type, body) => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const READY = message("Z", Buffer.from("I"));
const seen = [];
const server = createServer((socket) => {
  let isIn = false;
  socket.on("error", () => undefined);
  socket.on("data", (data) => {
    if (!isIn) {
      isIn = true;
      socket.write(Buffer.concat([message("R", Buffer.alloc(4)), READY]));
      return;
    }
    seen.push(data.toString("latin1"));
    if (seen.length === 1) socket.write(Buffer.concat([message("C", Buffer.from("BEGIN\0")), READY]));
  });
});
await once(server.listen(0, "127.0.0.1"), "listening");

const T = 1_000;
const client = new pg.Client({ host: "127.0.0.1", port: server.address().port, user: "u", query_timeout: T });
client.on("error", () => undefined);
await client.connect();
await client.query("begin");
const ask = async (text) => {
  const begun = performance.now();
  const said = await client.query(text).then(() => "answered", (error) => error.message);
  return { said, lasted: (performance.now() - begun) / T };
};
const select = await ask("select 1");
const rollback = await ask("rollback");
const isWritten = seen.some((data) => data.includes("rollback"));
console.log(`select: ${select.said} after ${select.lasted.toFixed(1)} T`);
console.log(
  `rollback: ${rollback.said} after ${rollback.lasted.toFixed(1)} T more; written to the server: ${isWritten ? "yes" : "no"}`,
);
const isAsSeen = rollback.said === "Query read timeout" && rollback.lasted > 0.9 && !isWritten;
if (!isAsSeen) console.error("the behaviour has changed");
process.exit(isAsSeen ? 0 : 1);
JS
node silent.js
