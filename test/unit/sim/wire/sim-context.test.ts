// Where the world meets the clock: settling brings it to now, writes its effects into the log, and says when there is
// something to save.
import { expect, it } from "vitest";
import { completeCredentials } from "../../../../src/sim/access/auth.js";
import { FaultPlan } from "../../../../src/sim/faults/faults.js";
import { createContext } from "../../../../src/sim/wire/sim-context.js";
import type { SimContext } from "../../../../src/sim/wire/sim-context.js";
import { createManualClock } from "../../../../src/sim/world/clock.js";
import type { ManualClock } from "../../../../src/sim/world/clock.js";
import { requestStart } from "../../../../src/sim/world/start-stop.js";
import type { World } from "../../../../src/sim/world/world-model.js";
import { ADDRESS, aWorld, START, theProcessor } from "../../../support/sim-world.js";

interface Bench {
  readonly context: SimContext;
  readonly clock: ManualClock;
  readonly world: World;
  saves(): number;
}

function aContext(): Bench {
  const world = aWorld({ set: ["startWith.holdMinMs=2000", "startWith.holdMaxMs=2000"] });
  const clock = createManualClock(START);
  let touched = 0;
  const touch = (): void => {
    touched += 1;
  };
  const context = createContext({
    world,
    clock,
    faults: new FaultPlan(1),
    credentials: completeCredentials(),
    logFile: null,
    closing: new AbortController().signal,
    touch,
  });
  return { context, clock, world, saves: () => touched };
}

/** A start as a request of the log asks for it. */
function start({ context, world }: Bench): number {
  const { seq } = context.log.open({
    at: START,
    method: "POST",
    operation: "startWith",
    project: "g",
    workspace: "w",
    processor: "p",
  });
  requestStart(world, ADDRESS, { options: {}, cause: { requestSeq: seq, by: "x" }, now: START });
  return seq;
}

it("says what time it is by its clock", () => {
  const { context, clock } = aContext();
  clock.advance(123);
  expect(context.settle()).toBe(START + 123);
});

it("brings the world to now, and no further", () => {
  const bench = aContext();
  start(bench);
  bench.clock.advance(1_999);
  bench.context.settle();
  expect(theProcessor(bench.world).state).toBe("CREATED");
  bench.clock.advance(1);
  bench.context.settle();
  expect(theProcessor(bench.world).state).toBe("STARTED");
});

it("marks the request at the moment of its effect, however late it is settled", () => {
  const bench = aContext();
  const seq = start(bench);
  bench.clock.advance(60_000);
  bench.context.settle();
  expect(bench.context.log.since(seq - 1)[0]).toMatchObject({
    applied: true,
    effective: true,
    appliedAt: START + 2_000,
  });
});

it("collects each effect once", () => {
  const bench = aContext();
  start(bench);
  bench.clock.advance(60_000);
  bench.context.settle();
  bench.context.settle();
  expect(bench.world.effects).toEqual([]);
});

it("has something to save when the world has changed, and only then", () => {
  const bench = aContext();
  bench.context.settle();
  expect(bench.saves()).toBe(0);
  start(bench);
  bench.context.settle();
  expect(bench.saves()).toBe(1);
  bench.clock.advance(1_000);
  bench.context.settle();
  expect(bench.saves()).toBe(1);
  bench.clock.advance(1_000);
  bench.context.settle();
  bench.context.settle();
  expect(bench.saves()).toBe(2);
});
