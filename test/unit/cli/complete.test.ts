// What may come next on a command line, by the tree of commands; and how a line of bash is split.
import { describe, expect, it } from "vitest";
import { findCandidates, splitLine } from "../../../src/cli/shell/complete.js";
import type { CliContext } from "../../../src/cli/terminal/context.js";
import { createProgram } from "../../../src/cli/program.js";

const program = createProgram({ version: "" } as CliContext, () => undefined);
const wordsAfter = (line: string): readonly string[] => {
  const found = findCandidates(program, splitLine(line));
  if (found.kind !== "words") throw new Error(`it is a ${found.kind}`);
  return found.words;
};

describe("words", () => {
  it.each([
    ["headgate re", ["reconcile", "release-brake", "replay", "restart"].sort()],
    ["headgate get p", ["policies", "processors", "projects"]],
    ["headgate get budgets --condition ", ["blocked", "low", "empty"]],
    ["headgate get budgets --condition low bl", ["blocked"]],
    ["headgate get budgets --condition low --so", ["--sort"]],
    ["headgate get budgets --sort left:", ["left:desc"]],
    ["headgate get budgets -o n", ["name"]],
    ["headgate explain x -o ", ["table", "json", "yaml"]],
    ["headgate start --tier SP1", ["SP10"]],
    ["headgate completion ", ["bash", "zsh", "fish"]],
    ["headgate completion bash ", []],
    ["headgate --deb", ["--debug"]],
    ["headgate --debug doc", ["doctor"]],
    ["headgate changes c", ["cancel"]],
    ["headgate history --limit ", []],
    ["headgate nonsense ", []],
  ] as const)("after %j: %j", (line, words) => {
    expect([...wordsAfter(line)].sort()).toEqual([...words].sort());
  });

  it("are every verb but the hidden one where nothing is typed", () => {
    const words = wordsAfter("headgate ");
    expect(words).toContain("apply");
    expect(words).not.toContain("__complete");
  });
});

it.each([
  ["headgate explain ", { kind: "names", of: "processor" }],
  ["headgate start a b ", { kind: "names", of: "selector" }],
  ["headgate changes cancel ", { kind: "names", of: "selector" }],
  ["headgate get workspaces --selector x ", { kind: "names", of: "selector" }],
  ["headgate release-brake ", { kind: "names", of: "workspace" }],
  ["headgate plan --workspace a ", { kind: "names", of: "workspace" }],
  ["headgate export --project ", { kind: "names", of: "project" }],
  ["headgate apply -f ", { kind: "files" }],
  ["headgate sim --script ", { kind: "files" }],
])("after %j comes %j", (line, candidates) => {
  expect(findCandidates(program, splitLine(line))).toEqual(candidates);
});

it.each([
  ["headgate", []],
  ["headgate ", [""]],
  ["headgate get pro", ["get", "pro"]],
  ["A=1 B='x y' headgate  get ", ["get", ""]],
  [String.raw`headgate explain p/quiet\ one/a`, ["explain", "p/quiet one/a"]],
  [`headgate explain "p/quiet one/a" `, ["explain", "p/quiet one/a", ""]],
  [`headgate explain "p/quiet on`, ["explain", "p/quiet on"]],
  ["headgate explain 'p/*'", ["explain", "p/*"]],
  [String.raw`headgate explain "a\"b"`, ["explain", 'a"b']],
])("splits %j into %j", (line, words) => {
  expect(splitLine(line)).toEqual(words);
});
