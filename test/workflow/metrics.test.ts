// What a real worker exports, in both formats, judged by Prometheus's own tool: the SDK's metrics, Node's and ours, and
// all that the dashboard and the alert rules name.
import { afterAll, beforeAll, expect, it } from "vitest";
import { findFreePort } from "../../src/dev/port.js";
import { METRIC_ROWS } from "../../src/domain/tell/metrics.js";
import { aFleet, until } from "../support/fleets.js";
import { declareIn, theChangeOf } from "../support/changes.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { HAS_PROMTOOL, readOpenMetrics, runPromtool } from "../support/promtool.js";

import { listWatchedSeries } from "../support/watched-metrics.js";
import { useWorkers } from "../support/worker-process.js";

const startWorker = useWorkers();
const OPEN_METRICS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: { populate: aFleet({ down: { p: "STOPPED" }, before: { p: "STOPPED" } }) },
  });
});
afterAll(() => loop.stop());

/** Another worker's: what it has observed and spent is there at the first look of the one that is scraped. */
async function observeBefore(): Promise<void> {
  const stop = await loop.startWorker();
  await declareIn(loop, "before", "{ state: STARTED }");
  await theChangeOf(loop, "before");
  await stop();
}

async function scrape(address: string, accept?: string): Promise<Response> {
  return fetch(`http://${address}/metrics`, accept === undefined ? {} : { headers: { Accept: accept } });
}

/** Event and change of each line of a log whose event begins so. */
function linesAbout(
  log: string,
  event: string,
): readonly (readonly [string | undefined, string | undefined])[] {
  const lines = log.split("\n").filter((line) => line.startsWith("{"));
  return lines
    .map((line) => JSON.parse(line) as { readonly event?: string; readonly change?: string })
    .filter((line) => line.event?.startsWith(event) === true)
    .map((line) => [line.event, line.change] as const);
}

it("exports the SDK's, Node's and its own metrics, and promtool finds nothing", async () => {
  await observeBefore();
  const address = `127.0.0.1:${String(await findFreePort())}`;
  const worker = await startWorker({ ...loop.variables, HEADGATE_METRICS_ADDRESS: address });
  await declareIn(loop, "down", "{ state: STARTED }");
  const { id } = await theChangeOf(loop, "down");
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
  const exported = METRIC_ROWS.filter(([, { by }]) => by !== "server");
  for (const [name, { kind }] of exported) expect(text).toContain(`# TYPE ${name} ${kind}`);
  for (const series of listWatchedSeries("worker")) expect(text).toMatch(new RegExp(`^${series}[ {]`, "m"));
  expect(text).toMatch(/^# TYPE temporal_workflow_task_execution_latency_seconds histogram$/m);
  expect(text).toMatch(/^# TYPE temporal_\w+_total counter$/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  const open = await scrape(address, OPEN_METRICS);
  expect(open.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  const openText = await open.text();
  expect(openText).toContain("# TYPE headgate_changes counter\n");
  expect(openText.endsWith("# EOF\n")).toBe(true);
  expect(linesAbout(worker.log(), "change.")).toEqual([
    ["change.posted", id],
    ["change.closed", id],
  ]);
  if (!HAS_PROMTOOL) return;
  expect(runPromtool(["check", "metrics"], text)).toEqual({ code: 0, said: "" });
  expect(readOpenMetrics(openText)).toMatchObject({ code: 0 });
  expect(readOpenMetrics(text)).not.toMatchObject({ code: 0 });
});
