// What a real worker exports, in both formats, judged by Prometheus's own tool: the SDK's metrics, Node's and ours.
import { afterAll, beforeAll, expect, it } from "vitest";
import { findFreePort } from "../../src/dev/port.js";
import { METRICS } from "../../src/domain/tell/metrics.js";
import { aFleet, until } from "../support/fleets.js";
import { declareIn, theChangeOf } from "../support/changes.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { HAS_PROMTOOL, readOpenMetrics, runPromtool } from "../support/promtool.js";

import { useWorkers } from "../support/worker-process.js";

const startWorker = useWorkers();
const OPEN_METRICS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({ simulator: { populate: aFleet({ down: { p: "STOPPED" } }) } });
});
afterAll(() => loop.stop());

async function scrape(address: string, accept?: string): Promise<Response> {
  return fetch(`http://${address}/metrics`, accept === undefined ? {} : { headers: { Accept: accept } });
}

it("exports the SDK's, Node's and its own metrics, and promtool finds nothing", async () => {
  const address = `127.0.0.1:${String(await findFreePort())}`;
  await startWorker({ ...loop.variables, HEADGATE_METRICS_ADDRESS: address });
  await declareIn(loop, "down", "{ state: STARTED }");
  expect(await theChangeOf(loop, "down")).toMatchObject({ outcome: "succeeded" });
  const text = await until(async () => {
    const told = await (await scrape(address)).text();
    // The first look at Temporal and at the fleet takes seconds.
    return told.includes("headgate_changes_open") ? told : undefined;
  });
  for (const line of [
    'headgate_changes_total{kind="start",reason="pass",outcome="succeeded"} 1',
    'headgate_changes_total{kind="stop",reason="person",outcome="failed"} 0',
    'headgate_posts_total{step="start",fate="applied"} 1',
    "headgate_start_after_drift_seconds_count 1",
    "headgate_passes_failed_total 0",
    "headgate_temporal_present 1",
  ]) {
    expect(text.split("\n")).toContain(line);
  }
  // Set once something was observed, which the worker looks at once a minute.
  const late = ["headgate_observation_age_seconds", "headgate_budget_lowest_calls"];
  const typed = Object.entries(METRICS).filter(([name]) => !late.includes(name));
  for (const [name, { kind }] of typed) expect(text).toContain(`# TYPE ${name} ${kind}`);
  expect(text).toMatch(/^# TYPE temporal_workflow_task_execution_latency_seconds histogram$/m);
  expect(text).toMatch(/^# TYPE temporal_\w+_total counter$/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  const open = await scrape(address, OPEN_METRICS);
  expect(open.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  const openText = await open.text();
  expect(openText).toContain("# TYPE headgate_changes counter\n");
  expect(openText.endsWith("# EOF\n")).toBe(true);
  if (!HAS_PROMTOOL) return;
  expect(runPromtool(["check", "metrics"], text)).toEqual({ code: 0, said: "" });
  expect(readOpenMetrics(openText)).toMatchObject({ code: 0 });
  expect(readOpenMetrics(text)).not.toMatchObject({ code: 0 });
});
