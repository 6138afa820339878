// Names as they are written: a key or a name is what stands in the file, never what YAML makes of it. What YAML 1.2
// (yaml 2.9.1, core schema) takes for a number or a boolean is in the reason; PyYAML 6.0.2 and Go's yaml v3 write the
// projects below without quotes.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { isName, isProjectId } from "../../../src/domain/refs.js";
import { fixPolicyFile } from "../../../src/policy-file/lint-fix.js";
import { HEAD, PROJECT, findFaults, parseSound } from "./documents.js";

const NAME =
  "1 to 128 letters, digits, spaces, dots, colons, underscores or hyphens, starting with a letter or digit";
const IN_QUOTES = ", in quotes, because YAML reads this as null";
const ALIASES = "aliases of whole values, such as `start: *small`, and `defaults` for what all share";

function readCase(name: string): string {
  return readFileSync(new URL(`../../cases/names/${name}.yaml`, import.meta.url), "utf8");
}

function readNames(text: string): readonly string[] {
  return parseSound(text).set.processors.map(({ ref }) => ref.processor);
}

it("reads every name of the case as it is written, and refuses .inf, which is none", () => {
  const text = readCase("numbers-as-names");
  expect(findFaults(text)).toMatchObject([
    { line: 10, path: "processors..inf", value: 'the name ".inf"', allowed: NAME },
  ]);
  expect([...readNames(text.replace(/.*\.inf.*\n/, ""))].sort()).toEqual([
    "007",
    "0x1F",
    "1.10",
    "1e3",
    "2024-05-04",
    "true",
  ]);
});

it("reads 1.1 and 1.10 as two processors", () => {
  const { processors } = parseSound(readCase("two-that-are-not-one")).set;
  expect(processors.map(({ ref, policy }) => [ref.processor, policy.state])).toEqual([
    ["1.1", "STOPPED"],
    ["1.10", "STARTED"],
  ]);
});

it("finds the fault of a processor whose name looks like a number", () => {
  expect(findFaults(readCase("fault-under-a-number"))).toEqual([
    {
      file: "fleet.yaml",
      line: 5,
      path: "processors.007.state",
      value: '"Started"',
      allowed: "STARTED or STOPPED",
    },
  ]);
});

it.each(["007", "08", "0o17", "0x1F", "1e3", "5e12", "1.10", "1.0", "1_000", "0b11", "True", "FALSE", "no"])(
  "reads the processor and the workspace %s, with quotes and without",
  (name) => {
    for (const written of [name, `"${name}"`, `'${name}'`, `!!str ${name}`]) {
      const text = `project: ${PROJECT}\nworkspace: ${written}\nprocessors:\n  ${written}: {}\n`;
      expect(parseSound(text).set).toMatchObject({
        processors: [{ ref: { project: PROJECT, workspace: name, processor: name }, line: 4 }],
        workspaces: [{ workspace: name }],
      });
    }
  },
);

it.each(["5e0123456789012345678901", "123456789012345678901234", "000000000000000000000000"])(
  "reads the project %s, whose digits a number would lose",
  (project) => {
    const text = `project: ${project}\nworkspace: orders\nprocessors: {}\n`;
    expect(parseSound(text).set.workspaces).toEqual([{ project, workspace: "orders" }]);
  },
);

it("reads whatever is made of the characters of numbers as what it is", () => {
  const digits = fc.constantFrom(...Array.from("0123456789abcdefx._oE-"));
  const some = fc.string({ unit: digits, minLength: 1, maxLength: 30 }).filter(isName);
  const someProject = fc
    .string({ unit: fc.constantFrom(...Array.from("0123456789e")), minLength: 24, maxLength: 24 })
    .filter(isProjectId);
  fc.assert(
    fc.property(someProject, some, fc.uniqueArray(some, { minLength: 1 }), (project, workspace, names) => {
      const lines = names.map((name) => `  ${name}: {}\n`).join("");
      const { processors } = parseSound(
        `project: ${project}\nworkspace: ${workspace}\nprocessors:\n${lines}`,
      ).set;
      expect(new Set(processors.map(({ ref }) => ref))).toEqual(
        new Set(names.map((processor) => ({ project, workspace, processor }))),
      );
    }),
  );
});

it("tells a name twice only where its characters are the same", () => {
  const text = `${HEAD}processors:\n  7: {}\n  007: {}\n  "007": {}\n  7.0: {}\n`;
  expect(findFaults(text)).toMatchObject([{ line: 6, value: "a second field of this name", allowed: "one" }]);
});

it.each([
  { reason: "a processor", text: `${HEAD}processors:\n  null: {}\n`, line: 4, value: "the name null" },
  { reason: "a tilde", text: `${HEAD}processors:\n  ~: {}\n`, line: 4, value: "the name ~" },
  {
    reason: "a workspace",
    text: `project: ${PROJECT}\nworkspace: Null\nprocessors: {}\n`,
    line: 2,
    value: "Null",
  },
])("refuses $reason that YAML reads as null, and says how it would be a name", ({ text, line, value }) => {
  expect(findFaults(text)).toMatchObject([{ line, value, allowed: `${NAME}${IN_QUOTES}` }]);
});

it("refuses an alias as a name: what it stands for may be no text", () => {
  const text = `${HEAD}processors:\n  a: { recovery: { maxAttempts: &n 0x1F } }\n  *n : {}\n`;
  expect(findFaults(text)).toMatchObject([
    { line: 5, value: "an alias as a name", allowed: "the name itself" },
  ]);
});

it.each([
  { where: "beside processors", text: "processors:\n  a: &a {}\n  <<: *a\n", line: 5, path: "processors.<<" },
  {
    where: "in a processor",
    text: "processors:\n  a: &a {}\n  b: { <<: *a }\n",
    line: 5,
    path: "processors.b.<<",
  },
])("says of a merge key $where that aliases are allowed", ({ text, line, path }) => {
  const [fault, ...others] = findFaults(`${HEAD}${text}`);
  expect(others).toEqual([]);
  expect(fault).toMatchObject({ line, path, allowed: ALIASES });
  expect(fault?.value).toContain('"<<"');
});

it("cuts no processor that only looks like another", () => {
  const text = readCase("two-that-are-not-one");
  expect(fixPolicyFile({ name: "fleet.yaml", text })).toMatchObject({ text, fixes: [] });
});
