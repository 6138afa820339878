// Traces from a request through workflow and activity to the call to Atlas, received by a real OTLP receiver; and that
// nothing of it is there where nobody asked for traces.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { requestChange } from "../../src/app/act/change.js";
import { createLogger } from "../../src/base/logger.js";
import { startTracing } from "../../src/base/start-tracing.js";
import type { Tracing } from "../../src/base/tracing.js";
import { openApp } from "../../src/bin/app.js";
import { readConfig } from "../../src/bin/wiring.js";
import { declareIn, refOf, theChangeOf } from "../support/changes.js";
import { aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { startOtlpReceiver } from "../support/otlp-receiver.js";
import type { OtlpReceiver, ReceivedSpan } from "../support/otlp-receiver.js";
import { useWorkers } from "../support/worker-process.js";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = "00f067aa0ba902b7";
const ROUTE = "/api/atlas/v2/groups/{groupId}/streams/{tenantName}/processor/{processorName}:startWith";

const startWorker = useWorkers();
let loop: TestLoop;
let receiver: OtlpReceiver;
beforeAll(async () => {
  loop = await startLoop({
    simulator: { populate: aFleet({ traced: { p: "STOPPED" } }) },
  });
  receiver = await startOtlpReceiver();
});
afterAll(async () => {
  await receiver.close();
  await loop.stop();
});

/** A start as a server would ask for it: within the span of a request that came with a trace. */
async function startWithin(tracing: Tracing, workspace: string): Promise<void> {
  // Observed: no pass does anything to it, only who asks.
  await declareIn(loop, workspace, "{ state: STARTED, mode: observe }");
  const opened = openApp(readConfig(loop.variables), loop.variables, { tracing });
  const headers = { traceparent: `00-${TRACE}-${CALLER}-01`, authorization: "Basic c2VjcmV0" };
  const span = tracing.beginRequest({ method: "POST", headers });
  await span.run(() =>
    requestChange(opened.app, { ref: refOf(workspace), kind: "start", why: "a test asks", options: null }),
  );
  await theChangeOf(loop, workspace);
  span.end({ route: ROUTE, status: 200 });
  await opened.close();
}

/** From a span up to one whose parent was not received: names, and that parent's id. */
function pathOf(spans: readonly ReceivedSpan[], last: ReceivedSpan): readonly (string | undefined)[] {
  const parent = spans.find(({ spanId }) => spanId === last.parentSpanId);
  return [last.name, ...(parent === undefined ? [last.parentSpanId] : pathOf(spans, parent))];
}

it("joins request, workflow, activity and call to Atlas in the trace that the request came with", async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: "100" };
  await startWorker({ ...loop.variables, ...env });
  const tracing = await startTracing({ env, version: "1.2.3", log: createLogger("silent") });
  if (tracing === undefined) throw new Error("tracing is off");
  await startWithin(tracing, "traced");
  await tracing.close();
  const isPost = ({ name, traceId }: ReceivedSpan): boolean => name === `POST ${ROUTE}` && traceId === TRACE;
  const spans = await until(() => {
    const received = receiver.spans();
    const names = received.map(({ name }) => name);
    const isWhole = received.filter(isPost).length === 2 && names.includes("RunWorkflow:changeProcessor");
    return Promise.resolve(isWhole ? received : undefined);
  });
  const [call] = spans.filter((span) => isPost(span) && span.kind === 3);
  if (call === undefined) throw new Error("no call to Atlas");
  expect(pathOf(spans, call)).toEqual([
    `POST ${ROUTE}`,
    "RunActivity:makeChange",
    "StartActivity:makeChange",
    "RunWorkflow:changeProcessor",
    "StartWorkflow:changeProcessor",
    `POST ${ROUTE}`,
    CALLER,
  ]);
  expect(call.attributes).toEqual({
    "http.request.method": "POST",
    "url.template": ROUTE,
    "server.address": "127.0.0.1",
    "http.response.status_code": 200,
  });
  const request = spans.find((span) => isPost(span) && span.kind === 2);
  expect(request?.attributes).toEqual({
    "http.request.method": "POST",
    "http.route": ROUTE,
    "http.response.status_code": 200,
  });
  expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(["headgate"]));
});

it("sends no credential, no query and no name of a workspace in a path", () => {
  const { clientId, clientSecret } = loop.simulator.credentials;
  const text = receiver.text();
  for (const secret of [clientId, clientSecret, "Bearer", "Basic", "c2VjcmV0", loop.database.databaseUrl]) {
    expect(text).not.toContain(secret);
  }
  const calls = receiver.spans().filter(({ kind }) => kind === 3);
  expect(calls.map(({ name }) => name)).toContain("POST /api/oauth/token");
  expect(calls.filter(({ name }) => name.includes("?") || name.includes("traced"))).toEqual([]);
});

it("loads nothing of OpenTelemetry where nobody asked for traces", async () => {
  const folder = mkdtempSync(join(tmpdir(), "headgate-untraced-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const worker = await startWorker({ ...loop.variables, NODE_V8_COVERAGE: folder });
  worker.kill("SIGTERM");
  expect(await worker.ended).toBe(0);
  const loaded = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join();
  expect(loaded).toContain("@temporalio/worker");
  expect(loaded).not.toMatch(/opentelemetry/);
});
