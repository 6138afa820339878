// Schedules as other tools write them, recognised so that a fault can say which five fields mean the same: crontab's
// names, crons with seconds or years, Quartz, AWS, Jenkins, CRON_TZ and systemd. Pure. Nothing is taken in these forms:
// two tools give the same text two meanings, so a person has to see what it becomes.
import { mapParts, withRangedSteps } from "./cron-fields.js";
import { findZoneName } from "./zone-names.js";

/** What to write instead. */
export interface CronForm {
  readonly cron: string;
  readonly timezone?: string;
  /** Where the other tool chose the moment itself. */
  readonly spread?: string;
  /** What is lost, or easily misread. */
  readonly note?: string;
}

type Reader = (text: string) => CronForm | undefined;

const MACROS: Readonly<Record<string, string>> = {
  yearly: "0 0 1 1 *",
  annually: "0 0 1 1 *",
  semiannually: "0 0 1 1,7 *",
  quarterly: "0 0 1 1,4,7,10 *",
  monthly: "0 0 1 * *",
  weekly: "0 0 * * 0",
  daily: "0 0 * * *",
  midnight: "0 0 * * *",
  hourly: "0 * * * *",
};

/** `@daily` of crontab; `daily` of systemd, whose week begins on Monday. */
const macro: Reader = (text) => {
  const [, at, name = ""] = /^(@?)([a-z]+)$/i.exec(text) ?? [];
  const cron = Object.hasOwn(MACROS, name.toLowerCase()) ? MACROS[name.toLowerCase()] : undefined;
  if (cron === undefined) return undefined;
  return { cron: at === "" && name.toLowerCase() === "weekly" ? "0 0 * * 1" : cron };
};

const MINUTES = { m: 1, h: 60, d: 1_440 } as const;

/** `rate(12 hours)` of AWS and `@every 12h` of Go's crons: neither says from when on. */
const interval: Reader = (text) => {
  const [, count = "0", unit = ""] =
    /^(?:rate\(\s*|@every\s+)(\d+)\s*(m|h|d|minutes?|hours?|days?)\)?$/i.exec(text) ?? [];
  const every = Number(count) * MINUTES[unit.charAt(0).toLowerCase() as keyof typeof MINUTES];
  const cron = toIntervalCron(every);
  return cron === undefined ? undefined : { cron, note: "its moments are the clock's" };
};

/** Only what divides an hour or a day: all else has no cron. */
function toIntervalCron(minutes: number): string | undefined {
  if (minutes === 1_440) return "0 0 * * *";
  if (minutes === 60) return "0 * * * *";
  if (minutes > 0 && 60 % minutes === 0) return minutes === 1 ? "* * * * *" : `*/${String(minutes)} * * * *`;
  return minutes > 0 && 1_440 % minutes === 0 && minutes % 60 === 0
    ? `0 */${String(minutes / 60)} * * *`
    : undefined;
}

/** `CRON_TZ=Europe/Madrid 0 3 * * *`, and a zone behind the fields. */
const zoned: Reader = (text) => {
  const [, before, rest = ""] = /^(?:CRON_TZ|TZ)=(\S+)\s+(.+)$/i.exec(text) ?? [];
  if (before !== undefined) return withZone(rest, before);
  const [, fields = "", after = ""] = /^(.+)\s+(\S+)$/.exec(text) ?? [];
  return findZoneName(after) === undefined ? undefined : withZone(fields, after);
};

function withZone(rest: string, timezone: string): CronForm | undefined {
  const form = findCronForm(rest) ?? { cron: rest };
  return isFive(form.cron) ? { ...form, timezone } : undefined;
}

const isFive = (cron: string): boolean => cron.split(" ").length === 5;

/** `cron(0 3 * * ? *)`: minute hour day month weekday year. */
const aws: Reader = (text) => {
  const [, inner] = /^cron\((.*)\)$/i.exec(text) ?? [];
  const fields = inner?.trim().split(/\s+/);
  return fields?.length === 6 ? fromYears(fields, true) : undefined;
};

/** Seconds first or a year last; with a question mark it is Quartz's, or AWS's without its `cron()`. */
const sixOrSeven: Reader = (text) => {
  const fields = text.split(" ");
  if ((fields.length !== 6 && fields.length !== 7) || !fields.every((one) => /^[\w*?,/#-]+$/.test(one))) {
    return undefined;
  }
  const isQuartz = fields.includes("?");
  if (fields.length === 7) return fromSeconds(fields.slice(0, 6), isQuartz, fields[6]);
  const hasYear = /^\d{4}\b/.test(fields[5] ?? "") || fields[2] === "?" || fields[4] === "?";
  return hasYear ? fromYears(fields, isQuartz) : fromSeconds(fields, isQuartz);
};

function fromYears(fields: readonly string[], isFromSunday: boolean): CronForm {
  return toForm(fields.slice(0, 5), isFromSunday, fields[5] === "*" ? [] : ["there is no field for years"]);
}

function fromSeconds(fields: readonly string[], isFromSunday: boolean, year = "*"): CronForm {
  return toForm(fields.slice(1), isFromSunday, [
    ...(/^0+$/.test(fields[0] ?? "") ? [] : ["there is no field for seconds"]),
    ...(year === "*" ? [] : ["there is no field for years"]),
  ]);
}

function toForm(fields: readonly string[], isFromSunday: boolean, lost: readonly string[]): CronForm {
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields.map((one) =>
    one === "?" ? "*" : one,
  );
  const shifted = isFromSunday ? mapParts(weekday, fromSunday) : weekday;
  const notes = shifted === weekday ? lost : [...lost, "its days count from 1 = Sunday, a cron's from 0"];
  const cron = withRangedSteps([minute, hour, day, month, shifted]).join(" ");
  return { cron, ...(notes.length === 0 ? {} : { note: notes.join("; ") }) };
}

/** `2-6` is Monday to Friday there. What follows # or / is no day. */
function fromSunday(part: string): string {
  if (part === "L") return "6";
  const [days = "", ...rest] = part.split(/(?=[#/L])/);
  return days.replaceAll(/\d+/g, (day) => String(Number(day) - 1)) + rest.join("");
}

/** Jenkins' H and cron's ~ choose a moment for each job: so does a spread. */
const hashed: Reader = (text) => {
  const fields = text.split(" ");
  if (fields.length !== 5 || !fields.some((one) => /^H\b|,H\b|~/.test(one))) return undefined;
  const starts = [0, 0, 1, 1, 0];
  const cron = fields
    .map((field, index) => mapParts(field, (part) => withoutHash(part, starts[index] ?? 0)))
    .join(" ");
  const spread = toSpread(fields);
  return { cron, ...(spread === undefined ? {} : { spread }) };
};

const HASH = /^(?:H(?:\((\d+)-\d+\))?|(\d+)~\d+|~)$/;

function withoutHash(part: string, start: number): string {
  const [before = "", step] = part.split("/");
  const range = /^H\((\d+-\d+)\)$/.exec(before)?.[1];
  if (step !== undefined && /^H/.test(before)) return `${range ?? "*"}/${step}`;
  const [, first, low] = HASH.exec(part) ?? [];
  return HASH.test(part) ? (first ?? low ?? String(start)) : part;
}

/** Just shorter than the time between two slots: a spread has to be. */
function toSpread([minute = "", hour = ""]: readonly string[]): string | undefined {
  const width = (field: string): number | undefined => {
    const [, from, to] = /^(?:H\()?(\d+)[-~](\d+)\)?$/.exec(field) ?? [];
    return from === undefined || to === undefined ? undefined : Number(to) - Number(from) + 1;
  };
  if (HASH.test(hour)) return `${String(width(hour) ?? 23)}h`;
  const step = /^H\/(\d+)$/.exec(minute)?.[1];
  if (step !== undefined) return `${String(Number(step) - 1)}m`;
  return HASH.test(minute) ? `${String(Math.min(width(minute) ?? 59, 59))}m` : undefined;
}

const SYSTEMD_WEEKDAY = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*(?:(?:,|\.\.|-)[a-z]{3,9})*$/i;
const SYSTEMD_DATE = /^(?:(\*|\d{4})-)?([\d*,./]+)([-~])([\d*,./]+)$/;
const SYSTEMD_TIME = /^([\d*,./]+):([\d*,./]+)(?::([\d*,./]+))?$/;

/** `Mon..Fri *-*-* 03:00:00 Europe/Madrid`: any part may be missing, but not date and time both. */
const systemd: Reader = (text) => {
  const bare = text.replace(/^OnCalendar=\s*/, "");
  const named = bare === text ? undefined : macro(bare);
  if (named !== undefined) return named;
  const parts = bare.split(" ");
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const match = pattern.exec(parts[0] ?? "") ?? undefined;
    if (match !== undefined) parts.shift();
    return match;
  };
  const [weekday = "*"] = take(SYSTEMD_WEEKDAY) ?? [];
  const date = take(SYSTEMD_DATE);
  const time = take(SYSTEMD_TIME);
  const [timezone] = parts.splice(0, 1);
  if (parts.length > 0 || (date === undefined && time === undefined)) return undefined;
  const form = fromCalendar({ weekday, date: date ?? [], time: time ?? [] });
  return timezone === undefined ? form : { ...form, timezone };
};

/** As the patterns took them apart. */
interface CalendarParts {
  readonly weekday: string;
  readonly date: readonly (string | undefined)[];
  readonly time: readonly (string | undefined)[];
}

function fromCalendar({ weekday, date, time }: CalendarParts): CronForm {
  const [, year = "*", month = "*", separator, day = "*"] = date;
  const [, hour = "0", minute = "0", second = "0"] = time;
  const lost = [
    ...(/^0+$/.test(second) ? [] : ["there is no field for seconds"]),
    ...(year === "*" ? [] : ["there is no field for years"]),
  ];
  // A day after a tilde counts from the month's end.
  const fields = [minute, hour, separator === "~" ? "L" : day, month, weekday];
  return {
    cron: withRangedSteps(fields.map(fromSystemd)).join(" "),
    ...(lost.length === 0 ? {} : { note: lost.join("; ") }),
  };
}

function fromSystemd(field: string): string {
  return field.replaceAll("..", "-").replaceAll(/\b0+(?=\d)/g, "");
}

/** A line of a crontab, with what it runs. */
const command: Reader = (text) => {
  const fields = text.split(" ");
  const rest = fields.slice(5).join(" ");
  // A zone has a slash too; it was looked for before.
  const runs = /^([a-z_][\w-]* )?[./~$"']?[\w./~-]*\//i.test(rest) || /^[a-z_][\w-]*( |$)/i.test(rest);
  const isDay = /^(MON|TUE|WED|THU|FRI|SAT|SUN|L$)/i.test(rest);
  return fields.length > 5 && runs && !isDay
    ? { cron: fields.slice(0, 5).join(" "), note: "what runs is no part of it" }
    : undefined;
};

const READERS: readonly Reader[] = [macro, interval, aws, zoned, hashed, command, sixOrSeven, systemd];

/** The same in five fields; undefined if it is none of these forms. What comes out may still be a wrong cron. */
export function findCronForm(written: string): CronForm | undefined {
  const plain = toPlainText(written);
  for (const read of READERS) {
    const form = read(plain);
    if (form !== undefined) return form;
  }
  return plain !== written && isFive(plain) ? { cron: plain } : undefined;
}

/** Without quotes inside the value, a comment behind it, and more spaces than one. */
function toPlainText(written: string): string {
  return written
    .trim()
    .replace(/^(["'`])(.*)\1$/, "$2")
    .replace(/\s+#.*$/, "")
    .trim()
    .replaceAll(/\s+/g, " ");
}
