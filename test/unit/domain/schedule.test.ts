// Restart slots against an oracle of its own: a zone's clock changes, found by walking ten years hour by hour, and the
// civil days between them. Every declared wall time is one slot, whatever its zone's clock does that night. Both go by
// the rules of this Node, because Intl is the oracle; slots-of-two-years.test.ts has the rules that are used.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RestartSchedule } from "../../../src/domain/policy.js";
import {
  createScheduler,
  findScheduleFaults,
  smallestIntervalMs,
} from "../../../src/domain/decide/schedule.js";
import type { Scheduler } from "../../../src/domain/decide/schedule.js";
import { chooseRules } from "../../../src/domain/decide/zone-rules.js";
import { HOUR_MS, MINUTE_MS, REF } from "../../support/domain-builders.js";

const FROM = Date.UTC(2020, 0, 1);
const TO = Date.UTC(2030, 0, 1);
const DAY_MS = 24 * HOUR_MS;
/** North and south, half an hour, midnight, and one that is switched off for a month a year. */
const ZONES = [
  "Europe/Madrid",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Africa/Casablanca",
];

/** From `at` on the zone's clock is `offset` ahead of UTC. */
interface Span {
  readonly at: number;
  readonly offset: number;
}

function readOffset(format: Intl.DateTimeFormat, at: number): number {
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute, second } = parts;
  return (
    Date.parse(`${year ?? ""}-${month ?? ""}-${day ?? ""}T${hour ?? ""}:${minute ?? ""}:${second ?? ""}Z`) -
    at
  );
}

function findSpans(timeZone: string): readonly Span[] {
  const two = "2-digit";
  const format = new Intl.DateTimeFormat("en-US", {
    ...{ timeZone, hourCycle: "h23", year: "numeric", month: two, day: two },
    ...{ hour: two, minute: two, second: two },
  });
  const spans: Span[] = [{ at: FROM - 2 * DAY_MS, offset: readOffset(format, FROM - 2 * DAY_MS) }];
  for (let at = FROM - 2 * DAY_MS; at <= TO + 2 * DAY_MS; at += HOUR_MS) {
    const known = spans.at(-1)?.offset;
    if (readOffset(format, at) === known) continue;
    let minute = at - HOUR_MS;
    while (readOffset(format, minute) === known) minute += MINUTE_MS;
    spans.push({ at: minute, offset: readOffset(format, minute) });
  }
  return spans;
}

/** The first instant that shows this wall time, else the end of the gap it falls into. */
function toExpected(spans: readonly Span[], wall: number): number {
  for (const [index, { at, offset }] of spans.entries()) {
    const end = spans[index + 1]?.at ?? Infinity;
    if (wall - offset < at) return at;
    if (wall - offset < end) return wall - offset;
  }
  throw new Error("the last span has no end");
}

function toDailySlots(spans: readonly Span[], minuteOfDay: number): readonly number[] {
  const slots: number[] = [];
  for (let day = FROM; day < TO; day += DAY_MS) slots.push(toExpected(spans, day + minuteOfDay * MINUTE_MS));
  return slots;
}

const daily = (timezone: string, minuteOfDay: number, spreadMs = 0): RestartSchedule => ({
  cron: `${String(minuteOfDay % 60)} ${String(Math.floor(minuteOfDay / 60))} * * *`,
  timezone,
  spreadMs,
  catchUpMs: 2 * HOUR_MS,
});
const at = (text: string): number => Date.parse(text);
const iso = (slots: readonly { readonly at: number }[]): readonly string[] =>
  slots.map((slot) => new Date(slot.at).toISOString());

/** Made anew: nothing is remembered. */
const createNodeScheduler = (): Scheduler => createScheduler({ rules: chooseRules("9999z") });

describe.each(ZONES)("ten years in %s", (timezone) => {
  const spans = findSpans(timezone);
  const minutes = fc.oneof(
    fc.integer({ min: 0, max: 1_439 }),
    // Where clocks change: around midnight and in the early morning.
    fc.integer({ min: 0, max: 4 * 60 }),
  );

  it("changes its clock often enough to be a test", () => {
    // Twelve in Casablanca, where it ended in 2026.
    expect(spans.length).toBeGreaterThanOrEqual(12);
  });

  it("has one slot for every civil day, and no other", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(minutes, (minuteOfDay) => {
        const expected = toDailySlots(spans, minuteOfDay);
        const [first = 0] = expected;
        const slots = createNodeScheduler().nextSlots(daily(timezone, minuteOfDay), REF, {
          from: first - 1,
          count: expected.length,
        });
        expect(slots.map((slot) => slot.at)).toEqual(expected);
      }),
      { numRuns: 4 },
    );
  });

  it("says which slot is the newest at any time, its spread included", { timeout: 60_000 }, () => {
    const times = fc.oneof(
      fc.integer({ min: FROM + 3 * DAY_MS, max: TO - DAY_MS }),
      fc
        .constantFrom(...spans.slice(1))
        .chain((span) => fc.integer({ min: span.at - 26 * HOUR_MS, max: span.at + 26 * HOUR_MS })),
    );
    const scheduler = createNodeScheduler();
    fc.assert(
      fc.property(minutes, times, fc.integer({ min: 0, max: 90 }), (minuteOfDay, now, spreadMinutes) => {
        const schedule = daily(timezone, minuteOfDay, spreadMinutes * MINUTE_MS);
        const slot = scheduler.latestSlot(schedule, REF, { after: 0, upTo: now });
        const offset = (slot?.firesAt ?? 0) - (slot?.at ?? 0);
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset).toBeLessThanOrEqual(spreadMinutes * MINUTE_MS);
        expect(slot?.at).toBe(toDailySlots(spans, minuteOfDay).findLast((one) => one + offset <= now));
      }),
      { numRuns: 60 },
    );
  });

  it("is used once a slot by whoever looks, however seldom, and misses none that it looks for in time", () => {
    // A walk of 200 looks 30 hours apart ends inside the ten years.
    const walkable = spans.slice(1).filter((span) => span.at + 250 * DAY_MS < TO);
    const gaps = fc.array(fc.integer({ min: 1, max: 30 * 60 }), { minLength: 50, maxLength: 200 });
    fc.assert(
      fc.property(minutes, fc.constantFrom(...walkable), gaps, (minuteOfDay, span, waits) => {
        const scheduler = createNodeScheduler();
        const schedule = daily(timezone, minuteOfDay);
        let [now, used] = [span.at - 5 * DAY_MS, span.at - 5 * DAY_MS];
        const seen: number[] = [];
        for (const wait of waits) {
          now += wait * MINUTE_MS;
          const slot = scheduler.latestSlot(schedule, REF, { after: used, upTo: now });
          if (slot !== undefined) seen.push(slot.at);
          used = slot?.at ?? used;
        }
        const expected = toDailySlots(spans, minuteOfDay);
        expect(new Set(seen).size).toBe(seen.length);
        expect(expected).toEqual(expect.arrayContaining(seen));
        // Looks at most 30 hours apart let at most one of two neighbouring days go by.
        const due = expected.filter((one) => one > span.at - 5 * DAY_MS && one <= now);
        expect(seen.length).toBeGreaterThanOrEqual(Math.floor(due.length / 2));
      }),
      { numRuns: 20 },
    );
  });
});

const EXAMPLES = [
  {
    reason: "three slots inside one gap are one, at its end",
    schedule: { ...daily("Europe/Madrid", 0), cron: "0,20,40 2 * * *" },
    from: "2026-03-28T12:00:00Z",
    slots: ["2026-03-29T01:00:00.000Z", "2026-03-30T00:00:00.000Z"],
  },
  {
    reason: "in an overlap a slot fires once, the first time",
    schedule: daily("Europe/Madrid", 150),
    from: "2026-10-24T12:00:00Z",
    slots: ["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"],
  },
  {
    reason: "where both day fields are set, either counts, as in crontab",
    schedule: { ...daily("UTC", 0), cron: "0 3 13 * 5" },
    from: "2026-02-10T00:00:00Z",
    slots: ["2026-02-13T03:00:00.000Z", "2026-02-20T03:00:00.000Z"],
  },
  {
    reason: "a leap day comes once in four years",
    schedule: { ...daily("UTC", 0), cron: "0 3 29 2 *" },
    from: "2026-01-01T00:00:00Z",
    slots: ["2028-02-29T03:00:00.000Z", "2032-02-29T03:00:00.000Z"],
  },
];

it.each(EXAMPLES)("$reason", ({ schedule, from, slots }) => {
  const next = createScheduler().nextSlots(schedule, REF, { from: at(from), count: slots.length });
  expect(iso(next)).toEqual(slots);
});

it("spreads a fleet over the span: stable, inside it, and nowhere near together", () => {
  const schedule = daily("UTC", 180, HOUR_MS);
  const fireTimes = (scheduler = createScheduler()): readonly number[] =>
    Array.from({ length: 600 }, (_, index) => ({ ...REF, processor: `p-${String(index)}` })).map((ref) => {
      const [slot] = scheduler.nextSlots(schedule, ref, { from: at("2026-06-01T12:00:00Z"), count: 1 });
      return (slot?.firesAt ?? 0) - at("2026-06-02T03:00:00Z");
    });
  const offsets = fireTimes();
  expect(fireTimes()).toEqual(offsets);
  expect(Math.min(...offsets)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...offsets)).toBeLessThan(HOUR_MS);
  const perTenth = Array.from(
    { length: 10 },
    (_, tenth) => offsets.filter((offset) => Math.floor(offset / (HOUR_MS / 10)) === tenth).length,
  );
  expect(Math.min(...perTenth)).toBeGreaterThan(30);
});

it.each([
  { cron: "* * * * *", ms: MINUTE_MS },
  { cron: "*/15 2-4 * * *", ms: 15 * MINUTE_MS },
  { cron: "0 3 * * *", ms: DAY_MS },
  { cron: "0 3,4 * * 1", ms: HOUR_MS },
  { cron: "0 3 1 * *", ms: 28 * DAY_MS },
])("$cron has slots $ms ms apart at least", ({ cron, ms }) => {
  expect(smallestIntervalMs(cron)).toBe(ms);
});

it.each([
  { cron: "0 3 * *", zone: "UTC", fault: /five fields/ },
  { cron: "0 0 3 * * *", zone: "UTC", fault: /five cron fields: write "0 3 \* \* \*"/ },
  { cron: "61 3 * * *", zone: "UTC", fault: /for the minute 0 to 59, not 61/ },
  { cron: "0 3 31 2 *", zone: "UTC", fault: /fires at all/ },
  { cron: "0 3 * * *", zone: "Europe/Madird", fault: /IANA.*Europe\/Madird/ },
  { cron: "0 3 * * *", zone: "+02:00", fault: /IANA/ },
])("$cron in $zone is refused", ({ cron, zone, fault }) => {
  expect(findScheduleFaults(cron, zone)[0]?.allowed).toMatch(fault);
});
