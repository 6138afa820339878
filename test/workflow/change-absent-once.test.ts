// One list leaves out the processor that a change is waiting for: that proves nothing, and the change looks once more.
import { afterAll, beforeAll, expect, it } from "vitest";
import { declareIn, effectsOf, onOwnLook, theChangeOf } from "../support/changes.js";
import { aFleet } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({ orders: { p: "CREATED" } }),
      // The pass sees it, the change's own first look does not.
      faults: onOwnLook("orders", { kind: "stale-read" }),
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

it("a change is not ended by one list that leaves its processor out", async () => {
  await declareIn(loop, "orders", "{ state: STARTED, recovery: { stoppedGrace: 0s } }");
  expect(await theChangeOf(loop, "orders")).toMatchObject({ outcome: "succeeded", stateBefore: "CREATED" });
  expect(effectsOf(loop, "orders")).toEqual(["startWith"]);
  expect(loop.simulator.log().filter(({ faultKind }) => faultKind === "stale-read")).toHaveLength(1);
});
