// Where a processor is in its change stream, over the real loop: sampled out of lists that are made anyhow, once an
// interval, when it moves and before a stop; and shown.
import { afterEach, expect, it } from "vitest";
import { explain } from "../../src/app/look/explain.js";
import type { SourcePosition } from "../../src/domain/observation.js";
import { ask, callsOf, declareIn, passLater, processorIn, refOf, untilClosedIn } from "../support/changes.js";
import { aFleet } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

let loop: TestLoop | undefined;
afterEach(() => loop?.stop());

const MINUTE_MS = 60_000;

async function start(state = "STARTED"): Promise<TestLoop> {
  loop = await startLoop({ simulator: { populate: aFleet({ orders: { p: state } }) }, settings: PATIENT });
  await loop.startWorker();
  await declareIn(loop, "orders", `{ state: ${state} }`);
  await passLater(loop, "orders");
  return loop;
}

async function readPosition(at: TestLoop): Promise<SourcePosition | null> {
  return (await explain(at.app, refOf("orders"))).observed.position;
}

async function knownPosition(at: TestLoop): Promise<SourcePosition> {
  const position = await readPosition(at);
  if (position === null) throw new Error("no position is known");
  return position;
}

it("a position is remembered once an interval, and costs no call", async () => {
  const at = await start();
  const first = await knownPosition(at);
  expect(first.at).toBeLessThanOrEqual(first.seenAt);
  for (let minute = 1; minute < 10; minute += 1) await passLater(at, "orders", MINUTE_MS - 1_000);
  expect(await readPosition(at)).toEqual(first);
  await passLater(at, "orders", 2 * MINUTE_MS);
  const second = await knownPosition(at);
  expect((await processorIn(at, "orders")).position).toEqual(second);
  expect(second.seenAt).toBeGreaterThanOrEqual(first.seenAt + 9 * MINUTE_MS);
  const calls = at.simulator.log().filter(({ workspace }) => workspace === "orders");
  expect(new Set(calls.map(({ operation }) => operation))).toEqual(new Set(["list"]));
});

it("a stop leaves the place that it stopped at, and rest does not move it", async () => {
  const at = await start();
  const before = await knownPosition(at);
  await ask(at, { workspace: "orders", kind: "stop" }, { suspendForMs: 60 * MINUTE_MS });
  await untilClosedIn(at, "orders");
  await passLater(at, "orders");
  const stopped = await knownPosition(at);
  expect(stopped.seenAt).toBeGreaterThan(before.seenAt);
  for (let hour = 1; hour < 3; hour += 1) await passLater(at, "orders", 30 * MINUTE_MS);
  expect(await readPosition(at)).toEqual(stopped);
  expect(callsOf(at, "orders", "get")).toEqual([]);
});

it("a failure is sampled when it is seen, where its token stands", async () => {
  const at = await start();
  const checkpointAt = Date.now() - 40 * MINUTE_MS;
  const { project, workspace, processor } = refOf("orders");
  const failing = { op: "set", project, workspace, processor, state: "FAILED" } as const;
  expect(at.simulator.mutate(failing)).toEqual([]);
  expect(at.simulator.mutate({ op: "set", project, workspace, processor, checkpointAt })).toEqual([]);
  await passLater(at, "orders");
  expect((await knownPosition(at)).at).toBe(Math.floor(checkpointAt / 1_000) * 1_000);
});

it("another processor under the name begins with none, and so does one that reads from Kafka", async () => {
  const at = await start();
  await knownPosition(at);
  const pipeline = [{ $source: { connectionName: "kafka", topic: "clicks" } }];
  expect(at.simulator.mutate({ op: "add", ...refOf("orders"), state: "STARTED", pipeline })).toEqual([]);
  await passLater(at, "orders", 20 * MINUTE_MS);
  expect(await readPosition(at)).toBeNull();
});
