// A worker and a Temporal server that is away, or that wants it no more: an outage is waited out and told of once; a
// refusal for good ends the process with an error, so that whoever supervises it can act.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http2";
import { promisify } from "node:util";
import { afterEach, expect, inject, it, onTestFinished } from "vitest";
import { ZONE_RULES, describeRules } from "../../src/domain/decide/zone-rules.js";
import { findFreePort } from "../../src/dev/port.js";
import { until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { useServers } from "../support/servers.js";
import { useWorkers } from "../support/worker-process.js";
import type { WorkerProcess } from "../support/worker-process.js";

let loop: TestLoop;
const servers = useServers();
afterEach(() => loop.stop());
const startWorker = useWorkers();

const countLines = (worker: WorkerProcess, event: string): number =>
  worker.log().split(`"event":"${event}"`).length - 1;

function untilTold(worker: WorkerProcess, event: string): Promise<true> {
  return until(() => Promise.resolve(countLines(worker, event) > 0 ? true : undefined));
}

it("tells of an outage of Temporal once at its begin and once at its end, and works on", async () => {
  const temporal = await servers.startTemporal();
  loop = await startLoop({ temporal: temporal.variables });
  const worker = await startWorker(loop.variables);
  const first = /^\{.*"event":"worker\.started".*$/m.exec(worker.log())?.[0] ?? "{}";
  expect(JSON.parse(first)).toMatchObject({ zoneRules: describeRules(ZONE_RULES) });
  await temporal.end("SIGKILL");
  await untilTold(worker, "temporal.lost");
  await temporal.start();
  await untilTold(worker, "temporal.back");
  expect(worker.log()).toMatch(/"event":"temporal.back","lastedMs":\d+/);
  expect([countLines(worker, "temporal.lost"), countLines(worker, "temporal.back")]).toEqual([1, 1]);
  worker.kill("SIGTERM");
  expect(await worker.ended).toBe(0);
});

it("ends with an error when its namespace is gone for good: it does not stay alive polling nothing", async () => {
  const temporal = await servers.startTemporal();
  loop = await startLoop({ temporal: temporal.variables });
  const worker = await startWorker(loop.variables);
  const { TEMPORAL_ADDRESS: address = "", TEMPORAL_NAMESPACE: namespace = "" } = temporal.variables;
  const drop = ["operator", "namespace", "delete", "--yes", "--namespace", namespace, "--address", address];
  await promisify(execFile)(inject("temporalProgram"), drop);
  expect(await worker.ended).toBe(1);
  expect(countLines(worker, "worker.refused")).toBe(1);
  expect(worker.log()).toContain(`has no namespace ${namespace}`);
});

const PERMISSION_DENIED = "7";

/** In the place of a server: answers every call alike. */
async function startRefusing(address: string): Promise<void> {
  const refusing = createServer();
  refusing.on("stream", (stream) => {
    const answer = { ":status": 200, "content-type": "application/grpc", "grpc-status": PERMISSION_DENIED };
    stream.respond(answer, { endStream: true });
  });
  const { hostname, port } = new URL(`http://${address}`);
  refusing.listen(Number(port), hostname);
  await once(refusing, "listening");
  onTestFinished(() => void refusing.close());
}

it("ends with an error when its key is revoked, though the SDK's worker says that it runs", async () => {
  const temporal = await servers.startTemporal();
  loop = await startLoop({ temporal: temporal.variables });
  const worker = await startWorker(loop.variables);
  await temporal.end("SIGKILL");
  await startRefusing(temporal.variables["TEMPORAL_ADDRESS"] ?? "");
  expect(await worker.ended).toBe(1);
  expect(countLines(worker, "worker.refused")).toBe(1);
});

it("ends after SIGTERM also while its server refuses it", async () => {
  const temporal = await servers.startTemporal();
  loop = await startLoop({ temporal: temporal.variables });
  const worker = await startWorker(loop.variables);
  await temporal.end("SIGKILL");
  await startRefusing(temporal.variables["TEMPORAL_ADDRESS"] ?? "");
  await untilTold(worker, "temporal.lost");
  worker.kill("SIGTERM");
  expect(typeof (await worker.ended)).toBe("number");
});

it("exports metrics, its own and the SDK's, where an address is given", async () => {
  const address = `127.0.0.1:${String(await findFreePort())}`;
  loop = await startLoop();
  await startWorker({ ...loop.variables, HEADGATE_METRICS_ADDRESS: address });
  const text = await until(async () => {
    const told = await (await fetch(`http://${address}/metrics`)).text();
    return told.includes("headgate_changes_open") ? told : undefined;
  });
  for (const [name, value] of [
    ["headgate_temporal_present", 1],
    ["headgate_changes_open", 0],
    ["headgate_workspaces_failing", 0],
  ] as const) {
    expect(text).toMatch(new RegExp(`^${name}(\\{.*\\})? ${String(value)}$`, "m"));
  }
  expect(text).toMatch(/^temporal_\w+/m);
});
