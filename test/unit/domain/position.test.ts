// The place in a change stream that one look shows, and which of them is remembered.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { ProcessorStats, SourcePosition } from "../../../src/domain/observation.js";
import { toSourcePosition, withPosition } from "../../../src/domain/recover/position.js";
import { HOUR_MS, MINUTE_MS, NOW, anObservation, aStatus } from "../../support/domain-builders.js";

const RUNS = anObservation();
const RESTS = anObservation({ state: "STOPPED" });
const FAILS = anObservation({ state: "FAILED" });

interface Case {
  readonly reason: string;
  readonly stats: ProcessorStats | undefined;
  readonly observation?: typeof RUNS;
  readonly at: number | undefined;
}

it.each<Case>([
  { reason: "no statistics", stats: undefined, at: undefined },
  { reason: "none that say where", stats: { messagesIn: 7 }, at: undefined },
  { reason: "a token", stats: { positionAt: NOW - HOUR_MS }, at: NOW - HOUR_MS },
  { reason: "a token before a lag", stats: { positionAt: NOW - HOUR_MS, lagSeconds: 1 }, at: NOW - HOUR_MS },
  { reason: "a lag alone", stats: { lagSeconds: 90 }, at: NOW - 90_000 },
  { reason: "a lag of nothing", stats: { lagSeconds: 0 }, at: NOW },
  { reason: "a lag at rest says nothing", stats: { lagSeconds: 90 }, observation: RESTS, at: undefined },
  { reason: "a lag of what FAILED neither", stats: { lagSeconds: 90 }, observation: FAILS, at: undefined },
  { reason: "a token at rest", stats: { positionAt: NOW - HOUR_MS }, observation: RESTS, at: NOW - HOUR_MS },
  { reason: "Kafka, whose lag is none of time", stats: { lagSeconds: 0, kafkaLag: 3 }, at: undefined },
  { reason: "the cluster's clock is ahead", stats: { positionAt: NOW + MINUTE_MS }, at: NOW },
  { reason: "a token of the future", stats: { positionAt: NOW + MINUTE_MS + 1 }, at: undefined },
  {
    reason: "a token of the future, and a lag",
    stats: { positionAt: NOW + HOUR_MS, lagSeconds: 5 },
    at: NOW - 5_000,
  },
  { reason: "a token of 1999", stats: { positionAt: Date.UTC(2000, 0) - 1 }, at: undefined },
  { reason: "a token of 2000", stats: { positionAt: Date.UTC(2000, 0) }, at: Date.UTC(2000, 0) },
  { reason: "a lag beyond all clocks", stats: { lagSeconds: 1e15 }, at: undefined },
])("reads $reason", ({ stats, observation = RUNS, at }) => {
  const found = toSourcePosition({ observation, stats, seenAt: NOW });
  expect(found).toEqual(at === undefined ? undefined : { at, seenAt: NOW });
});

const KNOWN: SourcePosition = { at: NOW - HOUR_MS, seenAt: NOW - MINUTE_MS };
const known = aStatus({ observed: RUNS, position: KNOWN });

it("keeps the newest look, also one that shows an earlier place: somebody started it there", () => {
  const sight = { observation: RUNS, stats: { positionAt: NOW - 2 * HOUR_MS }, seenAt: NOW };
  expect(withPosition(known, sight).position).toEqual({ at: NOW - 2 * HOUR_MS, seenAt: NOW });
});

it.each([
  ["an older look", { seenAt: KNOWN.seenAt - 1 }],
  ["the same look", { seenAt: KNOWN.seenAt }],
  ["a look without a place", { stats: { messagesIn: 1 } }],
  ["another processor of that name", { observation: anObservation({ atlasId: "b".repeat(24) }) }],
  ["one at rest that stands where it stood", { observation: RESTS, stats: { positionAt: KNOWN.at } }],
])("changes nothing for %s", (_what, fields) => {
  const sight = { observation: RUNS, stats: { positionAt: NOW }, seenAt: NOW, ...fields };
  expect(withPosition(known, sight)).toBe(known);
});

it("of any looks in any order the newest is remembered", () => {
  const look = fc.record({
    seenAt: fc.integer({ min: NOW - HOUR_MS, max: NOW }),
    stats: fc.record({ positionAt: fc.integer({ min: NOW - 2 * HOUR_MS, max: NOW - HOUR_MS }) }),
  });
  fc.assert(
    fc.property(fc.array(look, { minLength: 1 }), (looks) => {
      const start = aStatus({ observed: RUNS });
      const sights = looks.map((one) => ({ ...one, observation: RUNS }));
      const { position } = sights.reduce(withPosition, start);
      expect(position?.seenAt).toBe(Math.max(...looks.map(({ seenAt }) => seenAt)));
    }),
  );
});
