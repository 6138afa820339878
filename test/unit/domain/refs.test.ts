// Names of things: which texts become refs, and that a ref never carries what a path or a workflow id would take amiss.
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  formatProcessorRef,
  formatWorkspaceRef,
  isName,
  isProjectId,
  parseProcessorRef,
  parseWorkspaceRef,
} from "../../../src/domain/refs.js";
import { REF } from "../../support/domain-builders.js";

const { project } = REF;

it.each(["clicks", "a", "0", "Clicks to Lake", "v1.2_x-y:z", "a".repeat(128)])("%j is a name", (text) => {
  expect(isName(text)).toBe(true);
});

it.each([
  "",
  " clicks",
  "-clicks",
  ".",
  "..",
  "a/b",
  "a%2Fb",
  "a\\b",
  "a?b",
  "a#b",
  "a\nb",
  "a\n",
  "a\u0000",
  "é",
  "a".repeat(129),
])("%j is no name", (text) => {
  expect(isName(text)).toBe(false);
});

it.each(["", project.toUpperCase(), project.slice(1), `${project}0`, `${project}\n`, "g".repeat(24)])(
  "%j is no project",
  (text) => {
    expect(isProjectId(text)).toBe(false);
  },
);

it("three parts are a processor, two a workspace", () => {
  expect(parseProcessorRef(`${project}/orders/clicks`)).toEqual(REF);
  expect(parseWorkspaceRef(`${project}/orders`)).toEqual({ project, workspace: "orders" });
});

it.each([
  "",
  "/",
  "//",
  project,
  `${project}/`,
  `${project}/orders`,
  `${project}/orders/`,
  `${project}//clicks`,
  `/${project}/orders/clicks`,
  `${project}/orders/clicks/`,
  `${project}/orders/clicks/more`,
  `nothex/orders/clicks`,
  `${project}/orders/..`,
])("%j is no processor", (text) => {
  expect(parseProcessorRef(text)).toBeUndefined();
});

it.each(["", project, `${project}/`, `${project}/orders/`, `${project}/orders/clicks`, `x/orders`])(
  "%j is no workspace",
  (text) => {
    expect(parseWorkspaceRef(text)).toBeUndefined();
  },
);

const names = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,30}$/);
const projects = fc.stringMatching(/^[0-9a-f]{24}$/);
const refs = fc.record({ project: projects, workspace: names, processor: names });

it("what is written reads back as the same ref", () => {
  fc.assert(
    fc.property(refs, (ref) => {
      expect(parseProcessorRef(formatProcessorRef(ref))).toEqual(ref);
      const { project: its, workspace } = ref;
      expect(parseWorkspaceRef(formatWorkspaceRef(ref))).toEqual({ project: its, workspace });
    }),
    { numRuns: 100 },
  );
});
