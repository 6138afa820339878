// `get schedules`: when the restart schedules fire next, on their own clock and in UTC, and what keeps a slot from
// restarting anything.
import type { ScheduleListing } from "../../app/look/page-listing.js";
import { formatDurationMs } from "../../domain/duration.js";
import { formatProcessorRef } from "../../domain/refs.js";
import { formatUtc } from "../../domain/tell/slot-preview.js";
import type { Noun } from "./noun.js";

export const schedules: Noun<ScheduleListing> = {
  name: "schedules",
  description: "the next slots of every restart schedule: nominal, with the spread, and in UTC",
  pages: ({ pageSchedules }) => pageSchedules,
  label: ({ ref }) => formatProcessorRef(ref),
  key: ({ ref, slotAt }) => `${formatProcessorRef(ref)} ${formatUtc(slotAt)}`,
  steady: (row) => row,
  columns: () => [
    { title: "PROCESSOR", cell: ({ ref }) => formatProcessorRef(ref) },
    { title: "CRON", cell: ({ cron }) => cron },
    { title: "TIMEZONE", cell: ({ timezone }) => timezone },
    { title: "SPREAD", cell: toSpread },
    { title: "TRAIN", cell: ({ train }) => train ?? "-" },
    { title: "SLOT", cell: ({ slotLocal }) => slotLocal },
    { title: "FIRES", cell: ({ firesLocal }) => firesLocal },
    { title: "UTC", cell: ({ firesUtc }) => firesUtc },
    { title: "NOTE", cell: toNote, tone: () => "quiet" },
  ],
  examples: ["--next 5", "--condition effective --next 3 -o json"],
};

/** In a train its waves give each its moment. */
function toSpread({ spreadMs, train }: ScheduleListing): string {
  return spreadMs === 0 || train !== null ? "-" : formatDurationMs(spreadMs);
}

/** Why this slot will restart nothing, as things stand, or not all. */
function toNote({ mode, state, suspendedUntil, isParked, firesAt, isOverCaps }: ScheduleListing): string {
  if (state === "STOPPED") return "skipped: declared STOPPED";
  if (mode === "observe") return "skipped: mode observe";
  if (suspendedUntil !== null && firesAt < suspendedUntil)
    return `skipped: suspended until ${formatUtc(suspendedUntil)}`;
  if (isParked) return "skipped: parked";
  return isOverCaps ? "more restarts than the caps can begin within catchUp" : "";
}
