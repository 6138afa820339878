// What a row of the decision table is made of. Pure.
import { toObservedState } from "../observation.js";
import type { Facts, PolicyFacts, Ruling } from "./decision.js";

/** Undefined: the row does not match. `at` is its place in the table, from 0. */
export type Match = (facts: Facts, at: number) => Ruling | undefined;
export type PolicyMatch = (facts: PolicyFacts) => Ruling | undefined;

export const runsNow = ({ observation }: PolicyFacts): boolean =>
  toObservedState(observation.state) === "STARTED";

/** Rows 'unmanaged' and 'absent' take everything without a policy or an observation before such a row is asked. */
export function underPolicy(match: PolicyMatch): Match {
  return (facts) => (isUnderPolicy(facts) ? match(facts) : undefined);
}

function isUnderPolicy(facts: Facts): facts is PolicyFacts {
  return facts.declared !== undefined && facts.observation !== undefined;
}

/** A due slot that is not used has to be marked as skipped, or the next pass would find it due again. */
export function skipping(facts: Facts, why: string): Pick<Ruling, "skips"> {
  return facts.dueSlot === undefined ? {} : { skips: { slotAt: facts.dueSlot.at, why } };
}

/** Skipped by a restart: it schedules nothing, so it frees no tier restart from the brake either. */
export function isTooOld({ declared, dueSlot, now }: PolicyFacts): boolean {
  const catchUpMs = declared.policy.restart?.catchUpMs ?? 0;
  return dueSlot !== undefined && now - dueSlot.firesAt > catchUpMs;
}
