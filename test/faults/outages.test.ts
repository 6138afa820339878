// Temporal, Postgres or Atlas away in the middle of many starts: workers live through it, nothing is posted without its
// fence, nothing is lost and nothing is started twice.
import { afterEach, expect, it } from "vitest";
import type { LogEntry } from "../../src/sim/wire/request-log.js";
import { declareIn } from "../support/changes.js";
import { SHORT_LEASE, countStarts, declareAll, untilAllStarted, untilCalls } from "../support/crashes.js";
import { aFleet, findPosts, many, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";
import { useServers } from "../support/servers.js";
import { useWorkers } from "../support/worker-process.js";
import type { WorkerProcess } from "../support/worker-process.js";

const COUNT = 20;
const POLL_MS = 1_000;
const LEAST_RETRY_MS = 200;
const LONG_CALLS = {
  readTimeoutMs: 10_000,
  workspaceDeadlineMs: 11_000,
  leaseMs: 12_000,
  postTimeoutMs: 10_000,
  startHorizonMs: 11_000,
  stopHorizonMs: 11_000,
};
const UNREACHABLE = /Postgres at \S+ (cannot be reached|is not well)/;
const once = Object.fromEntries(Object.keys(many(COUNT, "")).map((name) => [`orders/${name}`, 1]));

let loop: TestLoop;
const servers = useServers();
afterEach(() => loop.stop());
const startWorker = useWorkers();

it("starts 20 processors once each though Temporal's server is killed half way and comes back", async () => {
  const temporal = await servers.startTemporal();
  loop = await startLoop({
    simulator: { populate: aFleet({ orders: many(COUNT, "FAILED") }) },
    settings: SHORT_LEASE,
    temporal: temporal.variables,
  });
  const workers = await Promise.all([startWorker(loop.variables), startWorker(loop.variables)]);
  await applyText(loop.app, declareAll("orders", COUNT));
  const posted = await untilCalls(loop, "startWith", (starts) => starts.length >= 5);
  await temporal.end("SIGKILL");
  expect(posted.length).toBeLessThan(COUNT);
  // Results of activities that ran when it died are lost for good, not only late.
  await until(() => Promise.resolve(workers.some(hasLostResult) ? true : undefined));
  await temporal.start();
  const changes = await untilAllStarted(loop, COUNT);
  expect(changes.map(({ outcome }) => outcome)).toEqual(Array(COUNT).fill("succeeded"));
  expect(countStarts(loop)).toEqual(once);
  for (const worker of workers) {
    worker.kill("SIGTERM");
    expect(await worker.ended).toBe(0);
  }
});

function hasLostResult(worker: WorkerProcess): boolean {
  return worker.log().includes("Network error while completing activity");
}

/** Every call out at the outage is answered while it lasts. */
const WHILE_AWAY = { kind: "delay", ms: 60_000 };

it.each(["SIGINT", "SIGQUIT"] as const)(
  "posts nothing without its fence and starts 20 processors once each over a restart of Postgres by %s",
  async (signal) => {
    const postgres = await servers.startPostgres();
    loop = await startLoop({
      simulator: {
        populate: aFleet({ orders: many(COUNT, "FAILED"), held: { p: "STARTED" } }),
        faults: [
          { when: { operation: "startWith", from: 3, to: 8 }, what: WHILE_AWAY },
          // A restart right before the fence of its stop.
          { when: { operation: "getWorkspace", nth: 1 }, what: WHILE_AWAY },
        ],
      },
      settings: LONG_CALLS,
      database: postgres.database,
    });
    const worker = await startWorker(loop.variables);
    await declareIn(loop, "held", "{ state: STARTED, start: { tier: SP30 } }");
    await untilCalls(loop, "getWorkspace", (calls) => calls.length === 1);
    await applyText(loop.app, declareAll("orders", COUNT));
    await untilCalls(loop, "startWith", (starts) => starts.length >= 8);
    await postgres.end(signal);
    const open = loop.simulator.log().filter(({ finishedAt }) => finishedAt === null);
    await until(() =>
      Promise.resolve(open.every(({ finishedAt }) => finishedAt !== null) ? true : undefined),
    );
    await until(() => Promise.resolve(UNREACHABLE.test(worker.log()) ? true : undefined));
    await postgres.start();
    const changes = await untilAllStarted(loop, COUNT + 1);
    expect(changes.map(({ outcome }) => outcome)).toEqual(Array(COUNT + 1).fill("succeeded"));
    expect(countStarts(loop)).toEqual({ ...once, "held/p": 1 });
    expect(await findUnfenced()).toEqual([]);
    // Begin and end of the outage, once each.
    await until(() => Promise.resolve(worker.log().includes("postgres.back") ? true : undefined));
    expect(worker.log().match(/"postgres\.(lost|back)"/g)).toEqual(['"postgres.lost"', '"postgres.back"']);
    worker.kill("SIGTERM");
    expect(await worker.ended).toBe(0);
  },
);

/** POSTs that came before the first fence of their change, or that no fence was for. */
async function findUnfenced(): Promise<readonly LogEntry[]> {
  const rows = await loop.database.store.query<{ name: string; fencedAt: number; posts: number }>(
    `select workspace || '/' || processor as name, to_ms(first_fenced_at) as "fencedAt",
       (select sum(posts) from change_steps where change_id = c.id) as posts from changes c`,
  );
  const fences = new Map(rows.map((row) => [row.name, row]));
  const counts = new Map<string, number>();
  return findPosts(loop).filter(({ workspace, processor, at }) => {
    const name = `${workspace ?? ""}/${processor ?? ""}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const fence = fences.get(name);
    return fence === undefined || at < fence.fencedAt || count > fence.posts;
  });
}

it("starts 20 processors once each over an Atlas that answers everything with 500 and 503", async () => {
  loop = await startLoop({
    simulator: { populate: aFleet({ orders: many(COUNT, "FAILED") }) },
    settings: { ...SHORT_LEASE, pollMs: POLL_MS },
  });
  await startWorker(loop.variables);
  await applyText(loop.app, declareAll("orders", COUNT));
  await untilCalls(loop, "startWith", (starts) => starts.length >= 5);
  loop.simulator.installFaults([
    { when: { probability: 0.5 }, what: { kind: "status", status: 500 } },
    { what: { kind: "status", status: 503 } },
  ]);
  const refused = await until(() => {
    const calls = loop.simulator.log().filter(({ faultKind }) => faultKind === "status");
    return Promise.resolve(calls.length >= 80 ? calls : undefined);
  });
  loop.simulator.installFaults([], true);
  const changes = await untilAllStarted(loop, COUNT);
  expect(changes.map(({ outcome }) => outcome)).toEqual(Array(COUNT).fill("succeeded"));
  expect(countStarts(loop)).toEqual(once);
  // However many wait: one LIST a poll interval, one POST each, and no look at a POST right after another.
  const lists = refused.filter(({ operation }) => operation === "list");
  expect(toLeastGap(lists)).toBeGreaterThanOrEqual(POLL_MS - 1);
  for (const name of Object.keys(many(COUNT, ""))) {
    const calls = refused.filter(({ processor }) => processor === name);
    expect(calls.filter(({ operation }) => operation === "startWith").length).toBeLessThanOrEqual(1);
    expect(toLeastGap(calls)).toBeGreaterThanOrEqual(LEAST_RETRY_MS - 1);
  }
});

/** Database and simulator tell milliseconds by the same clock: each may cut off one. */
function toLeastGap(calls: readonly LogEntry[]): number {
  return Math.min(...calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0)));
}
