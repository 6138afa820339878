// POSTs of unknown fate: whatever Atlas or the network does with the answer, a change makes at most one effective
// start, and while the fate is open nobody posts. Judged by the simulator's log and the steps' rows.
import { afterAll, beforeAll, expect, it } from "vitest";
import { cancelChange } from "../../src/app/act/interventions.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import {
  ask,
  callsOf,
  declareIn,
  effectsOf,
  onStart,
  passLater,
  postsOf,
  processorIn,
  readAheadMs,
  stepsIn,
  theChangeOf,
  untilClosedIn,
  untilOpen,
  untilPosts,
} from "../support/changes.js";

const HORIZON_MS = 3_000;
const server500 = { kind: "status", status: 500 };

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    settings: { startHorizonMs: HORIZON_MS },
    simulator: {
      populate: aFleet({
        twice: { p: "CREATED" },
        "twice-failed": { p: "FAILED" },
        bar: { p: "CREATED" },
        dropped: { p: "FAILED" },
        slow: { p: "FAILED" },
        late: { p: "FAILED" },
        "stop-dropped": { p: "STARTED" },
        stale: { p: "FAILED" },
        cancelled: { p: "FAILED" },
      }),
      faults: [
        onStart("twice", 2, server500),
        onStart("twice-failed", 2, server500),
        onStart("bar", 1, server500),
        onStart("dropped", 1, { kind: "reset-after" }),
        onStart("slow", 1, { kind: "hang", applies: true }),
        onStart("stale", 1, { kind: "reset-after" }),
        { when: { operation: "get", workspace: "stale", to: 2 }, what: { kind: "stale-read" } },
        { when: { operation: "list", workspace: "stale" }, what: { kind: "stale-read" } },
        onStart("cancelled", 1, { kind: "late-apply", afterMs: 40_000 }),
        onStart("late", 1, { kind: "late-apply", afterMs: 14_000 }),
        { when: { operation: "stop", workspace: "stop-dropped", to: 1 }, what: { kind: "reset-after" } },
      ],
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

it("posts again past the horizon after a 500, and starts once", async () => {
  await declareIn(loop, "twice", "{ state: STARTED }");
  expect(await theChangeOf(loop, "twice")).toMatchObject({ outcome: "succeeded", posts: 3 });
  const posts = postsOf(loop, "twice");
  expect(posts.map(({ status }) => status)).toEqual([500, 500, 200]);
  expect(effectsOf(loop, "twice")).toEqual(["startWith"]);
});

it("gives up after one more start where it stays FAILED, without counting, and the next pass starts it", async () => {
  await declareIn(loop, "twice-failed", "{ state: STARTED }");
  expect(await theChangeOf(loop, "twice-failed")).toMatchObject({
    outcome: "failed",
    outcomeCode: "atlas.ambiguous",
    posts: 2,
  });
  expect(await processorIn(loop, "twice-failed")).toMatchObject({ attempts: 0, parkedWhy: null });
  await passLater(loop, "twice-failed");
  const [newest] = await untilClosedIn(loop, "twice-failed", 2);
  expect(newest).toMatchObject({ outcome: "succeeded", posts: 1 });
  expect(effectsOf(loop, "twice-failed")).toEqual(["startWith"]);
});

it("bars the processor until fence + horizon, looks at once and again past it, and nobody posts before", async () => {
  await declareIn(loop, "bar", "{ state: STARTED }");
  await untilPosts(loop, "bar", 1);
  const [fenced] = await until(async () => {
    const steps = await stepsIn(loop, "bar");
    return steps[0]?.fate === "unknown" ? steps : undefined;
  });
  if (fenced === undefined) throw new Error("no step was fenced");
  expect(fenced.horizonAt - fenced.fencedAt).toBe(HORIZON_MS);
  const barredForMs = ((await processorIn(loop, "bar")).barredUntil ?? 0) - fenced.fencedAt;
  expect(barredForMs).toBeGreaterThanOrEqual(HORIZON_MS);
  expect((await ask(loop, { workspace: "bar", kind: "start" })).kind).toBe("joined");
  expect(await theChangeOf(loop, "bar")).toMatchObject({ outcome: "succeeded", posts: 2 });
  const ahead = await readAheadMs(loop);
  const [, second] = postsOf(loop, "bar").map(({ at }) => at + ahead);
  expect(second).toBeGreaterThanOrEqual(fenced.horizonAt);
  const gets = callsOf(loop, "bar", "get").map(({ at }) => at + ahead);
  const early = gets.filter((at) => at < fenced.horizonAt);
  const late = gets.filter((at) => at >= fenced.horizonAt);
  expect([early.length, late.length]).toEqual([1, 1]);
  expect((await processorIn(loop, "bar")).barredUntil).toBeNull();
});

it.each(["dropped", "slow"])(
  "takes an applied start without an answer for success: %s",
  async (workspace) => {
    await declareIn(loop, workspace, "{ state: STARTED }");
    expect(await theChangeOf(loop, workspace)).toMatchObject({ outcome: "succeeded", posts: 1 });
    expect(postsOf(loop, workspace)).toHaveLength(1);
    expect(effectsOf(loop, workspace)).toEqual(["startWith"]);
  },
);

it("sees a start that takes effect after its answer, inside the horizon, and posts no second", async () => {
  await declareIn(loop, "late", "{ state: STARTED }");
  expect(await theChangeOf(loop, "late")).toMatchObject({ outcome: "succeeded", posts: 1 });
  expect(effectsOf(loop, "late")).toEqual(["startWith"]);
});

it("takes an applied stop without an answer for success", async () => {
  await declareIn(loop, "stop-dropped", "{ state: STOPPED }");
  expect(await theChangeOf(loop, "stop-dropped")).toMatchObject({
    kind: "stop",
    outcome: "succeeded",
    posts: 1,
  });
  expect(effectsOf(loop, "stop-dropped")).toEqual(["stop"]);
});

it("keeps the bar beyond the change that raised it: a person's start waits for it", async () => {
  const ref = { project: PROJECT, workspace: "bar", processor: "p" };
  loop.simulator.mutate({ op: "stop", ...ref });
  await loop.database.store.query(
    "update processor_status set barred_until = headgate_now() + interval '3 seconds' where workspace = 'bar'",
  );
  const barredUntil = (await processorIn(loop, "bar")).barredUntil ?? Infinity;
  const asked = await ask(loop, { workspace: "bar", kind: "start" });
  await expect(asked.result()).resolves.toMatchObject({ outcome: "succeeded" });
  const postedAt = (postsOf(loop, "bar").at(-1)?.at ?? 0) + (await readAheadMs(loop));
  expect(postedAt).toBeGreaterThanOrEqual(barredUntil);
});

it("takes a refusal that follows a POST of unknown fate for success where a look shows it was applied", async () => {
  await declareIn(loop, "stale", "{ state: STARTED }");
  expect(await theChangeOf(loop, "stale")).toMatchObject({ outcome: "succeeded", posts: 2 });
  const [dropped, refused] = postsOf(loop, "stale");
  expect([dropped?.droppedReply, refused?.status]).toEqual([true, 400]);
  expect(effectsOf(loop, "stale")).toEqual(["startWith"]);
});

it("leaves the bar behind where it is cancelled: no second start meets the first, which comes late", async () => {
  await declareIn(loop, "cancelled", "{ state: STARTED }");
  await untilPosts(loop, "cancelled", 1);
  await cancelChange(loop.app, (await untilOpen(loop, "cancelled")).id);
  expect(await theChangeOf(loop, "cancelled")).toMatchObject({ outcome: "cancelled", posts: 1 });
  expect((await processorIn(loop, "cancelled")).barredUntil).not.toBeNull();
  const asked = await ask(loop, { workspace: "cancelled", kind: "start" });
  await expect(asked.result()).resolves.toMatchObject({ outcome: "succeeded" });
  expect(postsOf(loop, "cancelled")).toHaveLength(1);
  expect(effectsOf(loop, "cancelled")).toEqual(["startWith"]);
});
