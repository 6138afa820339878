// Passes one after another over a small world in which every planned change succeeds: that they come to rest where the
// policies want it (I7), and that restart slots are used once each, at their spread time (I9). The world here only does
// what it is told: start runs on the tier that was sent, stop rests.
import { expect, it } from "vitest";
import { createScheduler } from "../../../src/domain/decide/schedule.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import type { WorkspaceFacts } from "../../../src/domain/decide/workspace-facts.js";
import type { PlannedChange, WorkspacePlan } from "../../../src/domain/decide/workspace-plan.js";
import {
  HOUR_MS,
  MINUTE_MS,
  NOW,
  REF,
  aDeclared,
  anObservation,
  aStatus,
} from "../../support/domain-builders.js";
import { aPassLater, aWorkspace, toNames } from "./workspace-case.js";
import type { Member } from "./workspace-case.js";

const NIGHTLY = { cron: "0 3 * * *", timezone: "UTC", spreadMs: 30 * MINUTE_MS, catchUpMs: 2 * HOUR_MS };
const SLOTTED = aDeclared({ policy: { restart: NIGHTLY } });
const MIDNIGHT = Date.UTC(2026, 5, 2);

interface Fired {
  readonly at: number;
  readonly change: PlannedChange;
}

/** The next pass, after every change of this one has succeeded at once. */
function afterSuccess(facts: WorkspaceFacts, plan: WorkspacePlan): WorkspaceFacts {
  const later = aPassLater(facts, plan);
  const changes = new Map(plan.changes.map((change) => [change.ref.processor, change]));
  return {
    ...later,
    observations: (facts.observations ?? []).map((one) => {
      const change = changes.get(one.processor);
      if (change === undefined) return one;
      return change.kind === "stop"
        ? { ...one, state: "STOPPED" }
        : { ...one, state: "STARTED", tier: "SP10" };
    }),
    processors: later.processors.map((one) => {
      const change = changes.get(one.processor);
      return change === undefined ? one : { ...one, status: closed(one.status, change, facts.now) };
    }),
  };
}

function closed(status: ProcessorStatus | undefined, change: PlannedChange, now: number): ProcessorStatus {
  return {
    ...(status ?? aStatus()),
    lastCloseAt: now,
    ...(change.kind === "stop" ? {} : { lastStartAt: now }),
    ...(change.slotAt === null ? {} : { lastSlotAt: change.slotAt }),
  };
}

/** A pass each minute; what they started, and what the last one was made from. */
function live(from: WorkspaceFacts, minutes: number): { fired: readonly Fired[]; facts: WorkspaceFacts } {
  const fired: Fired[] = [];
  let facts = from;
  for (let minute = 0; minute < minutes; minute += 1) {
    const plan = planWorkspace(facts);
    fired.push(...plan.changes.map((change) => ({ at: facts.now, change })));
    facts = afterSuccess(facts, plan);
  }
  return { fired, facts };
}

const at = (now: number): Partial<WorkspaceFacts> => ({ now, observedAt: now - 1_000 });
const toTimes = (fired: readonly Fired[]): readonly string[] =>
  fired.map((one) => new Date(one.change.slotAt ?? 0).toISOString());

const STATES = ["FAILED", "CREATED", "STOPPED", "STARTED"] as const;
const COMBINED: readonly Member[] = (["STARTED", "STOPPED"] as const).flatMap((state) =>
  STATES.flatMap((word) =>
    (["SP10", "SP30"] as const).map((tier) => ({
      name: `${state}-${word}-${tier}`,
      declared: aDeclared({ policy: { state } }),
      seen: { state: word, tier },
    })),
  ),
);

it("I7 every processor that can be helped is where its policy wants it after the first pass", () => {
  const { fired, facts } = live(aWorkspace(COMBINED), 1);
  const wrong = (facts.observations ?? []).filter(({ processor, state, tier }) =>
    processor.startsWith("STARTED") ? state !== "STARTED" || tier !== "SP10" : state === "STARTED",
  );
  expect(fired.length).toBe(9);
  expect(wrong).toEqual([]);
});

it("the fixed point: what has come to rest plans nothing, tells nothing and writes nothing, for a day", () => {
  const rested = live(aWorkspace(COMBINED), 5).facts;
  const { fired, facts } = live(rested, 24 * 60);
  const last = planWorkspace(facts);
  expect(fired).toEqual([]);
  expect(last.transitions).toEqual([]);
  expect(last.processors.filter(({ hasStatusChanged }) => hasStatusChanged)).toEqual([]);
});

it("a fleet beyond the cap comes up in several passes, and no change is made twice", () => {
  const members = Array.from({ length: 120 }, (_, index) => ({
    name: `p-${String(index)}`,
    seen: { state: "FAILED" },
  }));
  const { fired } = live(aWorkspace(members), 6);
  expect(fired.length).toBe(120);
  expect(new Set(fired.map(({ change }) => change.ref.processor)).size).toBe(120);
});

it("I9 a nightly slot restarts once a night, at its spread time and no earlier", () => {
  const { fired } = live(aWorkspace([{ name: REF.processor, declared: SLOTTED }], at(MIDNIGHT)), 3 * 24 * 60);
  expect(toTimes(fired)).toEqual([
    "2026-06-02T03:00:00.000Z",
    "2026-06-03T03:00:00.000Z",
    "2026-06-04T03:00:00.000Z",
  ]);
  const [slot] = createScheduler().nextSlots(NIGHTLY, REF, { from: MIDNIGHT, count: 1 });
  const waitedMs = (fired[0]?.at ?? 0) - (slot?.firesAt ?? 0);
  expect(slot?.firesAt).toBeGreaterThan(slot?.at ?? 0);
  expect(waitedMs).toBeGreaterThanOrEqual(0);
  expect(waitedMs).toBeLessThan(MINUTE_MS);
  expect(fired.map(({ change }) => change.kind)).toEqual(["restart", "restart", "restart"]);
});

const YESTERDAY_SLOT = Date.UTC(2026, 5, 1, 3);
const DUE: readonly {
  readonly reason: string;
  readonly member: Member;
  readonly slots: readonly number[];
}[] = [
  {
    reason: "fired after its block was declared and after the last start: due",
    member: { name: "p", declared: SLOTTED },
    slots: [YESTERDAY_SLOT],
  },
  {
    reason: "its block was declared only after it fired",
    member: { name: "p", declared: { ...SLOTTED, restartSince: YESTERDAY_SLOT + 30 * MINUTE_MS } },
    slots: [],
  },
  {
    reason: "the policy is newer than the slot, its block is not: due",
    member: {
      name: "p",
      declared: {
        ...SLOTTED,
        declaredAt: YESTERDAY_SLOT + HOUR_MS,
        restartSince: YESTERDAY_SLOT - 24 * HOUR_MS,
      },
    },
    slots: [YESTERDAY_SLOT],
  },
  {
    reason: "a start succeeded since it fired",
    member: {
      name: "p",
      declared: SLOTTED,
      status: aStatus({ lastStartAt: YESTERDAY_SLOT + 30 * MINUTE_MS }),
    },
    slots: [],
  },
  {
    reason: "a start before it fired does not matter",
    member: { name: "p", declared: SLOTTED, status: aStatus({ lastStartAt: YESTERDAY_SLOT - 1 }) },
    slots: [YESTERDAY_SLOT],
  },
  {
    reason: "used or skipped before",
    member: { name: "p", declared: SLOTTED, status: aStatus({ lastSlotAt: YESTERDAY_SLOT }) },
    slots: [],
  },
  {
    reason: "the one before it was used: due",
    member: {
      name: "p",
      declared: SLOTTED,
      status: aStatus({ lastSlotAt: YESTERDAY_SLOT - 24 * HOUR_MS }),
    },
    slots: [YESTERDAY_SLOT],
  },
];

for (const { reason, member, slots } of DUE) {
  it(`slot: ${reason}`, () => {
    const { changes } = planWorkspace(aWorkspace([member], at(YESTERDAY_SLOT + HOUR_MS)));
    expect(changes.map(({ slotAt }) => slotAt)).toEqual(slots);
  });
}

it("slot: a start from FAILED satisfies it, and no restart follows", () => {
  const from = aWorkspace(
    [{ name: "p", declared: SLOTTED, seen: { state: "FAILED" } }],
    at(YESTERDAY_SLOT + HOUR_MS),
  );
  const { fired } = live(from, 60);
  expect(fired.map(({ change }) => [change.kind, change.slotAt])).toEqual([["start", YESTERDAY_SLOT]]);
});

it("slot: Headgate slept past catchUp: skipped, told, and the next night's fires", () => {
  const from = aWorkspace([{ name: "p", declared: SLOTTED }], at(YESTERDAY_SLOT + 6 * HOUR_MS));
  const first = planWorkspace(from);
  expect(first.changes).toEqual([]);
  expect(first.transitions.map(({ text }) => text)).toContain("2026-06-01T03:00:00.000Z: older than catchUp");
  expect(toTimes(live(from, 24 * 60).fired)).toEqual(["2026-06-02T03:00:00.000Z"]);
});

it("slot: one that fired while suspended stays skipped when the suspension ends in time to catch up", () => {
  const until = YESTERDAY_SLOT + HOUR_MS;
  const status = aStatus({ suspended: { by: "ana", why: "x", until } });
  const from = aWorkspace([{ name: "p", declared: SLOTTED, status }], at(YESTERDAY_SLOT - HOUR_MS));
  expect(live(from, 6 * 60).fired).toEqual([]);
});

it("grace: a processor that somebody stops is started when the grace is over, and not before", () => {
  const running = aWorkspace([{ name: "p" }]);
  const stopped = {
    ...aPassLater(running, planWorkspace(running)),
    observations: aWorkspace([{ name: "p", seen: { state: "STOPPED" } }]).observations,
  };
  const { fired } = live(stopped, 30);
  expect(toNames(planWorkspace(stopped))).toEqual([]);
  expect(fired.map(({ at: firedAt, change }) => [firedAt - stopped.observedAt, change.kind])).toEqual([
    [5 * MINUTE_MS + 1_000, "start"],
  ]);
  expect(stopped.now).toBe(NOW + MINUTE_MS);
});

it("grace: what a change of ours stopped and could not start again is started without one", () => {
  const before = aStatus({ observed: anObservation(), observedAt: NOW - HOUR_MS, stateSince: NOW - HOUR_MS });
  const member = { name: REF.processor, seen: { state: "STOPPED" }, status: before };
  const changing = aWorkspace([{ ...member, hasOpenChange: true }]);
  const [during] = planWorkspace(changing).processors;
  const status = { ...(during?.status ?? before), lastCloseAt: NOW };
  const next = planWorkspace(aWorkspace([{ ...member, status }], at(NOW + MINUTE_MS)));
  expect(during?.status.stateCause).toBe("headgate");
  expect(next.changes.map(({ kind }) => kind)).toEqual(["start"]);
});
