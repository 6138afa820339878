// A cancelled change lets go of the POST it is waiting for: the activity's cancellation reaches the socket. The POST's
// own time-out is longer than a test may take, so that nothing else can end the wait.
import { afterAll, beforeAll, expect, it } from "vitest";
import { cancelChange } from "../../src/app/act/interventions.js";
import type { LogEntry } from "../../src/sim/wire/request-log.js";
import { callsOf, declareIn, processorIn, stepsIn, theChangeOf, untilOpen } from "../support/changes.js";
import { aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    settings: { postTimeoutMs: 100_000, startHorizonMs: 110_000, stopHorizonMs: 110_000 },
    simulator: {
      populate: aFleet({ hung: { p: "FAILED" } }),
      faults: [{ when: { operation: "startWith" }, what: { kind: "hang" } }],
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

const findStart = (): LogEntry | undefined => callsOf(loop, "hung", "startWith")[0];

it("aborts the POST under way when its change is cancelled, and knows nothing of its fate", async () => {
  await declareIn(loop, "hung", "{ state: STARTED }");
  await until(() => Promise.resolve(findStart()));
  await cancelChange(loop.app, (await untilOpen(loop, "hung")).id);
  expect(await theChangeOf(loop, "hung")).toMatchObject({ outcome: "cancelled", posts: 1 });
  await until(() => Promise.resolve(findStart()?.droppedReply === true ? true : undefined));
  expect(findStart()).toMatchObject({ status: null, effective: false });
  expect((await processorIn(loop, "hung")).barredUntil).not.toBeNull();
  expect(await stepsIn(loop, "hung")).toHaveLength(1);
});
