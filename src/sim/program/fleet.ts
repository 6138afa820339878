// Generated fleets: as many processors in as many workspaces as asked, the same for the same seed, for benches and for
// trying things by hand. Pure. Names are numbered through, so that a processor's name says which it is in the whole
// fleet.
import { addSampleConnection } from "../world/connections.js";
import { drawHex, drawInteger } from "../world/random.js";
import { TIERS } from "../world/tiers.js";
import { addProcessor, addWorkspace } from "../world/world.js";
import type { World } from "../world/world-model.js";

export interface FleetSize {
  readonly processors: number;
  readonly workspaces: number;
}

/** So that a large fleet has several projects, each with a budget of its own. */
const WORKSPACES_PER_PROJECT = 25;
/** Out of twenty: a mostly healthy fleet with some of everything that needs a hand. */
const STATES = [
  ...Array.from({ length: 14 }, () => "STARTED"),
  "STOPPED",
  "STOPPED",
  "FAILED",
  "FAILED",
  "CREATED",
  "STARTED",
] as const;

/** `NxM` as N processors in M workspaces; undefined when it is not that. */
export function parseFleetSize(text: string): FleetSize | undefined {
  const match = /^(\d{1,7})x(\d{1,6})$/.exec(text);
  const processors = Number(match?.[1]);
  const workspaces = Number(match?.[2]);
  return match !== null && workspaces > 0 && processors >= 0 ? { processors, workspaces } : undefined;
}

const numbered = (word: string, index: number, digits: number): string =>
  `${word}-${String(index + 1).padStart(digits, "0")}`;

/** Fills the world: processors spread evenly, 25 workspaces a project. Draws only from the world's own seed. */
export function generateFleet(world: World, size: FleetSize, now: number): void {
  let projectId = "";
  for (let index = 0; index < size.workspaces; index += 1) {
    if (index % WORKSPACES_PER_PROJECT === 0) projectId = drawHex(world.random, 24);
    const workspace = addWorkspace(world, { project: projectId, name: numbered("workspace", index, 4) });
    addSampleConnection(workspace);
    // Reckoned from the whole each time: the sizes differ by one at most, and their sum is what was asked for.
    const first = Math.floor((index * size.processors) / size.workspaces);
    const end = Math.floor(((index + 1) * size.processors) / size.workspaces);
    for (let number = first; number < end; number += 1) {
      const state = STATES[drawInteger(world.random, STATES.length)] ?? "STARTED";
      const tier = TIERS[drawInteger(world.random, TIERS.length)] ?? "SP10";
      const createdAt = now - drawInteger(world.random, 30 * 86_400_000);
      addProcessor(world, workspace, {
        name: numbered("processor", number, 6),
        createdAt,
        state,
        tier: state === "CREATED" ? null : tier,
        errorMsg: state === "FAILED" ? "Stream processor failed: injected by the fleet generator" : null,
      });
    }
  }
}
