// The order of the tiers, cell by cell, and that it is a strict one.
import { expect, it } from "vitest";
import { isTierAbove, TIERS } from "../../../../src/sim/world/tiers.js";

const ORDER = ["SP2", "SP5", "SP10", "SP30", "SP50"] as const;

it("names the five tiers, smallest first", () => {
  expect(TIERS).toEqual(ORDER);
});

it.each(ORDER.flatMap((tier, size) => ORDER.map((limit, other) => ({ tier, limit, isAbove: size > other }))))(
  "$tier above $limit: $isAbove",
  ({ tier, limit, isAbove }) => {
    expect(isTierAbove(tier, limit)).toBe(isAbove);
  },
);
