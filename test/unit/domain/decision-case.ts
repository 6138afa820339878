// The shape of one test of the decision table: what differs from a processor in agreement, and the whole of what is
// decided. What a case does not name must not be there: an action too many fails it like one too few.
import { expect, it } from "vitest";
import { decide } from "../../../src/domain/decide/decision-table.js";
import type { Action, Facts } from "../../../src/domain/decide/decision.js";
import type { Decision } from "../../../src/domain/decide/decision-table.js";
import type { ReasonCode } from "../../../src/domain/reasons.js";
import { someFacts } from "../../support/domain-builders.js";

export interface DecisionCase extends Omit<Decision, "reason"> {
  /** Why this case must be decided so. */
  readonly reason: string;
  readonly facts: Partial<Facts>;
  readonly code: ReasonCode;
}

/** A start, resuming on SP10 and satisfying no slot, unless a field says otherwise. */
export function aStart(fields: Partial<Action> = {}): Action {
  return { kind: "start", options: { tier: "SP10" }, slotAt: null, isBrakeable: false, ...fields };
}

/** A tier restart that no slot asked for, resuming on SP10, unless a field says otherwise. */
export function aRestart(fields: Partial<Action> = {}): Action {
  return { kind: "restart", options: { tier: "SP10" }, slotAt: null, isBrakeable: true, ...fields };
}

/** A stop that the brake may hold. */
export const STOP: Action = { kind: "stop", options: {}, slotAt: null, isBrakeable: true };

/** One test per case, named by its row and its reason; everything but the wording is compared. */
export function itDecides(cases: readonly DecisionCase[]): void {
  for (const { reason, facts, code, row, action, would, skips, parks } of cases) {
    it(`row ${row}: ${reason}`, () => {
      const { reason: said, ...decided } = decide(someFacts(facts));
      expect({ ...decided, code: said.code }).toEqual({ row, code, action, would, skips, parks });
      expect(said.text).not.toBe("");
    });
  }
}
