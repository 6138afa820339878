// Seeded randomness: in range, the same for the same seed, spread over the range, and resumable from its position.
import fc from "fast-check";
import { expect, it } from "vitest";
import { drawHex, drawInteger, drawUnit, unitOf } from "../../../../src/sim/world/random.js";
import type { RandomState } from "../../../../src/sim/world/random.js";

const seed = fc.integer();
const draws = (state: RandomState, count: number): readonly number[] =>
  Array.from({ length: count }, () => drawUnit(state));

it("draws numbers from 0 up to, and never, 1, whatever the seed", () => {
  fc.assert(
    fc.property(seed, (position) => {
      for (const one of draws({ position }, 50)) {
        expect(one).toBeGreaterThanOrEqual(0);
        expect(one).toBeLessThan(1);
      }
    }),
  );
});

it("draws the same sequence for the same seed", () => {
  fc.assert(
    fc.property(seed, (position) => {
      expect(draws({ position }, 20)).toEqual(draws({ position }, 20));
    }),
  );
});

it("goes on from a stored position as if it had never stopped", () => {
  fc.assert(
    fc.property(seed, fc.nat(30), (position, before) => {
      const whole = draws({ position }, before + 5).slice(before);
      const first = { position };
      draws(first, before);
      const stored = JSON.parse(JSON.stringify(first)) as RandomState;
      expect(draws(stored, 5)).toEqual(whole);
    }),
  );
});

it("draws whole numbers below the bound only, and each of them", () => {
  fc.assert(
    fc.property(seed, fc.integer({ min: 1, max: 16 }), (position, below) => {
      const state = { position };
      const seen = new Set(Array.from({ length: 64 * below }, () => drawInteger(state, below)));
      expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: below }, (_, index) => index));
    }),
    { numRuns: 40 },
  );
});

it.each([
  { reason: "an id of Atlas", digits: 24 },
  { reason: "a short one", digits: 1 },
  { reason: "none", digits: 0 },
])("draws as many hexadecimal digits as asked: $reason", ({ digits }) => {
  expect(drawHex({ position: 5 }, digits)).toMatch(new RegExp(`^[0-9a-f]{${String(digits)}}$`));
});

it("draws ids that differ: ten thousand from one seed", () => {
  const state = { position: 1 };
  expect(new Set(Array.from({ length: 10_000 }, () => drawHex(state, 24))).size).toBe(10_000);
});

it("gives luck that depends on its arguments alone", () => {
  fc.assert(
    fc.property(seed, fc.nat(100), fc.nat(1_000), (one, index, count) => {
      const luck = unitOf(one, index, count);
      expect(luck).toBe(unitOf(one, index, count));
      expect(luck).toBeGreaterThanOrEqual(0);
      expect(luck).toBeLessThan(1);
    }),
  );
});

it("gives each rule and each call luck of its own", () => {
  const lucks = [0, 1, 2].flatMap((index) => [1, 2, 3].map((count) => unitOf(9, index, count)));
  expect(new Set(lucks).size).toBe(9);
});

it.each([0.01, 0.1, 0.5, 0.9])("meets a probability of %d about as often as it says", (probability) => {
  const hits = Array.from({ length: 20_000 }, (_, count) => unitOf(3, 0, count)).filter(
    (luck) => luck < probability,
  );
  expect(Math.abs(hits.length / 20_000 - probability)).toBeLessThan(0.02);
});
