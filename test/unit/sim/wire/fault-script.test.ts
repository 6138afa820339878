// Fault scripts against a world: which rules can never fire, and what the refusal says of each.
import { expect, it } from "vitest";
import { ZodError } from "zod";
import { readFaultScript } from "../../../../src/sim/wire/fault-script.js";
import { OPERATIONS } from "../../../../src/sim/wire/routes.js";
import { addWorkspace } from "../../../../src/sim/world/world.js";
import { aWorld } from "../../../support/sim-world.js";

const OTHER = "a".repeat(24);

/** The workspace of the support file, and one called "elsewhere" in another project. */
function theWorld(): { world: ReturnType<typeof aWorld>; project: string; workspace: string } {
  const world = aWorld({});
  const [first] = world.projects.values();
  const [workspace] = first?.workspaces.keys() ?? [];
  addWorkspace(world, { project: OTHER, name: "elsewhere" });
  return { world, project: first?.id ?? "", workspace: workspace ?? "" };
}

/** Every fault as "path: message", or none. */
function faultsOf(when: object, isAlone = false): readonly string[] {
  const { world } = theWorld();
  try {
    readFaultScript({ when, what: { kind: "hang" } }, isAlone ? null : world);
    return [];
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    return error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  }
}

const { project, workspace } = theWorld();
const BUT = "want one that is there, or later: true for one that is to come";
const ALL = Object.keys(OPERATIONS).join(", ");

it.each([
  { reason: "no condition", when: {} },
  { reason: "every operation", when: { operation: Object.keys(OPERATIONS) } },
  { reason: "a workspace of any project", when: { workspace: "elsewhere" } },
  { reason: "a workspace of its project", when: { project, workspace } },
  { reason: "a processor that is to be created", when: { workspace, processor: "nobody" } },
  { reason: "places that come later", when: { project: "p", workspace: "w", later: true } },
  { reason: "one operation of several that names one", when: { operation: ["list", "get"], processor: "p" } },
])("takes a rule: $reason", ({ when }) => {
  expect(faultsOf(when)).toEqual([]);
});

it.each([
  {
    when: { operation: ["get", "Stop"] },
    faults: [`0.when.operation: no operation Stop; want one of ${ALL}`],
  },
  { when: { workspace: "nowhere" }, faults: [`0.when.workspace: no workspace nowhere; ${BUT}`] },
  {
    when: { project: OTHER, workspace },
    faults: [`0.when.workspace: no workspace ${workspace}; ${BUT}`],
  },
  { when: { project: "nowhere", workspace }, faults: [`0.when.project: no project nowhere; ${BUT}`] },
  {
    when: { operation: "createWorkspace", workspace },
    faults: ["0.when.workspace: the path of createWorkspace names no workspace"],
  },
  {
    when: { operation: ["list", "create"], workspace, processor: "p" },
    faults: ["0.when.processor: the path of list, create names no processor"],
  },
])("refuses a rule that can never fire: $when", ({ when, faults }) => {
  expect(faultsOf(when)).toEqual(faults);
});

it("judges no place without a world", () => {
  expect(faultsOf({ project: "nowhere", workspace: "nowhere" }, true)).toEqual([]);
  expect(faultsOf({ operation: "nothing" }, true)).toHaveLength(1);
});
