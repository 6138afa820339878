// Builds small worlds for tests of the simulator's pure part: one project, one workspace, processors as asked. The time
// starts at START and moves only by advanceTo().
import { addProcessor, addWorkspace, createWorld } from "../../src/sim/world/world.js";
import type { ProcessorSeed } from "../../src/sim/world/world.js";
import { findTarget } from "../../src/sim/world/world-lookup.js";
import type { Target } from "../../src/sim/world/world-lookup.js";
import { buildSettings } from "../../src/sim/settings/settings.js";
import type {
  Cause,
  SimProcessor,
  SimProject,
  SimWorkspace,
  World,
} from "../../src/sim/world/world-model.js";

export const START = Date.UTC(2026, 5, 1);
export const SIM_PROJECT = "32b6e34b3d91647abb20e7b8";
export const ADDRESS = { project: SIM_PROJECT, workspace: "orders", processor: "p" } as const;
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
    project: SIM_PROJECT,
    name: "orders",
    maxTierSize: spec.maxTierSize,
  });
  addProcessor(world, workspace, { name: "p", createdAt: START, ...spec.processor });
  return world;
}

/** A processor of `orders` with where it stands; `p` unless another is named. */
export function theTarget(world: World, name = "p"): Target {
  const hit = findTarget(world, { ...ADDRESS, processor: name });
  if (hit.kind === "refused") throw new Error(hit.refusal.detail);
  return hit.value;
}

/** A processor of `orders` as it now is. */
export function theProcessor(world: World, name = "p"): SimProcessor {
  return theTarget(world, name).processor;
}

export function theProject(world: World): SimProject {
  const project = world.projects.get(SIM_PROJECT);
  if (project === undefined) throw new Error("the project is gone");
  return project;
}

export function theWorkspace(world: World): SimWorkspace {
  const workspace = theProject(world).workspaces.get("orders");
  if (workspace === undefined) throw new Error("the workspace is gone");
  return workspace;
}

/** Another processor of `orders`. */
export function alsoHas(world: World, name: string, seed: Partial<ProcessorSeed> = {}): SimProcessor {
  return addProcessor(world, theWorkspace(world), { createdAt: START, ...seed, name });
}

/** [type, who] of the project's events, oldest first. */
export function eventsOf(world: World): readonly (readonly [string, string | undefined])[] {
  return theProject(world).events.map((one) => [one.eventTypeName, one.modifiedBy] as const);
}
