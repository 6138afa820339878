// A restart never leaves a processor worse than it found it: it asks for the largest tier before it stops anything, it
// starts what it stopped with the newest options, and falls back to the old tier where the new one is refused.
import { afterAll, beforeAll, expect, it } from "vitest";
import { cancelChange } from "../../src/app/act/interventions.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import { applyText } from "../support/policies.js";
import {
  ask,
  callsOf,
  declareIn,
  effectsOf,
  onStart,
  onStop,
  passLater,
  postsOf,
  processorIn,
  theChangeOf,
  untilClosedIn,
  untilOpen,
  untilPosts,
} from "../support/changes.js";

const tierRefused = {
  kind: "status",
  status: 400,
  errorCode: "STREAM_PROCESSOR_GENERIC_ERROR",
  detail: "the requested tier is too small for this processor",
};
const server500 = { kind: "status", status: 500 };

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({
        tier: { p: "STARTED" },
        "too-large": { p: "STARTED" },
        refused: { p: "STARTED" },
        released: { p: "STARTED" },
        cancelled: { p: "STARTED" },
        suspended: { p: "STARTED" },
        newest: { p: "STARTED" },
        deleted: { p: { state: "STARTED", tier: "SP5" } },
        "stop-refused": { p: "STARTED" },
        "stop-dropped": { p: "STARTED" },
        "stop-lost": { p: "STARTED" },
      }),
      faults: [
        onStart("refused", 1, tierRefused),
        onStart("released", 2, server500),
        onStart("cancelled", 2, server500),
        onStart("suspended", 2, server500),
        onStart("newest", 1, server500),
        onStart("deleted", 1, server500),
        onStop("stop-refused", { kind: "status", status: 400, errorCode: "VALIDATION_ERROR", detail: "No." }),
        onStop("stop-dropped", { kind: "reset-after" }),
        onStop("stop-lost", { kind: "reset-before" }),
      ],
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

const toSP30 = "{ state: STARTED, start: { tier: SP30 } }";

it("stops, then starts on the declared tier, resuming; and looks at the workspace before it stops", async () => {
  await declareIn(loop, "tier", toSP30);
  expect(await theChangeOf(loop, "tier")).toMatchObject({ kind: "restart", outcome: "succeeded", posts: 2 });
  const calls = callsOf(loop, "tier", "getWorkspace", "stop", "startWith");
  expect(calls.map(({ operation }) => operation)).toEqual(["getWorkspace", "stop", "startWith"]);
  expect(calls.at(-1)?.body).toEqual({ tier: "SP30" });
  await passLater(loop, "tier");
  expect(await processorIn(loop, "tier")).toMatchObject({ reasonCode: "as-declared", attempts: 0 });
});

it("stops nothing for a tier the workspace does not allow, and plans no further restart", async () => {
  loop.simulator.mutate({ op: "workspace", project: PROJECT, workspace: "too-large", maxTierSize: "SP10" });
  await declareIn(loop, "too-large", toSP30);
  expect(await theChangeOf(loop, "too-large")).toMatchObject({
    outcome: "failed",
    outcomeCode: "tier-too-large",
    posts: 0,
  });
  await passLater(loop, "too-large", 7_200_000);
  await theChangeOf(loop, "too-large");
  expect(postsOf(loop, "too-large")).toEqual([]);
});

it("starts once with the old tier where the new one is refused; that version restarts no more", async () => {
  await declareIn(loop, "refused", toSP30);
  const change = await theChangeOf(loop, "refused");
  expect(change).toMatchObject({ outcome: "failed", outcomeCode: "atlas.rejected", posts: 3 });
  expect(change.outcomeText).toContain("started with its old tier");
  expect(postsOf(loop, "refused").map(({ operation, body }) => [operation, body])).toEqual([
    ["stop", null],
    ["startWith", { tier: "SP30" }],
    ["startWith", { tier: "SP10" }],
  ]);
  await passLater(loop, "refused", 7_200_000);
  await theChangeOf(loop, "refused");
  expect((await processorIn(loop, "refused")).state).toBe("STARTED");
});

it("starts a processor of the refused version with the last tier it ran on", async () => {
  loop.simulator.mutate({ op: "crash", project: PROJECT, workspace: "refused", processor: "p" });
  await passLater(loop, "refused", 7_200_000);
  await untilClosedIn(loop, "refused", 2);
  expect(postsOf(loop, "refused").at(-1)?.body).toEqual({ tier: "SP10" });
});

it("is released from its owed start by a newer STOPPED", async () => {
  await declareIn(loop, "released", toSP30);
  await untilPosts(loop, "released", 2);
  await declareIn(loop, "released", "{ state: STOPPED }");
  const [newest] = await untilClosedIn(loop, "released");
  expect(newest).toMatchObject({ kind: "restart", outcome: "superseded", outcomeCode: "policy-replaced" });
  expect(effectsOf(loop, "released")).toEqual(["stop"]);
  await passLater(loop, "released", 3_000);
  await untilClosedIn(loop, "released");
  expect(postsOf(loop, "released").filter(({ operation }) => operation === "startWith")).toHaveLength(1);
});

it("is released from its owed start by `changes cancel`, which says who it was", async () => {
  await declareIn(loop, "cancelled", toSP30);
  await untilPosts(loop, "cancelled", 2);
  const { id } = await untilOpen(loop, "cancelled");
  await cancelChange({ ...loop.app, actor: "ana" }, id);
  expect(await theChangeOf(loop, "cancelled")).toMatchObject({
    outcome: "cancelled",
    outcomeText: "cancelled by ana",
  });
  expect(effectsOf(loop, "cancelled")).toEqual(["stop"]);
});

it("is not released by a suspension: it starts what it stopped", async () => {
  await declareIn(loop, "suspended", toSP30);
  await untilPosts(loop, "suspended", 2);
  await expect(
    ask(loop, { workspace: "suspended", kind: "stop" }, { suspendForMs: 3_600_000 }),
  ).rejects.toThrow(/changes cancel/);
  expect((await processorIn(loop, "suspended")).suspendedBy).not.toBeNull();
  expect(await theChangeOf(loop, "suspended")).toMatchObject({ outcome: "succeeded", posts: 4 });
  expect(effectsOf(loop, "suspended")).toEqual(["stop", "startWith"]);
});

it("starts with the newest options where the policy changed after the stop", async () => {
  await declareIn(loop, "newest", toSP30);
  await untilPosts(loop, "newest", 2);
  await declareIn(loop, "newest", "{ state: STARTED, start: { tier: SP50, resumeFromCheckpoint: false } }");
  expect(await theChangeOf(loop, "newest")).toMatchObject({ outcome: "succeeded", posts: 3 });
  expect(postsOf(loop, "newest").map(({ body }) => body)).toEqual([null, { tier: "SP30" }, { tier: "SP50" }]);
});

it("starts what it stopped on its old tier where the policy was deleted meanwhile", async () => {
  await declareIn(loop, "deleted", toSP30);
  await untilPosts(loop, "deleted", 2);
  await applyText(loop.app, `{ project: ${PROJECT}, workspace: deleted, processors: {} }`, true);
  expect(await theChangeOf(loop, "deleted")).toMatchObject({ outcome: "succeeded", posts: 3 });
  expect(postsOf(loop, "deleted").at(-1)?.body).toEqual({ tier: "SP5" });
});

it("owes nothing where its stop was refused: nothing was stopped and nothing is started", async () => {
  await declareIn(loop, "stop-refused", toSP30);
  expect(await theChangeOf(loop, "stop-refused")).toMatchObject({
    outcome: "failed",
    outcomeText: "400 VALIDATION_ERROR: No.",
    posts: 1,
  });
  const rows = await loop.database.store.query(
    "select owes_start from changes where workspace = 'stop-refused'",
  );
  expect(rows).toEqual([{ owes_start: false }]);
  expect(effectsOf(loop, "stop-refused")).toEqual([]);
});

it.each([
  ["stop-dropped", 1],
  ["stop-lost", 2],
])("restarts once though its stop got no answer: %s", async (workspace, stops) => {
  await declareIn(loop, workspace, toSP30);
  expect(await theChangeOf(loop, workspace)).toMatchObject({ outcome: "succeeded", posts: stops + 1 });
  expect(effectsOf(loop, workspace)).toEqual(["stop", "startWith"]);
});
