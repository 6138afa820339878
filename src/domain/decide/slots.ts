// Slots from the runs of a cron on the wall clock of a zone: the newest one, the next ones, those that a change of the
// clock or of its rules moves. Pure, and without a cron library: schedule.ts hands the runs in.
import type { Zone } from "./zone.js";
import { findGapEnd, findInstant } from "./zone.js";

export interface SlotSpan {
  /** Fires later than this. */
  readonly after: number;
  /** Fires no later than this. */
  readonly upTo: number;
}

/** A slot whose wall time does not exist, because the zone's clock jumps over it, or comes twice. */
export interface ShiftSlot {
  /** What the clock would have shown, or shows, as if it were UTC: epoch ms. */
  readonly wall: number;
  /** When the clock jumps. A slot in a gap fires then. */
  readonly at: number;
  /** The end of what is skipped or shown twice, as if it were UTC. */
  readonly wallAfter: number;
  /** How far the clock jumps. */
  readonly shiftMs: number;
  readonly isGap: boolean;
}

/** A compiled cron on the wall clock, as if that were UTC; epoch ms. */
export interface Runs {
  before(wall: number): number | undefined;
  after(wall: number): number | undefined;
}

/** The newest slot of every limit from `at` on and before `until`. */
export interface KnownSlot {
  readonly at: number;
  readonly until: number;
}

const DAY_MS = 86_400_000;
/** No zone moves its clock further. */
const SHIFT_MAX_MS = 3 * 3_600_000;
/** All by which newer rules may move a slot, the least first. */
const SHIFTS = Array.from({ length: 12 }, (_, index) => (index + 1) * 15 * 60_000).flatMap((ms) => [ms, -ms]);
/** Two years back and ahead, a quarter of one at a time. */
const SEASONS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2].flatMap((years) => [-years, years]);
const YEAR_MS = 365 * DAY_MS;
/** No zone moves its clock there and back in less. */
const GAP_STEP_MS = 7 * DAY_MS;

/**
 * Instants grow with wall times, so the first wall time that maps to the limit or before is the newest slot, and the
 * next wall time is where another one begins.
 */
export function findLatestSlot(cron: Runs, zone: Zone, limit: number): KnownSlot | undefined {
  const offset = Math.max(zone.offsetAt(limit), zone.offsetAt(limit - SHIFT_MAX_MS));
  let wall = limit + offset + 1_000;
  for (;;) {
    const run = cron.before(wall);
    if (run === undefined) return undefined;
    const at = findInstant(zone, run);
    if (at <= limit) {
      const next = cron.after(run);
      // Past the years that the library looks ahead, only this limit is known.
      return { at, until: next === undefined ? limit + 1 : findInstant(zone, next) };
    }
    wall = run;
  }
}

/**
 * A slot that is none by these rules was named by others. Its wall time is a run of the cron at another offset: one
 * that the zone has at other times, because rules mostly make a season longer or shorter; else the nearest.
 */
export function findMovedSlot(cron: Runs, zone: Zone, usedAt: number): number {
  const offset = zone.offsetAt(usedAt);
  const seasonal = SEASONS.map((season) => zone.offsetAt(usedAt + season * YEAR_MS)).filter(
    (one) => one !== offset,
  );
  const nearest = SHIFTS.map((shift) => offset + shift);
  const wall = [...seasonal, ...nearest]
    .map((one) => usedAt + one)
    .find((one) => cron.after(one - 1_000) === one);
  return wall === undefined ? usedAt : Math.max(usedAt, findInstant(zone, wall));
}

export function findNextSlots(
  cron: Runs,
  zone: Zone,
  { after, count }: { readonly after: number; readonly count: number },
): readonly number[] {
  const offset = Math.min(zone.offsetAt(after), zone.offsetAt(after + SHIFT_MAX_MS));
  let wall = after + offset - SHIFT_MAX_MS;
  const slots: number[] = [];
  while (slots.length < count) {
    const run = cron.after(wall);
    if (run === undefined) break;
    const instant = findInstant(zone, run);
    if (instant > after && instant !== slots.at(-1)) slots.push(instant);
    wall = run;
  }
  return slots;
}

export function findShiftSlots(cron: Runs, zone: Zone, { after, upTo }: SlotSpan): readonly ShiftSlot[] {
  const slots: ShiftSlot[] = [];
  for (let from = after; from < upTo; from += GAP_STEP_MS) {
    const before = zone.offsetAt(from);
    const shift = zone.offsetAt(from + GAP_STEP_MS) - before;
    if (shift === 0) continue;
    const at = findGapEnd(zone, from, from + GAP_STEP_MS);
    const wallFrom = at + before + Math.min(shift, 0);
    const shiftMs = Math.abs(shift);
    const wallAfter = wallFrom + shiftMs;
    const wall = cron.after(wallFrom - 1_000);
    if (wall !== undefined && wall < wallAfter)
      slots.push({ wall, at, wallAfter, shiftMs, isGap: shift > 0 });
  }
  return slots;
}
