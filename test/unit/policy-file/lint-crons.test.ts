// What lint finds in crons: too many restarts, uneven steps, rare days, hours that a clock skips or shows twice.
// Source of the clock changes: IANA tzdata 2026f.
import { expect, it } from "vitest";
import { lintPolicyFiles } from "../../../src/policy-file/lint.js";
import { HEAD } from "./documents.js";

const NOW = Date.parse("2026-11-29T12:00:00Z");

function findWarnings(cron: string, timezone = "UTC"): readonly string[] {
  const text = `${HEAD}processors:\n  a: { restart: { cron: "${cron}", timezone: ${timezone} } }\n`;
  const { findings } = lintPolicyFiles([{ name: "fleet.yaml", text }], { now: NOW });
  return findings.map(({ rule, level, path, what, remedy }) => {
    expect([level, path]).toEqual(["warning", "processors.a.restart.cron"]);
    return `${rule}: ${what}; ${remedy}`;
  });
}

const often = (cron: string, times: number, remedy = "as few restarts as the processor needs"): string =>
  `cron-fires-often: "${cron}" restarts ${String(times)} times a day; ${remedy}`;
const uneven = (cron: string, what: string, remedy: string): string =>
  `cron-uneven-step: ${what.replace("CRON", cron)}; ${remedy}`;
const clock = (cron: string, what: string): string =>
  `cron-meets-clock-change: "${cron}" meets a clock change: ${what}; timezone: UTC, where every hour comes once`;

interface CronCase {
  readonly cron: string;
  readonly timezone?: string;
  readonly finds: readonly string[];
}

const CASES: readonly CronCase[] = [
  { cron: "0 3 * * *", timezone: "Europe/Madrid", finds: [] },
  { cron: "0 */6 * * *", finds: [] },
  { cron: "0,30 3,15 * * *", finds: [] },
  { cron: "0 3 * * 1-5", finds: [] },
  { cron: "0 3 28 2 *", finds: [] },
  { cron: "0 3 L * *", finds: [] },
  { cron: "0 3 31 1,3,5 *", finds: [] },
  { cron: "* 3 * * *", finds: [often("* 3 * * *", 60, 'one minute, such as "0 3 * * *"')] },
  { cron: "* 3 1 * *", finds: [often("* 3 1 * *", 60, 'one minute, such as "0 3 1 * *"')] },
  { cron: "* * * * *", finds: [often("* * * * *", 1_440)] },
  { cron: "0 8-17 * * *", finds: [often("0 8-17 * * *", 10)] },
  { cron: "0 */4 * * *", finds: [often("0 */4 * * *", 6)] },
  {
    cron: "*/45 * * * *",
    finds: [
      often("*/45 * * * *", 48),
      uneven(
        "*/45 * * * *",
        '*/45 of the minutes of "CRON" begins anew every hour: its slots are 45 and then 15 apart',
        "*/30, or a list",
      ),
    ],
  },
  {
    cron: "0 */9 * * *",
    finds: [
      uneven(
        "0 */9 * * *",
        '*/9 of the hours of "CRON" begins anew every day: its slots are 9 and then 6 apart',
        "*/8, or a list",
      ),
    ],
  },
  {
    cron: "0 3 */2 * *",
    finds: [
      uneven(
        "0 3 */2 * *",
        '*/2 of the days of the month of "CRON" begins anew every month: its last two days may be less than 2 apart',
        "the days of the month themselves, in a list",
      ),
    ],
  },
  {
    cron: "0 3 * * */2",
    finds: [
      uneven(
        "0 3 * * */2",
        '*/2 of the days of the week of "CRON" begins anew every week: its slots are 2 and then 1 apart',
        "the days of the week themselves, in a list",
      ),
    ],
  },
  {
    cron: "0 3 29 2 *",
    finds: [
      'cron-rare-day: "0 3 29 2 *" fires in leap years only: next on 2028-02-29; 28, or L for the last day of the month',
    ],
  },
  {
    cron: "0 3 31 * *",
    finds: [
      'cron-rare-day: "0 3 31 * *" skips every month without a day 31; L for the last day of the month',
    ],
  },
  {
    cron: "0 3 30 * *",
    finds: [
      'cron-rare-day: "0 3 30 * *" skips every month without a day 30; L for the last day of the month',
    ],
  },
  {
    cron: "0 * * * *",
    timezone: "Europe/Madrid",
    finds: [
      often("0 * * * *", 24),
      clock(
        "0 * * * *",
        "Europe/Madrid skips the time from 2027-03-28 02:00: slots in it fire once, at 03:00",
      ),
    ],
  },
  {
    cron: "0 1-3 * * *",
    timezone: "America/Santiago",
    finds: [],
  },
  {
    cron: "0 0-2 * * *",
    timezone: "America/New_York",
    finds: [
      clock(
        "0 0-2 * * *",
        "America/New_York skips the time from 2027-03-14 02:00: slots in it fire once, at 03:00",
      ),
    ],
  },
  {
    cron: "15,45 1 * * *",
    timezone: "America/New_York",
    finds: [
      clock(
        "15,45 1 * * *",
        "America/New_York has the time from 2027-11-07 01:00 twice: slots in it fire the first time only",
      ),
    ],
  },
  // Hourly by night, where the clock does not change any more: 2026b and 2026f.
  { cron: "0 1-3 * * *", timezone: "America/Vancouver", finds: [] },
];

it.each(CASES)("judges $cron in $timezone", ({ cron, timezone, finds }) => {
  expect(findWarnings(cron, timezone)).toEqual(finds);
});
