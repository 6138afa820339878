// The sample people copy from, and the JSON Schema their editors check with: both have to say what the parser says.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { formatWorkspaceRef } from "../../../src/domain/refs.js";
import { policyJsonSchema } from "../../../src/policy-file/schema.js";
import { PROJECT, parseSound, parseText } from "./documents.js";

const sample = readFileSync(fileURLToPath(new URL("../../../samples/fleet.yaml", import.meta.url)), "utf8");
const isValid = new Ajv2020({ allErrors: true }).compile(policyJsonSchema());

it("reads the sample: 42 processors in 3 workspaces of 2 projects, each with a line of its own", () => {
  const { set } = parseSound(sample);
  expect(set.processors).toHaveLength(42);
  expect(set.workspaces.map(formatWorkspaceRef)).toHaveLength(3);
  expect(new Set(set.workspaces.map(({ project }) => project)).size).toBe(2);
  expect(new Set(set.processors.map(({ line }) => line)).size).toBe(42);
  expect(set.processors.find(({ ref }) => ref.processor === "customer-360")?.policy.restart).toEqual({
    cron: "0 3 * * *",
    timezone: "Europe/Madrid",
    spreadMs: 1_800_000,
    catchUpMs: 7_200_000,
  });
});

it("names its JSON Schema in the first line, where editors look for it", () => {
  expect(sample).toMatch(/^# yaml-language-server: \$schema=\S+policy\.schema\.json\n/);
});

it("has a JSON Schema that accepts every document of the sample", () => {
  const documents = parseAllDocuments(sample).map((document) => document.toJS() as unknown);
  expect(documents).toHaveLength(3);
  for (const document of documents) {
    expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true);
  }
});

const base = { project: PROJECT, workspace: "orders" };

it.each([
  ["an unknown field", { ...base, processors: {}, extra: 1 }],
  ["no processors", base],
  ["a project that is no id", { ...base, project: "orders", processors: {} }],
  ["a workspace with a slash", { ...base, workspace: "a/b", processors: {} }],
  ["a processor with a slash", { ...base, processors: { "a/b": {} } }],
  ["a tier that is none", { ...base, processors: { a: { start: { tier: "SP20" } } } }],
  ["a state that is none", { ...base, defaults: { state: "FAILED" }, processors: {} }],
  ["a duration that is none", { ...base, processors: { a: { recovery: { stableAfter: "soon" } } } }],
  ["a time that is none", { ...base, processors: { a: { start: { startAtOperationTime: "now" } } } }],
  ["a train of two words", { ...base, processors: { a: { restart: { cron: "0 3 * * *", train: "a b" } } } }],
  ["too many attempts", { ...base, processors: { a: { recovery: { maxAttempts: 1001 } } } }],
  ["a misspelt back-off", { ...base, processors: { a: { recovery: { backoff: { factr: 2 } } } } }],
])("refuses %s in the editor and in the parser", (_reason, document) => {
  expect(isValid(document)).toBe(false);
  expect(parseText(JSON.stringify(document)).kind).toBe("faulty");
});

it("accepts a processor without a word, and a schedule switched off", () => {
  const document = { ...base, processors: { a: null, b: {}, c: { restart: null } } };
  expect(isValid(document)).toBe(true);
  expect(parseText(JSON.stringify(document)).kind).toBe("parsed");
});
