// What lint finds in restart schedules: days that add up, slots in gaps of the clock, crowds, slots that are always
// skipped, zones that are not what they seem.
import { expect, it } from "vitest";
import type { Finding } from "../../../src/domain/tell/lint.js";
import { lintPolicyFiles } from "../../../src/policy-file/lint.js";
import { HEAD, PROJECT } from "./documents.js";

/** Monday; the clock of Madrid jumps next on 28 March 2027. */
const NOW = Date.parse("2026-06-01T12:00:00Z");

function lint(...texts: readonly string[]): readonly Finding[] {
  const files = texts.map((text, index) => ({ name: `${String(index)}.yaml`, text }));
  return lintPolicyFiles(files, { now: NOW }).findings;
}

interface ScheduleCase {
  readonly reason: string;
  readonly restart: string;
  /** `rule path: what`; absent: nothing is found. */
  readonly finds?: string;
}

const CASES: readonly ScheduleCase[] = [
  {
    reason: "a plain night",
    restart: '{ cron: "0 3 * * *", timezone: Europe/Madrid, spread: 30m, catchUp: 2h }',
  },
  {
    reason: "both day fields",
    restart: '{ cron: "0 4 1 * 1" }',
    finds:
      'cron-both-day-fields cron: "0 4 1 * 1" sets both day fields: it fires on every day that matches either of them',
  },
  { reason: "one day field, the other a question mark", restart: '{ cron: "0 4 ? * 1" }' },
  {
    reason: "a slot inside the gap",
    restart: '{ cron: "30 2 * * *", timezone: Europe/Madrid }',
    finds:
      'slot-in-dst-gap cron: "30 2 * * *" has a slot at 2027-03-28 02:30, which Europe/Madrid skips: it fires at 03:00',
  },
  {
    reason: "a slot at the gap's first minute",
    restart: '{ cron: "0 2 * * 0", timezone: Europe/Madrid }',
    finds:
      'slot-in-dst-gap cron: "0 2 * * 0" has a slot at 2027-03-28 02:00, which Europe/Madrid skips: it fires at 03:00',
  },
  { reason: "a slot at the gap's end", restart: '{ cron: "0 3 * * *", timezone: Europe/Madrid }' },
  { reason: "a day that is not the gap's", restart: '{ cron: "30 2 * * 1", timezone: Europe/Madrid }' },
  { reason: "the same time where no clock jumps", restart: '{ cron: "30 2 * * *", timezone: UTC }' },
  {
    reason: "a gap of half an hour",
    restart: '{ cron: "15 2 * * *", timezone: Australia/Lord_Howe }',
    finds:
      'slot-in-dst-gap cron: "15 2 * * *" has a slot at 2026-10-04 02:15, which Australia/Lord_Howe skips: it fires at 02:30',
  },
  {
    reason: "a catchUp of nothing",
    restart: '{ cron: "0 3 * * *", catchUp: 0s }',
    finds: "catch-up-too-short catchUp: catchUp of 0s: a pass may come later than that, so slots are skipped",
  },
  {
    reason: "a catchUp just too short",
    restart: '{ cron: "0 3 * * *", catchUp: 119s }',
    finds:
      "catch-up-too-short catchUp: catchUp of 1m59s: a pass may come later than that, so slots are skipped",
  },
  { reason: "a catchUp just long enough", restart: '{ cron: "0 3 * * *", catchUp: 2m }' },
  {
    reason: "an abbreviation that is a name: a link to a zone without summer time",
    restart: '{ cron: "0 3 * * *", timezone: EST }',
    finds: "timezone-alias timezone: EST stands for America/Panama",
  },
  {
    reason: "a link",
    restart: '{ cron: "0 3 * * *", timezone: US/Pacific }',
    finds: "timezone-alias timezone: US/Pacific stands for America/Los_Angeles",
  },
  {
    reason: "a link in another spelling",
    restart: '{ cron: "0 3 * * *", timezone: nz }',
    finds: "timezone-alias timezone: nz is spelled NZ and stands for Pacific/Auckland",
  },
  {
    reason: "a gap that is gone since 2026b",
    restart: '{ cron: "30 2 * * *", timezone: America/Vancouver }',
  },
  {
    reason: "a sign that misleads",
    restart: '{ cron: "0 3 * * *", timezone: Etc/GMT+5 }',
    finds: "timezone-alias timezone: Etc/GMT+5 is 5h behind UTC",
  },
  { reason: "no sign", restart: '{ cron: "0 3 * * *", timezone: Etc/GMT+0 }' },
  {
    reason: "another spelling",
    restart: '{ cron: "0 3 * * *", timezone: europe/madrid }',
    finds: "timezone-alias timezone: europe/madrid is spelled Europe/Madrid",
  },
];

it.each(CASES)("judges $reason", ({ restart, finds }) => {
  const findings = lint(`${HEAD}processors:\n  a: { restart: ${restart} }\n`);
  const texts = findings.map(({ rule, path, what }) => `${rule} ${path.split(".").at(-1) ?? ""}: ${what}`);
  expect(texts).toEqual(finds === undefined ? [] : [finds]);
  for (const { line, level } of findings) expect({ line, level }).toEqual({ line: 4, level: "warning" });
});

it("tells a schedule of the defaults once, where it stands, and not for processors that are STOPPED", () => {
  const text = `${HEAD}defaults:
  restart:
    cron: "30 2 * * *"
    timezone: Europe/Madrid
processors: { a: {}, b: {}, c: { restart: { timezone: UTC } } }
`;
  expect(lint(text).map(({ rule, line, path }) => [rule, line, path])).toEqual([
    ["slot-in-dst-gap", 5, "defaults.restart.cron"],
  ]);
  const stopped = lint(text.replace("defaults:", "defaults:\n  state: STOPPED"));
  expect(stopped.map(({ rule, path }) => [rule, path])).toEqual([["no-effect", "processors.c.restart"]]);
});

function some(count: number, restart: string, first = 1): string {
  return Array.from(
    { length: count },
    (_, index) => `  p${String(first + index)}: { restart: ${restart} }\n`,
  ).join("");
}

const other = (workspace: string, project = PROJECT): string =>
  `project: ${project}\nworkspace: ${workspace}\nprocessors:\n`;

it("counts the restarts of a project in one minute over files, crons and zones", () => {
  // 05:00 in Madrid is 03:00 UTC in summer.
  const nine = `${HEAD}processors:\n${some(9, '{ cron: "0 3 * * *" }')}`;
  const two = `${other("more")}${some(1, '{ cron: "0 5 * * *", timezone: Europe/Madrid }')}`;
  expect(lint(nine, `${two}${some(1, '{ cron: "1 3 * * *" }', 2)}`)).toEqual([]);
  expect(lint(nine, `${two}${some(1, '{ cron: "0 3 1 7 *" }', 2)}`)).toEqual([
    {
      rule: "restarts-in-one-minute",
      level: "warning",
      file: "0.yaml",
      line: 4,
      path: "processors.p1.restart.cron",
      what: `11 processors of project ${PROJECT} are restarted in the same minute, most of them by "0 3 * * *" UTC`,
      remedy: "a spread, such as spread: 30m, gives each a moment of its own",
    },
  ]);
});

it("lets a spread of a minute pass, ten at once, and two projects side by side", () => {
  const night = '{ cron: "0 3 * * *" }';
  expect(lint(`${HEAD}processors:\n${some(10, night)}`)).toEqual([]);
  expect(lint(`${HEAD}processors:\n${some(30, '{ cron: "0 3 * * *", spread: 1m }')}`)).toEqual([]);
  expect(lint(`${HEAD}processors:\n${some(11, '{ cron: "0 3 * * *", spread: 59s }')}`)).toHaveLength(1);
  const elsewhere = `${other("w", "f".repeat(24))}${some(6, night)}`;
  expect(lint(`${HEAD}processors:\n${some(6, night)}`, elsewhere)).toEqual([]);
});

it("counts a train once: at its minute its canary goes alone", () => {
  const train = '{ cron: "0 3 * * *", train: nightly }';
  expect(lint(`${HEAD}processors:\n${some(60, train)}`)).toEqual([]);
  const alone = (count: number): string => some(count, '{ cron: "0 3 * * *" }', 100);
  expect(lint(`${HEAD}processors:\n${some(60, train)}${alone(9)}`)).toEqual([]);
  expect(lint(`${HEAD}processors:\n${some(60, train)}${alone(10)}`).map(({ what }) => what)).toEqual([
    `11 processors of project ${PROJECT} are restarted in the same minute, most of them by "0 3 * * *" UTC`,
  ]);
});

it("tells of a train that cannot begin all its waves within catchUp, once, where its cron stands", () => {
  const restart = (catchUp: string): string =>
    `${HEAD}defaults:\n  restart:\n    cron: "0 3 * * *"\n    catchUp: ${catchUp}\n    train: nightly\nprocessors:\n`;
  const sixty = Array.from({ length: 60 }, (_, index) => `  p${String(index)}: {}\n`).join("");
  // Six waves, each with a minute for its restarts, two for the hold and one for the pass behind it.
  expect(lint(restart("20m") + sixty)).toEqual([]);
  expect(lint(restart("19m") + sixty)).toEqual([
    {
      rule: "more-restarts-than-places",
      level: "warning",
      file: "0.yaml",
      line: 5,
      path: "defaults.restart.cron",
      what:
        `about 29 of the 60 restarts of workspace ${PROJECT}/orders at 2026-06-02T03:00:00Z ` +
        "would begin after their catchUp: 50 go at once, for 1m each",
      remedy: "a longer catchUp, a spread in place of a train, or another time for some",
    },
  ]);
});

it("tells of a train with two schedules, at the first of its members", () => {
  const text = `${HEAD}processors:
  a: { restart: { cron: "0 3 * * *", train: nightly } }
  b: { restart: { cron: "0 4 * * *", train: nightly } }
`;
  expect(lint(text)).toEqual([
    {
      rule: "train-with-different-schedules",
      level: "warning",
      file: "0.yaml",
      line: 4,
      path: "processors.a.restart.train",
      what: `the train nightly of ${PROJECT}/orders has different schedules (0 3 * * * UTC, 0 4 * * * UTC): each goes by itself`,
      remedy: "one cron and one timezone for all of a train",
    },
  ]);
  expect(lint(text.replace("0 4", "0 3"))).toEqual([]);
});

it("comes to an end for crons that fire every minute or once in four years", () => {
  const text = `${HEAD}processors:\n${some(20, '{ cron: "* * * * *" }')}${some(20, '{ cron: "0 0 29 2 *" }', 21)}`;
  const rules = lint(text).map(({ rule }) => rule);
  expect(Object.fromEntries(rules.map((rule) => [rule, rules.filter((one) => one === rule).length]))).toEqual(
    {
      "restarts-in-one-minute": 1,
      "cron-fires-often": 20,
      "cron-rare-day": 20,
    },
  );
});
