// What is said of a cron that cannot be used: the field, the value and its range, or what another tool's form becomes.
// Sources: crontab(5); Quartz 2, CronExpression (days from 1 = Sunday, `?`); Amazon EventBridge, schedule expressions;
// Jenkins, "Build periodically" (H); robfig/cron 3 (`@every`, CRON_TZ); systemd.time(7) of systemd 252. The words of
// croner 11.0.1 never appear: it counts days and months from 0.
import { expect, it } from "vitest";
import { createScheduler, findScheduleFaults } from "../../../src/domain/decide/schedule.js";

const findFault = (cron: string): string | undefined => findScheduleFaults(cron, "UTC")[0]?.allowed;

const FORMS: readonly (readonly [string, string])[] = [
  ["@daily", '"0 0 * * *"'],
  ["@DAILY", '"0 0 * * *"'],
  ["@weekly", '"0 0 * * 0"'],
  ["weekly", '"0 0 * * 1"'],
  ["@every 12h", '"0 */12 * * *" (its moments are the clock\'s)'],
  ["0 0 3 * * *", '"0 3 * * *"'],
  ["30 0 3 * * *", '"0 3 * * *" (there is no field for seconds)'],
  ["*/10 * * * * *", '"* * * * *" (there is no field for seconds)'],
  ["0 0 3 ? * 2-6", '"0 3 * * 1-5" (its days count from 1 = Sunday, a cron\'s from 0)'],
  ["0 0 3 ? * 2-6 *", '"0 3 * * 1-5" (its days count from 1 = Sunday, a cron\'s from 0)'],
  ["0 0 3 ? * MON-FRI 2027", '"0 3 * * MON-FRI" (there is no field for years)'],
  ["0 0 3 1/1 * ? *", '"0 3 */1 * *"'],
  ["0 0/15 * * * ?", '"*/15 * * * *"'],
  ["0 0 3 ? * 6L", '"0 3 * * 5L" (its days count from 1 = Sunday, a cron\'s from 0)'],
  ["0 0 3 ? * 2#1", '"0 3 * * 1#1" (its days count from 1 = Sunday, a cron\'s from 0)'],
  ["0 0 3 ? * L", '"0 3 * * 6" (its days count from 1 = Sunday, a cron\'s from 0)'],
  ["0 0 3 L * ?", '"0 3 L * *"'],
  ["cron(0 3 * * ? *)", '"0 3 * * *"'],
  ["cron(0 10 ? * MON-FRI *)", '"0 10 * * MON-FRI"'],
  ["cron(0 10 ? * 2-6 *)", '"0 10 * * 1-5" (its days count from 1 = Sunday, a cron\'s from 0)'],
  ["cron(0/15 8-17 ? * 2-6 *)", '"*/15 8-17 * * 1-5" (its days count from 1 = Sunday, a cron\'s from 0)'],
  ["rate(1 day)", '"0 0 * * *" (its moments are the clock\'s)'],
  ["rate(12 hours)", '"0 */12 * * *" (its moments are the clock\'s)'],
  ["rate(5 minutes)", '"*/5 * * * *" (its moments are the clock\'s)'],
  ["0 3 * * ? *", '"0 3 * * *"'],
  ["0 3 * * * 2026", '"0 3 * * *" (there is no field for years)'],
  ["H 3 * * *", '"0 3 * * *" with spread: 59m'],
  ["H H * * *", '"0 0 * * *" with spread: 23h'],
  ["H/15 * * * *", '"*/15 * * * *" with spread: 14m'],
  ["H(0-29) 3 * * *", '"0 3 * * *" with spread: 30m'],
  ["H H(0-7) * * *", '"0 0 * * *" with spread: 8h'],
  ["0~59 3 * * *", '"0 3 * * *" with spread: 59m'],
  ["H 3 * * 1-5", '"0 3 * * 1-5" with spread: 59m'],
  ["CRON_TZ=Europe/Madrid 0 3 * * *", '"0 3 * * *" with timezone: Europe/Madrid'],
  ["TZ=UTC @daily", '"0 0 * * *" with timezone: UTC'],
  ["TZ=Europe/Madrid\nH 3 * * *", '"0 3 * * *" with timezone: Europe/Madrid and spread: 59m'],
  ["0 3 * * * Europe/Madrid", '"0 3 * * *" with timezone: Europe/Madrid'],
  ["*-*-* 03:00:00", '"0 3 * * *"'],
  ["Mon..Fri 03:00", '"0 3 * * Mon-Fri"'],
  ["Mon *-*-* 03:00:00", '"0 3 * * Mon"'],
  ["Mon,Tue *-*-01..04 12:00:00", '"0 12 1-4 * Mon,Tue"'],
  ["03:00", '"0 3 * * *"'],
  ["Sat 03:00 Europe/Madrid", '"0 3 * * Sat" with timezone: Europe/Madrid'],
  ["OnCalendar=daily", '"0 0 * * *"'],
  ["OnCalendar=*-*-* 03:00", '"0 3 * * *"'],
  ["*:0/15", '"*/15 * * * *"'],
  ["*-*-1/2 3:00", '"0 3 */2 * *"'],
  ["*-*~01 03:00", '"0 3 L * *"'],
  ["2026-12-24 03:00", '"0 3 24 12 *" (there is no field for years)'],
  ["Mon..Fri *-*-* 03:00:30", '"0 3 * * Mon-Fri" (there is no field for seconds)'],
  ["quarterly", '"0 0 1 1,4,7,10 *"'],
  ["0  3 * * *", '"0 3 * * *"'],
  ['"0 3 * * *"', '"0 3 * * *"'],
  ["0 3 * * * /usr/bin/x -y", '"0 3 * * *" (what runs is no part of it)'],
  ["0 3 * * * root /x", '"0 3 * * *" (what runs is no part of it)'],
  ["0 3 * * * reboot", '"0 3 * * *" (what runs is no part of it)'],
  ["0 3 * * * # nightly", '"0 3 * * *"'],
  ["0 3 * * 1-5 ", '"0 3 * * 1-5"'],
  ["0 0 3 * * 2-6", '"0 3 * * 2-6"'],
  ["@every 1d", '"0 0 * * *" (its moments are the clock\'s)'],
  ["Mon-Fri 3:00", '"0 3 * * Mon-Fri"'],
  ["*-*-* 3,15:00", '"0 3,15 * * *"'],
];

it.each(FORMS)("answers %j with the line to write: %s", (cron, line) => {
  expect(findFault(cron)).toBe(`five cron fields: write ${line}`);
  // What it tells people to write is a cron.
  const [, written = ""] = /^"([^"]*)"/.exec(line) ?? [];
  expect(findFault(written)).toBeUndefined();
});

const FIELDS: readonly (readonly [string, string])[] = [
  ["60 3 * * *", "for the minute 0 to 59, not 60"],
  ["0 24 * * *", "for the hour 0 to 23, not 24"],
  ["0 3 32 * *", "for the day of the month 1 to 31, or L for the last, not 32"],
  ["0 3 0 * *", "for the day of the month 1 to 31, or L for the last, not 0"],
  ["0 3 * 13 *", "for the month 1 to 12, or JAN to DEC, not 13"],
  ["0 3 * JANUARY *", "for the month 1 to 12, or JAN to DEC, not JANUARY: write JAN"],
  ["0 3 * * 8", "for the day of the week 0 to 7, both of which are Sunday, or SUN to SAT, not 8"],
  [
    "0 3 * * MONDAY",
    "for the day of the week 0 to 7, both of which are Sunday, or SUN to SAT, not MONDAY: write MON",
  ],
  ["0 22-2 * * *", "for the hour 0 to 23, not 22-2: write 22-23,0-2"],
  ["22-2 3 * * *", "for the minute 0 to 59, not 22-2: write 22-59,0-2"],
  [
    "0 3 * * fri-mon",
    "for the day of the week 0 to 7, both of which are Sunday, or SUN to SAT, not fri-mon: write fri-SAT,SUN-mon",
  ],
  [
    "0 3 * * 5-1",
    "for the day of the week 0 to 7, both of which are Sunday, or SUN to SAT, not 5-1: write 5-6,0-1",
  ],
  ["5/15 * * * *", "for the minute 0 to 59, not 5/15: write 5-59/15"],
  ["0/15 * * * *", "for the minute 0 to 59, not 0/15: write */15"],
  ["*/0 3 * * *", "for the minute 0 to 59, not */0"],
  ["*/90 * * * *", "for the minute 0 to 59, not */90"],
  ["0 3 1,,2 * *", "for the day of the month 1 to 31, or L for the last, not nothing"],
  ["0 3 1- * *", "for the day of the month 1 to 31, or L for the last, not 1-"],
  ["-1 3 * * *", "for the minute 0 to 59, not -1"],
  ["1.5 3 * * *", "for the minute 0 to 59, not 1.5"],
  ["0 3 * * L", "for the day of the week 0 to 7, both of which are Sunday, or SUN to SAT, not L"],
  ["0 3 30 2 *", "a cron that fires at all: no month 2 has a day 30"],
  ["0 3 31 4,6 *", "a cron that fires at all: no month 4,6 has a day 31"],
  ["a b c d e", "for the minute 0 to 59, not a"],
  ["0 3 * * 1,9", "for the day of the week 0 to 7, both of which are Sunday, or SUN to SAT, not 9"],
  ["0 3 * * 7-2", "for the day of the week 0 to 7, both of which are Sunday, or SUN to SAT, not 7-2"],
];

it.each(FIELDS)("says what is wrong with %j: %s", (cron, allowed) => {
  expect(findFault(cron)).toBe(allowed);
});

/** No tool's form, or none that has a cron. */
const OTHERS: readonly (readonly [string, string])[] = [
  ["@reboot", "; these are 1"],
  ["@every 90m", "; these are 2"],
  ["0 3 * *", "; these are 4"],
  ["", "; these are 0"],
  ["   ", "; these are 0"],
  ["*", "; these are 1"],
  ["daily at 3", "; these are 3"],
  ["0 3 * * * * * *", "; these are 8"],
  ["0 3 * * +1", ""],
  ["constructor", "; these are 1"],
  ["@constructor", "; these are 1"],
  ["0 0 3 ? * 9", "; these are 6"],
  ["every 24 hours", "; these are 3"],
  ["0 0 0 3 ? * 2-6 *", "; these are 8"],
  ["PT24H", "; these are 1"],
];

it.each(OTHERS)("says of %j what a cron is%s", (cron, count) => {
  expect(findFault(cron)).toBe(
    `five fields separated by single spaces: minute hour day-of-month month day-of-week${count}`,
  );
});

it.each([
  "0 3 * * *",
  "0 3 L * *",
  "0 3 * * 5L",
  "0 3 * * FRI#2",
  "0 3 15W * *",
  "0 3 ? * 1-5",
  "00 03 * * SUN-SAT",
])("takes %s", (cron) => {
  expect(findFault(cron)).toBeUndefined();
  expect(createScheduler().findFault({ cron, timezone: "UTC", spreadMs: 0, catchUpMs: 0 })).toBeUndefined();
});

it("tells a wrong cron before a wrong zone, and says which field it means", () => {
  const toFields = (cron: string, timezone: string): readonly string[] =>
    findScheduleFaults(cron, timezone).map(({ field }) => field);
  expect(toFields("60 3 * * *", "UTC")).toEqual(["cron"]);
  expect(toFields("0 3 * * *", "BST")).toEqual(["timezone"]);
  expect(toFields("60 3 * * *", "BST")).toEqual(["cron", "timezone"]);
});
