// Every combination of phase and of what became of four members, judged by what an incident promises.
import { expect, it } from "vitest";
import type { IncidentPhase } from "../../../src/domain/decide/incident-turn.js";
import { advance } from "../../../src/domain/incident/advance.js";
import type { Advance } from "../../../src/domain/incident/advance.js";
import type { MemberStanding } from "../../../src/domain/incident/incident.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import { NOW } from "../../support/domain-builders.js";
import { MEMBERS, anIncident, members } from "./incident-case.js";

const PHASES: readonly IncidentPhase[] = ["stopping", "resting", "pausing", "trying", "refilling"];
const STANDINGS = Object.keys(MEMBERS) as MemberStanding[];
const SIZE = 4;

interface Visit {
  readonly phase: IncidentPhase;
  readonly standings: readonly MemberStanding[];
  readonly next: Advance | undefined;
}

function walkIncidents(): readonly Visit[] {
  const all: Visit[] = [];
  for (const phase of PHASES) {
    for (let code = 0; code < STANDINGS.length ** SIZE; code += 1) {
      const standings = Array.from({ length: SIZE }, (_, at) => {
        return STANDINGS[Math.floor(code / STANDINGS.length ** at) % STANDINGS.length] ?? "gone";
      });
      const incident = anIncident({ phase, wave: phase === "refilling" ? 1 : 0 });
      const facts = { incident, members: members(standings), now: NOW, settings: DEFAULT_SETTINGS };
      const next = advance(facts);
      expect(advance({ ...facts, members: [...facts.members].reverse() })).toEqual(next);
      all.push({ phase, standings, next });
    }
  }
  return all;
}

const VISITS = walkIncidents();
const count = ({ standings }: Visit, ...wanted: MemberStanding[]): number =>
  standings.filter((one) => wanted.includes(one)).length;
const toStandingOf = ({ standings }: Visit, processor: string): MemberStanding | undefined =>
  standings[Number(processor.slice(2)) - 1];

const RULES: readonly (readonly [string, (visit: Visit) => boolean])[] = [
  ["one canary at most", ({ next }) => next?.incident?.phase !== "trying" || next.admitted.length <= 1],
  [
    "nothing is started while a turn is under way",
    (visit) =>
      visit.phase === "stopping" ||
      count(visit, "trying") === 0 ||
      visit.phase === "pausing" ||
      (visit.next?.admitted.length ?? 0) === 0,
  ],
  [
    "only what is down is started",
    (visit) =>
      visit.phase === "stopping" ||
      (visit.next?.admitted ?? []).every(({ processor }) =>
        ["down", "failed", "trying"].includes(toStandingOf(visit, processor) ?? ""),
      ),
  ],
  [
    "only what runs is stopped",
    (visit) =>
      visit.phase !== "stopping" ||
      (visit.next?.admitted ?? []).every(({ processor }) =>
        ["running", "back"].includes(toStandingOf(visit, processor) ?? ""),
      ),
  ],
  [
    "it ends only when nobody waits or is under way",
    (visit) => visit.next?.incident !== null || count(visit, "down", "trying", "running") === 0,
  ],
  ["what rests is left to a person", ({ phase, next }) => phase !== "resting" || next === undefined],
  ["whatever happens is told once", ({ next }) => (next?.happenings.length ?? 0) <= 1],
  [
    "a pause has an end, and nothing else has one",
    ({ next }) =>
      !next?.incident || (next.incident.phase === "pausing") === (next.incident.nextTryAt !== null),
  ],
];

it.each(RULES)("%s", (_name, holds) => {
  expect(VISITS.length).toBe(PHASES.length * STANDINGS.length ** SIZE);
  expect(VISITS.filter((visit) => !holds(visit)).slice(0, 3)).toEqual([]);
});
