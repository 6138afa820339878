// The simulator over HTTP: operations, identity, versions, paging, envelope, errors, budget, log and back door.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createManualClock } from "../../src/sim/world/clock.js";
import { runSimulator } from "../../src/sim/program/run.js";
import { aBench, basicOf, fetchToken, ORDERS, PROJECT, STREAMS } from "./simulator-harness.js";
import type { Bench } from "./simulator-harness.js";

let bench: Bench;
beforeAll(async () => {
  bench = await aBench();
});
afterAll(async () => {
  await bench.sim.close();
});

const start = (processor: string): { method: string; path: string } => ({
  method: "POST",
  path: `${ORDERS}/processor/${processor}:startWith`,
});

it("starts with a tier, and shows it STARTED in the next GET", async () => {
  const started = await bench.ask({ ...start("failed"), body: { tier: "SP30" } });
  expect([started.status, started.text]).toEqual([200, "{}"]);
  expect(started.headers.get("content-type")).toBe("application/vnd.atlas.2025-03-12+json;charset=utf-8");
  const shown = await bench.ask({ method: "GET", path: `${ORDERS}/processor/failed` });
  expect(shown.json).toMatchObject({ name: "failed", state: "STARTED", tier: "SP30" });
  expect(shown.headers.get("content-type")).toBe("application/vnd.atlas.2024-05-30+json;charset=utf-8");
  const entry = bench.sim.log().find((one) => one.processor === "failed" && one.operation === "startWith");
  expect(entry).toMatchObject({ body: { tier: "SP30" }, status: 200, applied: true, effective: true });
});

it("creates, shows, stops, modifies and deletes a processor", async () => {
  const pipeline = [{ $source: { connectionName: "b", a: 1 } }, { $emit: { z: 1, a: 2 } }];
  const made = await bench.ask({
    method: "POST",
    path: `${ORDERS}/processor`,
    body: { name: "new", pipeline },
  });
  expect(made.json).toMatchObject({ name: "new", state: "CREATED" });
  expect(made.text).toContain('{"$source":{"connectionName":"b","a":1}}');
  const path = `${ORDERS}/processor/new`;
  expect((await bench.ask({ method: "GET", path })).status).toBe(200);
  expect((await bench.ask({ method: "POST", path: `${path}:start` })).status).toBe(200);
  expect((await bench.ask({ method: "PATCH", path, body: { tier: "SP30" } })).status).toBe(400);
  expect((await bench.ask({ method: "POST", path: `${path}:stop` })).status).toBe(200);
  expect((await bench.ask({ method: "PATCH", path, body: { tier: "SP30" } })).json).toMatchObject({
    tier: "SP30",
  });
  const again = { method: "POST", path: `${ORDERS}/processor`, body: { name: "new", pipeline } };
  expect((await bench.ask(again)).status).toBe(409);
  expect((await bench.ask({ method: "DELETE", path })).status).toBe(204);
  expect((await bench.ask({ method: "GET", path })).status).toBe(404);
});

it("pages through 250 processors with links and a count", async () => {
  const path = `${STREAMS}/wide/processors`;
  const last = await bench.ask({ method: "GET", path: `${path}?itemsPerPage=100&pageNum=3` });
  const page = last.json as { results: { name: string }[]; links: { rel: string }[]; totalCount: number };
  expect(page.results.map((one) => one.name)).toEqual(
    Array.from({ length: 50 }, (_, i) => `p${String(200 + i)}`),
  );
  expect([page.totalCount, ...page.links.map((link) => link.rel)]).toEqual([250, "self", "previous"]);
  const first = await bench.ask({ method: "GET", path: `${path}?includeCount=false` });
  const shown = first.json as { results: unknown[]; links: { rel: string; href: string }[] };
  expect(shown.results).toHaveLength(100);
  expect(shown).not.toHaveProperty("totalCount");
  expect(shown.links.find((link) => link.rel === "next")?.href).toContain("pageNum=2");
});

it.each([
  {
    reason: "project",
    ask: { method: "GET", path: STREAMS.replace(PROJECT, "f".repeat(24)) },
    status: 404,
  },
  { reason: "project id", ask: { method: "GET", path: "/api/atlas/v2/groups/xyz/streams" }, status: 400 },
  { reason: "workspace", ask: { method: "GET", path: `${STREAMS}/nowhere/processors` }, status: 404 },
  { reason: "processor", ask: { method: "GET", path: `${ORDERS}/processor/nobody` }, status: 404 },
  {
    reason: "page too large",
    ask: { method: "GET", path: `${ORDERS}/processors?itemsPerPage=501` },
    status: 400,
  },
  { reason: "page 0", ask: { method: "GET", path: `${ORDERS}/processors?pageNum=0` }, status: 400 },
  { reason: "path", ask: { method: "GET", path: "/api/atlas/v2/nothing" }, status: 404 },
  { reason: "method", ask: { method: "PUT", path: ORDERS }, status: 405 },
  { reason: "unknown field", ask: { ...start("stopped"), body: { tear: "SP10" } }, status: 400 },
  { reason: "bad tier", ask: { ...start("stopped"), body: { tier: "SP99" } }, status: 400 },
  { reason: "tier above the maximum", ask: { ...start("stopped"), body: { tier: "SP50" } }, status: 400 },
  { reason: "bad time", ask: { ...start("stopped"), body: { startAtOperationTime: "noon" } }, status: 400 },
  { reason: "bad JSON", ask: { ...start("stopped"), body: "{" }, status: 400 },
  { reason: "an array", ask: { ...start("stopped"), body: "[]" }, status: 400 },
  { reason: "already started", ask: start("started"), status: 400 },
  { reason: "no version", ask: { method: "GET", path: ORDERS, accept: "application/json" }, status: 406 },
  { reason: "bad token", ask: { method: "GET", path: ORDERS, authorization: "Bearer a.b.c" }, status: 401 },
])("refuses with a JSON error: $reason", async ({ ask, status }) => {
  const answer = await bench.ask(ask);
  expect(answer.status).toBe(status);
  expect(answer.json).toMatchObject({ error: status, errorCode: answer.headers.get("x-error-code") });
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(bench.sim.log().at(-1)).toMatchObject({ status, applied: false, effective: false });
});

it("names the processor and the inner text as parameters of a generic error", async () => {
  const { json } = await bench.ask(start("started"));
  const { parameters, detail } = json as { parameters: string[]; detail: string };
  expect(parameters[0]).toBe("started");
  expect(detail).toBe(
    `Streams Processor with this name (started) had a problem occur: ${String(parameters[1])}`,
  );
});

it("understands envelope and pretty", async () => {
  const path = `${ORDERS}/processor/started`;
  expect((await bench.ask({ method: "GET", path: `${path}?envelope=true` })).json).toMatchObject({
    status: 200,
    content: { name: "started" },
  });
  const list = await bench.ask({ method: "GET", path: `${ORDERS}/processors?envelope=true` });
  expect(list.json).toMatchObject({ status: 200, totalCount: expect.any(Number) as number });
  expect((await bench.ask({ method: "GET", path: `${path}?pretty=true` })).text).toContain('\n  "name"');
});

it("tells the events of a project, and who did it", async () => {
  await bench.ask({ method: "POST", path: `${ORDERS}/processor/with%20space:start` });
  const failed = bench.sim.mutate({
    op: "crash",
    project: PROJECT,
    workspace: "orders",
    processor: "with space",
    errorMsg: "out of memory",
  });
  expect(failed).toEqual([]);
  const path = `/api/atlas/v2/groups/${PROJECT}/events`;
  const events = await bench.ask({
    method: "GET",
    path: `${path}?eventType=STREAM_PROCESSOR_STATE_IS_FAILED`,
  });
  expect(events.json).toMatchObject({
    results: [{ processorName: "with space", instanceName: "orders", processorErrorMsg: "out of memory" }],
  });
  const started = await bench.ask({ method: "GET", path: `${path}?eventType=STREAM_PROCESSOR_STARTED` });
  const { results } = started.json as { results: { modifiedBy: string }[] };
  expect(results[0]?.modifiedBy).toBe(bench.sim.credentials.clientId);
});

it("shows workspace, rate limits and budget headers", async () => {
  const workspace = await bench.ask({ method: "GET", path: ORDERS });
  expect(workspace.json).toMatchObject({
    name: "orders",
    streamConfig: { tier: "SP10", maxTierSize: "SP30" },
  });
  const next = await bench.ask({ method: "GET", path: STREAMS });
  const left = (answer: typeof next): number => Number(answer.headers.get("ratelimit-remaining"));
  expect(left(workspace) - left(next)).toBe(1);
  const limits = await bench.ask({ method: "GET", path: `/api/atlas/v2/rateLimits?groupId=${PROJECT}` });
  expect(limits.json).toMatchObject({ results: [{ capacity: { value: 1200 }, refillRate: { value: 500 } }] });
});

it("refuses an empty budget with 429 and Retry-After, per project", async () => {
  const small = await aBench({ set: ["rateLimit.capacity=2"] });
  const ask = { method: "GET", path: ORDERS };
  const answers = [await small.ask(ask), await small.ask(ask), await small.ask(ask)];
  expect(answers.map((one) => one.status)).toEqual([200, 200, 429]);
  expect(Number(answers[2]?.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(small.sim.log().filter((one) => one.isBudgeted)).toHaveLength(2);
  await small.sim.close();
});

it("limits tokens, refuses a wrong secret, and forgets a revoked token", async () => {
  const own = await aBench({ set: ["oauth.tokensPerMinute=2"] });
  const { sim, token } = own;
  const wrong = await fetch(`${sim.url}/api/oauth/token`, {
    method: "POST",
    headers: { Authorization: "Basic eDp5" },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  expect([wrong.status, await wrong.json()]).toMatchObject([401, { error: "invalid_client" }]);
  expect((await fetchToken(sim)).json).toMatchObject({ expires_in: 3600, token_type: "Bearer" });
  expect(await fetchToken(sim)).toMatchObject({ status: 429, json: { errorCode: "RATE_LIMITED" } });
  const revoked = await fetch(`${sim.url}/api/oauth/revoke`, {
    method: "POST",
    headers: { Authorization: basicOf(sim) },
    body: new URLSearchParams({ token, token_type_hint: "access_token" }),
  });
  expect(revoked.status).toBe(200);
  expect((await own.ask({ method: "GET", path: ORDERS })).status).toBe(401);
  await sim.close();
});

it("keeps the world and the count of its faults in the state file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sim-"));
  const options = {
    stateFile: join(folder, "deep", "world.json"),
    faults: [{ when: { operation: "startWith", to: 2 }, what: { kind: "status", status: 500 } }],
  };
  const first = await aBench(options);
  expect((await first.ask(start("stopped"))).status).toBe(500);
  await first.sim.close();
  const second = await aBench(options);
  const statuses = [(await second.ask(start("stopped"))).status, (await second.ask(start("stopped"))).status];
  expect(statuses).toEqual([500, 200]);
  await second.sim.close();
  const third = await aBench(options);
  expect((await third.ask({ method: "GET", path: `${ORDERS}/processor/stopped` })).json).toMatchObject({
    state: "STARTED",
  });
  await third.sim.close();
  rmSync(folder, { recursive: true });
});

it("opens its back door: log, faults, world and a clock moved by hand", async () => {
  const own = await aBench({ clock: createManualClock(Date.UTC(2026, 0, 1)) });
  const post = async (path: string, body: unknown): Promise<number> =>
    (await own.ask({ method: "POST", path, body })).status;
  const where = { project: PROJECT, workspace: "orders", processor: "started" };
  expect(await post("/_sim/world", [{ op: "provision", ...where, forMs: 60_000 }])).toBe(200);
  const state = async (): Promise<unknown> =>
    ((await own.ask({ method: "GET", path: `${ORDERS}/processor/started` })).json as { state: string }).state;
  expect(await state()).toBe("PROVISIONING");
  expect(await post("/_sim/clock", { advanceMs: 60_000 })).toBe(200);
  expect(await state()).toBe("STARTED");
  expect(await post("/_sim/world", { op: "crash", ...where, processor: "nobody" })).toBe(404);
  expect(await post("/_sim/faults", [{ what: { kind: "explode" } }])).toBe(400);
  expect(
    await post("/_sim/faults", [{ when: { operation: "get" }, what: { kind: "status", status: 503 } }]),
  ).toBe(200);
  expect(await state()).toBeUndefined();
  expect((await own.ask({ method: "DELETE", path: "/_sim/faults" })).status).toBe(200);
  expect(await state()).toBe("STARTED");
  const log = await own.ask({ method: "GET", path: "/_sim/log?since=1" });
  const { entries } = log.json as { entries: { seq: number; operation: string }[] };
  expect(entries.map((one) => one.operation)).toEqual(["get", "get", "get", "get"]);
  expect(entries[0]?.seq).toBe(2);
  await own.sim.close();
});

it("prints one line when it is ready, and closes on the signal", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sim-"));
  const closing = new AbortController();
  const lines: string[] = [];
  const ready = new Promise<void>((resolve) => {
    const write = (text: string): void => {
      lines.push(text);
      resolve();
    };
    const log = join(folder, "log.jsonl");
    const run = runSimulator({ sample: true, timeScale: 50, log }, { write, signal: closing.signal });
    void run.then(() => lines.push("closed"));
  });
  await ready;
  const line = JSON.parse(lines[0] ?? "") as { url: string; projects: { workspaces: { count: number }[] }[] };
  expect(line.projects.map((one) => one.workspaces.map((workspace) => workspace.count))).toEqual([
    [17, 14],
    [13],
  ]);
  await (await fetch(`${line.url}/api/atlas/v2/unknown`)).text();
  closing.abort();
  await expect.poll(() => lines.at(-1)).toBe("closed");
  expect(JSON.parse(readFileSync(join(folder, "log.jsonl"), "utf8"))).toMatchObject({
    kind: "request",
    status: 401,
  });
  rmSync(folder, { recursive: true });
});
