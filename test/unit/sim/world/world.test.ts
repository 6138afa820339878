// The states of the simulated Atlas by tables: which calls it takes, when they take effect, and what they leave behind.
import { expect, it } from "vitest";
import { provision } from "../../../../src/sim/world/moves.js";
import { requestStart, requestStop } from "../../../../src/sim/world/start-stop.js";
import type { Verdict } from "../../../../src/sim/world/start-stop.js";
import { findTarget } from "../../../../src/sim/world/world-lookup.js";
import type { StartOptions, World } from "../../../../src/sim/world/world-model.js";
import { advanceTo, takeEffects } from "../../../../src/sim/world/world.js";
import { ADDRESS, aWorld, CAUSE, START, theProcessor } from "../../../support/sim-world.js";

const start = (world: World, options: StartOptions = {}, now = START): Verdict =>
  requestStart(world, ADDRESS, { options, cause: CAUSE, now });
const stop = (world: World, now = START): Verdict => requestStop(world, ADDRESS, { cause: CAUSE, now });
const statusOf = (verdict: Verdict): number => (verdict.kind === "refused" ? verdict.refusal.status : 200);

it.each([
  { verb: "start", state: "CREATED", set: [], status: 200, then: "STARTED" },
  { verb: "start", state: "STOPPED", set: [], status: 200, then: "STARTED" },
  { verb: "start", state: "FAILED", set: [], status: 200, then: "STARTED" },
  { verb: "start", state: "STARTED", set: [], status: 400, then: "STARTED" },
  { verb: "start", state: "STARTED", set: ["startOfStarted=200"], status: 200, then: "STARTED" },
  { verb: "start", state: "PROVISIONING", set: [], status: 400, then: "PROVISIONING" },
  { verb: "stop", state: "STARTED", set: [], status: 200, then: "STOPPED" },
  { verb: "stop", state: "STOPPED", set: [], status: 400, then: "STOPPED" },
  { verb: "stop", state: "CREATED", set: ["stopOfStopped=200"], status: 200, then: "CREATED" },
  { verb: "stop", state: "FAILED", set: [], status: 400, then: "FAILED" },
  { verb: "stop", state: "FAILED", set: ["stopOfFailed=stops"], status: 200, then: "STOPPED" },
  { verb: "stop", state: "PROVISIONING", set: [], status: 200, then: "STOPPED" },
  { verb: "stop", state: "PROVISIONING", set: ["stopOfProvisioning=400"], status: 400, then: "PROVISIONING" },
])("$verb of $state with [$set] answers $status and leaves $then", ({ verb, state, set, status, then }) => {
  const world = aWorld({ set, processor: { state } });
  const verdict = verb === "start" ? start(world) : stop(world);
  expect(statusOf(verdict)).toBe(status);
  advanceTo(world, START + 10_000);
  expect(theProcessor(world).state).toBe(then);
  const didMove = state !== then;
  expect(takeEffects(world).map((effect) => effect.requestSeq)).toEqual(didMove ? [7] : []);
});

it("holds a start 1 to 5 s, and moves at the moment of the answer", () => {
  const world = aWorld();
  const verdict = start(world, { tier: "SP30" });
  if (verdict.kind !== "accepted") throw new Error("refused");
  expect(verdict.replyAt - START).toBeGreaterThanOrEqual(1_000);
  expect(verdict.replyAt - START).toBeLessThanOrEqual(5_000);
  advanceTo(world, verdict.replyAt - 1);
  expect(theProcessor(world).state).toBe("CREATED");
  advanceTo(world, verdict.replyAt);
  expect(theProcessor(world)).toMatchObject({ state: "STARTED", tier: "SP30", startedAt: verdict.replyAt });
  expect(takeEffects(world)).toEqual([{ requestSeq: 7, at: verdict.replyAt }]);
});

it("divides delays by the time scale", () => {
  const world = aWorld({ timeScale: 10, set: ["startWith.holdMinMs=4000", "startWith.holdMaxMs=4000"] });
  expect(start(world)).toMatchObject({ kind: "accepted", replyAt: START + 400 });
});

it("takes one start of two that arrive together", () => {
  const world = aWorld();
  expect(statusOf(start(world))).toBe(200);
  expect(statusOf(start(world))).toBe(400);
  advanceTo(world, START + 10_000);
  expect(takeEffects(world)).toHaveLength(1);
  expect(theProcessor(world).startCount).toBe(1);
});

it("answers 504 when an operation outlasts Atlas's patience, and finishes it all the same", () => {
  const world = aWorld({ set: ["stop.delayMs=300000"], processor: { state: "STARTED" } });
  const verdict = stop(world);
  expect(verdict).toMatchObject({
    kind: "accepted",
    replyAt: START + 180_000,
    late: { status: 504, errorCode: "STREAM_PROCESSOR_TIMEOUT", parameters: ["orders", "p"] },
  });
  advanceTo(world, START + 180_000);
  expect(theProcessor(world).state).toBe("STARTED");
  advanceTo(world, START + 300_000);
  expect(theProcessor(world).state).toBe("STOPPED");
});

it("crashes again after each start while it is in a crash loop", () => {
  const world = aWorld({ processor: { state: "FAILED", crashAfterMs: 3_000 } });
  for (const round of [1, 2]) {
    const verdict = start(world, {}, START + round * 100_000);
    if (verdict.kind !== "accepted") throw new Error("refused");
    advanceTo(world, verdict.replyAt);
    expect(theProcessor(world).state).toBe("STARTED");
    advanceTo(world, verdict.replyAt + 3_000);
    expect(theProcessor(world)).toMatchObject({ state: "FAILED", startCount: round });
    expect(theProcessor(world).errorMsg).not.toBeNull();
  }
});

it("forgets a planned failure when the processor was stopped meanwhile", () => {
  const world = aWorld({ processor: { state: "STOPPED" } });
  requestStart(world, ADDRESS, { options: {}, cause: CAUSE, now: START, failAfterMs: 60_000 });
  advanceTo(world, START + 5_000);
  stop(world, START + 6_000);
  advanceTo(world, START + 600_000);
  expect(theProcessor(world).state).toBe("STOPPED");
});

it.each([
  { then: "STARTED" as const, set: [] },
  { then: "FAILED" as const, set: [] },
])("PROVISIONING comes back by itself as $then", ({ then }) => {
  const world = aWorld({ processor: { state: "STARTED" } });
  const target = findTarget(world, ADDRESS);
  if (target.kind === "refused") throw new Error("missing");
  provision(world, target.value, { at: START, forMs: 8_000, then });
  advanceTo(world, START + 7_999);
  expect(theProcessor(world).state).toBe("PROVISIONING");
  advanceTo(world, START + 8_000);
  expect(theProcessor(world).state).toBe(then);
});

it.each([
  { reason: "tier above the maximum", options: { tier: "SP50" }, status: 400 },
  { reason: "tier at the maximum", options: { tier: "SP30" }, status: 200 },
  { reason: "a region the workspace lacks", options: { failover: { region: "OREGON_USA" } }, status: 400 },
  {
    reason: "clearCheckpoint without FORCED",
    options: { failover: { region: "VIRGINIA_USA", clearCheckpoint: true } },
    status: 400,
  },
] as const)("start options: $reason", ({ options, status }) => {
  expect(statusOf(start(aWorld({ maxTierSize: "SP30" }), options))).toBe(status);
});

it("refuses more parallel starts than the tenant lock has places for", () => {
  const world = aWorld({ set: ["tenantLock.parallelStarts=1"] });
  const workspace = world.projects.get(ADDRESS.project)?.workspaces.get("orders");
  workspace?.processors.set("q", { ...theProcessor(world), name: "q", id: "0".repeat(24) });
  expect(statusOf(start(world))).toBe(200);
  const second = requestStart(
    world,
    { ...ADDRESS, processor: "q" },
    { options: {}, cause: CAUSE, now: START },
  );
  expect(second).toMatchObject({ kind: "refused", refusal: { status: 400 } });
  advanceTo(world, START + 5_000);
  const third = requestStart(
    world,
    { ...ADDRESS, processor: "q" },
    { options: {}, cause: CAUSE, now: START },
  );
  expect(third.kind).toBe("accepted");
});

it.each([
  { set: [], status: 404, errorCode: "STREAM_PROCESSOR_NOT_FOUND_FOR_NAME" },
  { set: ["missingProcessor.status=400"], status: 400, errorCode: "STREAM_PROCESSOR_GENERIC_ERROR" },
])("a missing processor answers $status", ({ set, status, errorCode }) => {
  const verdict = requestStop(
    aWorld({ set }),
    { ...ADDRESS, processor: "gone" },
    { cause: CAUSE, now: START },
  );
  expect(verdict).toMatchObject({ kind: "refused", refusal: { status, errorCode } });
});
