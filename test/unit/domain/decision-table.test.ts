// The decision table as a whole: every row can be reached, and the meaning of a row that acts ends with what it does.
import { expect, it } from "vitest";
import { CHECKPOINT_KEPT_MS } from "../../../src/domain/decide/checkpoint-age.js";
import { DECISION_TABLE, decide, describeRow } from "../../../src/domain/decide/decision-table.js";
import type { Facts } from "../../../src/domain/decide/decision.js";
import type { RowId } from "../../../src/domain/decide/decision-table.js";
import { REASONS } from "../../../src/domain/reasons.js";
import { toFacts, walk } from "./walk-combinations.js";

const IDS = DECISION_TABLE.map(({ id }) => id);

const TURNS = [undefined, "stand", "rest"] as const;

/** Each combination, as it is, as a member of an incident, and at rest for longer than a checkpoint is kept. */
function walkAll(visit: (facts: Facts) => void): void {
  walk((combination) => {
    const facts = toFacts(combination);
    for (const turn of TURNS) visit({ ...facts, ...(turn && { incident: { turn, why: "down" } }) });
    visit({ ...facts, status: { ...facts.status, stateSince: facts.now - CHECKPOINT_KEPT_MS } });
  });
}

/** Row -> the kinds of change it was seen to plan. */
function walkTable(): ReadonlyMap<RowId, ReadonlySet<string>> {
  const rows = new Map<RowId, Set<string>>();
  walkAll((facts) => {
    const { row, action } = decide(facts);
    const kinds = rows.get(row) ?? new Set();
    if (action !== undefined) kinds.add(action.kind);
    rows.set(row, kinds);
  });
  return rows;
}

it("reaches every row, and each meaning ends with the change that its row makes", () => {
  const rows = walkTable();
  expect(IDS.filter((id) => !rows.has(id))).toEqual([]);
  for (const [row, kinds] of rows) {
    const { meaning } = describeRow(row);
    const [, deed] = /: (start|stop|restart)$/.exec(meaning) ?? [];
    expect([...kinds], meaning).toEqual(deed === undefined ? [] : [deed]);
  }
});

it("names each row once, and shows its place from 1", () => {
  expect(new Set(IDS).size).toBe(IDS.length);
  expect(IDS.map((id) => describeRow(id).number)).toEqual(IDS.map((_, at) => at + 1));
  expect(describeRow("held").number).toBe(1);
});

it("gives only reasons whose text stays the same from pass to pass: no time, no count", () => {
  const texts = new Set<string>();
  walkAll((facts) => texts.add(decide(facts).reason.text));
  for (const text of texts) expect(text).not.toMatch(/\d{2}:\d{2}|\b\d+ (attempts?|minutes?|seconds?)\b/);
});

it("gives every reason of its own: those that are left come after the table", () => {
  const given = new Set<string>();
  walkAll((facts) => given.add(decide(facts).reason.code));
  const after = ["braked", "waiting-for-place", "waiting-for-train", "schedule-not-evaluated", "degraded"];
  // The walk knows no stranger's stop, no change that has just closed and nothing exhausted in observe.
  const unwalked = ["grace", "observing-again"];
  expect(
    Object.keys(REASONS)
      .filter((code) => !given.has(code))
      .sort(),
  ).toEqual([...after, ...unwalked].sort());
});
