// The text of a policy file as documents that know their lines: what counts as empty, readable and too large.
import { expect, it } from "vitest";
import { isMap } from "yaml";
import {
  findLine,
  findPairs,
  isEmpty,
  isReadable,
  isTooLarge,
  openSources,
  toLineNumber,
} from "../../../src/policy-file/source.js";
import type { Source } from "../../../src/policy-file/source.js";

function openOne(text: string): Source {
  const [source, ...others] = openSources({ name: "fleet.yaml", text });
  if (source === undefined || others.length > 0) throw new Error("one document was expected");
  return source;
}

const LIMIT = 5 * 1024 * 1024;

it.each([
  { reason: "a file of the largest size", text: "a".repeat(LIMIT), isOver: false },
  { reason: "one byte more", text: "a".repeat(LIMIT + 1), isOver: true },
  { reason: "as many characters of two bytes each", text: "é".repeat(LIMIT / 2), isOver: false },
  { reason: "one character of two bytes more", text: "é".repeat(LIMIT / 2 + 1), isOver: true },
])("measures $reason in bytes", ({ text, isOver }) => {
  expect(isTooLarge({ name: "fleet.yaml", text })).toBe(isOver);
});

it.each([
  { reason: "nothing", text: "", documents: [] },
  { reason: "comments", text: "# a\n# b\n", documents: [] },
  { reason: "a document", text: "a: 1\n", documents: ["full"] },
  { reason: "a mark before it", text: "---\na: 1\n", documents: ["full"] },
  {
    reason: "nothing between two marks",
    text: "a: 1\n---\n---\nb: 2\n",
    documents: ["full", "empty", "full"],
  },
  { reason: "a mark at the end", text: "a: 1\n---\n", documents: ["full", "empty"] },
  { reason: "null in words", text: "null\n", documents: ["full"] },
  { reason: "a tilde", text: "~\n", documents: ["full"] },
])("finds the documents of $reason", ({ text, documents }) => {
  const sources = openSources({ name: "fleet.yaml", text });
  expect(sources.map(({ document }) => (isEmpty(document) ? "empty" : "full"))).toEqual(documents);
});

it.each([
  { reason: "a map", text: "a: 1\n", can: true },
  { reason: "a list", text: "- a\n", can: true },
  { reason: "a field written twice", text: "a: 1\na: 2\n", can: true },
  { reason: "a field written twice in a map in a map", text: "a: { b: { c: 1, c: 2 } }\n", can: true },
  { reason: "nothing", text: "---\n# nothing\n", can: false },
  { reason: "a brace that is not closed", text: "a: { b\n", can: false },
  { reason: "a tab to indent with", text: "a:\n\tb: 1\n", can: false },
  { reason: "a field written twice and a brace that is not closed", text: "a: 1\na: { b\n", can: false },
])("can read $reason: $can", ({ text, can }) => {
  expect(isReadable(openOne(text))).toBe(can);
});

const TEXT = `# the first line
project: one
processors:
  a:
    state: STARTED
    start: { tier: SP10,
      resumeFromCheckpoint: true }
  "b": null
  7: {}
`;

it.each([
  { path: ["project"], line: 2 },
  { path: ["processors"], line: 3 },
  { path: ["processors", "a"], line: 4 },
  { path: ["processors", "a", "state"], line: 5 },
  { path: ["processors", "a", "start", "tier"], line: 6 },
  { path: ["processors", "a", "start", "resumeFromCheckpoint"], line: 7 },
  { path: ["processors", "b"], line: 8 },
  { path: ["processors", "7"], line: 9 },
  { path: ["processors", "a", "restart", "cron"], line: 4 },
  { path: ["processors", "z", "state"], line: 3 },
  { path: ["processors", "b", "state"], line: 8 },
  { path: ["workspace"], line: 2 },
  { path: [], line: 2 },
])("finds $path in line $line, or its nearest ancestor", ({ path, line }) => {
  expect(findLine(openOne(TEXT), path)).toBe(line);
});

it("counts the lines of a file, not of its documents", () => {
  const sources = openSources({ name: "fleet.yaml", text: "a: 1\n---\n\nb: 2\n---\nc:\n  d: 3\n" });
  expect(sources.map((source) => findLine(source, []))).toEqual([1, 4, 6]);
  expect(sources.map((source) => findLine(source, ["c", "d"]))).toEqual([1, 4, 7]);
});

it("finds every field of a name, as often as it is written, also one that looks like a number", () => {
  const source = openOne("a: 1\n1: 2\na: 3\n'1': 4\n? [a]\n: 5\n");
  const { contents } = source.document;
  if (!isMap(contents)) throw new Error("a map was expected");
  const linesOf = (key: string): readonly number[] =>
    findPairs(contents, key).map((pair) => toLineNumber(source, pair.key));
  expect(linesOf("a")).toEqual([1, 3]);
  expect(linesOf("1")).toEqual([2, 4]);
  expect(linesOf("b")).toEqual([]);
});

it("says the first line of what stands nowhere", () => {
  expect(toLineNumber(openOne("a: 1\n"), undefined)).toBe(1);
});

it.each([
  ["yes", "yes"],
  ["on", "on"],
  ["2026-05-04T09:42:00Z", "2026-05-04T09:42:00Z"],
  ["012", 12],
  ["true", true],
  ["null", null],
])("takes %s for what it looks like", (written, value) => {
  expect(openOne(`a: ${written}\n`).document.toJS()).toEqual({ a: value });
});
