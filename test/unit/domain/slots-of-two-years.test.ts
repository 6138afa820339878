// The truth table of restart slots: every night of 2026 and 2027 in fourteen zones, against values that no part of
// Headgate computed. Source of all of them: IANA 2026f, compiled by Debian (tzdata 2026f-0+deb12u1), read with zdump
// and minute by minute; Python's zoneinfo with tzdata 2026.6 gives the same. Newer rules may need newer values.
import { describe, expect, it } from "vitest";
import { createScheduler } from "../../../src/domain/decide/schedule.js";
import { HOUR_MS, MINUTE_MS, REF } from "../../support/domain-builders.js";

const DAY_MS = 24 * HOUR_MS;
const at = (text: string): number => Date.parse(text);

interface SlotCase {
  readonly zone: string;
  readonly cron: string;
  /** The civil day in the zone. */
  readonly date: string;
  readonly firesUtc: string;
  readonly why: string;
}

const CASES: readonly SlotCase[] = `
America/Vancouver | 0 3 * * * | 2026-12-01 | 2026-12-01T10:00Z | 2026b: permanent -07
America/Vancouver | 30 2 * * * | 2027-03-14 | 2027-03-14T09:30Z | 2026b: no gap any more
America/Edmonton | 0 3 * * * | 2026-12-01 | 2026-12-01T09:00Z | 2026c: permanent -06
America/Winnipeg | 0 3 * * * | 2026-12-01 | 2026-12-01T08:00Z | 2026e: permanent -05
Africa/Casablanca | 0 3 * * * | 2026-12-01 | 2026-12-01T03:00Z | 2026c: permanent +00
Africa/Casablanca | 0 3 * * * | 2027-02-20 | 2027-02-20T03:00Z | 2026c: no change at Ramadan any more
America/Havana | 0 3 * * * | 2026-12-01 | 2026-12-01T07:00Z | 2026f: stays -04
America/Havana | 0 0 * * * | 2027-03-14 | 2027-03-14T04:00Z | 2026f: no gap at midnight
Europe/Madrid | 30 2 * * * | 2027-03-28 | 2027-03-28T01:00Z | gap: fires at its end
Europe/Madrid | 30 2 * * * | 2026-10-25 | 2026-10-25T00:30Z | overlap: once, the first
America/New_York | 30 2 * * * | 2027-03-14 | 2027-03-14T07:00Z | gap
America/New_York | 30 1 * * * | 2026-11-01 | 2026-11-01T05:30Z | overlap
Australia/Lord_Howe | 15 2 * * * | 2026-10-04 | 2026-10-03T15:30Z | a gap of 30 minutes
Australia/Lord_Howe | 45 1 * * * | 2027-04-04 | 2027-04-03T14:45Z | an overlap of 30 minutes
Antarctica/Troll | 30 1 * * * | 2027-03-28 | 2027-03-28T01:00Z | a gap of two hours
Africa/Cairo | 30 0 * * * | 2027-04-30 | 2027-04-29T22:00Z | gap at midnight
Asia/Beirut | 0 0 * * * | 2027-03-28 | 2027-03-27T22:00Z | gap at midnight
America/Santiago | 0 0 * * * | 2026-09-06 | 2026-09-06T04:00Z | gap at midnight
Asia/Tehran | 0 3 * * * | 2027-03-22 | 2027-03-21T23:30Z | no change since 2022
Pacific/Easter | 30 22 * * * | 2026-09-05 | 2026-09-06T04:00Z | gap
`
  .trim()
  .split("\n")
  .map((line) => {
    const [zone = "", cron = "", date = "", firesUtc = "", why = ""] = line.split(" | ");
    return { zone, cron, date, firesUtc, why };
  });

/** From an instant on, minutes ahead of UTC; the first is that of the turn of the year. */
const OFFSETS: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  "America/Vancouver": [
    ["2025-12-30T00:00Z", -480],
    ["2026-03-08T10:00Z", -420],
  ],
  "America/Edmonton": [
    ["2025-12-30T00:00Z", -420],
    ["2026-03-08T09:00Z", -360],
  ],
  "America/Winnipeg": [
    ["2025-12-30T00:00Z", -360],
    ["2026-03-08T08:00Z", -300],
  ],
  "Africa/Casablanca": [
    ["2025-12-30T00:00Z", 60],
    ["2026-02-15T02:00Z", 0],
    ["2026-03-22T02:00Z", 60],
    ["2026-09-20T01:00Z", 0],
  ],
  "America/Havana": [
    ["2025-12-30T00:00Z", -300],
    ["2026-03-08T05:00Z", -240],
    ["2027-11-07T05:00Z", -300],
  ],
  "Europe/Madrid": [
    ["2025-12-30T00:00Z", 60],
    ["2026-03-29T01:00Z", 120],
    ["2026-10-25T01:00Z", 60],
    ["2027-03-28T01:00Z", 120],
    ["2027-10-31T01:00Z", 60],
  ],
  "America/New_York": [
    ["2025-12-30T00:00Z", -300],
    ["2026-03-08T07:00Z", -240],
    ["2026-11-01T06:00Z", -300],
    ["2027-03-14T07:00Z", -240],
    ["2027-11-07T06:00Z", -300],
  ],
  "Australia/Lord_Howe": [
    ["2025-12-30T00:00Z", 660],
    ["2026-04-04T15:00Z", 630],
    ["2026-10-03T15:30Z", 660],
    ["2027-04-03T15:00Z", 630],
    ["2027-10-02T15:30Z", 660],
  ],
  "Antarctica/Troll": [
    ["2025-12-30T00:00Z", 0],
    ["2026-03-29T01:00Z", 120],
    ["2026-10-25T01:00Z", 0],
    ["2027-03-28T01:00Z", 120],
    ["2027-10-31T01:00Z", 0],
  ],
  "Africa/Cairo": [
    ["2025-12-30T00:00Z", 120],
    ["2026-04-23T22:00Z", 180],
    ["2026-10-29T21:00Z", 120],
    ["2027-04-29T22:00Z", 180],
    ["2027-10-28T21:00Z", 120],
  ],
  "Asia/Beirut": [
    ["2025-12-30T00:00Z", 120],
    ["2026-03-28T22:00Z", 180],
    ["2026-10-24T21:00Z", 120],
    ["2027-03-27T22:00Z", 180],
    ["2027-10-30T21:00Z", 120],
  ],
  "America/Santiago": [
    ["2025-12-30T00:00Z", -180],
    ["2026-04-05T03:00Z", -240],
    ["2026-09-06T04:00Z", -180],
    ["2027-04-04T03:00Z", -240],
    ["2027-09-05T04:00Z", -180],
  ],
  "Asia/Tehran": [["2025-12-30T00:00Z", 210]],
  "Pacific/Easter": [
    ["2025-12-30T00:00Z", -300],
    ["2026-04-05T03:00Z", -360],
    ["2026-09-06T04:00Z", -300],
    ["2027-04-04T03:00Z", -360],
    ["2027-09-05T04:00Z", -300],
  ],
};

it.each(CASES)("$cron in $zone on $date fires at $firesUtc: $why", ({ zone, cron, date, firesUtc }) => {
  const schedule = { cron, timezone: zone, spreadMs: 0, catchUpMs: 0 };
  const slots = createScheduler().nextSlots(schedule, REF, { from: at(date) - 2 * DAY_MS, count: 5 });
  const near = slots.map((slot) => slot.at).filter((one) => Math.abs(one - at(firesUtc)) < 12 * HOUR_MS);
  expect(near).toEqual([at(firesUtc)]);
});

/** The first instant that shows this wall time, else the end of the gap it falls into. */
function toExpected(
  spans: readonly { readonly from: number; readonly offset: number }[],
  wall: number,
): number {
  for (const [index, { from, offset }] of spans.entries()) {
    const end = spans[index + 1]?.from ?? Infinity;
    if (wall - offset < from) return from;
    if (wall - offset < end) return wall - offset;
  }
  throw new Error("the last span has no end");
}

describe.each(Object.keys(OFFSETS))("each day of 2026 and 2027 in %s", (zone) => {
  const spans = (OFFSETS[zone] ?? []).map(([from, minutes]) => ({
    from: at(from),
    offset: minutes * MINUTE_MS,
  }));

  // In the hours in which these zones change their clocks, before and after.
  it.each(["0 0", "30 0", "30 1", "15 2", "30 2", "0 3", "30 22", "30 23"])("has its slot at %s", (time) => {
    const [minute = 0, hour = 0] = time.split(" ").map(Number);
    const days = Array.from({ length: 730 }, (_, day) => Date.UTC(2026, 0, 1 + day));
    const expected = days.map((day) => toExpected(spans, day + hour * HOUR_MS + minute * MINUTE_MS));
    const schedule = { cron: `${time} * * *`, timezone: zone, spreadMs: 0, catchUpMs: 0 };
    const from = (expected[0] ?? 0) - 1;
    const slots = createScheduler().nextSlots(schedule, REF, { from, count: days.length });
    expect(slots.map((slot) => slot.at)).toEqual(expected);
  });
});

it("knows the same zones in the cases and in the table", () => {
  expect(new Set(CASES.map(({ zone }) => zone))).toEqual(new Set(Object.keys(OFFSETS)));
});
