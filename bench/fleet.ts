// The fleets of the loop's bench: which workspaces and processors there are, and their policies. The same names in the
// simulator's process and in the bench's.
import { DEFAULT_RECOVERY } from "../src/domain/policy.js";
import type { Policy } from "../src/domain/policy.js";
import type { WorkspaceRef } from "../src/domain/refs.js";
import { DEFAULT_SETTINGS } from "../src/domain/settings.js";
import { writePolicies } from "../src/store/people/policies.js";
import type { Store } from "../src/store/postgres/pool.js";

export interface BenchFleet {
  readonly workspaces: number;
  readonly workspacesPerProject: number;
  readonly processorsPerWorkspace: number;
  /** Of every processor, at the beginning. */
  readonly state: "STARTED" | "FAILED";
}

const POLICY: Policy = {
  state: "STARTED",
  mode: "enforce",
  start: { tier: "SP10" },
  recovery: DEFAULT_RECOVERY,
};

export function workspacesOf({ workspaces, workspacesPerProject }: BenchFleet): readonly WorkspaceRef[] {
  return Array.from({ length: workspaces }, (_, index) => ({
    project: (Math.floor(index / workspacesPerProject) + 1).toString(16).padStart(24, "0"),
    workspace: `w-${String(index + 1)}`,
  }));
}

export function namesOf({ processorsPerWorkspace }: BenchFleet): readonly string[] {
  return Array.from({ length: processorsPerWorkspace }, (_, index) => `p-${String(index + 1)}`);
}

const SLICE = 50;

/**
 * Declares all STARTED, by the statements that `apply` ends with: `apply` itself would look at each workspace first.
 */
export async function declareFleet(store: Store, fleet: BenchFleet): Promise<void> {
  const refs = workspacesOf(fleet);
  const { intervalMs } = DEFAULT_SETTINGS;
  for (let from = 0; from < refs.length; from += SLICE) {
    const writes = refs
      .slice(from, from + SLICE)
      .flatMap((ref) =>
        namesOf(fleet).map((processor) => ({ ref: { ...ref, processor }, before: undefined, after: POLICY })),
      );
    await writePolicies(store, { author: "bench", writes, releasesBrake: false, intervalMs });
  }
}
