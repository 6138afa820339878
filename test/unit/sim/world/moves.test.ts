// Each move of a processor, and what it leaves behind: counters, checkpoints, tiers, events, and the moves that follow
// it.
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  applyStart,
  applyStop,
  countInput,
  enterStarted,
  fail,
  moveState,
  planOwnRestart,
  provision,
  span,
} from "../../../../src/sim/world/moves.js";
import type { SimProcessor, StartOptions, World } from "../../../../src/sim/world/world-model.js";
import { advanceTo, planOwnRestarts, takeEffects } from "../../../../src/sim/world/world.js";
import {
  alsoHas,
  aWorld,
  CAUSE,
  eventsOf,
  START,
  theProcessor,
  theTarget,
} from "../../../support/sim-world.js";
import type { WorldSpec } from "../../../support/sim-world.js";

const startAt = (world: World, options: StartOptions = {}, at = START): void => {
  applyStart(world, theTarget(world), { kind: "start", options, cause: CAUSE, failAfterMs: null, at });
};

it("turns simulated spans into whole real milliseconds, never shorter than they are", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom(0.1, 1, 3, 60, 1_000), (ms, timeScale) => {
      const real = span(aWorld({ timeScale }), ms);
      expect(Number.isInteger(real)).toBe(true);
      expect(real * timeScale).toBeGreaterThanOrEqual(ms - 1e-6);
      expect((real - 1) * timeScale).toBeLessThan(ms + 1e-6);
    }),
  );
});

interface Moved {
  readonly reason: string;
  readonly from: string;
  readonly to: { readonly state: string; readonly errorMsg?: string };
  readonly want: Partial<SimProcessor>;
}

const AT = START + 90_000;
const MOVES: readonly Moved[] = [
  {
    reason: "into STARTED: the time is kept",
    from: "STOPPED",
    to: { state: "STARTED" },
    want: { startedAt: AT, stoppedAt: null, hasEverStarted: true },
  },
  {
    reason: "out of STARTED: the running checkpoint is the last",
    from: "STARTED",
    to: { state: "PROVISIONING" },
    want: { startedAt: null, stoppedAt: null, checkpointAt: START + 60_000 },
  },
  {
    reason: "into STOPPED: the 45 days begin",
    from: "FAILED",
    to: { state: "STOPPED" },
    want: { startedAt: null, stoppedAt: AT },
  },
  {
    reason: "out of STOPPED: the 45 days are over",
    from: "STOPPED",
    to: { state: "FAILED", errorMsg: "no broker" },
    want: { stoppedAt: null, errorMsg: "no broker" },
  },
  {
    reason: "into a word that nobody knows",
    from: "STARTED",
    to: { state: "MOVING" },
    want: { state: "MOVING", startedAt: null, stoppedAt: null },
  },
  {
    reason: "from STARTED to STARTED: a new life",
    from: "STARTED",
    to: { state: "STARTED" },
    want: { startedAt: AT, checkpointAt: START + 60_000 },
  },
];

it.each(MOVES)("moves $reason", ({ from, to, want }) => {
  const world = aWorld({ processor: { state: from, tier: "SP10" } });
  const { generation } = theProcessor(world);
  const { revision } = world;
  moveState(world, theTarget(world), { ...to, at: AT });
  expect(theProcessor(world)).toMatchObject({ ...want, state: to.state });
  expect(theProcessor(world)).toMatchObject({
    before: { state: from, tier: "SP10" },
    generation: generation + 1,
  });
  expect(world.revision).toBeGreaterThan(revision);
});

it("clears the error of a failed one with the next move", () => {
  const world = aWorld({ processor: { state: "FAILED", errorMsg: "no broker" } });
  moveState(world, theTarget(world), { state: "STOPPED", at: AT });
  expect(theProcessor(world).errorMsg).toBeNull();
});

it("counts messages while it is STARTED only, by simulated seconds, and loses none at a move", () => {
  const world = aWorld({ timeScale: 10, processor: { state: "STARTED", messagesPerSecond: 3 } });
  const target = theTarget(world);
  expect(countInput(world, target, START + 1_000)).toBe(30);
  expect(countInput(world, target, START - 5_000)).toBe(0);
  moveState(world, target, { state: "PROVISIONING", at: START + 2_000 });
  expect(countInput(world, target, START + 9_000)).toBe(60);
  moveState(world, target, { state: "STARTED", at: START + 9_000 });
  expect(countInput(world, target, START + 10_000)).toBe(90);
});

it("never counts back, however often it is moved", () => {
  const states = fc.array(fc.constantFrom("STARTED", "STOPPED", "FAILED", "PROVISIONING"), { maxLength: 12 });
  fc.assert(
    fc.property(states, (path) => {
      const world = aWorld();
      let [now, last] = [START, 0];
      for (const state of path) {
        now += 1_700;
        moveState(world, theTarget(world), { state, at: now });
        const count = countInput(world, theTarget(world), now);
        expect(count).toBeGreaterThanOrEqual(last);
        last = count;
      }
    }),
  );
});

interface Tiers {
  readonly reason: string;
  readonly spec?: WorldSpec;
  readonly options?: StartOptions;
  readonly want: Partial<SimProcessor>;
}

const TIERS: readonly Tiers[] = [
  { reason: "the one named", options: { tier: "SP30" }, want: { tier: "SP30" } },
  { reason: "none named, none had: the workspace's", want: { tier: "SP10" } },
  {
    reason: "none named, none had, and the default is not shown",
    spec: { set: ["tier.shownWhenDefaulted=false"] },
    want: { tier: null },
  },
  {
    reason: "none named: it keeps its own",
    spec: { processor: { tier: "SP50" } },
    want: { tier: "SP50" },
  },
  {
    reason: "none named, and the setting falls back to the workspace's",
    spec: { set: ["start.withoutTier=workspace-default"], processor: { tier: "SP50" } },
    want: { tier: "SP10" },
  },
  {
    reason: "a tier named ends what autoscaling chose",
    spec: { processor: { effectiveTier: "SP50", autoscaling: { enabled: true, maxTier: "SP50" } } },
    options: { tier: "SP30" },
    want: { tier: "SP30", effectiveTier: null },
  },
  {
    reason: "none named: what autoscaling chose stays",
    spec: { processor: { tier: "SP10", effectiveTier: "SP50", autoscaling: { enabled: true } } },
    want: { tier: "SP10", effectiveTier: "SP50" },
  },
  {
    reason: "autoscaling turned off ends what it chose",
    spec: { processor: { tier: "SP10", effectiveTier: "SP50", autoscaling: { enabled: true } } },
    options: { autoscaling: null },
    want: { tier: "SP10", effectiveTier: null, autoscaling: null },
  },
  {
    reason: "autoscaling turned on",
    options: { autoscaling: { enabled: true, maxTier: "SP30" } },
    want: { autoscaling: { enabled: true, maxTier: "SP30" } },
  },
];

it.each(TIERS)("starts with the tier: $reason", ({ spec, options, want }) => {
  const world = aWorld(spec);
  startAt(world, options);
  expect(theProcessor(world)).toMatchObject(want);
});

it("remembers of the last start when, where, with what and by whom", () => {
  const world = aWorld({ processor: { state: "STOPPED" } });
  startAt(world, { tier: "SP30" }, AT);
  const position = { kind: "checkpoint", at: START };
  expect(theProcessor(world).lastStart).toEqual({
    at: AT,
    tier: "SP30",
    position,
    by: "tester",
    requestSeq: 7,
  });
  expect(eventsOf(world)).toEqual([["STREAM_PROCESSOR_STARTED", "tester"]]);
  expect(takeEffects(world)).toEqual([{ requestSeq: 7, at: AT }]);
});

it.each([
  { reason: "from the checkpoint", options: {}, checkpointAt: START },
  { reason: "fresh", options: { resumeFromCheckpoint: false }, checkpointAt: null },
  { reason: "at a time", options: { startAtOperationTime: "2026-05-31T00:00:00Z" }, checkpointAt: null },
])("keeps the old checkpoint through a start $reason: $checkpointAt", ({ options, checkpointAt }) => {
  const world = aWorld({ processor: { state: "STOPPED" } });
  startAt(world, options, AT);
  fail(world, theTarget(world), { at: AT + 1, errorMsg: "no broker" });
  expect(theProcessor(world).checkpointAt).toBe(checkpointAt);
});

it("has no effect to show for what no request asked for", () => {
  const world = aWorld({ processor: { state: "STARTED" } });
  applyStop(world, theTarget(world), { at: AT, cause: { requestSeq: null, by: "somebody" } });
  expect(takeEffects(world)).toEqual([]);
  expect(eventsOf(world)).toEqual([["STREAM_PROCESSOR_STOPPED", "somebody"]]);
});

it.each([
  { reason: "a running one takes a last checkpoint", state: "STARTED", checkpointAt: AT },
  { reason: "a failed one keeps what it had", state: "FAILED", checkpointAt: START },
  { reason: "a provisioning one keeps what it had", state: "PROVISIONING", checkpointAt: START },
])("stops: $reason", ({ state, checkpointAt }) => {
  const world = aWorld({ processor: { state } });
  applyStop(world, theTarget(world), { at: AT, cause: CAUSE });
  expect(theProcessor(world)).toMatchObject({ state: "STOPPED", stoppedAt: AT, checkpointAt });
});

it("says in the events why it failed, and that nobody did it", () => {
  const world = aWorld({ processor: { state: "STARTED" } });
  fail(world, theTarget(world), { at: AT, errorMsg: "out of memory" });
  const [event] = [...world.projects.values()].flatMap((one) => one.events);
  expect(event).toMatchObject({
    eventTypeName: "STREAM_PROCESSOR_STATE_IS_FAILED",
    processorState: "FAILED",
    processorErrorMsg: "out of memory",
    instanceName: "orders",
    processorName: "p",
    at: AT,
  });
  expect(event).not.toHaveProperty("modifiedBy");
});

it.each([
  { reason: "a scripted failure", failAfterMs: 4_000, crashAfterMs: null, failsAt: 4_000 },
  { reason: "its own crash loop", failAfterMs: null, crashAfterMs: 6_000, failsAt: 6_000 },
  {
    reason: "the script comes before the crash loop",
    failAfterMs: 9_000,
    crashAfterMs: 6_000,
    failsAt: 9_000,
  },
])("fails after it has started: $reason", ({ failAfterMs, crashAfterMs, failsAt }) => {
  const world = aWorld({ processor: { crashAfterMs } });
  enterStarted(world, theTarget(world), { at: START, failAfterMs });
  advanceTo(world, START + failsAt - 1);
  expect(theProcessor(world).state).toBe("STARTED");
  advanceTo(world, START + failsAt);
  expect(theProcessor(world)).toMatchObject({
    state: "FAILED",
    errorMsg: "Stream processor failed: injected crash",
  });
});

it("runs on without a crash planned", () => {
  const world = aWorld();
  enterStarted(world, theTarget(world), { at: START, failAfterMs: null });
  expect(world.queue.toList()).toEqual([]);
});

it.each([
  { then: "FAILED", errorMsg: "Stream processor failed: could not provision resources" },
  { then: "STARTED", errorMsg: null },
] as const)("ends PROVISIONING as $then", ({ then, errorMsg }) => {
  const world = aWorld({ timeScale: 2, processor: { state: "STARTED" } });
  provision(world, theTarget(world), { at: START, forMs: 10_000, then });
  advanceTo(world, START + 4_999);
  expect(theProcessor(world).state).toBe("PROVISIONING");
  advanceTo(world, START + 5_000);
  expect(theProcessor(world)).toMatchObject({ state: then, errorMsg });
});

it("fails of its crash loop also after PROVISIONING", () => {
  const world = aWorld({ set: ["startWith.provisioningMs=2000"], processor: { crashAfterMs: 1_000 } });
  startAt(world);
  expect(theProcessor(world).state).toBe("PROVISIONING");
  advanceTo(world, START + 2_000);
  expect(theProcessor(world).state).toBe("STARTED");
  advanceTo(world, START + 3_000);
  expect(theProcessor(world).state).toBe("FAILED");
});

it.each([
  {
    reason: "a stop",
    move: (world: World) => {
      moveState(world, theTarget(world), { state: "STOPPED", at: AT });
    },
  },
  {
    reason: "a failure",
    move: (world: World) => {
      fail(world, theTarget(world), { at: AT, errorMsg: "x" });
    },
  },
  {
    reason: "another provisioning",
    move: (world: World) => {
      provision(world, theTarget(world), { at: AT, forMs: 1e9, then: "STARTED" });
    },
  },
])("forgets the end of a PROVISIONING that $reason has cut short", ({ move }) => {
  const world = aWorld({ processor: { state: "STARTED" } });
  provision(world, theTarget(world), { at: START, forMs: 100_000, then: "STARTED" });
  advanceTo(world, AT);
  move(world);
  const { state } = theProcessor(world);
  advanceTo(world, START + 600_000);
  expect(theProcessor(world).state).toBe(state);
});

const OWN = ["ownRestart.everyMs=100000", "ownRestart.provisioningMs=20000"];

it("is restarted by Atlas itself, again and again, about as often as the setting says", () => {
  const world = aWorld({ set: OWN, processor: { state: "STARTED" } });
  planOwnRestarts(world, START);
  let restarts = 0;
  let last = "STARTED";
  for (let now = START; now <= START + 12_000_000; now += 1_000) {
    advanceTo(world, now);
    const { state } = theProcessor(world);
    if (state === "PROVISIONING" && last === "STARTED") restarts += 1;
    last = state;
  }
  expect(restarts).toBeGreaterThan(80);
  expect(restarts).toBeLessThan(125);
  expect(theProcessor(world).startCount).toBe(0);
  expect(eventsOf(world)).toEqual([]);
});

it.each([
  { reason: "the setting is off", set: [], state: "STARTED", planned: 0 },
  { reason: "it does not run", set: OWN, state: "STOPPED", planned: 0 },
  { reason: "it runs", set: OWN, state: "STARTED", planned: 1 },
])("plans a restart by Atlas itself: $reason", ({ set, state, planned }) => {
  const world = aWorld({ set, processor: { state } });
  planOwnRestarts(world, START);
  expect(world.queue.toList()).toHaveLength(planned);
});

it("plans each own restart between half and one and a half of the mean", () => {
  const world = aWorld({ set: OWN, processor: { state: "STARTED" } });
  for (let index = 0; index < 200; index += 1) planOwnRestart(world, theTarget(world), START);
  const spans = world.queue.toList().map((one) => one.at - START);
  expect(Math.min(...spans)).toBeGreaterThanOrEqual(50_000);
  expect(Math.max(...spans)).toBeLessThanOrEqual(150_000);
  expect(new Set(spans).size).toBeGreaterThan(100);
});

it("leaves the others of the workspace alone", () => {
  const world = aWorld({ processor: { state: "STOPPED" } });
  alsoHas(world, "q", { state: "STOPPED" });
  const before = JSON.stringify(theProcessor(world, "q"));
  startAt(world, { tier: "SP30" });
  advanceTo(world, START + 100_000);
  expect(JSON.stringify(theProcessor(world, "q"))).toBe(before);
});
