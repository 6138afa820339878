// A processor that starts and fails again: every start of a FAILED processor counts, also one that succeeded, so that a
// crash loop ends in being parked. Unparking, or a newer policy, begins anew.
import { afterAll, beforeAll, expect, it } from "vitest";
import { unpark } from "../../src/app/act/interventions.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { aFleet } from "../support/fleets.js";
import {
  declareIn,
  passLater,
  postsOf,
  processorIn,
  refOf,
  theChangeOf,
  untilClosedIn,
} from "../support/changes.js";

const LATER_MS = 7_200_000;
const POLICY = "{ state: STARTED, recovery: { maxAttempts: 3, stableAfter: 24h } }";

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({ loops: { p: "FAILED" }, falls: { p: "FAILED" } }),
      faults: [
        { when: { operation: "startWith", workspace: "falls" }, what: { kind: "then-failed", afterMs: 1 } },
      ],
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

const crash = (workspace: string): void => {
  loop.simulator.mutate({ op: "crash", ...refOf(workspace), errorMsg: "it hit a bad document" });
};

it("parks a processor that keeps failing after its starts, after maxAttempts, and says why", async () => {
  await declareIn(loop, "loops", POLICY);
  for (const attempt of [1, 2, 3]) {
    const [newest] = await untilClosedIn(loop, "loops", attempt);
    expect(newest).toMatchObject({ outcome: "succeeded" });
    expect((await processorIn(loop, "loops")).attempts).toBe(attempt);
    crash("loops");
    await passLater(loop, "loops", LATER_MS);
  }
  await passLater(loop, "loops", LATER_MS);
  expect(postsOf(loop, "loops")).toHaveLength(3);
  const { reasonCode, parkedWhy } = await processorIn(loop, "loops");
  expect(reasonCode).toBe("parked");
  expect(parkedWhy).toMatch(/gave up/);
});

it("starts it again once it is unparked", async () => {
  expect(await unpark(loop.app, refOf("loops"))).toBe(true);
  await passLater(loop, "loops");
  const [newest] = await untilClosedIn(loop, "loops", 4);
  expect(newest).toMatchObject({ outcome: "succeeded" });
});

it("fails a change whose processor FAILED right after its start, and counts it once", async () => {
  await declareIn(loop, "falls", POLICY);
  expect(await theChangeOf(loop, "falls")).toMatchObject({
    outcome: "failed",
    outcomeCode: "failed-after-start",
  });
  expect((await processorIn(loop, "falls")).attempts).toBe(1);
  await passLater(loop, "falls");
  const { reasonCode, reason } = await processorIn(loop, "falls");
  expect(reasonCode).toBe("backing-off");
  expect(reason).toMatch(/^waiting before the next attempt; last: it started and FAILED: /);
  expect(postsOf(loop, "falls")).toHaveLength(1);
});
