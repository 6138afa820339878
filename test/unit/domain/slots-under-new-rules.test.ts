// New rules of a zone in the middle of a schedule's life: a slot that was used at its old instant is used, and none is
// lost, whether the rules get newer or older. A pass every ten minutes; every restart that it plans succeeds at once.
import fc from "fast-check";
import { expect, it } from "vitest";
import { createScheduler } from "../../../src/domain/decide/schedule.js";
import type { Scheduler } from "../../../src/domain/decide/schedule.js";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import type { WorkspaceFacts } from "../../../src/domain/decide/workspace-facts.js";
import { ZONE_RULES } from "../../../src/domain/decide/zone-rules.js";
import { HOUR_MS, MINUTE_MS, aDeclared } from "../../support/domain-builders.js";
import { aPassLater, aWorkspace } from "./workspace-case.js";

const at = (text: string): number => Date.parse(text);
/** From an instant on, minutes ahead of UTC. */
type Offsets = readonly (readonly [string, number])[];

function underRules(offsets: Offsets): Scheduler {
  const spans = offsets.map(([from, minutes]) => ({ from: at(from), offset: minutes * MINUTE_MS }));
  const offsetAt = (instant: number): number => spans.findLast(({ from }) => from <= instant)?.offset ?? 0;
  return createScheduler({ rules: { ...ZONE_RULES, offsetsOf: () => offsetAt } });
}

interface Life {
  readonly cron: string;
  readonly timezone?: string;
  readonly spreadMs?: number;
  readonly from: string;
  readonly upTo: string;
  /** Old rules before it, new ones from it on. */
  readonly switched: string;
  readonly old: Offsets;
  readonly fresh: Offsets;
}

/** The instants of the slots that restarted the processor. */
function live(life: Life): readonly number[] {
  const { cron, timezone = "Africa/Casablanca", spreadMs = 0 } = life;
  const restart = { cron, timezone, spreadMs, catchUpMs: 12 * HOUR_MS };
  const declared = aDeclared({ policy: { restart }, declaredAt: at(life.from) - HOUR_MS });
  const schedulers = [underRules(life.old), underRules(life.fresh)] as const;
  const fired: number[] = [];
  let facts: WorkspaceFacts = aWorkspace([{ name: "clicks", declared }], { now: at(life.from) });
  for (let now = at(life.from); now <= at(life.upTo); now += 10 * MINUTE_MS) {
    facts = { ...facts, now, observedAt: now - 1_000 };
    const plan = planWorkspace(facts, {
      scheduler: schedulers[now < at(life.switched) ? 0 : 1],
      finds: () => false,
    });
    facts = aPassLater(facts, plan);
    for (const { slotAt } of plan.changes) {
      fired.push(slotAt ?? 0);
      // As its change closes it: outcome.ts.
      const closed = { lastSlotAt: slotAt, lastStartAt: now + 1_000, lastCloseAt: now + 2_000 };
      facts = {
        ...facts,
        processors: facts.processors.map((one) =>
          one.status === undefined ? one : { ...one, status: { ...one.status, ...closed } },
        ),
      };
    }
  }
  return fired;
}

const always = (minutes: number): Offsets => [["2000-01-01T00:00Z", minutes]];
/** Morocco before 2026c and since. */
const MOROCCO = {
  old: [
    ["2026-02-15T02:00Z", 0],
    ["2026-03-22T02:00Z", 60],
  ] as Offsets,
  fresh: [
    ["2026-03-22T02:00Z", 60],
    ["2026-09-20T01:00Z", 0],
  ] as Offsets,
};
const back = ({ old, fresh }: typeof MOROCCO): typeof MOROCCO => ({ old: fresh, fresh: old });
/** British Columbia before 2026b and since. */
const COLUMBIA = {
  old: [
    ["2026-03-08T10:00Z", -420],
    ["2026-11-01T09:00Z", -480],
    ["2027-03-14T10:00Z", -420],
  ] as Offsets,
  fresh: always(-420),
};
/** The restart block is an hour old when the walk begins. */
const NIGHT = { from: "2026-11-30T00:00Z", upTo: "2026-12-02T12:00Z" };

const CASES: readonly (Life & { readonly reason: string; readonly fires: readonly string[] })[] = [
  {
    reason: "Casablanca restarted at 02:00Z, and by the new rules that night's slot is at 03:00Z",
    ...{ ...NIGHT, ...MOROCCO, cron: "0 3 * * *", switched: "2026-12-01T02:30Z" },
    fires: ["2026-11-30T02:00Z", "2026-12-01T02:00Z", "2026-12-02T03:00Z"],
  },
  {
    reason: "the same with a spread, in the middle of it",
    ...{ ...NIGHT, ...MOROCCO, cron: "0 3 * * *", spreadMs: 2 * HOUR_MS, switched: "2026-12-01T04:00Z" },
    fires: ["2026-11-30T02:00Z", "2026-12-01T02:00Z", "2026-12-02T03:00Z"],
  },
  {
    reason: "Casablanca, new rules just before its old slot",
    ...{ ...NIGHT, ...MOROCCO, cron: "0 3 * * *", switched: "2026-12-01T01:50Z" },
    fires: ["2026-11-30T02:00Z", "2026-12-01T03:00Z", "2026-12-02T03:00Z"],
  },
  {
    reason: "Casablanca, back to the old rules after its new slot",
    ...{ ...NIGHT, ...back(MOROCCO), cron: "0 3 * * *", switched: "2026-12-01T03:30Z" },
    fires: ["2026-11-30T03:00Z", "2026-12-01T03:00Z", "2026-12-02T02:00Z"],
  },
  {
    reason:
      "Casablanca, back to the old rules between the two instants: the slot has passed unused and is made up for",
    ...{ ...NIGHT, ...back(MOROCCO), cron: "0 3 * * *", switched: "2026-12-01T02:30Z" },
    fires: ["2026-11-30T03:00Z", "2026-12-01T02:00Z", "2026-12-02T02:00Z"],
  },
  {
    reason: "Vancouver restarted at 10:00Z, and has stayed at -07",
    ...{ ...NIGHT, ...COLUMBIA, cron: "0 3 * * *", switched: "2026-12-01T12:00Z" },
    fires: ["2026-11-30T11:00Z", "2026-12-01T11:00Z", "2026-12-02T10:00Z"],
  },
  {
    reason: "Vancouver, back to the old rules",
    ...{ ...NIGHT, ...back(COLUMBIA), cron: "0 3 * * *", switched: "2026-12-01T10:30Z" },
    fires: ["2026-11-30T10:00Z", "2026-12-01T10:00Z", "2026-12-02T11:00Z"],
  },
  {
    reason: "Vancouver, a gap that new rules took away",
    ...{ ...COLUMBIA, cron: "30 2 * * *", from: "2027-03-13T00:00Z", upTo: "2027-03-15T12:00Z" },
    switched: "2027-03-14T10:10Z",
    fires: ["2027-03-13T10:30Z", "2027-03-14T10:00Z", "2027-03-15T09:30Z"],
  },
  {
    reason: "Vancouver, a gap that older rules bring back",
    ...{ ...back(COLUMBIA), cron: "30 2 * * *", from: "2027-03-13T00:00Z", upTo: "2027-03-15T12:00Z" },
    switched: "2027-03-14T09:40Z",
    fires: ["2027-03-13T09:30Z", "2027-03-14T09:30Z", "2027-03-15T09:30Z"],
  },
  {
    reason: "every two hours, an hour later",
    ...{ ...MOROCCO, cron: "0 */2 * * *", from: "2026-12-01T00:00Z", upTo: "2026-12-01T08:00Z" },
    switched: "2026-12-01T03:30Z",
    fires: ["2026-12-01T01:00Z", "2026-12-01T03:00Z", "2026-12-01T06:00Z", "2026-12-01T08:00Z"],
  },
  {
    reason: "every two hours, an hour earlier",
    ...{ ...back(MOROCCO), cron: "0 */2 * * *", from: "2026-12-01T00:00Z", upTo: "2026-12-01T08:00Z" },
    switched: "2026-12-01T04:30Z",
    fires: [
      "2026-12-01T00:00Z",
      "2026-12-01T02:00Z",
      "2026-12-01T04:00Z",
      "2026-12-01T05:00Z",
      "2026-12-01T07:00Z",
    ],
  },
  {
    reason: "every hour: an hour is an hour by either rules",
    ...{ ...MOROCCO, cron: "0 * * * *", from: "2026-12-01T00:00Z", upTo: "2026-12-01T04:00Z" },
    switched: "2026-12-01T02:30Z",
    fires: [0, 1, 2, 3, 4].map((hour) => `2026-12-01T0${String(hour)}:00Z`),
  },
  {
    reason: "a zone that moves to an offset it never had, by half an hour",
    ...{ ...NIGHT, cron: "0 3 * * *", switched: "2026-12-01T00:20Z", old: always(180), fresh: always(150) },
    fires: ["2026-11-30T00:00Z", "2026-12-01T00:00Z", "2026-12-02T00:30Z"],
  },
];

it.each(CASES)("$reason", ({ fires, ...life }) => {
  const fired = live({ ...life });
  expect(fired.map((one) => new Date(one).toISOString().replace(":00.000Z", "Z"))).toEqual(fires);
});

it("restarts once a night, whatever two rules say and whenever the one takes over from the other", () => {
  const minutes = fc.constantFrom(-90, -60, -30, 0, 30, 60, 90);
  const takeovers = fc.record({
    old: minutes,
    fresh: minutes,
    hour: fc.integer({ min: 0, max: 23 }),
    halfHours: fc.integer({ min: 0, max: 47 }),
  });
  fc.assert(
    fc.property(takeovers, ({ old, fresh, hour, halfHours }) => {
      const fired = live({
        ...{ cron: `0 ${String(hour)} * * *`, from: "2026-06-01T00:00Z", upTo: "2026-06-06T00:00Z" },
        ...{ old: always(old), fresh: always(fresh) },
        switched: new Date(at("2026-06-03T00:00Z") + halfHours * 30 * MINUTE_MS).toISOString(),
      });
      // Neighbours are a day apart, give or take what the rules differ by.
      const apart = fired.slice(1).map((one, index) => one - (fired[index] ?? 0) - 24 * HOUR_MS);
      for (const one of apart) expect(Math.abs(one)).toBeLessThanOrEqual(3 * HOUR_MS);
      expect(fired.length).toBeGreaterThanOrEqual(4);
    }),
    { numRuns: 60 },
  );
});
