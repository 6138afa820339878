// The door for texts from outside: what comes through can be stored and shown, whatever went in.
import fc from "fast-check";
import { expect, it } from "vitest";
import { cut, toKept, toOneLine, toVisible, toWellFormed } from "../../src/base/text.js";

/** Lone halves, NUL, control characters, whole pairs and letters, in any order. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom(
        "\0",
        "\ud83d",
        "\ude00",
        "\u{1f600}",
        "\u202e",
        "\u001b[31m",
        "\n",
        "\u2028",
        "e\u0301",
      ),
    ),
  )
  .map((parts) => parts.join(""));

it("makes any text well-formed and free of NUL, and changes no other character", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const told = toWellFormed(text);
      expect(told).not.toContain("\0");
      expect(told).toBe(Buffer.from(text, "utf8").toString("utf8").replaceAll("\0", "\ufffd"));
    }),
  );
});

it("cuts any text to so many code points, the mark among them, and leaves a shorter one alone", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, max) => {
      const told = cut(toWellFormed(text), max);
      const whole = Array.from(toWellFormed(text));
      expect(told).toBe(whole.length <= max ? whole.join("") : `${whole.slice(0, max - 1).join("")}…`);
    }),
  );
});

it("keeps a text the same however often it is kept", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, max) => {
      expect(toKept(toKept(text, max), max)).toBe(toKept(text, max));
    }),
  );
});

it("takes a credential out before it cuts, and does not join one from its parts", () => {
  expect(toKept(`${"x".repeat(20)} mdb_sa_sk_${"a".repeat(40)}`, 40)).toBe(`${"x".repeat(20)} [redacted]`);
  expect(toKept("mdb_sa\0_sk_abc", 40)).toBe("mdb_sa\ufffd_sk_abc");
});

it("shows no control character, no override of the direction and no half of a pair, but our own line breaks", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const shown = toVisible(text);
      expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Surrogate}]/u);
      expect(toVisible(shown)).toBe(shown);
    }),
  );
});

it("leaves JSON as it was for whoever reads it", () => {
  fc.assert(
    fc.property(anyText, fc.nat({ max: 2 }), (text, indent) => {
      expect(JSON.parse(toVisible(JSON.stringify({ [text]: text }, null, indent)))).toEqual({ [text]: text });
    }),
  );
});

it.each([
  ["\u001b[31mRED\u0007", "\\u001b[31mRED\\u0007"],
  ["\rFAKE \u0008\u0008 tab\there", "\\u000dFAKE \\u0008\\u0008 tab\\u0009here"],
  ["\u009b2J \u007f", "\\u009b2J \\u007f"],
  ["\u202eabc\u2066\u200f", "\\u202eabc\\u2066\\u200f"],
  ["größe \u{1f600} e\u0301 日本", "größe \u{1f600} e\u0301 日本"],
])("shows %j as it may be read", (text, shown) => {
  expect(toVisible(text)).toBe(shown);
});

it.each([
  ["one \n  two\n\nthree", "one two three"],
  ["one\r\ntwo\u2028three\u2029four", "one two three four"],
])("makes one line of %j", (text, line) => {
  expect(toOneLine(text)).toBe(line);
});
