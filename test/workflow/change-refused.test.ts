// POSTs whose fate is known: a refusal ends the change with Atlas's own words, a 429 is waited out, and a "wrong state"
// is answered by one look. None is posted again where that could do harm.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import {
  callsOf,
  declareIn,
  effectsOf,
  passLater,
  postsOf,
  processorIn,
  stepsIn,
  theChangeOf,
  untilClosedIn,
  untilPosts,
} from "../support/changes.js";

const refused = { kind: "status", status: 400, errorCode: "VALIDATION_ERROR", detail: "Invalid pipeline." };
const transient = {
  kind: "status",
  status: 400,
  errorCode: "STREAM_PROCESSOR_GENERIC_ERROR",
  detail: "timed out trying to acquire tenant lock",
};
const wrongState = {
  kind: "status-after-apply",
  status: 409,
  errorCode: "STREAM_PROCESSOR_STATE",
  detail: "Conflict.",
};
const conflict = { ...wrongState, kind: "status" };
const saysRunning = { ...refused, detail: "The stream processor is already running." };
const on = (operation: string, workspace: string, what: object): object => ({
  when: { operation, workspace, to: 1 },
  what,
});

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({
        refused: { p: "FAILED" },
        transient: { p: "FAILED" },
        "as-wanted": { p: "FAILED" },
        "not-as-wanted": { p: "FAILED" },
        "says-running": { p: "FAILED" },
        "stop-as-wanted": { p: "STARTED" },
        "stop-not": { p: "STARTED" },
        limited: { p: "FAILED" },
      }),
      faults: [
        on("startWith", "refused", refused),
        on("startWith", "transient", transient),
        on("startWith", "as-wanted", wrongState),
        on("startWith", "not-as-wanted", conflict),
        on("startWith", "says-running", saysRunning),
        on("stop", "stop-as-wanted", wrongState),
        on("stop", "stop-not", conflict),
        on("startWith", "limited", { kind: "status", status: 429, retryAfter: 2 }),
      ],
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

it("does not retry a 400: it fails with Atlas's words, backs off, and a later pass looks again", async () => {
  await declareIn(loop, "refused", "{ state: STARTED, recovery: { backoff: { initial: 1m } } }");
  const change = await theChangeOf(loop, "refused");
  expect(change).toMatchObject({ outcome: "failed", outcomeCode: "atlas.rejected", posts: 1 });
  expect(change.outcomeText).toBe("400 VALIDATION_ERROR: Invalid pipeline.");
  expect(postsOf(loop, "refused").map(({ status }) => status)).toEqual([400]);
  expect(await processorIn(loop, "refused")).toMatchObject({ attempts: 1, barredUntil: null });
  expect(await passLater(loop, "refused")).toMatchObject({ started: 0 });
  expect((await processorIn(loop, "refused")).reasonCode).toBe("backing-off");
  expect(await passLater(loop, "refused", 60_000)).toMatchObject({ started: 1 });
  const [newest] = await untilClosedIn(loop, "refused", 2);
  expect(newest).toMatchObject({ outcome: "succeeded", posts: 1 });
});

it("keeps Atlas's status, errorCode and detail with the change", async () => {
  const [row] = await loop.database.store.query<{ answer: unknown }>(
    "select answer from changes where workspace = 'refused' and outcome = 'failed'",
  );
  expect(row?.answer).toMatchObject({
    status: 400,
    errorCode: "VALIDATION_ERROR",
    detail: "Invalid pipeline.",
  });
});

it("does not count a refusal that is known to pass by itself", async () => {
  await declareIn(loop, "transient", "{ state: STARTED }");
  expect(await theChangeOf(loop, "transient")).toMatchObject({ outcome: "failed", posts: 1 });
  expect(await processorIn(loop, "transient")).toMatchObject({ attempts: 0, nextAttemptAt: null });
  await passLater(loop, "transient");
  const [newest] = await untilClosedIn(loop, "transient", 2);
  expect(newest).toMatchObject({ outcome: "succeeded" });
});

it.each([
  ["as-wanted", "STARTED", "startWith"],
  ["stop-as-wanted", "STOPPED", "stop"],
])(
  "takes a 409 for success where one look shows what was wanted: %s",
  async (workspace, state, operation) => {
    await declareIn(loop, workspace, `{ state: ${state} }`);
    expect(await theChangeOf(loop, workspace)).toMatchObject({ outcome: "succeeded", posts: 1 });
    expect(effectsOf(loop, workspace)).toEqual([operation]);
    expect(callsOf(loop, workspace, "get")).toHaveLength(1);
  },
);

it.each([
  ["not-as-wanted", "STARTED", "409 STREAM_PROCESSOR_STATE: Conflict."],
  ["stop-not", "STOPPED", "409 STREAM_PROCESSOR_STATE: Conflict."],
  ["says-running", "STARTED", "400 VALIDATION_ERROR: The stream processor is already running."],
])("lets a 4xx stand where one look shows otherwise: %s", async (workspace, state, text) => {
  await declareIn(loop, workspace, `{ state: ${state} }`);
  expect(await theChangeOf(loop, workspace)).toMatchObject({
    outcome: "failed",
    outcomeCode: expect.stringMatching(/^atlas\.(conflict|rejected)$/) as unknown,
    outcomeText: text,
    posts: 1,
  });
  expect(postsOf(loop, workspace)).toHaveLength(1);
  expect(callsOf(loop, workspace, "get")).toHaveLength(1);
  expect((await processorIn(loop, workspace)).attempts).toBe(1);
});

it("waits a 429 out: no call to the project before Retry-After has passed", async () => {
  await declareIn(loop, "limited", "{ state: STARTED }");
  const [limited] = await untilPosts(loop, "limited", 1);
  expect(await theChangeOf(loop, "limited")).toMatchObject({ outcome: "succeeded", posts: 1 });
  const after = loop.simulator
    .log(limited?.seq ?? 0)
    .filter(({ project }) => project === PROJECT)
    .map(({ at }) => at);
  expect(Math.min(...after)).toBeGreaterThanOrEqual((limited?.finishedAt ?? Infinity) + 2_000);
  expect(postsOf(loop, "limited").map(({ status }) => status)).toEqual([429, 200]);
  expect(await stepsIn(loop, "limited")).toMatchObject([{ attempt: 2, fate: "applied" }]);
});
