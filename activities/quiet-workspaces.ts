// Workspaces in which this worker's last pass found nothing to do. As long as the list and the rows are the same, and
// no slot of a schedule comes, the next pass finds nothing either: it loads no policy and no status. Lives in memory,
// so a new worker, and with it a new program, new settings or new zone rules, begins at nothing.
import { createHash } from "node:crypto";
import { formatWorkspaceRef } from "../src/domain/refs.js";
import type { WorkspaceRef } from "../src/domain/refs.js";
import type { Observation } from "../src/domain/observation.js";
import type { QuietWorkspace } from "../src/store/pass/stamps.js";

/** With the list that the pass had seen. */
interface SeenWorkspace extends QuietWorkspace {
  readonly seen: string;
}

export interface QuietWorkspaces {
  remember(ref: WorkspaceRef, quiet: SeenWorkspace): void;
  recall(ref: WorkspaceRef): SeenWorkspace | undefined;
}

/** Some 400 bytes each. */
const WORKSPACES_MAX = 20_000;

/** Forgets everything at the workspace after the most: that costs a load each, and needs no order among them. */
export function createQuietWorkspaces(): QuietWorkspaces {
  const known = new Map<string, SeenWorkspace>();
  return {
    remember: (ref, quiet) => {
      const key = formatWorkspaceRef(ref);
      if (known.size >= WORKSPACES_MAX && !known.has(key)) known.clear();
      known.set(key, quiet);
    },
    recall: (ref) => known.get(formatWorkspaceRef(ref)),
  };
}

/** Equal for equal lists: all that passes read of them. */
export function digestList(observations: readonly Observation[]): string {
  return createHash("sha256").update(JSON.stringify(observations)).digest("base64");
}
