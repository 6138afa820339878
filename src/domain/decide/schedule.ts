// Restart schedules: which slot fired last, and when the next ones do. Pure. A cron is matched against the wall clock
// of its zone and every wall time is mapped to one instant here, whatever a library thinks of daylight saving: all
// slots inside one gap are one slot at its end, and in an overlap a slot fires once, the first time.
import { Cron } from "croner";
import type { RestartSchedule } from "../policy.js";
import type { ProcessorRef } from "../refs.js";
import { formatProcessorRef } from "../refs.js";
import { findWrittenFault } from "./cron-faults.js";
import { createMemory } from "./memory.js";
import { findLatestSlot, findMovedSlot, findNextSlots, findShiftSlots } from "./slots.js";
import type { KnownSlot, Runs, ShiftSlot, SlotSpan } from "./slots.js";
import type { Zone } from "./zone.js";
import { createZone } from "./zone.js";
import { findZoneFault, findZoneName } from "./zone-names.js";
import { ZONE_RULES } from "./zone-rules.js";
import type { ZoneRules } from "./zone-rules.js";

interface Slot {
  /** Nominal fire time without spread, epoch ms: the slot's identity. */
  readonly at: number;
  /** With this processor's offset inside the spread. */
  readonly firesAt: number;
}

export interface Scheduler {
  /**
   * Why this process cannot evaluate the schedule, in words; undefined where it can. The other functions need one it
   * can.
   */
  findFault(schedule: RestartSchedule): string | undefined;
  /** The newest slot that fired inside the span. */
  latestSlot(schedule: RestartSchedule, ref: ProcessorRef, span: SlotSpan): Slot | undefined;
  /**
   * Until when (exclusive) `latestSlot` finds the same slot as it does up to `upTo`, whatever it was asked to be after.
   */
  sameSlotUntil(schedule: RestartSchedule, ref: ProcessorRef, upTo: number): number;
  /** The next slots that fire after `from`, oldest first. */
  nextSlots(
    schedule: RestartSchedule,
    ref: ProcessorRef,
    span: { from: number; count: number },
  ): readonly Slot[];
  /**
   * Up to which instant slots are used if one named by `usedAt` is: by newer or older rules the same wall time may be
   * another instant. Never before `usedAt`.
   */
  usedUpTo(schedule: RestartSchedule, usedAt: number): number;
  /** The first slot in each gap of the zone's clock inside the span. */
  gapSlots(schedule: RestartSchedule, span: SlotSpan): readonly ShiftSlot[];
  /** The first slot in each time that the zone's clock shows twice; it fires the first time. */
  overlapSlots(schedule: RestartSchedule, span: SlotSpan): readonly ShiftSlot[];
}

export interface SchedulerOptions {
  /** Called before each evaluation of a cron: what tests count. */
  readonly onEvaluation?: (() => void) | undefined;
  /** Those of the process; tests change them. */
  readonly rules?: ZoneRules;
}

const DAY_MS = 86_400_000;
/** A leap year and the one after: what the smallest interval is sought in. */
const SAMPLE_FROM = "2024-01-01T00:00:00Z";
const SAMPLE_RUNS = 2_000;
/** Each zone is a formatter of some tens of kilobytes; there are fewer than 500 names in use. */
const ZONES_MAX = 500;
/** Some kilobytes each. */
const CRONS_MAX = 2_000;
/** Cron and zone together: a few numbers each. */
const SCHEDULES_MAX = 20_000;
/** A spread is shorter than the time between two slots, so its processors meet two slots at most; twice that. */
const KNOWN_SLOTS_MAX = 4;

/**
 * Keeps what is costly to make and the newest slots, so one serves a worker as long as it lives: a thousand equal
 * schedules cost two evaluations a slot. Bounded in all of it.
 */
export function createScheduler({ onEvaluation, rules = ZONE_RULES }: SchedulerOptions = {}): Scheduler {
  const zones = createMemory<string, Zone>(ZONES_MAX);
  const crons = createMemory<string, Runs>(CRONS_MAX);
  const faults = createMemory<string, { readonly fault: string | undefined }>(SCHEDULES_MAX);
  const latest = createMemory<string, (limit: number) => KnownSlot | undefined>(SCHEDULES_MAX);
  const used = createMemory<string, number>(SCHEDULES_MAX);
  const zoneOf = (name: string): Zone =>
    zones.get(name, () => createZone(findZoneName(name, rules)?.name ?? name, rules));
  const cronOf = (cron: string): Runs => crons.get(cron, () => compile(cron, onEvaluation));
  const latestOf = ({ cron, timezone }: RestartSchedule, limit: number): KnownSlot | undefined =>
    latest.get(`${cron} ${timezone}`, () =>
      remembering((sought) => findLatestSlot(cronOf(cron), zoneOf(timezone), sought)),
    )(limit);
  return {
    findFault: ({ cron, timezone }) =>
      faults.get(`${cron} ${timezone}`, () => ({
        fault: findScheduleFaults(cron, timezone, { onEvaluation, rules })[0]?.allowed,
      })).fault,
    latestSlot: (schedule, ref, { after, upTo }) => {
      const offset = toOffsetMs(schedule, ref);
      const at = latestOf(schedule, upTo - offset)?.at;
      return at === undefined || at + offset <= after ? undefined : { at, firesAt: at + offset };
    },
    sameSlotUntil: (schedule, ref, upTo) => {
      const offset = toOffsetMs(schedule, ref);
      return (latestOf(schedule, upTo - offset)?.until ?? upTo - offset) + offset;
    },
    nextSlots: (schedule, ref, { from, count }) => {
      const offset = toOffsetMs(schedule, ref);
      const slots = findNextSlots(cronOf(schedule.cron), zoneOf(schedule.timezone), {
        after: from - offset,
        count,
      });
      return slots.map((at) => ({ at, firesAt: at + offset }));
    },
    usedUpTo: (schedule, usedAt) => {
      if (latestOf(schedule, usedAt)?.at === usedAt) return usedAt;
      const { cron, timezone } = schedule;
      return used.get(`${cron} ${timezone} ${String(usedAt)}`, () =>
        findMovedSlot(cronOf(cron), zoneOf(timezone), usedAt),
      );
    },
    gapSlots: (schedule, span) =>
      findShiftSlots(cronOf(schedule.cron), zoneOf(schedule.timezone), span).filter((slot) => slot.isGap),
    overlapSlots: (schedule, span) =>
      findShiftSlots(cronOf(schedule.cron), zoneOf(schedule.timezone), span).filter((slot) => !slot.isGap),
  };
}

/** Which limits a slot answers does not depend on when it was found, so a clock that goes back changes nothing. */
function remembering(find: (limit: number) => KnownSlot | undefined): typeof find {
  const known: KnownSlot[] = [];
  return (limit) => {
    const fitting = known.find(({ at, until }) => at <= limit && limit < until);
    if (fitting !== undefined) return fitting;
    const found = find(limit);
    if (found === undefined) return undefined;
    if (known.length >= KNOWN_SLOTS_MAX) known.shift();
    known.push(found);
    return found;
  };
}

/** Where both day fields are set, either matches, as in crontab. */
function compile(cron: string, onEvaluation?: () => void): Runs {
  const compiled = new Cron(cron, { timezone: "UTC", paused: true, mode: "5-part" });
  return {
    before: (wall) => {
      onEvaluation?.();
      return compiled.previousRuns(1, new Date(wall))[0]?.getTime();
    },
    after: (wall) => {
      onEvaluation?.();
      return compiled.nextRun(new Date(wall))?.getTime();
    },
  };
}

/** What is wrong with a schedule, in words that a fault repeats behind "allowed:". */
interface ScheduleFault {
  readonly field: "cron" | "timezone";
  readonly allowed: string;
}

/** Of both fields, if both have one. */
export function findScheduleFaults(
  cron: string,
  timezone: string,
  { onEvaluation, rules }: SchedulerOptions = {},
): readonly ScheduleFault[] {
  const inCron = findWrittenFault(cron, {
    isSound,
    everFires: (one) => compile(one, onEvaluation).after(Date.parse(SAMPLE_FROM)) !== undefined,
  });
  const inZone = findZoneFault(timezone, rules);
  return [
    ...(inCron === undefined ? [] : [{ field: "cron", allowed: inCron } as const]),
    ...(inZone === undefined ? [] : [{ field: "timezone", allowed: inZone } as const]),
  ];
}

function isSound(cron: string): boolean {
  try {
    compile(cron);
    return true;
  } catch {
    return false;
  }
}

/** The shortest time between two slots of the wall clock: a spread has to be shorter. */
export function smallestIntervalMs(cron: string): number {
  const runs = compile(cron);
  let [least, last] = [400 * DAY_MS, runs.after(Date.parse(SAMPLE_FROM))];
  for (let count = 1; count < SAMPLE_RUNS && last !== undefined; count += 1) {
    const next = runs.after(last);
    if (next !== undefined) least = Math.min(least, next - last);
    last = next;
  }
  return least;
}

/** In a train the waves give each its moment: its processors share the slot as it is written. */
function toOffsetMs({ train, spreadMs }: RestartSchedule, ref: ProcessorRef): number {
  return train === undefined ? toSpreadOffsetMs(ref, spreadMs) : 0;
}

/** A stable place of the processor inside the spread: FNV-1a of its name. */
function toSpreadOffsetMs(ref: ProcessorRef, spreadMs: number): number {
  if (spreadMs <= 0) return 0;
  const name = formatProcessorRef(ref);
  let hash = 0x811c9dc5;
  // Names are ASCII. An iterator over them would cost more than all else here.
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  }
  return Math.floor((hash / 0x1_0000_0000) * spreadMs);
}
