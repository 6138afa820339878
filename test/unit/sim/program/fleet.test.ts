// Generated fleets: the size as typed, the spread over workspaces and projects, and processors that hold together.
import fc from "fast-check";
import { expect, it } from "vitest";
import { generateFleet, parseFleetSize } from "../../../../src/sim/program/fleet.js";
import { buildSettings } from "../../../../src/sim/settings/settings.js";
import { createWorld } from "../../../../src/sim/world/world.js";
import type { SimProcessor, SimWorkspace, World } from "../../../../src/sim/world/world-model.js";
import { START } from "../../../support/sim-world.js";

function fleet(processors: number, workspaces: number, seed = 7): World {
  const world = createWorld({ settings: buildSettings(), seed, timeScale: 1 });
  generateFleet(world, { processors, workspaces }, START);
  return world;
}
const workspacesOf = (world: World): readonly SimWorkspace[] =>
  [...world.projects.values()].flatMap((project) => [...project.workspaces.values()]);
const processorsOf = (world: World): readonly SimProcessor[] =>
  workspacesOf(world).flatMap((workspace) => [...workspace.processors.values()]);

it.each([
  { text: "1x1", size: { processors: 1, workspaces: 1 } },
  { text: "0x3", size: { processors: 0, workspaces: 3 } },
  { text: "007x02", size: { processors: 7, workspaces: 2 } },
  { text: "9999999x999999", size: { processors: 9_999_999, workspaces: 999_999 } },
  { text: "10000000x1", size: undefined },
  { text: "1x1000000", size: undefined },
  { text: "5x0", size: undefined },
  { text: "-5x1", size: undefined },
  { text: "5X1", size: undefined },
  { text: "5 x 1", size: undefined },
  { text: "5x1x1", size: undefined },
  { text: "1e3x5", size: undefined },
  { text: "x", size: undefined },
  { text: "", size: undefined },
])("reads $text", ({ text, size }) => {
  expect(parseFleetSize(text)).toEqual(size);
});

const size = fc.record({
  processors: fc.nat(120),
  workspaces: fc.integer({ min: 1, max: 60 }),
  seed: fc.integer(),
});

it("spreads as many as asked evenly over the workspaces, 25 of those a project", () => {
  fc.assert(
    fc.property(size, ({ processors, workspaces, seed }) => {
      const world = fleet(processors, workspaces, seed);
      const sizes = workspacesOf(world).map((one) => one.processors.size);
      expect(sizes).toHaveLength(workspaces);
      expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(processors);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect([...world.projects.values()].map((one) => one.workspaces.size)).toEqual(
        Array.from({ length: Math.ceil(workspaces / 25) }, (_, index) =>
          Math.min(25, workspaces - 25 * index),
        ),
      );
    }),
    { numRuns: 50 },
  );
});

it("numbers workspaces and processors through, so that no name comes twice", () => {
  const world = fleet(30, 27);
  expect(workspacesOf(world).map((one) => one.name)).toEqual(
    Array.from({ length: 27 }, (_, index) => `workspace-${String(index + 1).padStart(4, "0")}`),
  );
  expect(processorsOf(world).map((one) => one.name)).toEqual(
    Array.from({ length: 30 }, (_, index) => `processor-${String(index + 1).padStart(6, "0")}`),
  );
});

it("makes processors whose times and words go with their state", () => {
  fc.assert(
    fc.property(size, ({ processors, seed }) => {
      for (const one of processorsOf(fleet(processors, 2, seed))) {
        expect(one.createdAt).toBeLessThanOrEqual(START);
        expect(one.createdAt).toBeGreaterThan(START - 30 * 86_400_000);
        expect(one.tier === null).toBe(one.state === "CREATED");
        expect(one.errorMsg === null).toBe(one.state !== "FAILED");
        expect(one.startedAt === null).toBe(one.state !== "STARTED");
        expect(one.checkpointAt === null).toBe(one.state === "CREATED");
      }
    }),
    { numRuns: 30 },
  );
});

it("is mostly healthy, with some of everything that needs a hand", () => {
  const states = processorsOf(fleet(4_000, 4)).map((one) => one.state);
  const share = (state: string): number => states.filter((one) => one === state).length / states.length;
  expect(share("STARTED")).toBeGreaterThan(0.6);
  for (const state of ["STOPPED", "FAILED", "CREATED"]) {
    expect(share(state)).toBeGreaterThan(0.02);
    expect(share(state)).toBeLessThan(0.2);
  }
});

it("has every tier", () => {
  const tiers = new Set(processorsOf(fleet(400, 1)).map((one) => one.tier));
  expect([...tiers].filter((tier) => tier !== null).sort()).toEqual(["SP10", "SP2", "SP30", "SP5", "SP50"]);
});
