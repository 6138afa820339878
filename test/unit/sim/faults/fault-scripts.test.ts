// Fault scripts as text: every kind with its defaults, every refusal by the place it names, and the counting of calls
// as a property. Which calls a condition meets is in faults.test.ts.
import fc from "fast-check";
import { expect, it } from "vitest";
import { ZodError } from "zod";
import { FaultPlan, parseFaults } from "../../../../src/sim/faults/faults.js";
import type { FaultCall, FaultRule } from "../../../../src/sim/faults/faults.js";

const CALL: FaultCall = { operation: "startWith", project: "g", workspace: "w", processor: "p" };
const HANG = { kind: "hang" } as const;

function planOf(script: unknown, seed = 3): FaultPlan {
  const plan = new FaultPlan(seed);
  plan.install(parseFaults(script), true);
  return plan;
}

it.each([
  { what: { kind: "status", status: 503 }, want: { kind: "status", status: 503 } },
  {
    what: { kind: "status", status: 429, retryAfter: 7 },
    want: { kind: "status", status: 429, retryAfter: 7 },
  },
  { what: { kind: "status", status: 200, body: [1] }, want: { kind: "status", status: 200, body: [1] } },
  { what: { kind: "delay", ms: 0 }, want: { kind: "delay", ms: 0 } },
  { what: { kind: "reset-before" }, want: { kind: "reset-before" } },
  { what: { kind: "reset-after" }, want: { kind: "reset-after" } },
  { what: { kind: "status-after-apply", status: 500 }, want: { kind: "status-after-apply", status: 500 } },
  { what: { kind: "late-apply", afterMs: 5 }, want: { kind: "late-apply", afterMs: 5, status: 504 } },
  { what: { kind: "then-failed", afterMs: 5 }, want: { kind: "then-failed", afterMs: 5 } },
  { what: { kind: "hang" }, want: { kind: "hang", applies: false } },
  { what: { kind: "trickle" }, want: { kind: "trickle", everyMs: 20, bytes: 8 } },
  { what: { kind: "truncated" }, want: { kind: "truncated" } },
  { what: { kind: "garbage" }, want: { kind: "garbage", applies: true } },
  { what: { kind: "html" }, want: { kind: "html", status: 502, applies: false } },
  { what: { kind: "empty" }, want: { kind: "empty", status: 502, applies: false } },
  { what: { kind: "status", status: 401, body: null }, want: { kind: "status", status: 401, body: null } },
  { what: { kind: "oversized" }, want: { kind: "oversized", bytes: 67_108_864 } },
  { what: { kind: "echo" }, want: { kind: "echo", status: 400, quotes: "header", as: "detail" } },
  { what: { kind: "stale-read" }, want: { kind: "stale-read" } },
  { what: { kind: "unknown-state", state: "" }, want: { kind: "unknown-state", state: "" } },
])("reads $what as $want", ({ what, want }) => {
  expect(parseFaults({ what })).toEqual([{ when: {}, what: want }]);
});

/** The place of the first fault in a script, or "taken". */
function placeOf(script: unknown): string {
  try {
    parseFaults(script);
    return "taken";
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    return error.issues[0]?.path.join(".") ?? "";
  }
}

it.each([
  { reason: "no what", rule: {}, place: "0.what" },
  { reason: "an unknown kind", rule: { what: { kind: "explode" } }, place: "0.what.kind" },
  { reason: "an unknown field of a kind", rule: { what: { kind: "hang", ms: 5 } }, place: "0.what" },
  { reason: "no status", rule: { what: { kind: "status" } }, place: "0.what.status" },
  { reason: "a status below 200", rule: { what: { kind: "status", status: 199 } }, place: "0.what.status" },
  { reason: "a status above 599", rule: { what: { kind: "html", status: 600 } }, place: "0.what.status" },
  {
    reason: "a status with a fraction",
    rule: { what: { kind: "html", status: 500.5 } },
    place: "0.what.status",
  },
  { reason: "a negative delay", rule: { what: { kind: "delay", ms: -1 } }, place: "0.what.ms" },
  { reason: "no delay", rule: { what: { kind: "delay" } }, place: "0.what.ms" },
  { reason: "no span", rule: { what: { kind: "late-apply" } }, place: "0.what.afterMs" },
  { reason: "no byte at a time", rule: { what: { kind: "trickle", bytes: 0 } }, place: "0.what.bytes" },
  { reason: "nothing too large", rule: { what: { kind: "oversized", bytes: 0 } }, place: "0.what.bytes" },
  {
    reason: "a header that is no text",
    rule: { what: { kind: "status", status: 500, headers: { a: 1 } } },
    place: "0.what.headers.a",
  },
  { reason: "a wrong word", rule: { what: { kind: "echo", as: "xml" } }, place: "0.what.as" },
  { reason: "no state", rule: { what: { kind: "unknown-state" } }, place: "0.what.state" },
  { reason: "the call before the first", rule: { when: { nth: 0 }, what: HANG }, place: "0.when.nth" },
  { reason: "half a call", rule: { when: { from: 1.5 }, what: HANG }, place: "0.when.from" },
  {
    reason: "a probability above 1",
    rule: { when: { probability: 1.1 }, what: HANG },
    place: "0.when.probability",
  },
  { reason: "an unknown condition", rule: { when: { weekday: 1 }, what: HANG }, place: "0.when" },
  { reason: "an unknown field of the rule", rule: { what: HANG, why: "x" }, place: "0" },
])("refuses $reason at $place", ({ rule, place }) => {
  expect(placeOf([rule])).toBe(place);
});

it("names the rule at fault by its place in the script", () => {
  expect(placeOf([{ what: HANG }, { what: HANG }, { what: { kind: "delay" } }])).toBe("2.what.ms");
});

it("reads one rule as a list of one, and an empty list as no rule", () => {
  expect(parseFaults({ what: HANG })).toEqual(parseFaults([{ what: HANG }]));
  expect(parseFaults([])).toEqual([]);
});

const position = fc.integer({ min: 1, max: 12 });
const when = fc.record({ nth: position, from: position, to: position }, { requiredKeys: [] });

it("fires at exactly those calls that its conditions name, counted from one", () => {
  fc.assert(
    fc.property(when, (condition) => {
      const plan = planOf([{ when: condition, what: HANG }]);
      const fired = Array.from({ length: 14 }, (_, index) =>
        plan.match(CALL) === undefined ? 0 : index + 1,
      );
      const { nth, from = 1, to = 14 } = condition;
      const wanted = fired.map((_, index) => index + 1).filter((one) => one >= from && one <= to);
      expect(fired.filter((one) => one > 0)).toEqual(
        wanted.filter((one) => nth === undefined || one === nth),
      );
    }),
  );
});

it("counts a rule's own calls only, and those whether or not another rule fires first", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("p", "q"), { maxLength: 30 }), (processors) => {
      const plan = planOf([
        { when: { processor: "p" }, what: HANG },
        { when: { from: 1, to: 1 }, what: HANG },
        { when: { processor: "q" }, what: { kind: "truncated" } },
      ]);
      for (const processor of processors) plan.match({ ...CALL, processor });
      const of = (name: string): number => processors.filter((one) => one === name).length;
      expect(plan.toSnapshot().counts).toEqual([of("p"), processors.length, of("q")]);
    }),
  );
});

it("goes on after a snapshot as the plan that it was taken of", () => {
  fc.assert(
    fc.property(fc.nat(20), fc.float({ min: 0, max: 1, noNaN: true }), (before, probability) => {
      const script = [
        { when: { probability }, what: HANG },
        { when: { from: 5, to: 9 }, what: { kind: "truncated" } },
      ];
      const plan = planOf(script);
      for (let index = 0; index < before; index += 1) plan.match(CALL);
      const copy = new FaultPlan(3);
      copy.restore(JSON.parse(JSON.stringify(plan.toSnapshot())) as ReturnType<FaultPlan["toSnapshot"]>);
      const next = (of: FaultPlan): readonly unknown[] => Array.from({ length: 15 }, () => of.match(CALL));
      expect(next(copy)).toEqual(next(plan));
    }),
  );
});

it.each([
  { probability: 0, hits: 0 },
  { probability: 1, hits: 100 },
])("fires with probability $probability at $hits of a hundred calls", ({ probability, hits }) => {
  const plan = planOf([{ when: { probability }, what: HANG }]);
  expect(Array.from({ length: 100 }, () => plan.match(CALL)).filter((one) => one !== undefined)).toHaveLength(
    hits,
  );
});

it("draws each rule luck of its own", () => {
  const plan = planOf([
    { when: { operation: "get", probability: 0.5 }, what: HANG },
    { when: { operation: "stop", probability: 0.5 }, what: HANG },
  ]);
  const hits = (operation: string): string =>
    Array.from({ length: 64 }, () => (plan.match({ ...CALL, operation }) === undefined ? "." : "x")).join("");
  expect(hits("get")).not.toBe(hits("stop"));
});

const idsOf = (plan: FaultPlan): readonly (string | undefined)[] =>
  plan.toSnapshot().rules.map((one: FaultRule) => one.id);

it("adds rules behind those in force, and names those that have no name", () => {
  const plan = planOf([{ what: HANG }, { id: "mine", what: HANG }]);
  plan.install(parseFaults({ what: HANG }), false);
  expect(idsOf(plan)).toEqual(["fault-1", "mine", "fault-3"]);
});

it.each([
  {
    reason: "replaced",
    change: (plan: FaultPlan) => {
      plan.install(parseFaults({ what: HANG }), true);
    },
    rules: 1,
  },
  {
    reason: "cleared",
    change: (plan: FaultPlan) => {
      plan.clear();
    },
    rules: 0,
  },
])("counts anew once its rules were $reason", ({ change, rules }) => {
  const plan = planOf([{ when: { nth: 1 }, what: HANG }, { what: HANG }]);
  plan.match(CALL);
  change(plan);
  expect(plan.toSnapshot().counts).toEqual(Array.from({ length: rules }, () => 0));
});

it.each([
  {
    reason: "a token",
    call: { operation: "token", project: null, workspace: null, processor: null },
    when: { operation: "token" },
    isMet: true,
  },
  {
    reason: "a list has no processor",
    call: { ...CALL, processor: null },
    when: { processor: "p" },
    isMet: false,
  },
  { reason: "no operation of the list", call: CALL, when: { operation: ["stop", "get"] }, isMet: false },
  { reason: "an empty list of operations", call: CALL, when: { operation: [] }, isMet: false },
  {
    reason: "all but the workspace",
    call: CALL,
    when: { project: "g", workspace: "v", processor: "p" },
    isMet: false,
  },
])("meets a call: $isMet, $reason", ({ call, when: condition, isMet }) => {
  expect(planOf([{ when: condition, what: HANG }]).match(call) !== undefined).toBe(isMet);
});

it("hands out a snapshot that later calls do not change", () => {
  const plan = planOf([{ what: HANG }]);
  const before = plan.toSnapshot();
  plan.match(CALL);
  plan.install(parseFaults({ what: HANG }), false);
  expect([before.counts, before.rules.length]).toEqual([[0], 1]);
});
