// Slots that ask for more restarts than the caps can begin within `catchUp` (src/domain/tell/late-slots.ts), and trains
// that are not one train. A restart is reckoned with a minute, a wave's hold and the pass behind it with three.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { RestartSchedule } from "../../../src/domain/policy.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import {
  RESTART_MS,
  findLateSlots,
  findSplitTrains,
  findWorstSlots,
  formatLateSlot,
  formatSplitTrain,
  toRestartGroups,
} from "../../../src/domain/tell/late-slots.js";
import type { LateSlot, RestartGroup } from "../../../src/domain/tell/late-slots.js";
import { HOUR_MS, MINUTE_MS, NOW, REF, aPolicy } from "../../support/domain-builders.js";

const { project, workspace } = REF;
const SETTINGS = { ...DEFAULT_SETTINGS, capPerWorkspace: 10, capPerProject: 15, capPerKey: 5 };
const AT_THREE = "0 3 * * *";
const AT_FOUR = "0 4 * * *";
const SLOTS = new Map([
  [AT_THREE, [NOW, NOW + 24 * HOUR_MS]],
  [AT_FOUR, [NOW + HOUR_MS]],
]);
const slotsOf = ({ cron }: RestartSchedule): readonly number[] => SLOTS.get(cron) ?? [];

interface Written extends Partial<RestartSchedule> {
  readonly count: number;
  readonly in?: string;
  readonly concurrencyKey?: string;
}

function aGroup({ count, in: name = workspace, concurrencyKey, ...restart }: Written): RestartGroup {
  return {
    ref: { project, workspace: name },
    restart: { cron: AT_THREE, timezone: "UTC", spreadMs: 0, catchUpMs: 2 * MINUTE_MS, ...restart },
    concurrencyKey,
    count,
  };
}

const toBrief = ({ of, slotAt, late, count }: LateSlot): string =>
  `${of.replace(`${project}/`, "").replace(project, "P")}: ${String(late)} of ${String(count)} at ${String((slotAt - NOW) / HOUR_MS)}h`;

interface LateCase {
  readonly reason: string;
  readonly groups: readonly Written[];
  readonly late: readonly string[];
}

it.each<LateCase>([
  { reason: "as many as there are places", groups: [{ count: 10, catchUpMs: 0 }], late: [] },
  {
    reason: "one more has to wait for a minute",
    groups: [{ count: 11, catchUpMs: MINUTE_MS - 1 }],
    late: ["workspace orders: 1 of 11 at 0h", "workspace orders: 1 of 11 at 24h"],
  },
  { reason: "and may", groups: [{ count: 11, catchUpMs: MINUTE_MS }], late: [] },
  { reason: "three rounds within two minutes", groups: [{ count: 30 }], late: [] },
  {
    reason: "a fourth is late, at each slot",
    groups: [{ count: 34 }],
    late: ["workspace orders: 4 of 34 at 0h", "workspace orders: 4 of 34 at 24h"],
  },
  {
    reason: "a spread gives time: from the last its own catchUp counts",
    groups: [{ count: 34, spreadMs: 4 * MINUTE_MS }],
    late: [],
  },
  {
    reason: "two schedules of one slot, each with its catchUp",
    groups: [{ count: 15 }, { count: 19, timezone: "Etc/UTC", catchUpMs: HOUR_MS }],
    late: [],
  },
  {
    reason: "two slots do not meet",
    groups: [{ count: 25 }, { count: 15, cron: AT_FOUR, catchUpMs: HOUR_MS }],
    late: [],
  },
  {
    reason: "two workspaces share their project's places alone",
    groups: [
      { count: 10, in: "a", catchUpMs: 0 },
      { count: 10, in: "b", catchUpMs: 0 },
    ],
    late: ["project P: 5 of 20 at 0h", "project P: 5 of 20 at 24h"],
  },
  {
    reason: "a concurrency key has places of its own",
    groups: [
      { count: 4, in: "a", concurrencyKey: "kafka-eu", cron: AT_FOUR, catchUpMs: 0 },
      { count: 4, in: "b", concurrencyKey: "kafka-eu", cron: AT_FOUR, catchUpMs: 0 },
    ],
    late: ["concurrency key kafka-eu: 3 of 8 at 1h"],
  },
  // Waves of 1, 2, 4 and 8 begin after 0, 4, 8 and 12 minutes.
  {
    reason: "a train within its waves",
    groups: [{ count: 15, train: "t", catchUpMs: 12 * MINUTE_MS }],
    late: [],
  },
  {
    reason: "a train whose last wave is late",
    groups: [{ count: 12, train: "t", cron: AT_FOUR, catchUpMs: 12 * MINUTE_MS - 1 }],
    late: ["workspace orders: 5 of 12 at 1h"],
  },
  {
    reason: "two trains go side by side",
    groups: [
      { count: 7, train: "t", catchUpMs: 8 * MINUTE_MS },
      { count: 7, train: "u", catchUpMs: 8 * MINUTE_MS },
    ],
    late: [],
  },
  {
    reason: "members of a train with spreads of their own are one train",
    groups: [
      { count: 4, train: "t", cron: AT_FOUR, spreadMs: 1, catchUpMs: 7 * MINUTE_MS },
      { count: 3, train: "t", cron: AT_FOUR, spreadMs: 2, catchUpMs: 7 * MINUTE_MS },
    ],
    late: ["workspace orders: 4 of 7 at 1h"],
  },
  {
    reason: "a late train is its workspace's matter, not its project's",
    groups: [{ count: 31, train: "t", cron: AT_FOUR, catchUpMs: 13 * MINUTE_MS }],
    late: ["workspace orders: 16 of 31 at 1h"],
  },
  { reason: "a schedule without a slot to come", groups: [{ count: 99, cron: "0 0 30 2 *" }], late: [] },
])("$reason", ({ groups, late }) => {
  expect(findLateSlots(groups.map(aGroup), SETTINGS, slotsOf).map(toBrief)).toEqual(late);
});

it("names one slot per cap, the worst, and says what it is reckoned from", () => {
  const groups = [aGroup({ count: 34 }), aGroup({ count: 40, cron: AT_FOUR })];
  const worst = findWorstSlots(findLateSlots(groups, SETTINGS, slotsOf));
  expect(worst.map(formatLateSlot)).toEqual([
    `about 10 of the 40 restarts of workspace ${project}/${workspace} at 2026-06-01T13:00:00Z would begin after their catchUp: 10 go at once, for 1m each`,
  ]);
});

it("whatever is asked: more places, a longer catchUp and fewer restarts never make more of them late", () => {
  const lateOf = (group: Written, capPerWorkspace: number): number =>
    findLateSlots(
      [aGroup({ cron: AT_FOUR, ...group })],
      { ...SETTINGS, capPerWorkspace, capPerProject: 1e6 },
      slotsOf,
    )
      .map(({ late }) => late)
      .reduce((one, other) => one + other, 0);
  const minutes = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: max * MINUTE_MS });
  fc.assert(
    fc.property(
      fc.record({ count: fc.integer({ min: 2, max: 300 }), spreadMs: minutes(30), catchUpMs: minutes(20) }),
      fc.integer({ min: 1, max: 60 }),
      fc.option(fc.constant("t"), { nil: undefined }),
      (group, cap, train) => {
        const written = train === undefined ? group : { ...group, train };
        const late = lateOf(written, cap);
        expect(lateOf(written, cap + 1)).toBeLessThanOrEqual(late);
        expect(lateOf({ ...written, catchUpMs: group.catchUpMs + RESTART_MS }, cap)).toBeLessThanOrEqual(
          late,
        );
        expect(lateOf({ ...written, count: group.count - 1 }, cap)).toBeLessThanOrEqual(late);
      },
    ),
  );
});

it("counts what slots restart by schedule and key: STARTED, and enforced", () => {
  const { restart } = aGroup({ count: 1 });
  const named = (processor: string, fields: Parameters<typeof aPolicy>[0]) => ({
    ref: { ...REF, processor },
    policy: aPolicy({ restart, ...fields }),
  });
  const groups = toRestartGroups([
    named("a", {}),
    named("b", { start: { tier: "SP50" } }),
    named("keyed", { concurrencyKey: "kafka-eu" }),
    named("stopped", { state: "STOPPED" }),
    named("observed", { mode: "observe" }),
    { ref: REF, policy: aPolicy() },
  ]);
  expect(groups).toEqual([
    { ref: { project, workspace }, restart, concurrencyKey: undefined, count: 2 },
    { ref: { project, workspace }, restart, concurrencyKey: "kafka-eu", count: 1 },
  ]);
});

it.each<{ readonly reason: string; readonly groups: readonly Written[]; readonly told: readonly string[] }>([
  {
    reason: "two crons",
    groups: [
      { count: 1, train: "t" },
      { count: 1, train: "t", cron: AT_FOUR },
    ],
    told: [
      `the train t of ${project}/orders has different schedules (0 3 * * * UTC, 0 4 * * * UTC): each goes by itself`,
    ],
  },
  {
    reason: "two zones",
    groups: [
      { count: 1, train: "t" },
      { count: 1, train: "t", timezone: "Europe/Madrid" },
    ],
    told: [
      `the train t of ${project}/orders has different schedules (0 3 * * * UTC, 0 3 * * * Europe/Madrid): each goes by itself`,
    ],
  },
  {
    reason: "no more than three are named",
    groups: ["1", "2", "3", "4"].map((hour) => ({ count: 1, train: "t", cron: `0 ${hour} * * *` })),
    told: [
      `the train t of ${project}/orders has different schedules (0 1 * * * UTC, 0 2 * * * UTC, 0 3 * * * UTC ...): each goes by itself`,
    ],
  },
  {
    reason: "another catchUp is no other slot",
    groups: [
      { count: 1, train: "t" },
      { count: 1, train: "t", catchUpMs: HOUR_MS },
    ],
    told: [],
  },
  {
    reason: "a train is of its workspace",
    groups: [
      { count: 1, train: "t" },
      { count: 1, train: "t", cron: AT_FOUR, in: "other" },
    ],
    told: [],
  },
  {
    reason: "those without a train have none",
    groups: [{ count: 1 }, { count: 1, cron: AT_FOUR }],
    told: [],
  },
])("a train of different schedules: $reason", ({ groups, told }) => {
  expect(findSplitTrains(groups.map(aGroup)).map(formatSplitTrain)).toEqual(told);
});
