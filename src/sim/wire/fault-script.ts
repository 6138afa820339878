// A fault script against the world it is to meet: a rule that can never fire is refused, because a test of a misspelt
// one would pass without having tested anything. An operation must exist. A project or workspace must be there when the
// rule is installed, unless the rule says `later`. A processor need not be: scripts speak of some that are to be
// created. Changes nothing.
import { z } from "zod";
import { parseFaults } from "../faults/faults.js";
import type { FaultRule } from "../faults/faults.js";
import type { World } from "../world/world-model.js";
import { OPERATIONS } from "./routes.js";

type When = FaultRule["when"];
type Place = "project" | "workspace" | "processor";
interface Stray {
  readonly field: string;
  readonly message: string;
}

const WITHOUT_PROJECT: readonly string[] = ["token", "revoke", "listRateLimits", "getRateLimit"];
const WITHOUT_WORKSPACE: readonly string[] = [
  ...WITHOUT_PROJECT,
  ...["listEvents", "listWorkspaces", "createWorkspace", "createSampleWorkspace"],
];
const WITH_PROCESSOR: readonly string[] = ["get", "modify", "delete", "start", "startWith", "stop"];

/** What the path of an operation names; a name in a body is not looked at. */
const NAMES: Readonly<Record<Place, (operation: string) => boolean>> = {
  project: (operation) => !WITHOUT_PROJECT.includes(operation),
  workspace: (operation) => !WITHOUT_WORKSPACE.includes(operation),
  processor: (operation) => WITH_PROCESSOR.includes(operation),
};

const operationsOf = ({ operation }: When): readonly string[] =>
  typeof operation === "string" ? [operation] : (operation ?? Object.keys(OPERATIONS));

function strayOperations(when: When): readonly Stray[] {
  const unknown = operationsOf(when).filter((one) => !Object.hasOwn(OPERATIONS, one));
  const all = Object.keys(OPERATIONS).join(", ");
  return unknown.map((one) => ({ field: "operation", message: `no operation ${one}; want one of ${all}` }));
}

/** A condition on a name that no path of its operations holds. */
function strayNames(when: When): readonly Stray[] {
  const operations = operationsOf(when);
  return (["project", "workspace", "processor"] as const)
    .filter((place) => when[place] !== undefined && !operations.some(NAMES[place]))
    .map((field) => ({ field, message: `the path of ${operations.join(", ")} names no ${field}` }));
}

function strayPlaces({ project, workspace, later }: When, world: World): readonly Stray[] {
  if (later === true) return [];
  const but = "want one that is there, or later: true for one that is to come";
  const projects = [...world.projects.values()].filter(({ id }) => project === undefined || id === project);
  if (project !== undefined && projects.length === 0)
    return [{ field: "project", message: `no project ${project}; ${but}` }];
  if (workspace === undefined || projects.some(({ workspaces }) => workspaces.has(workspace))) return [];
  return [{ field: "workspace", message: `no workspace ${workspace}; ${but}` }];
}

/** The rules of a script. Without a world only what holds in any is judged. @throws ZodError with every fault. */
export function readFaultScript(input: unknown, world: World | null): readonly FaultRule[] {
  const rules = parseFaults(input);
  const issues = rules.flatMap(({ when }, index) => {
    const unknown = strayOperations(when);
    const strays = [
      ...(unknown.length > 0 ? unknown : strayNames(when)),
      ...(world === null ? [] : strayPlaces(when, world)),
    ];
    return strays.map(({ field, message }) => ({
      code: "custom" as const,
      path: [index, "when", field],
      message,
      input: when,
    }));
  });
  if (issues.length > 0) throw new z.ZodError(issues);
  return rules;
}
