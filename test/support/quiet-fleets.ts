// Fleets in which nothing drifts, of any size: what is declared runs on its declared tier. For tests that count what
// such a fleet costs. Asserts nothing itself.
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import type { SimulatorOptions } from "../../src/sim/wire/server.js";
import { writePolicies } from "../../src/store/people/policies.js";
import type { Store } from "../../src/store/postgres/pool.js";
import { PROJECT, aFleet, many, toNames } from "./fleets.js";
import { aPolicy } from "./store-rows.js";

export interface FleetSize {
  /** `w-1`, `w-2` ... */
  readonly workspaces: number;
  /** In each workspace: `p-1`, `p-2` ... */
  readonly processors: number;
}

/** All STARTED on SP10. */
export function aQuietFleet(size: FleetSize): NonNullable<SimulatorOptions["populate"]> {
  const running = many(size.processors, "STARTED");
  return aFleet(Object.fromEntries(toNames(size.workspaces, "w").map((name) => [name, running])));
}

/** Declares all of it, in one write, and asks for no pass. */
export async function declareQuietFleet(store: Store, size: FleetSize): Promise<void> {
  const after = aPolicy({ start: { tier: "SP10" } });
  const writes = toNames(size.workspaces, "w").flatMap((workspace) =>
    toNames(size.processors).map((processor) => ({
      ref: { project: PROJECT, workspace, processor },
      before: undefined,
      after,
    })),
  );
  const { intervalMs } = DEFAULT_SETTINGS;
  await writePolicies(store, { author: "tester", writes, releasesBrake: false, intervalMs });
}
