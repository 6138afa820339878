// Fault scripts: which calls they meet, in which order, and the same for the same seed.
import { expect, it } from "vitest";
import { FaultPlan, parseFaults } from "../../../../src/sim/faults/faults.js";
import type { FaultScript } from "../../../../src/sim/faults/faults.js";

const CALL = { operation: "startWith", project: "g", workspace: "w", processor: "p" };

function planOf(script: FaultScript, seed = 3): FaultPlan {
  const plan = new FaultPlan(seed);
  plan.install(parseFaults(script), true);
  return plan;
}

const hits = (plan: FaultPlan, calls: number, call = CALL): string =>
  Array.from({ length: calls }, () => (plan.match(call) === undefined ? "." : "x")).join("");

it.each([
  { reason: "every call", when: {}, want: "xxxxx" },
  { reason: "the third", when: { nth: 3 }, want: "..x.." },
  { reason: "a burst", when: { from: 2, to: 4 }, want: ".xxx." },
  { reason: "the first two", when: { to: 2 }, want: "xx..." },
  { reason: "another operation", when: { operation: "stop" }, want: "....." },
  { reason: "one of several operations", when: { operation: ["stop", "startWith"] }, want: "xxxxx" },
  { reason: "another processor", when: { processor: "q" }, want: "....." },
  { reason: "this processor", when: { project: "g", workspace: "w", processor: "p" }, want: "xxxxx" },
])("meets $reason", ({ when, want }) => {
  expect(hits(planOf([{ when, what: { kind: "reset-before" } }]), 5)).toBe(want);
});

it("draws the same luck for the same seed, about as often as asked", () => {
  const script: FaultScript = [{ when: { probability: 0.1 }, what: { kind: "reset-before" } }];
  const one = hits(planOf(script), 2_000);
  expect(hits(planOf(script), 2_000)).toBe(one);
  expect(hits(planOf(script, 4), 2_000)).not.toBe(one);
  const share = one.replaceAll(".", "").length / one.length;
  expect(share).toBeGreaterThan(0.07);
  expect(share).toBeLessThan(0.13);
});

it("takes the first rule that fires, and counts for all that name the call", () => {
  const plan = planOf([
    { id: "a", when: { nth: 1 }, what: { kind: "hang" } },
    { id: "b", when: { nth: 2 }, what: { kind: "truncated" } },
  ]);
  expect([plan.match(CALL)?.id, plan.match(CALL)?.id, plan.match(CALL)]).toEqual(["a", "b", undefined]);
});

it("goes on counting where a snapshot was taken", () => {
  const plan = planOf([{ when: { nth: 3 }, what: { kind: "hang" } }]);
  hits(plan, 2);
  const restored = new FaultPlan(3);
  restored.restore(plan.toSnapshot());
  expect(hits(restored, 2)).toBe("x.");
});

it.each([
  { reason: "unknown kind", script: [{ what: { kind: "explode" } }] },
  { reason: "unknown condition", script: [{ when: { weekday: 1 }, what: { kind: "hang" } }] },
  { reason: "no status", script: [{ what: { kind: "status" } }] },
])("refuses a script: $reason", ({ script }) => {
  expect(() => parseFaults(script)).toThrow();
});
