// The next slots of a restart schedule as people read them: the nominal time, and when this processor's share of the
// spread lets it fire, on the wall clock of the schedule's zone and in UTC. Pure.
import type { RestartSchedule } from "../policy.js";
import type { ProcessorRef } from "../refs.js";
import type { Scheduler } from "../decide/schedule.js";

export interface PreviewedSlot {
  /** Nominal, epoch ms: what the journal and a change name it by. */
  readonly slotAt: number;
  /** With the spread, epoch ms. */
  readonly firesAt: number;
  /** Both on the wall clock of the zone, with its offset from UTC then. */
  readonly slotLocal: string;
  readonly firesLocal: string;
  readonly firesUtc: string;
}

/** The next `count` slots that fire after `from`. */
export function previewSlots(
  scheduler: Scheduler,
  of: { readonly ref: ProcessorRef; readonly restart: RestartSchedule },
  span: { readonly from: number; readonly count: number },
): readonly PreviewedSlot[] {
  const format = createZoneFormat(of.restart.timezone);
  return scheduler.nextSlots(of.restart, of.ref, span).map(({ at, firesAt }) => ({
    slotAt: at,
    firesAt,
    slotLocal: format(at),
    firesLocal: format(firesAt),
    firesUtc: formatUtc(firesAt),
  }));
}

/** `2026-05-04T03:00:00Z`: whole seconds. */
export function formatUtc(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** `2026-05-04T03:00:00+02:00`: whole seconds, on the zone's wall clock. */
function createZoneFormat(timeZone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
    // `GMT+02:00`, and `GMT` alone where there is no difference.
    const offset = part("timeZoneName").replace("GMT", "");
    const time = `${part("hour")}:${part("minute")}:${part("second")}`;
    return `${part("year")}-${part("month")}-${part("day")}T${time}${offset === "" ? "+00:00" : offset}`;
  };
}
