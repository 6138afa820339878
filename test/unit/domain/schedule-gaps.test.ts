// Slots whose wall time does not exist: in which gaps, what the clock would have shown, when they fire instead.
import { expect, it } from "vitest";
import { createScheduler } from "../../../src/domain/decide/schedule.js";

interface GapCase {
  readonly reason: string;
  readonly cron: string;
  readonly timezone: string;
  readonly after: string;
  readonly upTo: string;
  /** wall time, wall time after the jump, instant */
  readonly slots: readonly (readonly [string, string, string])[];
}

const CASES: readonly GapCase[] = [
  {
    reason: "the gap of every spring, at its first minute and inside",
    cron: "0,30 2 * * *",
    timezone: "Europe/Madrid",
    after: "2026-01-01T00:00",
    upTo: "2028-01-01T00:00",
    slots: [
      ["2026-03-29T02:00", "2026-03-29T03:00", "2026-03-29T01:00"],
      ["2027-03-28T02:00", "2027-03-28T03:00", "2027-03-28T01:00"],
    ],
  },
  {
    reason: "no slot at a gap's end or before it, and none in an overlap",
    cron: "59 1 * * *",
    timezone: "Europe/Madrid",
    after: "2026-01-01T00:00",
    upTo: "2027-01-01T00:00",
    slots: [],
  },
  {
    reason: "a gap in the other hemisphere, half an hour long",
    cron: "20 2 * * *",
    timezone: "Australia/Lord_Howe",
    after: "2026-06-01T00:00",
    upTo: "2027-06-01T00:00",
    slots: [["2026-10-04T02:20", "2026-10-04T02:30", "2026-10-03T15:30"]],
  },
  {
    reason: "a day that was left out",
    cron: "0 12 * * *",
    timezone: "Pacific/Apia",
    after: "2011-12-01T00:00",
    upTo: "2012-01-15T00:00",
    slots: [["2011-12-30T12:00", "2011-12-31T00:00", "2011-12-30T10:00"]],
  },
  {
    reason: "a zone without gaps",
    cron: "30 2 * * *",
    timezone: "UTC",
    after: "2026-01-01T00:00",
    upTo: "2027-01-01T00:00",
    slots: [],
  },
  {
    reason: "only the gaps of the span",
    cron: "30 2 * * *",
    timezone: "Europe/Madrid",
    after: "2026-03-30T00:00",
    upTo: "2027-03-01T00:00",
    slots: [],
  },
];

const at = (text: string): number => Date.parse(`${text}:00Z`);
const toText = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

it.each(CASES)("finds $reason", ({ cron, timezone, after, upTo, slots }) => {
  const schedule = { cron, timezone, spreadMs: 0, catchUpMs: 0 };
  const found = createScheduler().gapSlots(schedule, { after: at(after), upTo: at(upTo) });
  expect(found.map((slot) => [toText(slot.wall), toText(slot.wallAfter), toText(slot.at)])).toEqual(slots);
  for (const { wall, wallAfter, shiftMs } of found) expect(wallAfter - wall).toBeLessThanOrEqual(shiftMs);
});
