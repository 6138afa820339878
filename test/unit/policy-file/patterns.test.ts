// Owners' patterns: found anywhere in a text, in RE2 syntax, and none that costs more than a text is worth.
import { expect, it } from "vitest";
import { createPatterns, findPatternFault } from "../../../src/policy-file/patterns.js";

it.each([
  { where: "anywhere in the text", pattern: "broker", isFound: true },
  { where: "only where it is anchored", pattern: "^broker", isFound: false },
  { where: "in capitals if it says so", pattern: "(?i)BROKER", isFound: true },
  { where: "in capitals only if it says so", pattern: "BROKER", isFound: false },
  { where: "by classes of characters", pattern: "kafka-[a-z]+:\\d{4}", isFound: true },
])("finds a pattern $where", ({ pattern, isFound }) => {
  const finds = createPatterns();
  const text = "the broker at kafka-eu:9092 is gone";
  expect([finds(pattern, text), finds(pattern, text)]).toEqual([isFound, isFound]);
});

it("one that cannot be read is found nowhere: a newer version may have stored it", () => {
  expect(createPatterns()("(?=a)", "a")).toBe(false);
});

it.each([
  ["what a backtracking library would need for ever is nothing here", "(a|a)*b", undefined],
  [
    "repetitions make a short pattern a long program",
    ".{900}.{900}.{900}",
    "a pattern with fewer repetitions",
  ],
  ["not closed", "(a", /^RE2 syntax \(/],
])("%s", (_reason, pattern, fault) => {
  const found = findPatternFault(pattern);
  if (fault instanceof RegExp) expect(found).toMatch(fault);
  else expect(found).toBe(fault);
});
