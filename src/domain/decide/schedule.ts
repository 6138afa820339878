// Restart schedules: which slot fired last, and when the next ones do. Pure. A cron is matched against the wall clock
// of its zone and every wall time is mapped to one instant here, whatever a library thinks of daylight saving: all
// slots inside one gap are one slot at its end, and in an overlap a slot fires once, the first time.
import { Cron } from "croner";
import type { RestartSchedule } from "../policy.js";
import type { ProcessorRef } from "../refs.js";
import { formatProcessorRef } from "../refs.js";

interface Slot {
  /** Nominal fire time without spread, epoch ms: the slot's identity. */
  readonly at: number;
  /** With this processor's offset inside the spread. */
  readonly firesAt: number;
}

interface SlotSpan {
  /** Fires later than this. */
  readonly after: number;
  /** Fires no later than this. */
  readonly upTo: number;
}

/** A slot whose wall time does not exist, because the zone's clock jumps over it. */
interface GapSlot {
  /** What the clock would have shown, as if it were UTC: epoch ms. */
  readonly wall: number;
  /** When it fires instead: the end of the gap. */
  readonly at: number;
  /** What the clock shows then, as if it were UTC. */
  readonly wallAfter: number;
  /** How far the clock jumps. */
  readonly shiftMs: number;
}

export interface Scheduler {
  /**
   * Why this process cannot evaluate the schedule, in words; undefined where it can. The other functions need one it
   * can.
   */
  findFault(schedule: RestartSchedule): string | undefined;
  /** The newest slot that fired inside the span. */
  latestSlot(schedule: RestartSchedule, ref: ProcessorRef, span: SlotSpan): Slot | undefined;
  /** The next slots that fire after `from`, oldest first. */
  nextSlots(
    schedule: RestartSchedule,
    ref: ProcessorRef,
    span: { from: number; count: number },
  ): readonly Slot[];
  /** The first slot in each gap of the zone's clock inside the span. */
  gapSlots(schedule: RestartSchedule, span: SlotSpan): readonly GapSlot[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Zones change their offset on quarters of an hour. */
const OFFSET_STEP_MS = 15 * MINUTE_MS;
/** No zone moves its clock further. */
const SHIFT_MAX_MS = 3 * 60 * MINUTE_MS;
/** No zone moves its clock there and back in less. */
const GAP_STEP_MS = 7 * DAY_MS;
/** A leap year and the one after: what the smallest interval is sought in. */
const SAMPLE_FROM = "2024-01-01T00:00:00Z";
const SAMPLE_RUNS = 2_000;
const FIELD_NAMES = /^[\d*,/\-A-Za-z?L#W]+$/;

/** Keeps what is costly to make, compiled crons and zones' offsets, for as long as one pass lasts. */
export function createScheduler(): Scheduler {
  const zones = new Map<string, Zone>();
  const crons = new Map<string, Cron>();
  const zoneOf = (name: string): Zone => memoize(zones, name, () => createZone(name));
  const cronOf = (text: string): Cron => memoize(crons, text, () => compile(text));
  const faults = new Map<string, { readonly fault: string | undefined }>();
  return {
    findFault: ({ cron, timezone }) =>
      memoize(faults, `${cron} ${timezone}`, () => ({ fault: findCronFault(cron, timezone) })).fault,
    latestSlot: (schedule, ref, span) => {
      const offset = toSpreadOffsetMs(ref, schedule.spreadMs);
      const at = findLatest(cronOf(schedule.cron), zoneOf(schedule.timezone), span.upTo - offset);
      return at === undefined || at + offset <= span.after ? undefined : { at, firesAt: at + offset };
    },
    nextSlots: (schedule, ref, { from, count }) => {
      const offset = toSpreadOffsetMs(ref, schedule.spreadMs);
      const slots = findNext(cronOf(schedule.cron), zoneOf(schedule.timezone), {
        after: from - offset,
        count,
      });
      return slots.map((at) => ({ at, firesAt: at + offset }));
    },
    gapSlots: (schedule, span) => findGapSlots(cronOf(schedule.cron), zoneOf(schedule.timezone), span),
  };
}

function memoize<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}

/** Where both day fields are set, either matches, as in crontab. */
function compile(cron: string): Cron {
  return new Cron(cron, { timezone: "UTC", paused: true, mode: "5-part" });
}

/** What is wrong with a cron or its zone, in words; undefined where nothing is. */
export function findCronFault(cron: string, timezone: string): string | undefined {
  const fields = cron.split(" ");
  if (fields.length !== 5 || !fields.every((field) => FIELD_NAMES.test(field))) {
    return "five fields separated by single spaces: minute hour day-of-month month day-of-week";
  }
  if (!isZone(timezone)) return `an IANA time zone such as Europe/Madrid or UTC, which "${timezone}" is not`;
  try {
    if (compile(cron).nextRun(new Date(SAMPLE_FROM)) === null) return "a cron that fires at all";
  } catch (error) {
    return `a valid cron: ${error instanceof Error ? error.message : String(error)}`;
  }
  return undefined;
}

function isZone(timezone: string): boolean {
  try {
    return (
      new Intl.DateTimeFormat("en-US", { timeZone: timezone }).format(0) !== "" && !/^[+-]/.test(timezone)
    );
  } catch {
    return false;
  }
}

/** The shortest time between two slots of the wall clock: a spread has to be shorter. */
export function smallestIntervalMs(cron: string): number {
  const runs = compile(cron)
    .nextRuns(SAMPLE_RUNS, new Date(SAMPLE_FROM))
    .map((run) => run.getTime());
  return runs.slice(1).reduce((least, run, index) => Math.min(least, run - (runs[index] ?? 0)), 400 * DAY_MS);
}

/** A stable place of the processor inside the spread: FNV-1a of its name. */
function toSpreadOffsetMs(ref: ProcessorRef, spreadMs: number): number {
  if (spreadMs <= 0) return 0;
  let hash = 0x811c9dc5;
  for (const character of formatProcessorRef(ref)) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return Math.floor((hash / 0x1_0000_0000) * spreadMs);
}

interface Zone {
  /** Wall clock less UTC at an instant, ms. */
  offsetAt(instant: number): number;
}

function createZone(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const known = new Map<number, number>();
  return {
    offsetAt: (instant) => {
      const step = Math.floor(instant / OFFSET_STEP_MS) * OFFSET_STEP_MS;
      const found = known.get(step);
      if (found !== undefined) return found;
      const parts = new Map(format.formatToParts(step).map(({ type, value }) => [type, Number(value)]));
      const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
      const day = Date.UTC(part("year"), part("month") - 1, part("day"));
      const offset = day + ((part("hour") * 60 + part("minute")) * 60 + part("second")) * 1_000 - step;
      known.set(step, offset);
      return offset;
    },
  };
}

/** The one instant of a wall time (given as if it were UTC): the first in an overlap, the gap's end inside a gap. */
function toInstant(zone: Zone, wall: number): number {
  const before = zone.offsetAt(wall - DAY_MS);
  const after = zone.offsetAt(wall + DAY_MS);
  const candidates = before === after ? [wall - before] : [wall - before, wall - after].sort((a, b) => a - b);
  const real = candidates.find((instant) => instant + zone.offsetAt(instant) === wall);
  return real ?? findGapEnd(zone, wall - after, wall - before);
}

/** The instant at which the offset jumps, between one before it and one after it. */
function findGapEnd(zone: Zone, from: number, to: number): number {
  let [low, high] = [from, to];
  const old = zone.offsetAt(low);
  while (high - low > MINUTE_MS) {
    const middle = Math.floor((low + high) / 2 / MINUTE_MS) * MINUTE_MS;
    if (zone.offsetAt(middle) === old) low = middle;
    else high = middle;
  }
  return high;
}

/** Instants grow with wall times, so the first wall time that maps to the limit or before is the newest slot. */
function findLatest(cron: Cron, zone: Zone, limit: number): number | undefined {
  const offset = Math.max(zone.offsetAt(limit), zone.offsetAt(limit - SHIFT_MAX_MS));
  let wall = limit + offset + 1_000;
  for (;;) {
    const run = cron.previousRuns(1, new Date(wall))[0]?.getTime();
    if (run === undefined) return undefined;
    const instant = toInstant(zone, run);
    if (instant <= limit) return instant;
    wall = run;
  }
}

function findNext(
  cron: Cron,
  zone: Zone,
  { after, count }: { readonly after: number; readonly count: number },
): readonly number[] {
  const offset = Math.min(zone.offsetAt(after), zone.offsetAt(after + SHIFT_MAX_MS));
  let wall = after + offset - SHIFT_MAX_MS;
  const slots: number[] = [];
  while (slots.length < count) {
    const run = cron.nextRun(new Date(wall))?.getTime();
    if (run === undefined) break;
    const instant = toInstant(zone, run);
    if (instant > after && instant !== slots.at(-1)) slots.push(instant);
    wall = run;
  }
  return slots;
}

function findGapSlots(cron: Cron, zone: Zone, { after, upTo }: SlotSpan): readonly GapSlot[] {
  const slots: GapSlot[] = [];
  for (let from = after; from < upTo; from += GAP_STEP_MS) {
    const before = zone.offsetAt(from);
    const shiftMs = zone.offsetAt(from + GAP_STEP_MS) - before;
    if (shiftMs <= 0) continue;
    const at = findGapEnd(zone, from, from + GAP_STEP_MS);
    const gapFrom = at + before;
    const wall = cron.nextRun(new Date(gapFrom - 1_000))?.getTime();
    const wallAfter = gapFrom + shiftMs;
    if (wall !== undefined && wall < wallAfter) slots.push({ wall, at, wallAfter, shiftMs });
  }
  return slots;
}
