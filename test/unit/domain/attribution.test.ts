// Whose drift is asked about and since when, and whom the events name: a table each, and what holds for every history.
import fc from "fast-check";
import { expect, it } from "vitest";
import { findDriftToAttribute, findMover, toGraceMs } from "../../../src/domain/decide/attribution.js";
import type { ProcessorMove } from "../../../src/domain/decide/attribution.js";
import type { ProcessorFacts } from "../../../src/domain/decide/workspace-facts.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import { MINUTE_MS, NOW, aDeclared, aStatus, anObservation } from "../../support/domain-builders.js";

const BEFORE = NOW - MINUTE_MS;
const RUNNING = aStatus({ observed: anObservation(), stateSince: NOW - 60 * MINUTE_MS });
const RESTS = anObservation({ state: "STOPPED" });
/** Seen stopped two minutes ago, and nobody was named. */
const NAMELESS = aStatus({ observed: RESTS, stateSince: NOW - 2 * MINUTE_MS, stateCause: "elsewhere" });
const STOPPED = aDeclared({ policy: { state: "STOPPED" } });

interface DriftCase {
  readonly reason: string;
  readonly status?: ProcessorStatus;
  readonly facts?: Partial<ProcessorFacts>;
  readonly seen?: Parameters<typeof anObservation>[0];
  readonly since: number | undefined;
}

it.each<DriftCase>([
  { reason: "it was stopped since the last look", since: BEFORE - MINUTE_MS },
  {
    reason: "our own change closed in between",
    status: { ...RUNNING, lastCloseAt: NOW - 30_000 },
    since: NOW - 30_000 - MINUTE_MS,
  },
  { reason: "another tier", seen: { tier: "SP30" }, since: BEFORE - MINUTE_MS },
  {
    reason: "another processor of its name",
    seen: { atlasId: "b".repeat(24), state: "CREATED" },
    since: BEFORE - MINUTE_MS,
  },
  {
    reason: "started against its policy",
    facts: { declared: STOPPED },
    status: aStatus({ observed: RESTS }),
    seen: {},
    since: BEFORE - MINUTE_MS,
  },
  { reason: "nobody was named yet", status: NAMELESS, since: NOW - 8 * MINUTE_MS },
  {
    reason: "nobody was named for five minutes",
    status: { ...NAMELESS, stateSince: NOW - 5 * MINUTE_MS },
    since: undefined,
  },
  { reason: "somebody was named", status: { ...NAMELESS, stateBy: "jane" }, since: undefined },
  { reason: "Headgate did it", status: { ...NAMELESS, stateCause: "headgate" }, since: undefined },
  { reason: "nobody declares it", facts: { declared: undefined }, since: undefined },
  { reason: "a change of ours is open", facts: { hasOpenChange: true }, since: undefined },
  { reason: "it is seen for the first time", status: aStatus(), since: undefined },
  { reason: "it runs as declared", seen: {}, since: undefined },
  { reason: "it is as declared now", facts: { declared: STOPPED }, since: undefined },
  { reason: "FAILED has a reason", seen: { state: "FAILED" }, since: undefined },
  { reason: "Atlas moves it", seen: { state: "PROVISIONING" }, since: undefined },
  {
    reason: "Atlas may be scaling it",
    seen: { state: "PROVISIONING", autoscaled: true },
    since: BEFORE - MINUTE_MS,
  },
  { reason: "a state nobody knows", seen: { state: "PONDERING" }, since: undefined },
])(
  "asks since when, or not at all: $reason",
  ({ status = RUNNING, facts = {}, seen = { state: "STOPPED" }, since }) => {
    const known = { processor: "clicks", declared: aDeclared(), status, hasOpenChange: false, ...facts };
    expect(findDriftToAttribute(known, anObservation(seen), { seenBefore: BEFORE, now: NOW })).toBe(since);
  },
);

const move = (at: number, by?: ProcessorMove["by"], processor = "clicks"): ProcessorMove => ({
  processor,
  at,
  ...(by === undefined ? {} : { by }),
});
const OWN = { isOwn: true } as const;

it.each<[string, readonly ProcessorMove[], string | undefined]>([
  ["nobody without an event", [], undefined],
  ["the newest who is named", [move(9), move(8, "jane"), move(7, "bob")], "jane"],
  ["at the very time", [move(5, "jane")], "jane"],
  ["nobody from before", [move(4, "jane")], undefined],
  ["nobody of another processor", [move(9, "jane", "other")], undefined],
  ["nobody where the newest is ourselves", [move(9, OWN), move(8, "jane")], undefined],
  ["a person after ourselves", [move(9, "jane"), move(8, OWN)], "jane"],
])("names %s", (_what, moves, expected) => {
  expect(findMover(moves, { processor: "clicks", since: 5 })).toBe(expected);
});

const someMoves = fc.array(
  fc.record({
    processor: fc.constantFrom("clicks", "other"),
    at: fc.nat(20),
    by: fc.constantFrom("jane", "bob", OWN),
  }),
);

it("names only who acted on that processor since then, and never Headgate", () => {
  fc.assert(
    fc.property(someMoves, fc.nat(20), (moves, since) => {
      const newestFirst = [...moves].sort((one, other) => other.at - one.at);
      const mine = newestFirst.filter(({ processor, at }) => processor === "clicks" && at >= since);
      const newest = mine[0]?.by;
      expect(findMover(newestFirst, { processor: "clicks", since })).toBe(
        newest === OWN ? undefined : newest,
      );
    }),
  );
});

it.each([
  { by: null, respect: 100, grace: 10, ms: 10 },
  { by: "jane", respect: 100, grace: 10, ms: 100 },
  { by: "jane", respect: 5, grace: 10, ms: 10 },
  { by: "jane", respect: undefined, grace: 10, ms: 10 },
  { by: "Atlas's autoscaling", respect: 100, grace: 10, ms: 10 },
])("a stop by $by is left alone for $ms, with $grace for anybody and $respect for a person", (row) => {
  const respect = row.respect === undefined ? {} : { respectManualStopMs: row.respect };
  expect(toGraceMs({ stoppedGraceMs: row.grace, ...respect }, { stateBy: row.by })).toBe(row.ms);
});
