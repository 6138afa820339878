// The one JSON line that `headgate sim` prints on stdout once it listens. It holds the simulator's credentials on
// purpose; they open nothing else.
import type { SimCredentials } from "../access/auth.js";
import type { World } from "../world/world-model.js";

const SHOWN_PROCESSORS = 100;

export interface ProjectSummary {
  readonly id: string;
  readonly workspaces: readonly {
    readonly name: string;
    /** The first hundred names. */
    readonly processors: readonly string[];
    readonly count: number;
  }[];
}

export function summarizeProjects(world: World): readonly ProjectSummary[] {
  return [...world.projects.values()].map((project) => ({
    id: project.id,
    workspaces: [...project.workspaces.values()].map((workspace) => ({
      name: workspace.name,
      processors: [...workspace.processors.keys()].slice(0, SHOWN_PROCESSORS),
      count: workspace.processors.size,
    })),
  }));
}

/** The line, without its line break. */
export function toStartLine(started: {
  readonly url: string;
  readonly credentials: SimCredentials;
  readonly projects: readonly ProjectSummary[];
}): string {
  const { clientId, clientSecret, publicKey, privateKey } = started.credentials;
  const credentials = { clientId, clientSecret, publicKey, privateKey };
  return JSON.stringify({ url: started.url, credentials, projects: started.projects });
}
