// What a pass writes down (docs/design.md 5, last paragraph): transitions only. A reason that stays is told once, a
// reason that comes and goes with every change is not told at all, and a quiet fleet writes nothing.
import { expect, it } from "vitest";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import type { Transition } from "../../../src/domain/decide/transitions.js";
import { HOUR_MS, MINUTE_MS, NOW, aDeclared, anObservation, aStatus } from "../../support/domain-builders.js";
import { aPassLater, aWorkspace, many } from "./workspace-case.js";
import type { Member } from "./workspace-case.js";

const FAILED: Omit<Member, "name"> = { seen: { state: "FAILED" } };
const AT_REST: Omit<Member, "name"> = { seen: { state: "STOPPED" } };
const NIGHTLY = {
  restart: { cron: "0 11 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 2 * HOUR_MS },
} as const;
const SLOT_AT = NOW - HOUR_MS;

/** As a fleet that was looked at before: the reason it has is known. */
function remembered(member: Omit<Member, "name">): Member {
  const facts = aWorkspace([{ name: "clicks", ...member }], {
    now: NOW - MINUTE_MS,
    observedAt: NOW - MINUTE_MS,
  });
  return { name: "clicks", ...member, status: planWorkspace(facts).processors[0]?.status ?? aStatus() };
}

function tell(member: Member): readonly Omit<Transition, "processor">[] {
  const { transitions } = planWorkspace(aWorkspace([member]));
  return transitions.map(({ kind, text }) => ({ kind, text }));
}

it("the first look tells the state and the reason", () => {
  expect(tell({ name: "clicks" })).toEqual([
    { kind: "state.changed", text: "not seen -> STARTED" },
    { kind: "reason.changed", text: "runs as declared" },
  ]);
});

const EVERYONE: readonly Member[] = [
  ...many(3, {}, "running"),
  ...many(3, { seen: null, status: aStatus({ absences: 2 }) }, "missing"),
  ...many(3, { ...FAILED, declared: undefined }, "unmanaged"),
  ...many(3, { seen: { state: "PROVISIONING" } }, "on-its-way"),
  ...many(3, { seen: { state: "HIBERNATING" } }, "unknown"),
  ...many(3, { ...FAILED, declared: aDeclared({ policy: { state: "STOPPED" } }) }, "resting"),
  ...many(3, { ...FAILED, declared: aDeclared({ policy: { mode: "observe" } }) }, "observed"),
  ...many(3, { ...FAILED, status: aStatus({ parked: { version: 3, why: "gave up" } }) }, "parked"),
  ...many(3, { ...FAILED, status: aStatus({ attempts: 30, attemptsVersion: 3 }) }, "parks"),
  ...many(3, { ...FAILED, status: aStatus({ barredUntil: NOW + HOUR_MS }) }, "barred"),
  ...many(3, { ...FAILED, hasOpenChange: true }, "changing"),
  ...many(3, { ...AT_REST, declared: aDeclared({ policy: { state: "STOPPED", ...NIGHTLY } }) }, "slotted"),
  ...many(
    3,
    { ...FAILED, status: aStatus({ attempts: 2, attemptsVersion: 3, nextAttemptAt: NOW + HOUR_MS }) },
    "backing-off",
  ),
  ...many(
    3,
    { ...FAILED, status: aStatus({ suspended: { by: "ana", why: "x", until: NOW + HOUR_MS } }) },
    "suspended",
  ),
];

it("a quiet fleet, of every kind that waits, writes nothing from its second pass on", () => {
  const facts = aWorkspace(EVERYONE);
  const first = planWorkspace(facts);
  const second = planWorkspace(aPassLater(facts, first));
  expect(first.processors.every(({ hasStatusChanged }) => hasStatusChanged)).toBe(true);
  expect(second.transitions).toEqual([]);
  expect(second.processors.filter(({ hasStatusChanged }) => hasStatusChanged)).toEqual([]);
  expect([...first.changes, ...second.changes]).toEqual([]);
});

it("a start that stays wanted is told once", () => {
  const facts = aWorkspace(many(1, FAILED));
  const first = planWorkspace(facts);
  const second = planWorkspace(aPassLater(facts, first));
  expect(first.transitions.map(({ text }) => text)).toEqual([
    "not seen -> FAILED",
    "FAILED, but declared STARTED",
  ]);
  expect(second.transitions).toEqual([]);
  expect(second.processors[0]?.status.reasonSince).toBe(NOW);
});

it("the same reason for another cause is another reason", () => {
  const before = remembered({ seen: { state: "FAILED", errorMessage: "source not reachable" } });
  expect(tell({ ...before, seen: { state: "FAILED", errorMessage: "sink not reachable" } })).toEqual([
    { kind: "reason.changed", text: "FAILED (sink not reachable), but declared STARTED" },
  ]);
});

it("a list that leaves out why it FAILED does not change what was known of the same failure", () => {
  const before = remembered({ seen: { state: "FAILED", errorMessage: "source not reachable" } });
  expect(tell({ ...before, ...FAILED })).toEqual([]);
});

const PASSING: readonly { readonly reason: string; readonly now: Partial<Member> }[] = [
  { reason: "a change is running", now: { hasOpenChange: true } },
  { reason: "absent from one list", now: { seen: null } },
];

for (const { reason, now } of PASSING) {
  it(`a reason that passes by itself is shown, and not told: ${reason}`, () => {
    const member = { ...remembered({}), ...now };
    const plan = planWorkspace(aWorkspace([member]));
    expect(plan.transitions).toEqual([]);
    expect(plan.processors[0]?.hasStatusChanged).toBe(true);
  });
}

it("a change that has just closed: observing again is shown, and not told", () => {
  const { status = aStatus(), ...member } = remembered({});
  expect(tell({ ...member, status: { ...status, lastCloseAt: NOW - 2_000 } })).toEqual([]);
});

it("waiting for a place is shown, and not told", () => {
  const { transitions } = planWorkspace(aWorkspace([remembered(FAILED)], { openInWorkspace: 50 }));
  expect(transitions).toEqual([]);
});

it("a suspension that is over is told, and forgotten", () => {
  const { status = aStatus(), ...member } = remembered({});
  const suspended = { ...status, suspended: { by: "ana", why: "x", until: NOW } };
  const plan = planWorkspace(aWorkspace([{ ...member, status: suspended }]));
  expect(plan.transitions.map(({ kind }) => kind)).toEqual(["suspension.ended"]);
  expect(plan.processors[0]?.status.suspended).toBeNull();
});

it("a skipped slot is told by its time, once, and is not due again", () => {
  const declared = aDeclared({ policy: { ...NIGHTLY, mode: "observe" } });
  const facts = aWorkspace(many(1, { declared }));
  const first = planWorkspace(facts);
  const second = planWorkspace(aPassLater(facts, first));
  expect(first.transitions.filter(({ kind }) => kind === "slot.skipped")).toEqual([
    { processor: "p-1", kind: "slot.skipped", text: `${new Date(SLOT_AT).toISOString()}: mode observe` },
  ]);
  expect(first.processors[0]?.status.lastSlotAt).toBe(SLOT_AT);
  expect(second.transitions.map(({ kind }) => kind)).not.toContain("slot.skipped");
});

it("parking is told with its reason, and remembered under its version", () => {
  const status = aStatus({ attempts: 30, attemptsVersion: 3, lastFailure: "400: no such topic" });
  const plan = planWorkspace(aWorkspace(many(1, { ...FAILED, status })));
  const why = "gave up after the declared number of attempts; last: 400: no such topic";
  expect(plan.transitions).toContainEqual({ processor: "p-1", kind: "processor.parked", text: why });
  expect(plan.processors[0]?.status.parked).toEqual({ version: 3, why });
});

it("mode observe parks nothing", () => {
  const status = aStatus({ attempts: 30, attemptsVersion: 3 });
  const declared = aDeclared({ policy: { mode: "observe" } });
  const plan = planWorkspace(aWorkspace(many(1, { ...FAILED, declared, status })));
  expect(plan.processors[0]?.status.parked).toBeNull();
});

const STABLE: readonly { readonly reason: string; readonly forMs: number; readonly attempts: number }[] = [
  { reason: "a millisecond below stableAfter they stay", forMs: 30 * MINUTE_MS - 1, attempts: 4 },
  { reason: "at stableAfter they are forgotten", forMs: 30 * MINUTE_MS, attempts: 0 },
];

for (const { reason, forMs, attempts } of STABLE) {
  it(`row runs-as-declared: STARTED again, its failures are counted from the state's beginning: ${reason}`, () => {
    const status = aStatus({
      observed: anObservation({ processor: "p-1" }),
      observedAt: NOW - forMs,
      stateSince: NOW - forMs,
      attempts: 4,
      attemptsVersion: 3,
      nextAttemptAt: NOW - forMs,
    });
    const plan = planWorkspace(aWorkspace(many(1, { status })));
    expect(plan.processors[0]?.status.attempts).toBe(attempts);
    expect(plan.changes).toEqual([]);
  });
}
