// Where Atlas's list tells itself why a processor FAILED (docs/atlas.md 4: some replies hold `errorMsg`), its word is
// taken and the project's events are left alone.
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildSettings } from "../../src/sim/settings/settings.js";
import { declareIn, theChangeOf } from "../support/changes.js";
import { aFleet } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

let loop: TestLoop;
beforeAll(async () => {
  const populate = aFleet({ orders: { p: { state: "FAILED", errorMsg: "told by the list" } } });
  loop = await startLoop({ simulator: { populate, settings: buildSettings(["errorMsg.shown=true"]) } });
  await loop.startWorker();
});
afterAll(() => loop.stop());

it("asks for no events", async () => {
  await declareIn(loop, "orders", "{ state: STARTED }");
  const change = await theChangeOf(loop, "orders");
  expect(change).toMatchObject({ kind: "start", outcome: "succeeded", stateBefore: "FAILED" });
  expect(change.why).toContain("told by the list");
  expect(loop.simulator.log().filter(({ operation }) => operation === "listEvents")).toEqual([]);
});
