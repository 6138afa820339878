// The wall clock of a time zone: how far it is from UTC at an instant, and the one instant of a wall time, whatever the
// clock does that night. Pure.
import { createMemory } from "./memory.js";
import type { ZoneRules } from "./zone-rules.js";

export interface Zone {
  /** Wall clock less UTC at an instant, ms. */
  offsetAt(instant: number): number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Zones change their offset on quarters of an hour. */
const OFFSET_STEP_MS = 15 * MINUTE_MS;
/** A slot asks for about six of them. */
const OFFSETS_MAX = 1_000;

export function createZone(name: string, rules: ZoneRules): Zone {
  const offsetOf = rules.offsetsOf(name);
  const offsets = createMemory<number, number>(OFFSETS_MAX);
  return {
    offsetAt: (instant) => {
      const step = Math.floor(instant / OFFSET_STEP_MS) * OFFSET_STEP_MS;
      return offsets.get(step, () => offsetOf(step));
    },
  };
}

/** The one instant of a wall time (given as if it were UTC): the first in an overlap, the gap's end inside a gap. */
export function findInstant(zone: Zone, wall: number): number {
  const before = zone.offsetAt(wall - DAY_MS);
  const after = zone.offsetAt(wall + DAY_MS);
  const candidates = before === after ? [wall - before] : [wall - before, wall - after].sort((a, b) => a - b);
  const real = candidates.find((instant) => instant + zone.offsetAt(instant) === wall);
  return real ?? findGapEnd(zone, wall - after, wall - before);
}

/** The instant at which the offset jumps, between one before it and one after it. */
export function findGapEnd(zone: Zone, from: number, to: number): number {
  let [low, high] = [from, to];
  const old = zone.offsetAt(low);
  while (high - low > MINUTE_MS) {
    const middle = Math.floor((low + high) / 2 / MINUTE_MS) * MINUTE_MS;
    if (zone.offsetAt(middle) === old) low = middle;
    else high = middle;
  }
  return high;
}
