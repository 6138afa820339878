// What is suggested for a name that does not exist, and what is not.
import { expect, it } from "vitest";
import { findNearest } from "../../../src/domain/nearest.js";

const PROJECT = "32b6e34b3d91647abb20e7b8";
const KNOWN = [`${PROJECT}/orders`, `${PROJECT}/lake`];

it.each([
  ["aply", ["apply", "plan"], "apply"],
  ["PLAN", ["apply", "plan"], "plan"],
  ["prcoessors", ["policies", "processors", "projects"], "processors"],
  ["x", ["apply"], undefined],
  ["apply", [], undefined],
  [`${PROJECT}/order`, KNOWN, `${PROJECT}/orders`],
  [`42b6e34b3d91647abb20e7b8/lake`, KNOWN, `${PROJECT}/lake`],
  // The id is as long as it is whatever follows it: it makes no two names neighbours.
  [`${PROJECT}/nowhere`, KNOWN, undefined],
  [`${PROJECT}/orders/clicks`, KNOWN, undefined],
])("for %s among %j it is %s", (name, known, nearest) => {
  expect(findNearest(name, known)).toBe(nearest);
});

it("takes the first of equals", () => {
  expect(findNearest("ab", ["aa", "bb"])).toBe("aa");
});
