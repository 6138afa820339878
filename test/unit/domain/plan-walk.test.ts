// Every combination of declared, observed, mode, slot, suspended, parked, back-off, held, barred and open change,
// judged by what docs/design.md 4, 5 and 7 promises of every decision. Each invariant is a sentence about the
// combination's words and about what was decided; none of them computes what should have been decided, so this is no
// second plan.
import { expect, it } from "vitest";
import { DECISION_TABLE, decide } from "../../../src/domain/decide/decision-table.js";
import type { Facts } from "../../../src/domain/decide/decision.js";
import type { Decision } from "../../../src/domain/decide/decision-table.js";
import { aDeclared } from "../../support/domain-builders.js";
import { SLOT_AT, toFacts, walk } from "./walk-combinations.js";
import type { Combination } from "./walk-combinations.js";

interface Visit {
  readonly combination: Combination;
  readonly facts: Facts;
  readonly decision: Decision;
}

interface Invariant {
  readonly name: string;
  /** Which combinations it speaks about. */
  readonly of: (combination: Combination) => boolean;
  readonly holds: (visit: Visit) => boolean;
}

const KEPT_BACK: readonly (readonly [string, Invariant["of"]])[] = [
  ["I3 a change is open", ({ openChange }) => openChange],
  ["I8 suspended", ({ suspended }) => suspended === "now"],
  ["held", ({ held }) => held],
  ["barred", ({ barred }) => barred === "now"],
  ["no complete LIST", ({ observed }) => observed === "no LIST"],
  ["absent", ({ observed }) => observed === "absent"],
  ["in transition", ({ observed }) => observed === "PROVISIONING"],
  ["a state we do not know", ({ observed }) => observed === "HIBERNATING"],
  ["unmanaged", ({ declared }) => declared === "none"],
  ["mode observe", ({ mode }) => mode === "observe"],
  ["parked under this version", ({ parked }) => parked === "this version"],
];

const isRunning = ({ observed }: Combination): boolean => observed.startsWith("STARTED");
const isResting = ({ observed }: Combination): boolean => ["FAILED", "CREATED", "STOPPED"].includes(observed);
/** Where it is wanted, slots aside. */
const isWanted = (one: Combination): boolean =>
  one.declared === "STOPPED" ? isResting(one) : one.observed === "STARTED";
const isFree = (one: Combination): boolean => !KEPT_BACK.some(([, keepsBack]) => keepsBack(one));
/** Nothing is in the way of curing a drift. */
const isCurable = (one: Combination): boolean =>
  isFree(one) && one.backoff !== "running" && one.attempts === "few";

const PLANS_NOTHING: readonly Invariant[] = [
  ...KEPT_BACK.map(([name, of]) => ({
    name: `${name}: no action`,
    of,
    holds: ({ decision }: Visit) => decision.action === undefined,
  })),
  {
    name: "back-off running and not as wanted: no action",
    of: (one) => one.backoff === "running" && !isWanted(one),
    holds: ({ decision }) => decision.action === undefined,
  },
  {
    name: "all attempts used and not as wanted: no action",
    of: (one) => one.attempts === "all" && !isWanted(one),
    holds: ({ decision }) => decision.action === undefined,
  },
  {
    name: "the fixed point: as wanted and no slot due plans nothing",
    of: (one) => isWanted(one) && one.slot !== "due",
    holds: ({ decision }) => decision.action === undefined && decision.would === undefined,
  },
];

const PLANS_RIGHT: readonly Invariant[] = [
  {
    name: "only what does not run is started",
    of: () => true,
    holds: ({ combination, decision }) => decision.action?.kind !== "start" || isResting(combination),
  },
  {
    name: "only what runs is stopped or restarted",
    of: () => true,
    holds: ({ combination, decision: { action } }) =>
      action === undefined || action.kind === "start" || isRunning(combination),
  },
  {
    name: "declared STOPPED: nothing but a stop",
    of: ({ declared }) => declared === "STOPPED",
    holds: ({ decision: { action, would } }) => ((action ?? would)?.kind ?? "stop") === "stop",
  },
  {
    name: "declared STARTED: no stop",
    of: ({ declared }) => declared === "STARTED",
    holds: ({ decision: { action, would } }) => (action ?? would)?.kind !== "stop",
  },
  {
    name: "what would be sent carries the declared tier, and a stop nothing",
    of: () => true,
    holds: ({ decision: { action } }) =>
      action === undefined || action.options.tier === (action.kind === "stop" ? undefined : "SP10"),
  },
  {
    name: "the brake may hold a stop or a restart that no slot asked for, and nothing else",
    of: () => true,
    holds: ({ decision: { action } }) =>
      action === undefined || action.isBrakeable === (action.kind !== "start" && action.slotAt === null),
  },
];

const GETS_THERE: readonly Invariant[] = [
  {
    name: "I7 enforceable and down: a start",
    of: (one) => isCurable(one) && one.declared === "STARTED" && isResting(one),
    holds: ({ decision }) => decision.action?.kind === "start",
  },
  {
    name: "enforceable and on another tier: a restart",
    of: (one) => isCurable(one) && one.declared === "STARTED" && one.observed.endsWith("tier"),
    holds: ({ decision }) => decision.action?.kind === "restart",
  },
  {
    name: "enforceable and running against its declaration: a stop",
    of: (one) => isCurable(one) && one.declared === "STOPPED" && isRunning(one),
    holds: ({ decision }) => decision.action?.kind === "stop",
  },
  {
    name: "as wanted and its slot due: a restart, whatever the back-off",
    of: (one) => isFree(one) && one.declared === "STARTED" && isWanted(one) && one.slot === "due",
    holds: ({ decision }) => decision.action?.kind === "restart",
  },
  {
    name: "all attempts used, not as wanted, nothing else in the way: parks",
    of: (one) =>
      isFree(one) && one.attempts === "all" && (isResting(one) || isRunning(one)) && !isWanted(one),
    holds: ({ decision }) => decision.parks !== undefined,
  },
  {
    name: "parks only what used all its attempts and is not as wanted",
    of: (one) => one.attempts === "few" || isWanted(one),
    holds: ({ decision }) => decision.parks === undefined,
  },
];

const isSkipTold = ({ decision, combination }: Visit): boolean =>
  combination.slot !== "none" && decision.skips?.slotAt === SLOT_AT[combination.slot];
/** Looked at, settled, and nothing to wait for: the moment at which a slot that may not be used is skipped. */
const isLookedAt = (one: Combination): boolean =>
  one.declared !== "none" && !one.held && !one.openChange && one.barred !== "now";
const isKnownState = (one: Combination): boolean => isResting(one) || isRunning(one);

const SLOTS: readonly Invariant[] = [
  {
    name: "I9 a slot is used or skipped, never both",
    of: () => true,
    holds: ({ decision: { action, skips } }) => skips === undefined || (action?.slotAt ?? null) === null,
  },
  {
    name: "no slot is used or skipped that is not due",
    of: ({ slot }) => slot === "none",
    holds: ({ decision: { action, would, skips } }) =>
      skips === undefined && ((action ?? would)?.slotAt ?? null) === null,
  },
  {
    name: "a start or restart satisfies the due slot",
    of: ({ slot }) => slot === "due",
    holds: ({ decision: { action } }) =>
      action === undefined || action.kind === "stop" || action.slotAt === SLOT_AT.due,
  },
  {
    name: "a slot older than catchUp schedules no restart",
    of: ({ slot }) => slot === "too old",
    holds: ({ decision: { action } }) => action?.kind !== "restart" || action.slotAt === null,
  },
  {
    name: "a slot while suspended is recorded skipped",
    of: (one) => isLookedAt(one) && isKnownState(one) && one.slot !== "none" && one.suspended === "now",
    holds: isSkipTold,
  },
  {
    name: "a slot while declared STOPPED, observed or parked is recorded skipped",
    of: (one) =>
      isLookedAt(one) &&
      isKnownState(one) &&
      one.slot !== "none" &&
      (one.mode === "observe" ||
        one.parked === "this version" ||
        (one.declared === "STOPPED" && isWanted(one))),
    holds: isSkipTold,
  },
  {
    name: "held, barred, changing, unmanaged or unseen: the slot waits",
    of: (one) => !isLookedAt(one) || one.observed === "absent" || one.observed === "no LIST",
    holds: ({ decision }) => decision.skips === undefined,
  },
];

const enforced = (facts: Facts): Decision =>
  decide({
    ...facts,
    declared:
      facts.declared &&
      aDeclared({ ...facts.declared, policy: { ...facts.declared.policy, mode: "enforce" } }),
  });

const FORGOTTEN = { parked: null, nextAttemptAt: null, attempts: 0, attemptsVersion: null } as const;

const TOLD: readonly Invariant[] = [
  {
    name: "mode observe would do exactly what enforcing does",
    of: ({ mode }) => mode === "observe",
    holds: ({ facts, decision }) => JSON.stringify(decision.would) === JSON.stringify(enforced(facts).action),
  },
  {
    name: "only mode observe says would",
    of: ({ mode }) => mode === "enforce",
    holds: ({ decision }) => decision.would === undefined,
  },
  {
    name: "there is always a reason, without times and counters that would flap",
    of: () => true,
    holds: ({ decision: { reason } }) =>
      reason.text !== "" && !/\d{2}:\d{2}|\d{4}|\d+ ?(?:ms|s|min)\b/.test(reason.text),
  },
  {
    name: "a new version unparks and begins its count and its back-off at nothing",
    of: () => true,
    holds: ({ facts }) => {
      const renewed = decide({ ...facts, declared: facts.declared && { ...facts.declared, version: 9 } });
      const forgotten = decide({ ...facts, status: { ...facts.status, ...FORGOTTEN } });
      return JSON.stringify(renewed) === JSON.stringify(forgotten);
    },
  },
];

const INVARIANTS = [...PLANS_NOTHING, ...PLANS_RIGHT, ...GETS_THERE, ...SLOTS, ...TOLD];

const VISITS: Visit[] = [];
walk((combination) => {
  const facts = toFacts(combination);
  VISITS.push({ combination, facts, decision: decide(facts) });
});

it("walks every combination, and meets every row of the table", () => {
  expect(VISITS.length).toBe(3 * 2 * 9 * 3 * 3 * 3 * 3 * 2 * 2 * 3 * 2);
  const rows = new Set(VISITS.map(({ decision }) => decision.row));
  // Incidents have a walk of their own (plan-incident.test.ts); nothing in this one rests for long.
  const others = ["incident-stop", "in-incident", "checkpoint-forgotten"];
  const walked = DECISION_TABLE.map(({ id }) => id as string).filter((id) => !others.includes(id));
  expect([...rows].sort()).toEqual(walked.sort());
});

for (const { name, of, holds } of INVARIANTS) {
  it(name, () => {
    const spokenOf = VISITS.filter(({ combination }) => of(combination));
    const violations = spokenOf.filter((visit) => !holds(visit));
    const shown = violations.slice(0, 3).map(({ combination, decision }) => ({ combination, decision }));
    expect(shown).toEqual([]);
    expect(spokenOf.length).toBeGreaterThan(40);
  });
}
