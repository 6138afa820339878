// A worker killed in the middle of many starts: nothing is lost and nothing is started twice, whatever each of its
// changes was doing. Judged by the simulator's log and the database.
import { afterEach, expect, it } from "vitest";
import { SHORT_LEASE, countStarts, declareAll, untilAllStarted, untilCalls } from "../support/crashes.js";
import { aFleet, findPosts, many } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";
import { killWorker, useWorkers } from "../support/worker-process.js";

const COUNT = 50;
const once = Object.fromEntries(Object.keys(many(COUNT, "")).map((name) => [`orders/${name}`, 1]));

let loop: TestLoop;
afterEach(() => loop.stop());
const startWorker = useWorkers();

it.each(["FAILED", "CREATED"])("starts 50 %s processors once each over a kill -9", async (state) => {
  loop = await startLoop({
    simulator: { populate: aFleet({ orders: many(COUNT, state) }) },
    settings: SHORT_LEASE,
  });
  const worker = await startWorker(loop.variables);
  await applyText(loop.app, declareAll("orders", COUNT));
  const posted = await untilCalls(loop, "startWith", (starts) => starts.length >= 15);
  await killWorker(worker);
  expect(posted.length).toBeLessThan(COUNT);
  await startWorker(loop.variables);
  const changes = await untilAllStarted(loop, COUNT);
  expect(changes.map(({ outcome }) => outcome)).toEqual(Array(COUNT).fill("succeeded"));
  expect(countStarts(loop)).toEqual(once);
  expect(findPosts(loop).filter(({ operation }) => operation === "stop")).toEqual([]);
});
