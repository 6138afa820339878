// The words for the rows of the decision table, held against the table itself: every row that decides anything has them,
// and those of a row that acts end with what it does.
import { expect, it } from "vitest";
import { decide } from "../../../src/domain/decide/decision-table.js";
import { describeRow } from "../../../src/domain/decide/plan-rows.js";
import { toFacts, walk } from "./walk-combinations.js";

/** Row -> the kinds of change it was seen to plan. */
function walkTable(): ReadonlyMap<number, ReadonlySet<string>> {
  const rows = new Map<number, Set<string>>();
  walk((combination) => {
    const { row, action } = decide(toFacts(combination));
    const kinds = rows.get(row) ?? new Set();
    if (action !== undefined) kinds.add(action.kind);
    rows.set(row, kinds);
  });
  return rows;
}

it("describes every row, and ends with the change that the row makes", () => {
  const rows = walkTable();
  expect([...rows.keys()].sort((one, other) => one - other)).toEqual(
    Array.from({ length: 16 }, (_, index) => index + 1),
  );
  for (const [row, kinds] of rows) {
    const [, deed] = /: (start|stop|restart)$/.exec(describeRow(row)) ?? [];
    expect([...kinds], describeRow(row)).toEqual(deed === undefined ? [] : [deed]);
  }
});

it("has no words for a row that is not there", () => {
  expect(() => describeRow(17)).toThrow("the decision table has no row 17");
});
