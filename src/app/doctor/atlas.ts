// Atlas: whether credentials are set, and for each project whether they may do what Headgate does. Reads only.
// Every call is paid from the project's budget as any other, so an examination cannot starve the loop. A project that
// is refused is a finding, not an error: the projects beside it are still looked at.
import { formatWorkspaceRef } from "../../domain/refs.js";
import { formatCount } from "../../domain/tell/wording.js";
import { ERROR_CODES } from "../../domain/error-codes.js";
import { AppError } from "../../base/errors.js";
import type { LiveDeps } from "../look/live.js";
import { describeWorkspace, listLiveWorkspaces } from "../look/live.js";
import type { Check, Found } from "./checks.js";
import { toFoundFault } from "./checks.js";

export interface AtlasContext {
  readonly address: string;
  readonly deps: LiveDeps;
  /** What has credentials of its own, or is declared. */
  readonly projects: readonly string[];
}

/** Two calls or more each, all at once: the check as a whole has the patience of one. */
const PROJECTS_MAX = 20;

export const ATLAS_CHECKS: readonly Check<AtlasContext>[] = [
  {
    name: "atlas",
    remedy: "set the credentials of Atlas",
    examine: async ({ deps, address, projects }: AtlasContext): Promise<Found> => {
      // Opens the client and compares the Atlas it means with the one the tables belong to; sends nothing.
      await deps.atlas();
      const all = `${formatCount(projects.length, "project")} to ask for`;
      return {
        found: `credentials are set for ${address}; ${projects.length === 0 ? "no project is known yet, so they were not tried" : all}`,
      };
    },
  },
  {
    name: "project",
    // What fails by a code has its own remedy. This one is for a check that took too long as a whole.
    remedy: "see to the network, then try again",
    examine: async ({ deps, projects }: AtlasContext): Promise<Found | readonly Found[]> => {
      const asked = projects.slice(0, PROJECTS_MAX);
      const found = await Promise.all(asked.map((project) => examineProject(deps, project)));
      const rest = projects.length - asked.length;
      return rest === 0
        ? found
        : [...found, { of: "others", verdict: "skipped", found: `${String(rest)} more were not asked for` }];
    },
  },
];

/** Whoever may list processors may start and stop them: Atlas asks one role for all of it (docs/atlas.md 5). */
async function examineProject(deps: LiveDeps, project: string): Promise<Found> {
  try {
    const { workspaces } = await listLiveWorkspaces(deps, project);
    // One workspace is enough: the role is given for the project.
    const [first] = workspaces;
    if (first === undefined) {
      return {
        of: project,
        verdict: "warning",
        found: "the credentials see no workspace of it",
        remedy: "if there should be one, give them the role Project Stream Processing Owner",
      };
    }
    const processors = await describeWorkspace(deps, first);
    const count = formatCount(workspaces.length, "workspace");
    return {
      of: project,
      found: `${count}; may read the ${String(processors.length)} processors of ${formatWorkspaceRef(first)}, and so start and stop them`,
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { of: project, ...toFoundFault(error, toRemedy(error)) };
  }
}

function toRemedy({ code }: AppError): string {
  return code === "request.refused" || code === "request.unknown"
    ? "see to the project's id and to the credentials"
    : ERROR_CODES[code].remedy;
}
