// Starts and stops as they are asked for: every refusal with its words, how long a request is held, what an operation
// leaves pending, and who may go next. Which state takes which call is in world.test.ts.
import fc from "fast-check";
import { expect, it } from "vitest";
import { refuseTier, requestStart, requestStop } from "../../../../src/sim/world/start-stop.js";
import type { Verdict } from "../../../../src/sim/world/start-stop.js";
import { applyMutation, parseMutations } from "../../../../src/sim/world/mutations.js";
import type { SimProcessor, StartOptions, World } from "../../../../src/sim/world/world-model.js";
import { advanceTo, takeEffects } from "../../../../src/sim/world/world.js";
import {
  ADDRESS,
  alsoHas,
  aWorld,
  CAUSE,
  START,
  theProcessor,
  theWorkspace,
} from "../../../support/sim-world.js";
import type { WorldSpec } from "../../../support/sim-world.js";

const start = (world: World, options: StartOptions = {}, now = START): Verdict =>
  requestStart(world, ADDRESS, { options, cause: CAUSE, now });
const startOf = (world: World, processor: string, now = START): Verdict =>
  requestStart(world, { ...ADDRESS, processor }, { options: {}, cause: CAUSE, now });
const stop = (world: World, now = START): Verdict => requestStop(world, ADDRESS, { cause: CAUSE, now });

const innerOf = (verdict: Verdict): string =>
  verdict.kind === "accepted" ? "accepted" : String(verdict.refusal.parameters.at(-1));
const replyAtOf = (verdict: Verdict): number => (verdict.kind === "accepted" ? verdict.replyAt : -1);

interface Row {
  readonly reason: string;
  readonly spec?: WorldSpec;
  readonly options?: StartOptions;
  readonly inner: string;
}

const NO_MAX = "autoscaling needs a maximum tier";
const OUTSIDE = "is outside the autoscaling limits";

const AUTOSCALING: readonly Row[] = [
  { reason: "no maximum anywhere", options: { autoscaling: { enabled: true } }, inner: NO_MAX },
  {
    reason: "the workspace's maximum is one",
    spec: { maxTierSize: "SP30" },
    options: { autoscaling: { enabled: true } },
    inner: "accepted",
  },
  {
    reason: "a maximum of its own",
    options: { autoscaling: { enabled: true, maxTier: "SP50" } },
    inner: "accepted",
  },
  {
    reason: "its own maximum is null, the workspace's counts",
    spec: { maxTierSize: "SP10" },
    options: { autoscaling: { enabled: true, maxTier: null }, tier: "SP10" },
    inner: "accepted",
  },
  {
    reason: "a tier above its own maximum",
    options: { autoscaling: { enabled: true, maxTier: "SP10" }, tier: "SP30" },
    inner: `tier SP30 ${OUTSIDE}`,
  },
  {
    reason: "a tier below the minimum",
    options: { autoscaling: { enabled: true, minTier: "SP10", maxTier: "SP50" }, tier: "SP5" },
    inner: `tier SP5 ${OUTSIDE}`,
  },
  {
    reason: "a tier at the minimum and at the maximum",
    options: { autoscaling: { enabled: true, minTier: "SP30", maxTier: "SP30" }, tier: "SP30" },
    inner: "accepted",
  },
  { reason: "autoscaling that is off", options: { autoscaling: { enabled: false } }, inner: "accepted" },
  { reason: "limits that enable nothing", options: { autoscaling: { minTier: "SP30" } }, inner: "accepted" },
  {
    reason: "what the processor has counts, if the start says nothing",
    spec: { processor: { autoscaling: { enabled: true, maxTier: "SP10" } } },
    options: { tier: "SP30" },
    inner: `tier SP30 ${OUTSIDE}`,
  },
  {
    reason: "null resets what the processor has",
    spec: { processor: { autoscaling: { enabled: true } } },
    options: { autoscaling: null },
    inner: "accepted",
  },
];

it.each(AUTOSCALING)("autoscaling at a start: $reason", ({ spec, options, inner }) => {
  expect(innerOf(start(aWorld(spec), options))).toBe(inner);
});

const VIRGINIA = "VIRGINIA_USA";
const OREGON = { cloudProvider: "AWS", region: "OREGON_USA" };

it.each([
  { reason: "the primary region", failover: { region: VIRGINIA }, want: undefined },
  { reason: "a failover region", failover: { region: "OREGON_USA" }, want: undefined },
  { reason: "a region that it lacks", failover: { region: "PARIS" }, want: "failover.region" },
  {
    reason: "clearCheckpoint, gracefully",
    failover: { region: VIRGINIA, mode: "GRACEFUL", clearCheckpoint: true },
    want: "failover.clearCheckpoint",
  },
  {
    reason: "clearCheckpoint without a mode",
    failover: { region: VIRGINIA, clearCheckpoint: true },
    want: "failover.clearCheckpoint",
  },
  {
    reason: "clearCheckpoint by force",
    failover: { region: VIRGINIA, mode: "FORCED", clearCheckpoint: true },
    want: undefined,
  },
  {
    reason: "clearCheckpoint false, gracefully",
    failover: { region: VIRGINIA, mode: "GRACEFUL", clearCheckpoint: false },
    want: undefined,
  },
] as const)("failover at a start: $reason", ({ failover, want }) => {
  const world = aWorld();
  theWorkspace(world).failoverRegions = [OREGON];
  const verdict = start(world, { failover });
  expect(verdict.kind === "refused" ? verdict.refusal.fields?.[0]?.field : undefined).toBe(want);
});

it("simulates a failover that is only tried: accepted at once, and nothing has changed", () => {
  const world = aWorld({ processor: { state: "STOPPED" } });
  const before = JSON.stringify(theProcessor(world));
  const verdict = start(world, { failover: { region: VIRGINIA, dryRun: true }, tier: "SP30" });
  expect(verdict).toEqual({ kind: "accepted", replyAt: START, late: null });
  advanceTo(world, START + 600_000);
  expect(JSON.stringify(theProcessor(world))).toBe(before);
  expect(takeEffects(world)).toEqual([]);
});

it("moves the processor to the region of a failover", () => {
  const world = aWorld({ processor: { state: "STOPPED" } });
  start(world, { failover: { region: VIRGINIA, mode: "FORCED" } });
  advanceTo(world, START + 10_000);
  expect(theProcessor(world)).toMatchObject({ state: "STARTED", region: VIRGINIA });
});

it.each([
  { reason: "no maximum", maxTierSize: undefined, tier: "SP50", want: null },
  { reason: "below it", maxTierSize: "SP30", tier: "SP10", want: null },
  { reason: "at it", maxTierSize: "SP30", tier: "SP30", want: null },
  {
    reason: "above it",
    maxTierSize: "SP30",
    tier: "SP50",
    want: "requested tier SP50 exceeds the maximum tier SP30 of the workspace",
  },
] as const)("a tier and the workspace's maximum: $reason", ({ maxTierSize, tier, want }) => {
  const world = aWorld(maxTierSize === undefined ? {} : { maxTierSize });
  const refusal = refuseTier(world, theWorkspace(world), { processor: "p", tier });
  expect(refusal?.parameters[1] ?? null).toBe(want);
});

it("answers a tier above the maximum with the errorCode of the setting", () => {
  const world = aWorld({ maxTierSize: "SP10", set: ["tier.aboveMaxErrorCode=TIER_TOO_LARGE"] });
  expect(start(world, { tier: "SP30" })).toMatchObject({
    refusal: { status: 400, errorCode: "TIER_TOO_LARGE" },
  });
});

it.each([
  { reason: "a start while it runs", state: "STARTED", ask: start },
  { reason: "a start while it provisions", state: "PROVISIONING", ask: start },
  { reason: "a start in a state that nobody knows", state: "MOVING", ask: start },
  { reason: "a stop of a stopped one", state: "STOPPED", ask: stop },
  { reason: "a stop of one that never ran", state: "CREATED", ask: stop },
  { reason: "a stop in a state that nobody knows", state: "MOVING", ask: stop },
] as const)("names the state that does not take the call: $reason", ({ state, ask }) => {
  const verb = ask === start ? "start" : "stop";
  const verdict = ask(aWorld({ processor: { state } }));
  expect(innerOf(verdict)).toBe(`cannot ${verb} stream processor in state ${state}`);
});

it.each([
  { reason: "a second start", first: start, second: start, state: "STOPPED" },
  { reason: "a stop during a start", first: start, second: stop, state: "STOPPED" },
  { reason: "a second stop", first: stop, second: stop, state: "STARTED" },
  { reason: "a start during a stop", first: stop, second: start, state: "STARTED" },
] as const)(
  "takes one operation at a time, also if wrong states pass: $reason",
  ({ first, second, state }) => {
    const world = aWorld({ set: ["stopOfStopped=200"], processor: { state } });
    expect(first(world).kind).toBe("accepted");
    expect(second(world).kind).toBe("refused");
    advanceTo(world, START + 10_000);
    expect(takeEffects(world)).toHaveLength(1);
    expect(theProcessor(world).pending).toBeNull();
  },
);

it("answers a start of a running one at once where the setting says 200, and starts nothing", () => {
  const world = aWorld({ set: ["startOfStarted=200"], processor: { state: "STARTED" } });
  expect(start(world, { tier: "SP30" })).toEqual({ kind: "accepted", replyAt: START, late: null });
  advanceTo(world, START + 600_000);
  expect(theProcessor(world)).toMatchObject({ startCount: 0, startedAt: START, tier: null });
});

it("holds a start between the shortest and the longest hold, in simulated time", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 20_000 }),
      fc.integer({ min: 0, max: 20_000 }),
      fc.constantFrom(0.5, 1, 7, 100),
      (least, more, timeScale) => {
        const set = [`startWith.holdMinMs=${String(least)}`, `startWith.holdMaxMs=${String(least + more)}`];
        const world = aWorld({ set, timeScale });
        const held = replyAtOf(start(world)) - START;
        expect(Number.isInteger(held)).toBe(true);
        expect(held).toBeGreaterThanOrEqual(Math.floor(least / timeScale));
        expect(held).toBeLessThanOrEqual(Math.ceil((least + more) / timeScale));
      },
    ),
  );
});

it("holds a start for the shortest time where the longest is shorter still", () => {
  const world = aWorld({ set: ["startWith.holdMinMs=4000", "startWith.holdMaxMs=10"] });
  expect(replyAtOf(start(world))).toBe(START + 4_000);
});

it("answers at once where the setting says so, and moves after the hold", () => {
  const set = ["startWith.answer=at-once", "startWith.holdMinMs=3000", "startWith.holdMaxMs=3000"];
  const world = aWorld({ set });
  expect(start(world)).toEqual({ kind: "accepted", replyAt: START, late: null });
  advanceTo(world, START + 2_999);
  expect(theProcessor(world)).toMatchObject({ state: "CREATED", pending: "start" });
  advanceTo(world, START + 3_000);
  expect(theProcessor(world)).toMatchObject({ state: "STARTED", pending: null });
});

const SLOW = ["stop.delayMs=200000", "startWith.holdMinMs=200000", "startWith.holdMaxMs=200000"];

interface Late {
  readonly reason: string;
  readonly ask: (world: World) => Verdict;
  readonly state: string;
  readonly set: readonly string[];
  readonly ends: Partial<SimProcessor>;
  readonly effects: number;
}

const LATE: readonly Late[] = [
  {
    reason: "a start that finishes",
    ask: start,
    state: "STOPPED",
    set: [],
    ends: { state: "STARTED" },
    effects: 1,
  },
  {
    reason: "a stop that finishes",
    ask: stop,
    state: "STARTED",
    set: [],
    ends: { state: "STOPPED" },
    effects: 1,
  },
  {
    reason: "a start that is given up",
    ask: start,
    state: "STOPPED",
    set: ["operation.afterTimeout=is-dropped"],
    ends: { state: "STOPPED", startCount: 0 },
    effects: 0,
  },
  {
    reason: "a stop that is given up",
    ask: stop,
    state: "STARTED",
    set: ["operation.afterTimeout=is-dropped"],
    ends: { state: "STARTED", startedAt: START },
    effects: 0,
  },
];

it.each(LATE)("answers 504 after Atlas's own time-out: $reason", ({ ask, state, set, ends, effects }) => {
  const world = aWorld({ set: [...SLOW, ...set], processor: { state } });
  const verdict = ask(world);
  expect(verdict).toMatchObject({ kind: "accepted", replyAt: START + 180_000, late: { status: 504 } });
  advanceTo(world, START + 600_000);
  expect(theProcessor(world)).toMatchObject({ ...ends, pending: null });
  expect(takeEffects(world)).toHaveLength(effects);
  expect(theWorkspace(world).pendingStarts).toBe(0);
});

it("is in time where the hold ends exactly at the time-out", () => {
  const world = aWorld({ set: ["stop.delayMs=180000"], processor: { state: "STARTED" } });
  expect(stop(world)).toEqual({ kind: "accepted", replyAt: START + 180_000, late: null });
});

it("lets a processor be started again after a start was given up", () => {
  const set = [...SLOW, "operation.afterTimeout=is-dropped"];
  const world = aWorld({ set, processor: { state: "STOPPED" } });
  start(world);
  advanceTo(world, START + 179_999);
  expect(start(world, {}, START + 179_999).kind).toBe("refused");
  advanceTo(world, START + 180_000);
  expect(start(world, {}, START + 180_000).kind).toBe("accepted");
});

const LOCKED = "failed to provision resources for stream processor: timed out trying to acquire tenant lock";

it.each([1, 2, 3])("has room for %i starts of a workspace at a time, and says why not for more", (places) => {
  const world = aWorld({ set: [`tenantLock.parallelStarts=${String(places)}`] });
  const names = ["p", "q", "r", "s"];
  for (const name of names.slice(1)) alsoHas(world, name);
  expect(names.map((name) => innerOf(startOf(world, name)))).toEqual(
    names.map((_, index) => (index < places ? "accepted" : LOCKED)),
  );
  advanceTo(world, START + 5_000);
  const waiting = names.slice(places).map((name) => innerOf(startOf(world, name, START + 5_000)));
  expect(waiting).toEqual(waiting.map((_, index) => (index < places ? "accepted" : LOCKED)));
});

it("knows no lock of starts by default", () => {
  const world = aWorld();
  const names = Array.from({ length: 40 }, (_, index) => `q${String(index)}`);
  for (const name of names) alsoHas(world, name);
  expect(new Set(names.map((name) => startOf(world, name).kind))).toEqual(new Set(["accepted"]));
});

it("gives the place of a start back whose processor was deleted meanwhile", () => {
  const world = aWorld({ set: ["tenantLock.parallelStarts=1"] });
  alsoHas(world, "q");
  start(world);
  theWorkspace(world).processors.delete("p");
  expect(innerOf(startOf(world, "q"))).toBe(LOCKED);
  advanceTo(world, START + 5_000);
  expect(innerOf(startOf(world, "q", START + 5_000))).toBe("accepted");
});

it("does not start a namesake that was made while the start was held", () => {
  const world = aWorld();
  start(world);
  theWorkspace(world).processors.delete("p");
  alsoHas(world, "p", { createdAt: START + 1 });
  advanceTo(world, START + 60_000);
  expect(theProcessor(world)).toMatchObject({ state: "CREATED", startCount: 0, pending: null });
  expect(takeEffects(world)).toEqual([]);
});

it("starts once, if somebody else has started it while the start was held", () => {
  const world = aWorld({ processor: { state: "STOPPED", tier: "SP10" } });
  start(world, { tier: "SP30" });
  for (const one of parseMutations({ op: "start", ...ADDRESS, by: "anna" }))
    applyMutation(world, one, START + 1);
  advanceTo(world, START + 60_000);
  expect(theProcessor(world)).toMatchObject({
    startCount: 1,
    tier: "SP10",
    startedAt: START + 1,
    pending: null,
  });
  expect(takeEffects(world)).toEqual([]);
});

it("stops nothing, if somebody else has stopped it while the stop was held", () => {
  const world = aWorld({ processor: { state: "STARTED" } });
  stop(world);
  for (const one of parseMutations({ op: "stop", ...ADDRESS })) applyMutation(world, one, START + 1);
  advanceTo(world, START + 60_000);
  expect(theProcessor(world)).toMatchObject({ state: "STOPPED", stoppedAt: START + 1, pending: null });
  expect(takeEffects(world)).toEqual([]);
});

it.each([
  { reason: "project", address: { project: "f".repeat(24) }, errorCode: "GROUP_NOT_FOUND" },
  { reason: "workspace", address: { workspace: "x" }, errorCode: "STREAM_TENANT_NOT_FOUND_FOR_NAME" },
  { reason: "processor", address: { processor: "x" }, errorCode: "STREAM_PROCESSOR_NOT_FOUND_FOR_NAME" },
])("says which part of the address is missing: $reason", ({ address, errorCode }) => {
  const at = { ...ADDRESS, ...address };
  const refusal = { status: 404, errorCode };
  const world = aWorld();
  expect(requestStart(world, at, { options: {}, cause: CAUSE, now: START })).toMatchObject({ refusal });
  expect(requestStop(world, at, { cause: CAUSE, now: START })).toMatchObject({ refusal });
});
