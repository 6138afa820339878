// A person asks while no worker runs: a run that has not opened its row yet is waited for, but not for ever.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { aFleet } from "../support/fleets.js";
import { ask, declareIn, theChangeOf } from "../support/changes.js";

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({ simulator: { populate: aFleet({ early: { p: "FAILED" } }) } });
});
afterAll(() => loop.stop());

it("waits 10 s for a run without an open row; the run itself goes on when a worker comes", async () => {
  await declareIn(loop, "early", "{ state: STARTED, mode: observe }");
  const first = await ask(loop, { workspace: "early", kind: "start" });
  expect(first.kind).toBe("started");
  await expect(ask(loop, { workspace: "early", kind: "start" })).rejects.toThrow(/has not opened its change/);
  await loop.startWorker();
  await expect(first.result()).resolves.toMatchObject({ outcome: "succeeded" });
  expect(await theChangeOf(loop, "early")).toMatchObject({ requestedBy: "person", posts: 1 });
});
