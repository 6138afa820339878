// Selectors: which texts are one, and which processors one means, against a regular expression as the second opinion.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProcessorRef } from "../../../src/domain/refs.js";
import { isExact, matchesSelector, parseSelector } from "../../../src/domain/tell/selector.js";

const PROJECT = "32b6e34b3d91647abb20e7b8";

describe("a text", () => {
  it.each([
    [PROJECT, `${PROJECT}/*/*`, false],
    [`${PROJECT}/orders`, `${PROJECT}/orders/*`, false],
    [`${PROJECT}/orders/clicks`, `${PROJECT}/orders/clicks`, true],
    ["*", "*/*/*", false],
    ["32b6*/ord*s/*-v2", "32b6*/ord*s/*-v2", false],
  ])("%s is a selector", (text, parts, isOne) => {
    const selector = parseSelector(text);
    expect(selector).toBeDefined();
    if (selector === undefined) return;
    expect(Object.values(selector).join("/")).toBe(parts);
    expect(isExact(selector)).toBe(isOne);
  });

  it.each([
    ["", "nothing"],
    ["orders", "no project"],
    ["fee/clicks", "hex digits, but no project and no pattern"],
    [`${PROJECT}0/orders`, "a project of 25 digits"],
    [`${PROJECT}/`, "an empty workspace"],
    [`${PROJECT}/orders/clicks/more`, "four parts"],
    [`${PROJECT}/or%ders`, "a character no name has"],
    [`${PROJECT.toUpperCase()}/orders`, "upper-case digits"],
  ])("%s is none: %s", (text) => {
    expect(parseSelector(text)).toBeUndefined();
  });
});

const letters = fc.string({ unit: fc.constantFrom("a", "b", ".", "_"), minLength: 1, maxLength: 6 });
const pattern = fc.string({ unit: fc.constantFrom("a", "b", ".", "_", "*"), minLength: 1, maxLength: 6 });
const aRefOf = (part: fc.Arbitrary<string>): fc.Arbitrary<ProcessorRef> =>
  fc.record({ project: part, workspace: part, processor: part });

const toRegExp = (text: string): RegExp =>
  new RegExp(`^${text.replace(/[.]/g, "\\.").replaceAll("*", ".*")}$`);

it("means those whose every part has the pieces between its stars, in order", () => {
  fc.assert(
    fc.property(aRefOf(pattern), aRefOf(letters), (selector, ref) => {
      const expected = (["project", "workspace", "processor"] as const).every((part) =>
        toRegExp(selector[part]).test(ref[part]),
      );
      expect(matchesSelector(selector, ref)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});
