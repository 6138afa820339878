// The main job in one: a FAILED processor is started by the first pass after its policy was applied.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";
import { PROJECT, aFleet, findPosts, untilClosed } from "../support/fleets.js";

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({ simulator: { populate: aFleet({ orders: { "clicks-to-lake": "FAILED" } }) } });
  await loop.startWorker();
});
afterAll(() => loop.stop());

it("starts a FAILED processor once, on its declared tier", async () => {
  await applyText(
    loop.app,
    `
project: ${PROJECT}
workspace: orders
processors:
  clicks-to-lake: { state: STARTED, start: { tier: SP30 } }
`,
  );
  const [change] = await untilClosed(loop, 1);
  expect(change).toMatchObject({ kind: "start", outcome: "succeeded", stateBefore: "FAILED", posts: 1 });
  const posts = findPosts(loop);
  expect(posts).toHaveLength(1);
  expect(posts[0]).toMatchObject({ operation: "startWith", body: { tier: "SP30" }, effective: true });
});
