// What is written twice, found on the text itself: which field, where the first stands, and whether both say the same.
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  findDoubleFields,
  findDuplicates,
  isProcessorPath,
  toCanonicalJson,
} from "../../../src/policy-file/duplicates.js";
import { readLintDocuments } from "../../../src/policy-file/lint-input.js";
import { openSources, toLineNumber } from "../../../src/policy-file/source.js";
import { HEAD, PROJECT } from "./documents.js";

/** `line path: alike or otherwise, first in line` of every field written again. */
function findDoubles(text: string): readonly string[] {
  return openSources({ name: "fleet.yaml", text }).flatMap((source) =>
    findDoubleFields(source).map(({ chain, path, first, isEqual }) => {
      const line = toLineNumber(source, chain.at(-1)?.pair.key);
      const firstLine = toLineNumber(source, first.key);
      return `${String(line)} ${path.join(".")}: ${isEqual ? "alike" : "otherwise"}, first in ${String(firstLine)}`;
    }),
  );
}

it.each([
  { reason: "nothing", text: "a: 1\nb: 1\n", doubles: [] },
  { reason: "the same name in two maps", text: "a: { c: 1 }\nb: { c: 2 }\n", doubles: [] },
  { reason: "a scalar, alike", text: "a: 1\nb: 2\na: 1\n", doubles: ["3 a: alike, first in 1"] },
  { reason: "a scalar, otherwise", text: "a: 1\na: 2\n", doubles: ["2 a: otherwise, first in 1"] },
  { reason: "a number and its text", text: "a: 1\na: '1'\n", doubles: ["2 a: otherwise, first in 1"] },
  { reason: "one text in two styles", text: "a: x\na: 'x'\n", doubles: ["2 a: alike, first in 1"] },
  { reason: "nothing and null", text: "a:\na: null\n", doubles: ["2 a: alike, first in 1"] },
  { reason: "nothing and an empty map", text: "a:\na: {}\n", doubles: ["2 a: otherwise, first in 1"] },
  {
    reason: "maps in another order",
    text: "a: { b: 1, c: 2 }\na:\n  c: 2\n  b: 1\n",
    doubles: ["2 a: alike, first in 1"],
  },
  {
    reason: "lists in another order",
    text: "a: [1, 2]\na: [2, 1]\n",
    doubles: ["2 a: otherwise, first in 1"],
  },
  {
    reason: "three times: each against the first",
    text: "a: 1\na: 2\na: 1\n",
    doubles: ["2 a: otherwise, first in 1", "3 a: alike, first in 1"],
  },
  { reason: "deep inside", text: "a:\n  b:\n    c: 1\n    c: 1\n", doubles: ["4 a.b.c: alike, first in 3"] },
  {
    reason: "inside the first of two, and the second as a whole",
    text: "a: { b: 1, b: 2 }\na: { c: 1, c: 2 }\n",
    doubles: ["1 a.b: otherwise, first in 1", "2 a: otherwise, first in 1"],
  },
  {
    reason: "an alias and what it stands for",
    text: "x: &x 1\na: *x\na: 1\n",
    doubles: ["3 a: alike, first in 2"],
  },
  { reason: "a list at the top", text: "- a: 1\n", doubles: [] },
  { reason: "a second document", text: "a: 1\n---\na: 1\nb: 2\nb: 2\n", doubles: ["5 b: alike, first in 4"] },
])("finds $reason", ({ text, doubles }) => {
  expect(findDoubles(text)).toEqual(doubles);
});

it.each([
  [["processors", "a"], true],
  [["processors"], false],
  [["processors", "a", "state"], false],
  [["defaults", "processors"], false],
  [[], false],
])("takes %j for an entry of processors: %s", (path, isOne) => {
  expect(isProcessorPath(path)).toBe(isOne);
});

it("writes equal values alike, whatever the order of their keys, and others not", () => {
  const turn = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(turn)
      : value !== null && typeof value === "object"
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, field]) => [key, turn(field)]),
          )
        : value;
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain = JSON.parse(JSON.stringify(value)) as unknown;
      expect(toCanonicalJson(turn(plain))).toBe(toCanonicalJson(plain));
      expect(JSON.parse(toCanonicalJson(plain))).toEqual(plain);
    }),
  );
});

const SECOND = `project: ${PROJECT}\nworkspace: returns\n`;

/** `file:line rule path: what` */
function findAll(files: Readonly<Record<string, string>>): readonly string[] {
  const texts = Object.entries(files).map(([name, text]) => ({ name, text }));
  return findDuplicates(readLintDocuments(texts)).map(
    ({ file, line, rule, path, what }) => `${file}:${String(line)} ${rule} ${path}: ${what}`,
  );
}

it.each([
  {
    reason: "no two processors of one name in two workspaces",
    files: { "a.yaml": `${HEAD}processors:\n  a: {}\n---\n${SECOND}processors:\n  a: {}\n` },
    finds: [],
  },
  {
    reason: "a processor in two documents of one file",
    files: { "a.yaml": `${HEAD}processors:\n  a: {}\n---\n${HEAD}processors:\n  b: {}\n  a: {}\n` },
    finds: ["a.yaml:10 duplicate-processor processors.a: declared already at a.yaml:4"],
  },
  {
    reason: "a processor in three files: each against the first",
    files: {
      "a.yaml": `${HEAD}processors:\n  a: {}\n`,
      "b.yaml": `${HEAD}processors: { a: {} }\n`,
      "c.yaml": `${HEAD}processors:\n\n  a: {}\n`,
    },
    finds: [
      "b.yaml:3 duplicate-processor processors.a: declared already at a.yaml:4",
      "c.yaml:5 duplicate-processor processors.a: declared already at a.yaml:4",
    ],
  },
  {
    reason: "a processor twice in one document by one finding alone",
    files: { "a.yaml": `${HEAD}processors:\n  a: {}\n  a: {}\n` },
    finds: ["a.yaml:5 duplicate-processor processors.a: written already, and alike, in line 4"],
  },
  {
    reason: "a field of a processor that is no processor",
    files: { "a.yaml": `${HEAD}processors:\n  a:\n    state: STARTED\n    state: STOPPED\n` },
    finds: ["a.yaml:6 duplicate-field processors.a.state: written already, and otherwise, in line 5"],
  },
  {
    reason: "nothing across documents without a workspace",
    files: { "a.yaml": "processors: { a: {} }\n", "b.yaml": "processors: { a: {} }\n" },
    finds: [],
  },
])("finds $reason", ({ files, finds }) => {
  expect(findAll(files as Readonly<Record<string, string>>)).toEqual(finds);
});
