// What a server says of itself: its metrics in both formats, judged by Prometheus's own tool, and a span for every
// request, in the trace that the request came with. Real sockets; the routes stand for the faces.
import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { afterEach, expect, it } from "vitest";
import { createLogger } from "../../src/base/logger.js";
import { createMetricsRegistry } from "../../src/base/metrics-registry.js";
import { startTracing } from "../../src/base/start-tracing.js";
import type { Tracing } from "../../src/base/tracing.js";
import { registerMetrics } from "../../src/http/metrics.js";
import { registerTracing } from "../../src/http/tracing.js";
import { startOtlpReceiver } from "../support/otlp-receiver.js";
import type { OtlpReceiver } from "../support/otlp-receiver.js";
import { listWatchedSeries } from "../support/watched-metrics.js";
import { HAS_PROMTOOL, readOpenMetrics, runPromtool } from "../support/promtool.js";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

let closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

async function listen(server: FastifyInstance): Promise<string> {
  closers.push(() => server.close());
  return server.listen({ port: 0, host: "127.0.0.1" });
}

it("serves metrics without a credential, and promtool finds nothing", async () => {
  const server = Fastify();
  server.post("/api/atlas/v2/:name", (_request, reply) => reply.code(503).send({}));
  server.get("/v1/policies", () => []);
  registerMetrics(server, createMetricsRegistry({ version: "1.2.3", role: "server" }));
  const root = await listen(server);
  await fetch(`${root}/api/atlas/v2/mine`, { method: "POST" });
  await fetch(`${root}/v1/policies`);
  await fetch(`${root}/v1/nowhere`);
  const url = `${root}/metrics`;
  const text = await (await fetch(url)).text();
  for (const [face, status, count] of [
    ["gateway", "5xx", 1],
    ["gateway", "2xx", 0],
    ["api", "2xx", 1],
    ["api", "4xx", 0],
    ["other", "4xx", 1],
  ] as const) {
    const name = `headgate_http_request_seconds_count{face="${face}",status="${status}"}`;
    expect(text.split("\n")).toContain(`${name} ${String(count)}`);
  }
  expect(text).not.toContain("mine");
  for (const series of listWatchedSeries("server")) expect(text).toMatch(new RegExp(`^${series}\\{`, "m"));
  expect(text).toMatch(/^headgate_build_info\{version="1\.2\.3",node="[\d.]+"\} 1$/m);
  expect(text).toMatch(/^process_cpu_seconds_total /m);
  // The workers' alone.
  expect(text).not.toContain("headgate_changes");
  const open = await fetch(url, { headers: { Accept: "application/openmetrics-text" } });
  expect(open.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  const openText = await open.text();
  expect(openText.endsWith("# EOF\n")).toBe(true);
  expect((await fetch(url)).headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  if (!HAS_PROMTOOL) return;
  expect(runPromtool(["check", "metrics"], text)).toEqual({ code: 0, said: "" });
  expect(readOpenMetrics(openText)).toMatchObject({ code: 0 });
});

async function trace(): Promise<{ readonly receiver: OtlpReceiver; readonly tracing: Tracing }> {
  const receiver = await startOtlpReceiver();
  closers.push(() => receiver.close());
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
  const tracing = await startTracing({ env, version: "1", log: createLogger("silent") });
  if (tracing === undefined) throw new Error("tracing is off");
  closers.push(() => tracing.close());
  return { receiver, tracing };
}

it("has a span for each request, and what its route does belongs to it, behind a body too", async () => {
  const { receiver, tracing } = await trace();
  const server = Fastify();
  registerTracing(server, tracing);
  server.post("/streams/:name", async () => {
    await tracing.call({ name: "inner", attributes: {} }, () => Promise.resolve());
    return {};
  });
  server.get("/fails", (_request, reply) => reply.code(503).send({}));
  const url = await listen(server);
  const headers = {
    traceparent: TRACEPARENT,
    authorization: "Basic c2VjcmV0",
    "content-type": "application/json",
  };
  await fetch(`${url}/streams/orders?secret=1`, { method: "POST", headers, body: '{"some":"body"}' });
  await fetch(`${url}/fails`);
  await fetch(`${url}/nowhere`);
  await tracing.close();
  const spans = receiver.spans();
  const byName = Object.fromEntries(spans.map((span) => [span.name, span]));
  const request = byName["POST /streams/:name"];
  expect(request).toMatchObject({ traceId: TRACE, parentSpanId: "00f067aa0ba902b7", kind: 2 });
  expect(byName["inner"]).toMatchObject({ traceId: TRACE, parentSpanId: request?.spanId });
  expect(byName["GET /fails"]?.attributes).toMatchObject({ "http.response.status_code": 503 });
  expect(byName["GET {none}"]?.attributes).toMatchObject({ "http.response.status_code": 404 });
  expect(spans).toHaveLength(4);
  expect(receiver.text()).not.toMatch(/orders|secret|c2VjcmV0|some/);
});
