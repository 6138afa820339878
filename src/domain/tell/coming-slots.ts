// The nominal slots that schedules have before them, for warnings about what they ask for together. Pure. The number of
// evaluations is bounded per cron and zone, whatever a cron says.
import type { Scheduler } from "../decide/schedule.js";
import type { RestartSchedule } from "../policy.js";

const DAY_MS = 86_400_000;
/** A month and some days: weekly schedules and most monthly ones have a slot in it. */
const SPAN_MS = 35 * DAY_MS;
/** Per cron and zone; and so many are asked for at once. */
const SLOTS_MAX = 500;
const SLOTS_AT_ONCE = 20;
/** Nobody's: the minute that was written does not depend on who has it. */
const NOBODY = { project: "", workspace: "", processor: "" };

export type SlotFinder = (restart: RestartSchedule) => readonly number[];

/** Those of a month. Bounded: a cron that fires every minute shows what it does within a day. */
export function createSlotFinder(scheduler: Scheduler, now: number): SlotFinder {
  const known = new Map<string, readonly number[]>();
  return ({ cron, timezone }) => {
    const key = `${cron} ${timezone}`;
    const slots = known.get(key) ?? findSlots(scheduler, { cron, timezone, spreadMs: 0, catchUpMs: 0 }, now);
    known.set(key, slots);
    return slots;
  };
}

/**
 * The next few alone, for whoever is asked often: they cost no more than to show them. One whose spread lets it fire
 * yet is among them.
 */
export function createNextSlotFinder(
  scheduler: Scheduler,
  { from, count }: { readonly from: number; readonly count: number },
): SlotFinder {
  const known = new Map<string, readonly number[]>();
  return ({ cron, timezone, spreadMs }) => {
    const key = `${cron} ${timezone} ${String(spreadMs)}`;
    const nominal = { cron, timezone, spreadMs: 0, catchUpMs: 0 };
    const slots =
      known.get(key) ??
      (scheduler.findFault(nominal) === undefined
        ? scheduler
            .nextSlots(nominal, NOBODY, { from: from - spreadMs, count: count + 1 })
            .map(({ at }) => at)
        : []);
    known.set(key, slots);
    return slots;
  };
}

function findSlots(scheduler: Scheduler, nominal: RestartSchedule, now: number): readonly number[] {
  // One that cannot be evaluated here is told elsewhere.
  if (scheduler.findFault(nominal) !== undefined) return [];
  const slots: number[] = [];
  for (let from = now; slots.length < SLOTS_MAX;) {
    const next = scheduler.nextSlots(nominal, NOBODY, { from, count: SLOTS_AT_ONCE });
    const near = next.map(({ at }) => at).filter((at) => at <= now + SPAN_MS);
    slots.push(...near);
    const last = near.at(-1);
    if (last === undefined || near.length < SLOTS_AT_ONCE) break;
    from = last;
  }
  return slots;
}
