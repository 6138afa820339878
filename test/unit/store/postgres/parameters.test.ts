// What Postgres is handed. It refuses a whole statement for one character, and with it the answer that the statement
// was to write down; so whatever a text holds, its parameter has to be storable.
import fc from "fast-check";
import { expect, it } from "vitest";
import { toJson, toStorable } from "../../../../src/store/postgres/parameters.js";

const UNSTORABLE = /[\0\p{Surrogate}]/u;
/** Any UTF-16, lone halves included. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
  .map((units) => units.map((unit) => String.fromCharCode(unit)).join(""));

it("makes every text storable, and the same text every time", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const stored = String(toStorable(text));
      expect(stored).not.toMatch(UNSTORABLE);
      expect(stored).toHaveLength(text.length);
      expect(toStorable(stored)).toBe(stored);
    }),
    { numRuns: 500 },
  );
});

it("leaves alone what can be stored", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      fc.pre(!text.includes("\0"));
      expect(toStorable(text)).toBe(text);
      expect(JSON.parse(toJson({ text }))).toEqual({ text });
    }),
  );
});

const AT = new Date(0);
const BYTES = Buffer.from([0, 1]);

it.each([
  { reason: "a number", value: 5, stored: 5 },
  { reason: "not a number", value: Number.NaN, stored: Number.NaN },
  { reason: "nothing", value: null, stored: null },
  { reason: "a switch", value: false, stored: false },
  { reason: "an empty text", value: "", stored: "" },
  { reason: "a list of texts", value: ["a\0", "b"], stored: ["a\ufffd", "b"] },
  { reason: "lists in lists", value: [["\ud800"], [null, 3]], stored: [["\ufffd"], [null, 3]] },
  { reason: "a whole pair", value: "\ud83d\ude00", stored: "\ud83d\ude00" },
  { reason: "halves in the wrong order", value: "\ude00\ud83d", stored: "\ufffd\ufffd" },
])("hands over $reason", ({ value, stored }) => {
  expect(toStorable(value)).toEqual(stored);
});

it("does not touch what the driver encodes by itself", () => {
  expect(toStorable(AT)).toBe(AT);
  expect(toStorable(BYTES)).toBe(BYTES);
});

it("makes a document in which no text can be refused, however deep it lies", () => {
  const documents = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      anyText,
      fc.integer(),
      fc.constant(null),
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "c"), tie("node")),
    ),
  })).node;
  fc.assert(
    fc.property(documents, (document) => {
      const json = toJson(document);
      expect(json).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      expect(json).not.toMatch(UNSTORABLE);
      expect(toJson(JSON.parse(json))).toBe(json);
    }),
    { numRuns: 300 },
  );
});

it.each([
  { reason: "fields that are undefined are left out", value: { a: undefined, b: null }, json: '{"b":null}' },
  { reason: "a list of rows", value: [{ a: "x\0" }], json: '[{"a":"x\ufffd"}]' },
  { reason: "a quote stays inside its text", value: { a: '"}' }, json: '{"a":"\\"}"}' },
])("writes a document: $reason", ({ value, json }) => {
  expect(toJson(value)).toBe(json);
});
