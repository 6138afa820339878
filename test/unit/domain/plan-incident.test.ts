// What an open incident makes of every combination: never an action that the table would not take, but for the stop of
// what is to rest, and never one before its turn.
import { expect, it } from "vitest";
import { decide } from "../../../src/domain/decide/decision-table.js";
import type { Decision } from "../../../src/domain/decide/decision-table.js";
import type { IncidentStanding } from "../../../src/domain/decide/decision.js";
import { toFacts, walk } from "./walk-combinations.js";
import type { Combination } from "./walk-combinations.js";

type Turn = IncidentStanding["turn"];

interface Visit {
  readonly combination: Combination;
  readonly without: Decision;
  readonly within: Decision;
}

interface Rule {
  readonly name: string;
  readonly turn: Turn;
  readonly of?: (combination: Combination) => boolean;
  readonly holds: (visit: Visit) => boolean;
}

const isRunning = ({ observed }: Combination): boolean => observed.startsWith("STARTED");
const isSame = ({ without, within }: Visit): boolean => JSON.stringify(without) === JSON.stringify(within);
/** The rows before the incident's have nothing against it. */
const isFree = (one: Combination): boolean =>
  one.declared === "STARTED" &&
  one.mode === "enforce" &&
  !one.held &&
  !one.openChange &&
  one.barred !== "now" &&
  one.suspended !== "now" &&
  one.parked !== "this version" &&
  one.attempts === "few";

const RULES: readonly Rule[] = [
  {
    name: "wait: what does not run is not started",
    turn: "wait",
    of: (one) => !isRunning(one),
    holds: ({ within, combination }) => within.action === undefined || combination.declared === "STOPPED",
  },
  { name: "wait: what came back by itself is as any other", turn: "wait", of: isRunning, holds: isSame },
  {
    name: "stand: nothing is done to what is declared STARTED",
    turn: "stand",
    of: ({ declared }) => declared === "STARTED",
    holds: ({ within }) => within.action === undefined,
  },
  {
    name: "rest: what runs is stopped, and never braked",
    turn: "rest",
    of: (one) => isFree(one) && isRunning(one) && one.backoff !== "running",
    holds: ({ within: { action } }) => action?.kind === "stop" && !action.isBrakeable,
  },
  {
    name: "rest: nothing is started or restarted",
    turn: "rest",
    of: ({ declared }) => declared === "STARTED",
    holds: ({ within: { action } }) => (action?.kind ?? "stop") === "stop",
  },
  {
    name: "recover: what is down is started, whatever its back-off",
    turn: "recover",
    of: (one) => isFree(one) && ["FAILED", "CREATED", "STOPPED"].includes(one.observed),
    holds: ({ within }) => within.action?.kind === "start",
  },
  {
    name: "recover: what runs, or has no back-off, is as any other",
    turn: "recover",
    of: (one) => isRunning(one) || one.backoff !== "running",
    holds: isSame,
  },
  ...(["wait", "stand", "rest", "recover"] as const).flatMap((turn): Rule[] => [
    {
      name: `${turn}: what is declared STOPPED is as any other`,
      turn,
      of: ({ declared }) => declared === "STOPPED",
      holds: isSame,
    },
    {
      name: `${turn}: parked, suspended, held, barred or changing stays so`,
      turn,
      of: (one) => one.parked === "this version" || one.suspended === "now" || one.held || one.openChange,
      holds: ({ within }) => within.action === undefined,
    },
  ]),
];

it.each(RULES)("$name", ({ turn, of, holds }) => {
  const violations: unknown[] = [];
  let spokenOf = 0;
  walk((combination) => {
    if (of?.(combination) === false) return;
    spokenOf += 1;
    const facts = toFacts(combination);
    const visit = {
      combination,
      without: decide(facts),
      within: decide({ ...facts, incident: { turn, why: "down" } }),
    };
    if (!holds(visit)) violations.push(visit);
  });
  expect(violations.slice(0, 3)).toEqual([]);
  expect(spokenOf).toBeGreaterThan(40);
});
