// A connection that is refused: the POST was not made, and that is known. No bar, no horizon: it goes out as soon as
// Atlas can be reached again, once.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { aFleet, until } from "../support/fleets.js";
import { declareIn, onOwnLook, postsOf, processorIn, stepsIn, theChangeOf } from "../support/changes.js";
import { openWay } from "../support/way-to-atlas.js";
import type { WayToAtlas } from "../support/way-to-atlas.js";
import { startOtherStack } from "../support/workers.js";
import type { OtherStack } from "../support/workers.js";

let loop: TestLoop;
let way: WayToAtlas;
let stack: OtherStack;
beforeAll(async () => {
  const populate = aFleet({ refused: { p: "CREATED" } });
  // The change's own look answers late, so that the way is cut between it and the POST.
  const faults = onOwnLook("refused", { kind: "delay", ms: 10_000 });
  loop = await startLoop({
    simulator: { populate, faults },
    settings: { startHorizonMs: 60_000, postTimeoutMs: 1_000 },
  });
  way = await openWay(loop.simulator.url);
  stack = await startOtherStack({ ...loop.variables, MONGODB_ATLAS_BASE_URL: way.url });
});
afterAll(async () => {
  await stack.stop();
  await way.close();
  await loop.stop();
});

it("knows that a POST on a refused connection was not made, and posts once when Atlas is back", async () => {
  await declareIn(loop, "refused", "{ state: STARTED, start: { resumeFromCheckpoint: false } }");
  await until(() => Promise.resolve(loop.simulator.log().filter(({ operation }) => operation === "list")[1]));
  way.cutAfter(/\/processors/);
  const [unsent] = await until(async () => {
    const steps = await stepsIn(loop, "refused");
    return steps[0]?.fate === "unsent" ? steps : undefined;
  });
  expect(unsent?.attempt).toBeGreaterThanOrEqual(1);
  expect((await processorIn(loop, "refused")).barredUntil).toBeNull();
  expect(postsOf(loop, "refused")).toEqual([]);
  await way.open();
  const change = await theChangeOf(loop, "refused");
  expect(change).toMatchObject({ outcome: "succeeded", posts: 1 });
  const posts = postsOf(loop, "refused");
  expect(posts.map(({ body }) => body)).toEqual([{ resumeFromCheckpoint: false }]);
  // Long before the horizon of the POST that was never made.
  expect((change.closedAt ?? Infinity) - change.openedAt).toBeLessThan(30_000);
});
