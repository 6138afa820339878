// Builds small worlds for tests of the simulator's pure part: one project, one workspace, processors as asked. The time
// starts at START and moves only by advanceTo().
import { addProcessor, addWorkspace, createWorld } from "../../../src/sim/world/world.js";
import type { ProcessorSeed } from "../../../src/sim/world/world.js";
import { findTarget } from "../../../src/sim/world/world-lookup.js";
import { buildSettings } from "../../../src/sim/settings/settings.js";
import type { Cause, SimProcessor, World } from "../../../src/sim/world/world-model.js";

export const START = Date.UTC(2026, 5, 1);
const PROJECT = "32b6e34b3d91647abb20e7b8";
export const ADDRESS = { project: PROJECT, workspace: "orders", processor: "p" } as const;
export const CAUSE: Cause = { requestSeq: 7, by: "tester" };

export interface WorldSpec {
  readonly set?: readonly string[];
  readonly timeScale?: number;
  readonly maxTierSize?: "SP10" | "SP30";
  readonly processor?: Partial<ProcessorSeed>;
}

/** A world with the processor `p` in the workspace `orders`, CREATED unless the spec says otherwise. */
export function aWorld(spec: WorldSpec = {}): World {
  const settings = buildSettings(spec.set);
  const world = createWorld({ settings, seed: 7, timeScale: spec.timeScale ?? 1 });
  const workspace = addWorkspace(world, {
    project: PROJECT,
    name: "orders",
    maxTierSize: spec.maxTierSize,
  });
  addProcessor(world, workspace, { name: "p", createdAt: START, ...spec.processor });
  return world;
}

/** The processor `p`. */
export function theProcessor(world: World): SimProcessor {
  const hit = findTarget(world, ADDRESS);
  if (hit.kind === "refused") throw new Error(hit.refusal.detail);
  return hit.value.processor;
}
