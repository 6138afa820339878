// `classify` of a text: by Headgate's own rules and by those of a file, without any part of Headgate running.
import { expect, it } from "vitest";
import { runLine } from "../../support/cli-context.js";

const POLICIES = `project: 32b6e34b3d91647abb20e7b8
workspace: orders
defaults:
  start: { tier: SP10 }
  recovery: { rules: [{ pattern: "broker .* gone", class: connection }], classes: { out-of-memory: { ceiling: SP30 } } }
processors:
  a: {}
  b: {}
  c: { recovery: { rules: [{ code: 418, class: invalid-pipeline }] } }
`;

const tell = async (...args: readonly string[]): Promise<string> => {
  const { code, out, notes } = await runLine(["classify", ...args], { files: { "policies.yaml": POLICIES } });
  expect({ code, notes }).toEqual({ code: 0, notes: "" });
  return out;
};

it("tells class, rule, source and action of a text", async () => {
  expect(await tell("(420) StreamProcessorInvalidOptions")).toBe(
    [
      "Class   invalid-pipeline: Atlas refuses the pipeline or its options",
      "Rule    pipeline: code 420",
      "Source  docs/atlas.md 1e and 3, documented; the IDL's words in clients",
      "Action  wait",
    ].join("\n"),
  );
});

it("says so if no rule knows it, and takes the status of an answer into account", async () => {
  expect(await tell("it is broken")).toBe("Class   unknown: no rule knows it\nAction  resume");
  expect(await tell("it is broken", "--status", "402")).toContain("Rule    payment: HTTP 402\n");
});

it("with a file, tells each answer once and whose policies give it", async () => {
  const told = await tell("(418) StreamProcessorWorkerOutOfMemory", "-f", "policies.yaml");
  expect(
    told.split("\n\n").map((one) => one.split("\n").filter((line) => /^(Rule|Action|For)/.test(line))),
  ).toEqual([
    [
      "Rule    memory: code 418",
      "Action  climb to SP30",
      "For     32b6e34b3d91647abb20e7b8/orders/a, 32b6e34b3d91647abb20e7b8/orders/b",
    ],
    ["Rule    recovery.rules 1: code 418", "Action  wait", "For     32b6e34b3d91647abb20e7b8/orders/c"],
  ]);
});

it("prints the same as JSON", async () => {
  expect(JSON.parse(await tell("the broker is gone", "-f", "policies.yaml", "-o", "json"))).toMatchObject([
    { class: "connection", rule: "recovery.rules 1", action: "resume", processors: { length: 2 } },
    { class: "unknown", rule: "none", action: "resume", processors: ["32b6e34b3d91647abb20e7b8/orders/c"] },
  ]);
});

it.each([
  { args: ["a", "--status", "high"], says: '"high" is not an HTTP status' },
  {
    args: ["32b6e34b3d91647abb20e7b8/orders/a", "--status", "402"],
    says: "--file and --status are for a text",
  },
])("refuses $args", async ({ args, says }) => {
  const { code, notes } = await runLine(["classify", ...args]);
  expect(code).toBe(2);
  expect(notes).toContain(says);
});
