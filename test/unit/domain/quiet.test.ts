// How long a pass that did nothing stays the answer: as a property of every workspace that it speaks about, planned
// again at every kind of later time, and by what ends it.
import fc from "fast-check";
import { expect, it } from "vitest";
import { findQuietUntil } from "../../../src/domain/decide/quiet.js";
import { createScheduler } from "../../../src/domain/decide/schedule.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import type { WorkspaceFacts } from "../../../src/domain/decide/workspace-facts.js";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import { HOUR_MS, MINUTE_MS, NOW, aDeclared, anObservation, aStatus } from "../../support/domain-builders.js";
import { aPassLater, aWorkspace } from "./workspace-case.js";
import type { Member } from "./workspace-case.js";

const scheduler = createScheduler();
const tools = { scheduler, finds: () => false };
/** The cap. */
const MOST_MS = 15 * MINUTE_MS;

function findUntil(facts: WorkspaceFacts): number | undefined {
  return findQuietUntil(facts, planWorkspace(facts, tools), scheduler);
}

/** What the second pass over these members finds: the first writes what it saw. */
function settled(members: readonly Member[], fields: Partial<WorkspaceFacts> = {}): WorkspaceFacts {
  const first = aWorkspace(members, fields);
  return { ...aPassLater(first, planWorkspace(first, tools)), ...fields };
}

const time = fc.integer({ min: -2 * 60, max: 60 }).map((minutes) => NOW + minutes * MINUTE_MS);
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(value, { freq: 2 });

const restart = fc.record({
  cron: fc.constantFrom("0 3 * * *", "5 12 * * *", "*/20 * * * *"),
  timezone: fc.constantFrom("UTC", "Europe/Madrid"),
  spreadMs: fc.constantFrom(0, 10 * MINUTE_MS),
  catchUpMs: fc.constant(HOUR_MS),
});

const status: fc.Arbitrary<ProcessorStatus> = fc
  .record(
    {
      attempts: fc.constantFrom(0, 0, 3),
      nextAttemptAt: maybe(time),
      stateSince: maybe(time),
      stateCause: fc.constantFrom("first" as const, "elsewhere" as const, "headgate" as const),
      lastCloseAt: maybe(time),
      lastStartAt: maybe(time),
      lastSlotAt: maybe(time),
      barredUntil: maybe(time),
      position: maybe(time.map((seenAt) => ({ at: NOW - HOUR_MS, seenAt }))),
      suspended: maybe(fc.record({ by: fc.constant("ana"), why: fc.constant("why"), until: time })),
    },
    { requiredKeys: [] },
  )
  .map((fields) => aStatus({ attemptsVersion: 3, ...fields }));

const member: fc.Arbitrary<Omit<Member, "name">> = fc.record({
  declared: fc
    .record({
      declaredAt: time,
      state: fc.constantFrom("STARTED" as const, "STARTED" as const, "STOPPED" as const),
      mode: fc.constantFrom("enforce" as const, "observe" as const),
      restart: fc.option(restart, { nil: undefined }),
      isDeclared: fc.constantFrom(true, true, true, false),
      position: fc.boolean(),
    })
    .map(({ declaredAt, isDeclared, position, restart: schedule, ...policy }) =>
      isDeclared
        ? aDeclared({
            declaredAt,
            policy: {
              ...policy,
              ...(schedule === undefined ? {} : { restart: schedule }),
              ...(position ? { start: { startAtOperationTime: "2026-06-01T11:00:00Z" } } : {}),
            },
          })
        : undefined,
    ),
  seen: fc.constantFrom(
    {},
    {},
    {},
    { state: "STOPPED" },
    { state: "FAILED" },
    { tier: "SP30" },
    { state: "INIT" },
    null,
  ),
  status,
});

const workspace = fc
  .array(member, { minLength: 1, maxLength: 3 })
  .map((members) => members.map((one, index) => ({ ...one, name: `p-${String(index)}` })));

it("whatever is quiet stays so until the time that it names, and is planned the same whenever it is looked at", () => {
  let quiet = 0;
  fc.assert(
    fc.property(
      workspace,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (members, share, hasStats) => {
        // Everybody shows a place that moves on with every look.
        const stats = Object.fromEntries(members.map(({ name }) => [name, { lagSeconds: 1 }]));
        const facts = settled(members, hasStats ? { stats } : {});
        const until = findUntil(facts);
        if (until === undefined) return;
        quiet += 1;
        const now = facts.now + Math.floor(share * (until - 1 - facts.now));
        const later = { ...facts, now, observedAt: facts.observedAt + (now - facts.now) };
        const { changes, transitions, processors, isBraked, brakeReleased } = planWorkspace(later, tools);
        expect({ changes, transitions, isBraked, brakeReleased }).toEqual({
          changes: [],
          transitions: [],
          isBraked: false,
          brakeReleased: {},
        });
        expect(processors.filter(({ hasStatusChanged }) => hasStatusChanged)).toEqual([]);
      },
    ),
    { numRuns: 3_000 },
  );
  expect(quiet).toBeGreaterThan(200);
});

const known = (fields: Partial<ProcessorStatus>): ProcessorStatus =>
  aStatus({ observed: anObservation(), observedAt: NOW - HOUR_MS, stateSince: NOW - HOUR_MS, ...fields });

const RUNS: Member = { name: "p" };
const NIGHTLY = { cron: "10 12 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: HOUR_MS };
const scheduled = (fields: Partial<typeof NIGHTLY>): Member => ({
  name: "p",
  declared: aDeclared({ policy: { restart: { ...NIGHTLY, ...fields } } }),
});
/** The time of `settled`'s pass. */
const THEN = NOW + MINUTE_MS;

it.each([
  ["nothing but a look", [RUNS], THEN + MOST_MS],
  ["a slot in ten minutes", [scheduled({})], NOW + 10 * MINUTE_MS],
  ["a slot of one of two", [RUNS, { ...scheduled({ cron: "3 12 * * *" }), name: "q" }], NOW + 3 * MINUTE_MS],
  ["a slot of tomorrow", [scheduled({ cron: "0 3 * * *" })], THEN + MOST_MS],
  ["what nobody declared", [{ name: "p", declared: undefined }], THEN + MOST_MS],
] as const)("is ended by %s", (_what, members, until) => {
  expect(findUntil(settled(members))).toBe(until);
});

it.each([
  ["the next sample of its position", { seenAt: NOW - 4 * MINUTE_MS }, NOW + 6 * MINUTE_MS],
  [
    "an interval after a sample that brought nothing",
    { seenAt: NOW - 10 * MINUTE_MS },
    THEN + 10 * MINUTE_MS,
  ],
  ["the most, where its position is not shown any more", { seenAt: NOW - 30 * MINUTE_MS }, THEN + MOST_MS],
])("is ended by %s", (_what, { seenAt }, until) => {
  const status = known({ position: { at: NOW - HOUR_MS, seenAt } });
  expect(findUntil(settled([{ name: "p", status }]))).toBe(until);
  const stopped = {
    declared: aDeclared({ policy: { state: "STOPPED" } }),
    seen: { state: "STOPPED" },
  } as const;
  const rests = known({ observed: anObservation({ state: "STOPPED" }), position: { at: NOW, seenAt } });
  expect(findUntil(settled([{ name: "p", status: rests, ...stopped }]))).toBe(THEN + MOST_MS);
});

it("a slot ends it at the processor's own time inside the spread", () => {
  const member = scheduled({ spreadMs: 5 * MINUTE_MS });
  const facts = settled([member]);
  const restartPolicy = member.declared?.policy.restart;
  if (restartPolicy === undefined) throw new Error("it is declared above");
  const ref = { ...facts.ref, processor: "p" };
  const [next] = scheduler.nextSlots(restartPolicy, ref, { from: facts.now, count: 1 });
  expect(findUntil(facts)).toBe(next?.firesAt);
  expect(next?.firesAt).toBeGreaterThan(NOW + 10 * MINUTE_MS);
});

it.each<[string, readonly Member[], Partial<WorkspaceFacts>]>([
  ["a project that is held", [RUNS], { hold: { why: "denied", by: "post", recheckAt: NOW + HOUR_MS } }],
  ["an open change", [RUNS], { openInWorkspace: 1 }],
  ["a release from the brake", [RUNS], { brakeReleased: { p: 2 } }],
  ["a workspace that is not there", [{ name: "p", seen: null }], { observations: undefined }],
  ["one that is absent", [RUNS, { name: "q", seen: null }], {}],
  ["one that is FAILED", [RUNS, { name: "q", seen: { state: "FAILED" } }], {}],
  ["one in transition", [RUNS, { name: "q", seen: { state: "INIT" } }], {}],
])("%s is not quiet", (_what, members, fields) => {
  expect(findUntil(settled(members, fields))).toBeUndefined();
});

it.each<[string, Partial<ProcessorStatus>]>([
  ["attempts that a stable while will end", { attempts: 2, attemptsVersion: 3, stateSince: NOW }],
  ["a suspension that will end", { suspended: { by: "ana", why: "why", until: NOW + HOUR_MS } }],
  ["a change that has just closed", { lastCloseAt: THEN }],
  ["what a newer look has written", { observedAt: THEN }],
])("%s is not quiet", (_what, fields) => {
  expect(findUntil(settled([{ name: "p", status: known(fields) }]))).toBeUndefined();
});

it("a declaration that no look has followed yet is not quiet: a look after it spends its position", () => {
  const declared = aDeclared({
    declaredAt: THEN,
    policy: { start: { startAtOperationTime: "2026-06-01T11:00:00Z" } },
  });
  expect(findUntil(settled([{ name: "p", declared }]))).toBeUndefined();
});
