// Slots with more restarts than the caps can begin in time, from rows: the mark in the listing of schedules, and the
// warnings of a plan. What is reckoned stands in test/unit/domain/late-slots.test.ts.
import { beforeEach, expect, it } from "vitest";
import { readSchedulePage } from "../../src/app/look/one-page.js";
import { pageSchedules } from "../../src/app/look/page-listing.js";
import type { ScheduleListing } from "../../src/app/look/page-listing.js";
import { planFleet } from "../../src/app/look/plan.js";
import { findSlotWarnings } from "../../src/app/look/slot-warnings.js";
import type { RestartSchedule } from "../../src/domain/policy.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { listRestartGroups } from "../../src/store/people/listings/restart-groups.js";
import { readClock } from "../../src/store/postgres/clock.js";
import { PROJECT } from "../support/fleets.js";
import { aPolicy, declare, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const MINUTE_MS = 60_000;
/** Six waves of a train of sixty, each with its restarts, its hold and a pass, begin within twenty minutes. */
const SHORT: RestartSchedule = {
  cron: "0 3 * * *",
  timezone: "UTC",
  spreadMs: 0,
  catchUpMs: 19 * MINUTE_MS,
  train: "nightly",
};
const LATE = `about 29 of the 60 restarts of workspace ${PROJECT}/late at `;

const deps = (settings = DEFAULT_SETTINGS) => ({ store: database().store, settings });

/** Sixty each in `late` and `fine`, whose catchUp is a minute longer; one with a key, one STOPPED, one observed. */
beforeEach(async () => {
  const { store } = database();
  const fine = { ...SHORT, catchUpMs: 20 * MINUTE_MS };
  await declare(store, toRef("late", "p-0"), aPolicy({ restart: SHORT }));
  await declare(store, toRef("fine", "p-0"), aPolicy({ restart: fine }));
  await store.query(
    `insert into start_policies select (jsonb_populate_record(t, jsonb_build_object('processor', 'p-' || n))).*
     from start_policies t, generate_series(1, 59) n`,
  );
  await declare(store, toRef("fine", "keyed"), aPolicy({ restart: fine, concurrencyKey: "kafka-eu" }));
  await declare(store, toRef("fine", "stopped"), aPolicy({ restart: fine, state: "STOPPED" }));
  await declare(store, toRef("fine", "observed"), aPolicy({ restart: fine, mode: "observe" }));
  database().takeStatements();
});

const toRef = (workspace: string, processor: string) => ({ project: PROJECT, workspace, processor });

async function listAll(settings = DEFAULT_SETTINGS): Promise<readonly ScheduleListing[]> {
  const rows: ScheduleListing[] = [];
  for await (const page of pageSchedules(deps(settings), { selectors: [], limit: 1_000, next: 2 }))
    rows.push(...page);
  return rows;
}

const toMarked = (rows: readonly ScheduleListing[]): readonly string[] => [
  ...new Set(rows.filter(({ isOverCaps }) => isOverCaps).map(({ ref }) => ref.workspace)),
];

it("counts by schedule and key, and only what slots restart", async () => {
  const groups = await listRestartGroups(database().store, [PROJECT]);
  expect(groups).toEqual([
    {
      ref: { project: PROJECT, workspace: "fine" },
      restart: { ...SHORT, catchUpMs: 1_200_000 },
      concurrencyKey: "kafka-eu",
      count: 1,
    },
    {
      ref: { project: PROJECT, workspace: "fine" },
      restart: { ...SHORT, catchUpMs: 1_200_000 },
      concurrencyKey: undefined,
      count: 60,
    },
    { ref: { project: PROJECT, workspace: "late" }, restart: SHORT, concurrencyKey: undefined, count: 60 },
  ]);
  expect(await listRestartGroups(database().store, ["f".repeat(24)])).toEqual([]);
});

it("marks the slots in the listing, on a page too, with two statements more", async () => {
  const rows = await listAll();
  expect(rows).toHaveLength(2 * 123);
  expect(toMarked(rows)).toEqual(["late"]);
  expect(rows.filter(({ isOverCaps }) => isOverCaps)).toHaveLength(2 * 60);
  database().takeStatements();
  const page = await readSchedulePage(deps(), { selectors: [], limit: 100, slots: 1 });
  expect(database().takeStatements()).toHaveLength(3);
  expect(toMarked(page.rows)).toEqual(["late"]);
});

it("goes by the settings of the installation", async () => {
  expect(toMarked(await listAll({ ...DEFAULT_SETTINGS, trainHoldMs: 30_000 }))).toEqual([]);
  expect(toMarked(await listAll({ ...DEFAULT_SETTINGS, trainHoldMs: 180_000 }))).toEqual(["fine", "late"]);
});

it("marks a slot whose spread lets it fire yet, though its own time has passed", async () => {
  const { store } = database();
  // Half past: some have fired in this hour, and some will.
  const hour = 60 * MINUTE_MS;
  await database().advance(hour + hour / 2 - ((await readClock(store)) % hour));
  const spread = { cron: "0 * * * *", timezone: "UTC", spreadMs: 59 * MINUTE_MS, catchUpMs: 0 };
  const settings = { ...DEFAULT_SETTINGS, capPerWorkspace: 20 };
  await declare(store, toRef("spread", "q-0"), aPolicy({ restart: spread }));
  await store.query(
    `insert into start_policies select (jsonb_populate_record(t, jsonb_build_object('processor', 'q-' || n))).*
     from start_policies t, generate_series(1, 1999) n where workspace = 'spread'`,
  );
  const page = await readSchedulePage(deps(settings), {
    selectors: [{ project: PROJECT, workspace: "spread", processor: "*" }],
    limit: 500,
    slots: 1,
  });
  expect(new Set(page.rows.map(({ slotAt }) => slotAt)).size).toBe(2);
  expect(page.rows.every(({ isOverCaps }) => isOverCaps)).toBe(true);
});

it("warns with a plan, once each, and of what is not written yet", async () => {
  const [warning, ...others] = await findSlotWarnings(deps(), await planFleet(deps()));
  expect(others).toEqual([]);
  expect(warning).toMatch(
    new RegExp(`^${LATE}\\S+T03:00:00Z would begin after their catchUp: 50 go at once`),
  );
  const overlays = [
    { ref: toRef("late", "p-0"), after: aPolicy({ restart: { ...SHORT, cron: "0 4 * * *" } }) },
  ];
  const [split] = await findSlotWarnings(deps(), await planFleet(deps(), { overlays }));
  expect(split).toMatch(
    new RegExp(`^the train nightly of ${PROJECT}/late has different schedules .*; one cron and one timezone`),
  );
});

it("asks nothing where no schedule is declared", async () => {
  expect(await findSlotWarnings(deps(), [])).toEqual([]);
  expect(database().takeStatements()).toEqual([]);
});
