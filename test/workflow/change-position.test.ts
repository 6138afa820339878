// A declared position goes on the wire once, as written: every later start resumes. What unmarks it is a refusal or a
// call never made; where it cannot be known whether it took effect, the processor is parked until somebody arms it
// again.
import { afterAll, beforeAll, expect, it } from "vitest";
import { arm } from "../../src/app/act/interventions.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import {
  declareIn,
  onStart,
  passLater,
  postsOf,
  processorIn,
  refOf,
  theChangeOf,
  untilClosedIn,
} from "../support/changes.js";

const AT = "2026-11-24T09:42:00Z";
const refused = { kind: "status", status: 400, errorCode: "VALIDATION_ERROR", detail: "Invalid." };

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({
        time: { p: "CREATED" },
        fresh: { p: "CREATED" },
        unmarked: { p: "CREATED" },
        unknown: { p: "FAILED" },
        "unknown-rest": { p: "CREATED" },
        runs: { p: { state: "STARTED", tier: "SP10" } },
      }),
      faults: [
        onStart("unmarked", 1, refused),
        onStart("unknown", 1, { kind: "status", status: 500 }),
        onStart("unknown-rest", 1, { kind: "status", status: 500 }),
      ],
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

const bodiesOf = (workspace: string): readonly unknown[] => postsOf(loop, workspace).map(({ body }) => body);

/** Atlas FAILs it and a pass past any back-off starts it again. */
async function failAndRecover(workspace: string, closed: number): Promise<void> {
  loop.simulator.mutate({ op: "crash", project: PROJECT, workspace, processor: "p" });
  await passLater(loop, workspace, 7_200_000);
  await untilClosedIn(loop, workspace, closed);
}

it.each([
  ["time", `startAtOperationTime: ${AT}`, { startAtOperationTime: AT }],
  ["fresh", "resumeFromCheckpoint: false", { resumeFromCheckpoint: false }],
])("sends a position once, as written, and resumes from then on: %s", async (workspace, written, sent) => {
  await declareIn(loop, workspace, `{ state: STARTED, start: { tier: SP30, ${written} } }`);
  await theChangeOf(loop, workspace);
  await failAndRecover(workspace, 2);
  await declareIn(loop, workspace, `{ state: STARTED, start: { tier: SP10, ${written} } }`);
  await passLater(loop, workspace);
  await untilClosedIn(loop, workspace, 3);
  expect(bodiesOf(workspace)).toEqual([{ tier: "SP30", ...sent }, { tier: "SP30" }, null, { tier: "SP10" }]);
});

it("gives a refused position back: the next start is sent with it", async () => {
  await declareIn(loop, "unmarked", `{ state: STARTED, start: { startAtOperationTime: ${AT} } }`);
  expect(await theChangeOf(loop, "unmarked")).toMatchObject({ outcome: "failed" });
  await passLater(loop, "unmarked", 120_000);
  await untilClosedIn(loop, "unmarked", 2);
  expect(bodiesOf("unmarked")).toEqual([{ startAtOperationTime: AT }, { startAtOperationTime: AT }]);
});

it("sends it again after a POST of unknown fate where it still rests as it was", async () => {
  await declareIn(loop, "unknown-rest", `{ state: STARTED, start: { startAtOperationTime: ${AT} } }`);
  expect(await theChangeOf(loop, "unknown-rest")).toMatchObject({ outcome: "succeeded", posts: 2 });
  expect(bodiesOf("unknown-rest")).toEqual([{ startAtOperationTime: AT }, { startAtOperationTime: AT }]);
});

it("parks it as position unknown where it is FAILED past the horizon; arm sends it again", async () => {
  await declareIn(loop, "unknown", `{ state: STARTED, start: { startAtOperationTime: ${AT} } }`);
  expect(await theChangeOf(loop, "unknown")).toMatchObject({
    outcome: "failed",
    outcomeCode: "position-unknown",
    posts: 1,
  });
  expect((await processorIn(loop, "unknown")).parkedWhy).toMatch(/^position unknown/);
  await passLater(loop, "unknown", 7_200_000);
  expect(postsOf(loop, "unknown")).toHaveLength(1);
  expect(await arm(loop.app, refOf("unknown"))).toBe(true);
  await passLater(loop, "unknown");
  const [newest] = await untilClosedIn(loop, "unknown", 2);
  expect(newest).toMatchObject({ outcome: "succeeded", posts: 1 });
  expect(bodiesOf("unknown")).toEqual([{ startAtOperationTime: AT }, { startAtOperationTime: AT }]);
});

it("counts a position as spent where the processor runs already when it is first seen", async () => {
  await declareIn(loop, "runs", "{ state: STARTED, start: { resumeFromCheckpoint: false } }");
  await passLater(loop, "runs");
  await failAndRecover("runs", 1);
  expect(bodiesOf("runs")).toEqual([{}]);
});
