// Restart trains (src/domain/decide/trains.ts): whose turn it is, what ends a train, and what nobody may see: two waves
// at once, a wave before its canary, a restart after an abort.
import fc from "fast-check";
import { expect, it } from "vitest";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import type { WorkspacePlan } from "../../../src/domain/decide/workspace-plan.js";
import { createScheduler } from "../../../src/domain/decide/schedule.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import { HOUR_MS, MINUTE_MS, NOW, aDeclared, aStatus, anObservation } from "../../support/domain-builders.js";
import { IN_TRAIN, SLOT, STANDINGS, TRAIN, inStanding, membersOf } from "./train-case.js";
import type { StandingName } from "./train-case.js";
import { aPassLater, aWorkspace, toCodes, toNames } from "./workspace-case.js";

const restartsOf = (plan: WorkspacePlan): readonly string[] =>
  plan.changes.filter(({ kind }) => kind === "restart").map(({ ref }) => ref.processor);

const abortsOf = (plan: WorkspacePlan): readonly string[] =>
  plan.transitions.filter(({ kind }) => kind === "train.aborted").map(({ text }) => text);

interface TurnCase {
  readonly reason: string;
  readonly counts: Partial<Record<StandingName, number>>;
  /** How many are restarted by this pass; "aborted": none, and the rest is skipped. */
  readonly goes: number | "aborted";
}

it.each<TurnCase>([
  { reason: "one goes first", counts: { waiting: 60 }, goes: 1 },
  { reason: "nobody beside the canary's change", counts: { open: 1, waiting: 59 }, goes: 0 },
  { reason: "nobody before the canary has run for the hold", counts: { settling: 1, waiting: 59 }, goes: 0 },
  { reason: "two after a good canary", counts: { good: 1, waiting: 59 }, goes: 2 },
  { reason: "the one that is left of a wave", counts: { good: 1, open: 1, waiting: 58 }, goes: 1 },
  {
    reason: "nobody beside a wave that is under way",
    counts: { good: 2, settling: 1, waiting: 57 },
    goes: 0,
  },
  { reason: "four after three", counts: { good: 3, waiting: 57 }, goes: 4 },
  { reason: "eight after seven", counts: { good: 7, waiting: 53 }, goes: 8 },
  { reason: "no more than there are", counts: { good: 7, waiting: 2 }, goes: 2 },
  {
    reason: "a person's change beside them is waited for",
    counts: { good: 2, open: 1, waiting: 57 },
    goes: 0,
  },
  {
    reason: "one failure of many is a processor's own",
    counts: { good: 6, failed: 1, waiting: 53 },
    goes: 8,
  },
  { reason: "a slot skipped before is nobody's turn", counts: { skipped: 5, waiting: 55 }, goes: 1 },
  { reason: "a failed canary ends it", counts: { failed: 1, waiting: 59 }, goes: "aborted" },
  { reason: "a canary whose change failed ends it", counts: { unstarted: 1, waiting: 59 }, goes: "aborted" },
  { reason: "a canary that somebody stopped ends it", counts: { stopped: 1, waiting: 59 }, goes: "aborted" },
  { reason: "a canary that has to prove itself is waited for", counts: { proving: 1, waiting: 59 }, goes: 0 },
  {
    reason: "a canary that runs and does not get on ends it",
    counts: { degraded: 1, waiting: 59 },
    goes: "aborted",
  },
  { reason: "two of seven are too many", counts: { good: 5, failed: 2, waiting: 53 }, goes: "aborted" },
  {
    reason: "at once, whoever is still moving",
    counts: { good: 3, open: 2, failed: 2, waiting: 53 },
    goes: "aborted",
  },
  { reason: "a fifth of many is not too much", counts: { good: 12, failed: 3, waiting: 45 }, goes: 16 },
  { reason: "more than a fifth is", counts: { good: 11, failed: 4, waiting: 45 }, goes: "aborted" },
])("$reason", ({ counts, goes }) => {
  const plan = planWorkspace(aWorkspace(membersOf(counts)));
  const left = (counts.waiting ?? 0) - (goes === "aborted" ? 0 : goes);
  const codes = Object.entries(toCodes(plan)).filter(([name]) => name.startsWith("waiting-"));
  const waits = codes.filter(([, code]) => code === "waiting-for-train");
  expect(restartsOf(plan)).toHaveLength(goes === "aborted" ? 0 : goes);
  expect(waits).toHaveLength(goes === "aborted" ? 0 : left);
  expect(abortsOf(plan)).toHaveLength(goes === "aborted" ? 1 : 0);
  const skipped = plan.processors.filter(
    ({ processor, status }) => processor.startsWith("waiting-") && status.lastSlotAt === SLOT,
  );
  expect(skipped).toHaveLength(goes === "aborted" ? left : 0);
});

it("says what ended it, once, and skips everybody's slot; the next pass finds nothing to do", () => {
  const facts = aWorkspace(membersOf({ good: 5, failed: 2, waiting: 53 }));
  const plan = planWorkspace(facts);
  const lines = plan.transitions.filter(({ kind }) => kind === "train.aborted" || kind === "slot.skipped");
  expect(lines.filter(({ kind }) => kind === "slot.skipped")).toHaveLength(53);
  expect(lines.at(-1)).toEqual({
    processor: "waiting-1",
    kind: "train.aborted",
    text:
      "train nightly of 2026-06-01T11:00:00.000Z: 2 of 7 restarted do not run (failed-1, failed-2); " +
      "53 are left as they are until the next slot",
  });
  expect(lines[0]?.text).toBe("2026-06-01T11:00:00.000Z: its train was aborted");
  // The store writes lines only of those whose status this pass writes.
  const left = plan.processors.find(({ processor }) => processor === "waiting-1");
  expect(left?.hasStatusChanged).toBe(true);
  const next = planWorkspace(aPassLater(facts, plan));
  expect(restartsOf(next)).toEqual([]);
  expect(abortsOf(next)).toEqual([]);
});

it("tells of whoever waited and is left by its slot alone, of whoever waited and is suspended by both", () => {
  const reason = { code: "waiting-for-train", text: "waiting for its turn" } as const;
  const waited = { reason, observed: anObservation() };
  const suspended = { by: "ana", why: "a migration", until: NOW + HOUR_MS };
  const members = [
    ...membersOf({ failed: 2 }),
    { name: "left", declared: IN_TRAIN, status: aStatus(waited) },
    { name: "suspended", declared: IN_TRAIN, status: aStatus({ ...waited, suspended }) },
  ];
  const lines = planWorkspace(aWorkspace(members)).transitions.map(
    ({ processor, kind }) => `${processor} ${kind}`,
  );
  expect(lines.filter((line) => /^(left|suspended) /.test(line))).toEqual([
    "left slot.skipped",
    "suspended slot.skipped",
    "suspended reason.changed",
    "left train.aborted",
  ]);
});

const FAILED_AT = NOW - 30 * MINUTE_MS;
it.each<{ readonly reason: string; readonly apart: Partial<ProcessorStatus>; readonly lines: number }>([
  { reason: "left by the abort", apart: { reasonSince: FAILED_AT + MINUTE_MS }, lines: 0 },
  { reason: "skipped before anything failed", apart: { reasonSince: FAILED_AT - MINUTE_MS }, lines: 1 },
  {
    reason: "skipped because it is suspended",
    apart: {
      reasonSince: FAILED_AT + MINUTE_MS,
      suspended: { by: "ana", why: "a migration", until: NOW + HOUR_MS },
    },
    lines: 1,
  },
  { reason: "skipped in another slot", apart: { lastSlotAt: SLOT - 24 * HOUR_MS }, lines: 1 },
])("one more that comes to wait: told $lines times beside one $reason", ({ apart, lines }) => {
  const members = [
    ...membersOf({ failed: 2, waiting: 1 }),
    { name: "apart", declared: IN_TRAIN, status: aStatus({ lastSlotAt: SLOT, ...apart }) },
  ];
  const plan = planWorkspace(aWorkspace(members));
  expect(abortsOf(plan)).toHaveLength(lines);
  expect(restartsOf(plan)).toEqual([]);
});

it("restarts the longest not restarted first, then by name: the next night goes on where this one stopped", () => {
  const at = (name: string, lastStartAt: number | null) => ({
    name,
    declared: IN_TRAIN,
    status: aStatus({ lastStartAt }),
  });
  const members = [
    at("b", SLOT - HOUR_MS),
    at("d", SLOT - 2 * HOUR_MS),
    at("c", SLOT - 2 * HOUR_MS),
    at("a", null),
  ];
  const plan = planWorkspace(aWorkspace(members));
  expect(toNames(plan)).toEqual(["a"]);
  expect([...plan.turns]).toEqual([
    ["c", { train: TRAIN, place: 1, of: 3 }],
    ["d", { train: TRAIN, place: 2, of: 3 }],
    ["b", { train: TRAIN, place: 3, of: 3 }],
  ]);
});

it("a slot older than catchUp is skipped for whoever is left, as without a train", () => {
  const late = { now: SLOT + 2 * HOUR_MS + MINUTE_MS, observedAt: SLOT + 2 * HOUR_MS };
  const plan = planWorkspace(aWorkspace(membersOf({ good: 3, waiting: 5 }), late));
  expect(restartsOf(plan)).toEqual([]);
  expect(abortsOf(plan)).toEqual([]);
  const skips = plan.transitions.filter(({ kind }) => kind === "slot.skipped");
  expect(skips.map(({ text }) => text)).toEqual(
    Array(5).fill("2026-06-01T11:00:00.000Z: older than catchUp"),
  );
});

it("ends nothing while its project is held: no slot is skipped and no line written", () => {
  const hold = { why: "402: no billing", by: "post" as const, recheckAt: NOW };
  const plan = planWorkspace(aWorkspace(membersOf({ failed: 1, waiting: 4 }), { hold }));
  expect(abortsOf(plan)).toEqual([]);
  expect(
    plan.processors.filter(
      ({ processor, status }) => processor.startsWith("waiting") && status.lastSlotAt !== null,
    ),
  ).toEqual([]);
});

it("trains are apart: another name and no name have turns of their own", () => {
  const named = (name: string, train: string | undefined) => ({
    name,
    declared: aDeclared({
      policy: {
        restart: {
          cron: "0 11 * * *",
          timezone: "UTC",
          spreadMs: 0,
          catchUpMs: 2 * HOUR_MS,
          ...(train === undefined ? {} : { train }),
        },
      },
    }),
  });
  const members = [
    ...membersOf({ open: 1, waiting: 2 }),
    named("x-1", "other"),
    named("x-2", "other"),
    named("y", undefined),
  ];
  expect(restartsOf(planWorkspace(aWorkspace(members)))).toEqual(["x-1", "y"]);
});

it("ignores the spread: in a train the waves give each its moment", () => {
  const restart = { cron: "59 11 * * *", timezone: "UTC", spreadMs: 20 * HOUR_MS, catchUpMs: 2 * HOUR_MS };
  const of = (train?: string) =>
    aDeclared({ policy: { restart: train === undefined ? restart : { ...restart, train } } });
  const plan = (declared: ReturnType<typeof of>) =>
    planWorkspace(
      aWorkspace([{ name: "p", declared, status: aStatus({ lastSlotAt: SLOT - 24 * HOUR_MS }) }]),
    );
  expect(restartsOf(plan(of()))).toEqual([]);
  expect(restartsOf(plan(of(TRAIN)))).toEqual(["p"]);
});

/** One for all, as a worker has it: a pass costs little beside what the scheduler remembers. */
const tools = { scheduler: createScheduler(), finds: () => false };
const planOf = (
  members: readonly { readonly name: string; readonly standing: StandingName }[],
): WorkspacePlan =>
  planWorkspace(aWorkspace(members.map(({ name, standing }) => inStanding(name, standing))), tools);

const NAMES = Object.keys(STANDINGS) as readonly StandingName[];
const WAVE_ENDS = [1, 3, 7];

function toCombinations(length: number): readonly (readonly StandingName[])[] {
  if (length === 0) return [[]];
  return toCombinations(length - 1).flatMap((rest) => NAMES.map((name) => [...rest, name]));
}

interface Counted {
  readonly waiting: number;
  readonly moving: number;
  readonly good: number;
  readonly failed: number;
}

function count(standings: readonly StandingName[]): Counted {
  const of = (...names: readonly StandingName[]): number =>
    standings.filter((one) => names.includes(one)).length;
  return {
    waiting: of("waiting"),
    moving: of("open", "settling", "proving"),
    good: of("good"),
    failed: of("failed", "stopped", "unstarted", "degraded"),
  };
}

/** What must hold of a pass that goes on. */
function findBrokenTurns({ waiting, moving, good, failed }: Counted, goes: number): readonly string[] {
  const restarted = good + failed + moving;
  const wave = WAVE_ENDS.find((end) => end > good + failed) ?? 0;
  const room = Math.min(waiting, wave - restarted);
  const rules: readonly [string, boolean][] = [
    ["no wave beside one under way", goes === 0 || restarted + goes <= wave],
    ["a good one before any wave", goes === 0 || restarted === 0 || good > 0],
    ["goes on when all are proven", moving > 0 || goes === room],
  ];
  return rules.filter(([, holds]) => !holds).map(([rule]) => rule);
}

const mayAbort = ({ waiting, good, failed }: Counted): boolean =>
  waiting > 0 && (failed > 1 || (failed > 0 && good === 0));

it("every combination of four members: aborts as said, canary first, and one wave at a time", () => {
  const broken = toCombinations(4).flatMap((standings) => {
    const plan = planOf(standings.map((standing, index) => ({ name: String(index), standing })));
    const goes = restartsOf(plan);
    const counted = count(standings);
    const faults = mayAbort(counted)
      ? [...(goes.length === 0 ? [] : ["goes on"]), ...(abortsOf(plan).length === 1 ? [] : ["no abort"])]
      : [...findBrokenTurns(counted, goes.length), ...(abortsOf(plan).length === 0 ? [] : ["aborts"])];
    const strangers = goes.filter((name) => standings[Number(name)] !== "waiting");
    return [...faults, ...strangers].map((fault) => `${standings.join(" ")}: ${fault}`);
  });
  expect(broken).toEqual([]);
});

interface Walked {
  readonly name: string;
  readonly fails: boolean;
  standing: StandingName;
  restarts: number;
}

/** What becomes of one between two passes: its change ends at any time, and it is proven some time after. */
function walk(one: Walked, isPlanned: boolean, step: number): void {
  if (isPlanned) {
    one.restarts += 1;
    one.standing = "open";
  } else if (one.standing === "open" && step > 0) one.standing = one.fails ? "failed" : "settling";
  else if (one.standing === "settling" && step > 1) one.standing = "good";
}

it("whatever fails, nobody is restarted twice in a slot, and after an abort nobody at all", () => {
  const steps = fc.array(fc.nat(2), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), steps, (fails, moves) => {
      const members = fails.map((one, index): Walked => ({
        name: String(index),
        fails: one,
        standing: "waiting",
        restarts: 0,
      }));
      for (const move of moves) {
        const plan = planOf(members);
        const goes = restartsOf(plan);
        const { good, failed } = count(members.map(({ standing }) => standing));
        expect(goes.length).toBeLessThanOrEqual(good + failed + 1);
        if (abortsOf(plan).length > 0) {
          expect(goes).toEqual([]);
          expect(failed).toBeGreaterThan(good === 0 ? 0 : 1);
          break;
        }
        for (const one of members) walk(one, goes.includes(one.name), move);
      }
      expect(Math.max(...members.map(({ restarts }) => restarts))).toBe(1);
    }),
  );
});
