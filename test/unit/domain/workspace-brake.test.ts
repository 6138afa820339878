// The mutation brake of a workspace (docs/design.md 6): above 10 and above a quarter of it, unscheduled stops and tier
// restarts are held; what was released goes on, starts and slots always do.
import { expect, it } from "vitest";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import type { WorkspaceFacts } from "../../../src/domain/decide/workspace-facts.js";
import type { WorkspacePlan } from "../../../src/domain/decide/workspace-plan.js";
import { HOUR_MS, NOW, aDeclared, aStatus } from "../../support/domain-builders.js";
import { aPassLater, aWorkspace, many, toCodes, toNames } from "./workspace-case.js";
import type { Member } from "./workspace-case.js";

const DRIFTED: Omit<Member, "name"> = { seen: { tier: "SP30" } };
const UNWANTED: Omit<Member, "name"> = { declared: aDeclared({ policy: { state: "STOPPED" } }) };
const FAILED: Omit<Member, "name"> = { seen: { state: "FAILED" } };
const RUNNING: Omit<Member, "name"> = {};
const SLOTTED: Omit<Member, "name"> = {
  ...DRIFTED,
  declared: aDeclared({
    policy: { restart: { cron: "0 11 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 2 * HOUR_MS } },
  }),
};

function releasing(members: readonly Member[], version: number): Readonly<Record<string, number>> {
  return Object.fromEntries(members.map(({ name }) => [name, version]));
}

const BORDERS: readonly {
  readonly reason: string;
  readonly facts: WorkspaceFacts;
  readonly isBraked: boolean;
  readonly changes: number;
}[] = [
  {
    reason: "ten are not above ten, even of ten",
    facts: aWorkspace(many(10, DRIFTED)),
    isBraked: false,
    changes: 10,
  },
  { reason: "eleven of eleven", facts: aWorkspace(many(11, DRIFTED)), isBraked: true, changes: 0 },
  { reason: "stops count as restarts do", facts: aWorkspace(many(11, UNWANTED)), isBraked: true, changes: 0 },
  {
    reason: "stops and restarts count together",
    facts: aWorkspace([...many(5, DRIFTED, "d"), ...many(6, UNWANTED, "u")]),
    isBraked: true,
    changes: 0,
  },
  {
    reason: "eleven of 44 are a quarter, and not above it",
    facts: aWorkspace([...many(11, DRIFTED, "d"), ...many(33, RUNNING, "r")]),
    isBraked: false,
    changes: 11,
  },
  {
    reason: "eleven of 43 are above a quarter",
    facts: aWorkspace([...many(11, DRIFTED, "d"), ...many(32, RUNNING, "r")]),
    isBraked: true,
    changes: 0,
  },
  {
    reason: "unmanaged processors are part of the workspace a quarter is taken of",
    facts: aWorkspace([...many(11, DRIFTED, "d"), ...many(33, { declared: undefined }, "s")]),
    isBraked: false,
    changes: 11,
  },
  {
    reason: "one more after ten opened in the last ten minutes is the eleventh",
    facts: aWorkspace(many(1, DRIFTED), { recentMutations: 10 }),
    isBraked: true,
    changes: 0,
  },
  {
    reason: "with nine opened in the last ten minutes it is the tenth",
    facts: aWorkspace(many(1, DRIFTED), { recentMutations: 9 }),
    isBraked: false,
    changes: 1,
  },
  {
    reason: "many opened, but none planned: there is nothing to hold",
    facts: aWorkspace(many(3, RUNNING), { recentMutations: 50 }),
    isBraked: false,
    changes: 0,
  },
  {
    reason: "starts do not count, however many",
    facts: aWorkspace([...many(10, DRIFTED, "d"), ...many(30, FAILED, "f")]),
    isBraked: false,
    changes: 40,
  },
  {
    reason: "restarts that a slot asked for do not count",
    facts: aWorkspace([...many(10, DRIFTED, "d"), ...many(20, SLOTTED, "s")]),
    isBraked: false,
    changes: 30,
  },
  {
    reason: "an open change is not planned again and does not count",
    facts: aWorkspace([...many(10, DRIFTED, "d"), ...many(5, { ...DRIFTED, hasOpenChange: true }, "o")]),
    isBraked: false,
    changes: 10,
  },
];

for (const { reason, facts, isBraked, changes } of BORDERS) {
  it(`brake: ${reason}`, () => {
    const plan = planWorkspace(facts);
    expect(plan.isBraked).toBe(isBraked);
    expect(plan.changes.length).toBe(changes);
  });
}

it("brake: starts and slots go on while stops and tier restarts are held, each under its reason", () => {
  const members = [
    ...many(11, DRIFTED, "d"),
    ...many(1, UNWANTED, "u"),
    ...many(1, FAILED, "f"),
    ...many(1, SLOTTED, "s"),
  ];
  const plan = planWorkspace(aWorkspace(members));
  expect(toNames(plan)).toEqual(["f-1", "s-1"]);
  expect(toCodes(plan)).toMatchObject({
    "d-1": "braked",
    "d-11": "braked",
    "u-1": "braked",
    "f-1": "start",
    "s-1": "restart-tier",
  });
});

it("brake: what is held says so in the journal once, and goes on being held", () => {
  const facts = aWorkspace(many(11, DRIFTED));
  const first = planWorkspace(facts);
  const second = planWorkspace(aPassLater(facts, first));
  expect(first.transitions.filter(({ text }) => text.includes("mutation brake")).length).toBe(11);
  expect(second.isBraked).toBe(true);
  expect(second.transitions).toEqual([]);
  expect(second.processors.filter(({ hasStatusChanged }) => hasStatusChanged)).toEqual([]);
});

it("brake: a slot that a held stop skips stays skipped, and is told", () => {
  const declared = aDeclared({ policy: { ...SLOTTED.declared?.policy, state: "STOPPED" } });
  const plan = planWorkspace(aWorkspace(many(11, { declared })));
  expect(plan.isBraked).toBe(true);
  expect(plan.processors[0]?.status.lastSlotAt).toBe(NOW - HOUR_MS);
  expect(plan.transitions.filter(({ kind }) => kind === "slot.skipped").length).toBe(11);
});

it("release: covers the versions then planned, which no longer count, and says so to the change", () => {
  const released = many(20, DRIFTED, "r");
  const facts = aWorkspace([...released, ...many(10, DRIFTED, "d")], {
    brakeReleased: releasing(released, 3),
  });
  const plan = planWorkspace(facts);
  expect(plan.isBraked).toBe(false);
  expect(plan.changes.filter(({ isReleased }) => isReleased).length).toBe(20);
  expect(plan.changes.filter(({ isReleased }) => !isReleased).length).toBe(10);
});

it("release: does not reach processors that were not planned then", () => {
  const released = many(5, DRIFTED, "r");
  const plan = planWorkspace(
    aWorkspace([...released, ...many(11, DRIFTED, "d")], { brakeReleased: releasing(released, 3) }),
  );
  expect(plan.isBraked).toBe(true);
  expect(toNames(plan)).toEqual(["r-1", "r-2", "r-3", "r-4", "r-5"]);
});

it("release: a replaced version is not released any more, and is forgotten", () => {
  const members = many(11, DRIFTED);
  const plan = planWorkspace(aWorkspace(members, { brakeReleased: releasing(members, 2) }));
  expect(plan.isBraked).toBe(true);
  expect(plan.changes).toEqual([]);
  expect(plan.brakeReleased).toEqual({});
});

const KEPT: readonly {
  readonly reason: string;
  readonly member: Omit<Member, "name">;
  readonly isKept: boolean;
}[] = [
  { reason: "is kept until it is done", member: DRIFTED, isKept: true },
  {
    reason: "is kept while the change runs and the processor is down",
    member: { seen: { state: "STOPPED", tier: "SP30" }, hasOpenChange: true },
    isKept: true,
  },
  {
    reason: "is kept over a back-off",
    member: { ...DRIFTED, status: aStatus({ attempts: 1, attemptsVersion: 3, nextAttemptAt: NOW + 1 }) },
    isKept: true,
  },
  { reason: "ends when the processor is as declared", member: RUNNING, isKept: false },
  { reason: "ends when the policy is deleted", member: { ...DRIFTED, declared: undefined }, isKept: false },
];

for (const { reason, member, isKept } of KEPT) {
  it(`release: ${reason}`, () => {
    const plan: WorkspacePlan = planWorkspace(aWorkspace(many(1, member), { brakeReleased: { "p-1": 3 } }));
    expect(plan.brakeReleased).toEqual(isKept ? { "p-1": 3 } : {});
  });
}

it("release: is no switch: what drifts again afterwards is held again", () => {
  const members = many(11, RUNNING);
  const done = planWorkspace(aWorkspace(members, { brakeReleased: releasing(members, 3) }));
  const again = planWorkspace(aWorkspace(many(11, DRIFTED), { brakeReleased: done.brakeReleased }));
  expect(again.isBraked).toBe(true);
});
