// Limits by name: how much may be taken at once, how fast it comes again, and what becomes of names when there are too
// many.
import { expect, it } from "vitest";
import fc from "fast-check";
import { createBuckets } from "../../../../src/http/access/buckets.js";

function aClock(): { readonly now: () => number; readonly pass: (ms: number) => void } {
  let at = 5_000;
  return { now: () => at, pass: (ms) => (at += ms) };
}

it("lets a burst through, then as many as come again, and says how long to wait", () => {
  const { now, pass } = aClock();
  const buckets = createBuckets({ capacity: 3, perSecond: 0.5 }, now);
  expect([1, 2, 3, 4].map(() => buckets.take("a"))).toEqual([0, 0, 0, 2]);
  expect(buckets.take("b")).toBe(0);
  pass(1_999);
  expect(buckets.wait("a")).toBe(1);
  expect(buckets.take("a")).toBe(1);
  pass(1);
  expect(buckets.wait("a")).toBe(0);
  expect(buckets.take("a")).toBe(0);
  expect(buckets.take("a")).toBe(2);
});

it("takes nothing when it is only asked, and nothing for what it refuses", () => {
  const { now, pass } = aClock();
  const buckets = createBuckets({ capacity: 1, perSecond: 1 }, now);
  expect([buckets.wait("a"), buckets.wait("a"), buckets.take("a")]).toEqual([0, 0, 0]);
  for (let i = 0; i < 50; i += 1) expect(buckets.take("a")).toBe(1);
  pass(1_000);
  expect(buckets.take("a")).toBe(0);
});

it("never lets more through than its capacity and what has come since", () => {
  const steps = fc.array(fc.record({ ms: fc.nat({ max: 3_000 }), name: fc.constantFrom("a", "b") }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (taken) => {
      const { now, pass } = aClock();
      const began = now();
      const buckets = createBuckets({ capacity: 4, perSecond: 2 }, now);
      const passed = { a: 0, b: 0 };
      for (const { ms, name } of taken) {
        pass(ms);
        if (buckets.take(name) === 0) passed[name as "a"] += 1;
        expect(passed[name as "a"]).toBeLessThanOrEqual(4 + ((now() - began) / 1_000) * 2);
      }
    }),
  );
});

it("forgets the name that was used longest ago, when there are more than it keeps", () => {
  const { now } = aClock();
  const buckets = createBuckets({ capacity: 1, perSecond: 0.001 }, now);
  for (const name of ["old", "kept"]) expect(buckets.take(name)).toBe(0);
  for (let i = 0; i < 9_999; i += 1) buckets.take(`name ${String(i)}`);
  expect(buckets.wait("old")).toBe(0);
  expect(buckets.wait("kept")).toBeGreaterThan(0);
});
