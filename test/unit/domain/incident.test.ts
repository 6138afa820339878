// The course of an incident, cell by cell: what each standing of its members makes of each phase.
import { expect, it } from "vitest";
import { advance } from "../../../src/domain/incident/advance.js";
import { toMemberStanding } from "../../../src/domain/incident/incident.js";
import type { Incident, MemberFacts, MemberStanding } from "../../../src/domain/incident/incident.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import { NOW, REF, anObservation, aStatus } from "../../support/domain-builders.js";
import { MEMBERS, MINUTE_MS, aMember, anIncident, members } from "./incident-case.js";

const settings = { ...DEFAULT_SETTINGS, incidentWave: 2 };

it.each(Object.keys(MEMBERS) as MemberStanding[])("knows a member that is %s", (standing) => {
  expect(toMemberStanding(aMember(standing), { now: NOW, settings })).toBe(standing);
});

it("gives up on a turn that nobody took", () => {
  const forgotten = aMember("down", { admittedAt: NOW - settings.stuckMs });
  expect(toMemberStanding(forgotten, { now: NOW, settings })).toBe("failed");
});

interface Case {
  readonly reason: string;
  readonly incident: Partial<Incident>;
  readonly members: readonly MemberStanding[];
  /** Undefined: nothing follows. */
  readonly becomes:
    { readonly phase: string; readonly admits?: number; readonly releases?: number } | undefined;
}

const ENDED = "ended";
const CASES: readonly Case[] = [
  {
    reason: "the first canary is tried at once, alone",
    incident: {},
    members: ["down", "down", "down"],
    becomes: { phase: "trying", admits: 1 },
  },
  {
    reason: "a pause is a pause",
    incident: { nextTryAt: NOW + 1 },
    members: ["down"],
    becomes: undefined,
  },
  {
    reason: "a pause ends at its time",
    incident: { nextTryAt: NOW },
    members: ["down"],
    becomes: { phase: "trying", admits: 1 },
  },
  {
    reason: "what has come back by itself needs no canary",
    incident: {},
    members: ["back", "gone"],
    becomes: { phase: ENDED },
  },
  {
    reason: "what has just come back is watched a while",
    incident: {},
    members: ["running", "back"],
    becomes: undefined,
  },
  {
    reason: "a canary that is under way is waited for",
    incident: { phase: "trying" },
    members: ["trying", "down"],
    becomes: undefined,
  },
  {
    reason: "a canary that has just started is watched",
    incident: { phase: "trying" },
    members: ["running", "down"],
    becomes: undefined,
  },
  {
    reason: "a canary that failed makes a pause",
    incident: { phase: "trying", tries: 1 },
    members: ["failed", "down"],
    becomes: { phase: "pausing", releases: 1 },
  },
  {
    reason: "a canary that somebody took away makes a pause too",
    incident: { phase: "trying", tries: 1 },
    members: ["gone", "down"],
    becomes: { phase: "pausing", releases: 1 },
  },
  {
    reason: "a canary that held lets the first wave follow",
    incident: { phase: "trying" },
    members: ["back", "down", "down", "down"],
    becomes: { phase: "refilling", admits: 2 },
  },
  {
    reason: "no wave before the last one has settled",
    incident: { phase: "refilling", wave: 1 },
    members: ["trying", "running", "down"],
    becomes: undefined,
  },
  {
    reason: "the second wave may be twice the first",
    incident: { phase: "refilling", wave: 1 },
    members: ["running", "back", "down", "down", "down", "down", "down"],
    becomes: { phase: "refilling", admits: 4 },
  },
  {
    reason: "one that failed does not end the refill",
    incident: { phase: "refilling", wave: 1 },
    members: ["failed", "running", "down"],
    becomes: { phase: "refilling", admits: 1 },
  },
  {
    reason: "too many that failed do, and what is under way waits again",
    incident: { phase: "refilling", wave: 1, tries: 1 },
    members: ["failed", "failed", "trying", "down"],
    becomes: { phase: "pausing", releases: 3 },
  },
  {
    reason: "the last ones are watched before it ends",
    incident: { phase: "refilling", wave: 1 },
    members: ["back", "running"],
    becomes: undefined,
  },
  {
    reason: "it ends when all are back or nobody's business",
    incident: { phase: "refilling", wave: 1 },
    members: ["back", "failed", "gone"],
    becomes: { phase: ENDED },
  },
  {
    reason: "an announced one stops as many at once as a first wave has",
    incident: { phase: "stopping", isAnnounced: true },
    members: ["back", "running"],
    becomes: undefined,
  },
  {
    reason: "an announced one whose members rest waits for a person",
    incident: { phase: "stopping", isAnnounced: true },
    members: ["down", "gone"],
    becomes: { phase: "resting" },
  },
  {
    reason: "nothing but a person ends the rest",
    incident: { phase: "resting", isAnnounced: true },
    members: ["down", "back"],
    becomes: undefined,
  },
];

it.each(CASES)("$reason", ({ incident, members: standings, becomes }) => {
  const next = advance({ incident: anIncident(incident), members: members(standings), now: NOW, settings });
  const told = next && {
    phase: next.incident?.phase ?? ENDED,
    ...(next.admitted.length === 0 ? {} : { admits: next.admitted.length }),
    ...(next.released.length === 0 ? {} : { releases: next.released.length }),
  };
  expect(told).toEqual(becomes);
});

it("stops those whose turn has not come, up to the size of a wave", () => {
  const running = members(["running", "running", "running"], { admittedAt: null });
  const facts = { incident: anIncident({ phase: "stopping" }), now: NOW, settings };
  expect(advance({ ...facts, members: running })?.admitted.map(({ processor }) => processor)).toEqual([
    "p-1",
    "p-2",
  ]);
});

it.each([
  [1, 1],
  [2, 2],
  [3, 4],
  [5, 15],
  [40, 15],
])("after try %i it pauses for %i minutes", (tries, minutes) => {
  const incident = anIncident({ phase: "trying", tries });
  const next = advance({ incident, members: members(["failed"]), now: NOW, settings });
  expect(next?.incident?.nextTryAt).toBe(NOW + minutes * MINUTE_MS);
});

it("tries the member with the fewest attempts, then the one that is down for longest", () => {
  const of = (processor: string, attempts: number, driftSince: number): MemberFacts =>
    aMember("down", {
      ref: { ...REF, processor },
      status: aStatus({ observed: anObservation({ state: "FAILED" }), attempts, driftSince }),
    });
  const choose = (...all: MemberFacts[]): string | undefined =>
    advance({ incident: anIncident(), members: all, now: NOW, settings })?.admitted[0]?.processor;
  expect(choose(of("a", 3, 1), of("b", 0, 9), of("c", 0, 5))).toBe("c");
  expect(choose(of("b", 0, 5), of("a", 0, 5))).toBe("a");
});
