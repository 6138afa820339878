// The next slots of a restart schedule as people read them: the nominal time, and when this processor's share of the
// spread lets it fire, on the wall clock of the schedule's zone and in UTC. Pure.
import { formatDurationMs } from "../duration.js";
import type { RestartSchedule } from "../policy.js";
import type { ProcessorRef } from "../refs.js";
import type { Scheduler } from "../decide/schedule.js";
import { findZoneName } from "../decide/zone-names.js";
import { ZONE_RULES } from "../decide/zone-rules.js";

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

/** `2026-06-02T01:00Z of 0 3 * * * Europe/Madrid, 12m into its spread of 30m`. */
export function formatSlot(
  { cron, timezone, spreadMs, train }: RestartSchedule,
  { at, firesAt }: { readonly at: number; readonly firesAt: number },
): string {
  if (train !== undefined)
    return `${toNominal(at)} of ${cron} ${timezone}, in its turn of the train ${train}`;
  const spread =
    spreadMs === 0
      ? ""
      : `, ${formatDurationMs(firesAt - at)} into its spread of ${formatDurationMs(spreadMs)}`;
  return `${toNominal(at)} of ${cron} ${timezone}${spread}`;
}

const toNominal = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}Z`;

/** `2026-05-04T03:00:00Z`: whole seconds. */
export function formatUtc(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** `2026-05-04T03:00:00+02:00`: whole seconds, on the zone's wall clock. */
function createZoneFormat(timezone: string): (ms: number) => string {
  const offsetAt = ZONE_RULES.offsetsOf(findZoneName(timezone)?.name ?? timezone);
  return (ms) => {
    const offset = offsetAt(ms);
    const clock = new Date(Math.abs(offset)).toISOString().slice(11, 16);
    return `${new Date(ms + offset).toISOString().slice(0, 19)}${offset < 0 ? "-" : "+"}${clock}`;
  };
}
