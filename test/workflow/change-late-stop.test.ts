// A stop of unknown fate that takes effect late, after its run was lost: the start it owes waits for the end of the bar
// and is not content with a processor that still runs.
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  declareIn,
  effectsOf,
  meets,
  passLater,
  processorIn,
  stepsIn,
  theChangeOf,
  untilOpen,
} from "../support/changes.js";
import { aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const AN_INTERVAL_MS = 3_700_000;

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({ late: { p: "STARTED" } }),
      faults: [meets("stop", { workspace: "late" }, { kind: "late-apply", afterMs: 60_000 })],
    },
    // The row is taken over an interval later, and the stop takes effect after that, inside its horizon.
    settings: { stopHorizonMs: AN_INTERVAL_MS + 8_000 },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

it("starts what a lost restart stops late", async () => {
  await declareIn(loop, "late", "{ state: STARTED, start: { tier: SP30 } }");
  await until(async () =>
    (await stepsIn(loop, "late")).find(({ step, fate }) => step === "stop" && fate === "unknown"),
  );
  const { id, workflowId, runId } = await untilOpen(loop, "late");
  await loop.client.workflow.getHandle(workflowId, runId).terminate("a test");
  await passLater(loop, "late", AN_INTERVAL_MS);
  expect(await theChangeOf(loop, "late")).toMatchObject({ id, outcome: "succeeded" });
  expect(effectsOf(loop, "late")).toEqual(["stop", "startWith"]);
  await passLater(loop, "late");
  expect(await processorIn(loop, "late")).toMatchObject({ state: "STARTED", tier: "SP30" });
});
