// From schedules as they are stored to the slots that people see: when each fires, and whether it asks for more than
// the caps can begin in time. Works slots out and stores none.
import { createScheduler } from "../../domain/decide/schedule.js";
import { ZONE_RULES, describeRules } from "../../domain/decide/zone-rules.js";
import type { RestartSchedule } from "../../domain/policy.js";
import { formatWorkspaceRef } from "../../domain/refs.js";
import type { WorkspaceRef } from "../../domain/refs.js";
import { createNextSlotFinder } from "../../domain/tell/coming-slots.js";
import type { SlotFinder } from "../../domain/tell/coming-slots.js";
import { findLateSlots } from "../../domain/tell/late-slots.js";
import { previewSlots } from "../../domain/tell/slot-preview.js";
import type { PreviewedSlot } from "../../domain/tell/slot-preview.js";
import type { ScheduleRow } from "../../store/people/listings/listed-processors.js";
import { listRestartGroups } from "../../store/people/listings/restart-groups.js";
import { readClock } from "../../store/postgres/clock.js";
import type { AppDeps } from "../deps.js";

/** One slot to come of one schedule. */
export interface ScheduleListing extends ScheduleRow, PreviewedSlot {
  /** By which the slot was worked out. */
  readonly zoneRules: string;
  /** It asks, with the next slots of all others, for more restarts than the caps can begin within `catchUp`. */
  readonly isOverCaps: boolean;
}

type SlotDeps = Pick<AppDeps, "store" | "settings">;

function toRestart({ cron, timezone, spreadMs, catchUpMs, train }: ScheduleRow): RestartSchedule {
  return { cron, timezone, spreadMs, catchUpMs, ...(train === null ? {} : { train }) };
}

/**
 * From schedules to so many slots of each, all counted from the database's time of now. One statement for that time,
 * and one for all projects of some rows that were not among those before.
 */
export async function createSlotPreview(
  deps: SlotDeps,
  count: number,
): Promise<(rows: readonly ScheduleRow[]) => Promise<readonly ScheduleListing[]>> {
  const scheduler = createScheduler();
  const zoneRules = describeRules(ZONE_RULES);
  const from = await readClock(deps.store);
  const findLate = createLateMark(deps, createNextSlotFinder(scheduler, { from, count }));
  return async (rows) => {
    const schedules = rows
      .map((row) => ({ row, restart: toRestart(row) }))
      // Slots of a schedule that cannot be evaluated here are not known; `explain` tells why.
      .filter(({ restart }) => scheduler.findFault(restart) === undefined);
    const late = await findLate(rows.map(({ ref }) => ref.project));
    return schedules.flatMap(({ row, restart }) => {
      const slots = previewSlots(scheduler, { ref: row.ref, restart }, { from, count });
      return slots.map((slot) => ({
        ...row,
        ...slot,
        zoneRules,
        isOverCaps: late.has(toSlotKey(row.ref, restart, slot.slotAt)),
      }));
    });
  };
}

/** Of a concurrency key only what is in these projects is counted: a mark costs no look at the whole fleet. */
function createLateMark(
  { store, settings }: SlotDeps,
  slotsOf: SlotFinder,
): (projects: readonly string[]) => Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  const late = new Set<string>();
  return async (projects) => {
    const news = [...new Set(projects)].filter((project) => !known.has(project));
    if (news.length === 0) return late;
    for (const project of news) known.add(project);
    const found = findLateSlots(await listRestartGroups(store, news), settings, slotsOf);
    for (const { slotAt, groups } of found) {
      for (const { ref, restart } of groups) late.add(toSlotKey(ref, restart, slotAt));
    }
    return late;
  };
}

function toSlotKey(ref: WorkspaceRef, { cron, timezone }: RestartSchedule, slotAt: number): string {
  return `${formatWorkspaceRef(ref)} ${cron} ${timezone} ${String(slotAt)}`;
}
