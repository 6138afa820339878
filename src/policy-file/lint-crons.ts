// What a cron says without its author meaning it: restarts by the dozen, steps that do not add up, days that most
// months do not have, hours that a clock skips or shows twice. Each costs a bounded number of evaluations.
import { createScheduler, smallestIntervalMs } from "../domain/decide/schedule.js";
import type { Scheduler } from "../domain/decide/schedule.js";
import type { RestartSchedule } from "../domain/policy.js";
import type { Remark } from "./lint-input.js";

type CronRule = (restart: RestartSchedule, now: number, scheduler: Scheduler) => Remark | undefined;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A leap year: every clock change of a zone lies in it. */
const YEAR_MS = 366 * DAY_MS;
/** A restart costs a processor its minutes: one every six hours may be meant. */
const FIRES_MAX = 4;
/** Nobody's: slots without a spread do not depend on who has them. */
const REF = { project: "", workspace: "", processor: "" };

/** On the wall clock, whatever the zone. */
function listFires(cron: string, span: { readonly from: number; readonly days: number }): readonly number[] {
  const plain = { cron, timezone: "UTC", spreadMs: 0, catchUpMs: 0 };
  const count = Math.min(span.days * 1_440, 1_441);
  const slots = createScheduler().nextSlots(plain, REF, { from: span.from - 1, count });
  return slots.map(({ at }) => at).filter((at) => at < span.from + span.days * DAY_MS);
}

const firesOften: CronRule = ({ cron }) => {
  const [minute = "", hour = ""] = cron.split(" ");
  const fires = listFires(`${minute} ${hour} * * *`, { from: 0, days: 1 }).length;
  if (fires <= FIRES_MAX) return undefined;
  const remedy =
    minute === "*" && hour !== "*"
      ? `one minute, such as "${["0", ...cron.split(" ").slice(1)].join(" ")}"`
      : "as few restarts as the processor needs";
  return { rule: "cron-fires-often", what: `"${cron}" restarts ${String(fires)} times a day`, remedy };
};

/** How many values a field has, and where it begins anew. */
const FIELDS = [
  { name: "minutes", size: 60, anew: "every hour" },
  { name: "hours", size: 24, anew: "every day" },
  { name: "days of the month", size: 31, anew: "every month" },
  { name: "months", size: 12, anew: "every year" },
  { name: "days of the week", size: 7, anew: "every week" },
] as const;

const unevenStep: CronRule = ({ cron }) => {
  for (const [index, written] of cron.split(" ").entries()) {
    const field = FIELDS[index];
    const step = Number(/(?:^|,)[*?]\/(\d+)/.exec(written)?.[1] ?? "1");
    // Months differ in length, so no step of days divides them all.
    if (field === undefined || step === 1 || (field.size % step === 0 && field.size !== 31)) continue;
    const what = `*/${String(step)} of the ${field.name} of "${cron}" begins anew ${field.anew}: ${toGaps(field.size, step)}`;
    return { rule: "cron-uneven-step", what, remedy: toStepRemedy(field, step) };
  }
  return undefined;
};

/** `45 and then 15 apart`. */
function toGaps(size: number, step: number): string {
  if (size === 31) return `its last two days may be less than ${String(step)} apart`;
  const rest = size - Math.floor((size - 1) / step) * step;
  return step >= size ? "it fires once" : `its slots are ${String(step)} and then ${String(rest)} apart`;
}

function toStepRemedy({ size, name }: (typeof FIELDS)[number], step: number): string {
  const even = Array.from({ length: size - 1 }, (_, index) => index + 1).filter((one) => size % one === 0);
  const near = even.reduce((best, one) => (Math.abs(one - step) < Math.abs(best - step) ? one : best), 1);
  return size === 31 || near === 1 ? `the ${name} themselves, in a list` : `*/${String(near)}, or a list`;
}

/** Only where nothing else than the day of the month chooses the day. */
const rareDay: CronRule = ({ cron }, now) => {
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = cron.split(" ");
  if (!/^(29|30|31)$/.test(day) || !/^[*?]$/.test(weekday)) return undefined;
  const span = { from: now, days: 4 * 366 };
  // One slot a day is enough to count by.
  const first = (field: string): string => /^\d+/.exec(field)?.[0] ?? "0";
  const time = `${first(minute)} ${first(hour)}`;
  const fires = listFires(`${time} ${day} ${month} *`, span);
  if (fires.length === listFires(`${time} 1 ${month} *`, span).length) return undefined;
  const [next = now] = fires;
  const date = new Date(next).toISOString().slice(0, 10);
  return next > now + YEAR_MS || fires.length <= 2
    ? {
        rule: "cron-rare-day",
        what: `"${cron}" fires in leap years only: next on ${date}`,
        remedy: `28, or L for the last day of the month`,
      }
    : {
        rule: "cron-rare-day",
        what: `"${cron}" skips every month without a day ${day}`,
        remedy: "L for the last day of the month",
      };
};

/** A cron with a slot at least every hour, or as often as the clock jumps. */
const clockChange: CronRule = (restart, now, scheduler) => {
  const span = { after: now, upTo: now + YEAR_MS };
  const { cron, timezone } = restart;
  const gap = scheduler.gapSlots(restart, span).map((slot) => ({
    ...slot,
    what: `${timezone} skips the time from ${toWallText(slot.wallAfter - slot.shiftMs)}: slots in it fire once, at ${toWallText(slot.wallAfter).slice(-5)}`,
  }));
  const overlap = scheduler.overlapSlots(restart, span).map((slot) => ({
    ...slot,
    what: `${timezone} has the time from ${toWallText(slot.wallAfter - slot.shiftMs)} twice: slots in it fire the first time only`,
  }));
  const [met] = [...gap, ...overlap].sort((one, other) => one.at - other.at);
  if (met === undefined || smallestIntervalMs(cron) > met.shiftMs) return undefined;
  const remedy = "timezone: UTC, where every hour comes once";
  return { rule: "cron-meets-clock-change", what: `"${cron}" meets a clock change: ${met.what}`, remedy };
};

/** `2027-03-28 02:00`. */
export function toWallText(wall: number): string {
  return new Date(Math.round(wall / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 16).replace("T", " ");
}

const RULES: readonly CronRule[] = [firesOften, unevenStep, rareDay, clockChange];

/** All are about the field `cron`. */
export function findInCron(restart: RestartSchedule, now: number, scheduler: Scheduler): readonly Remark[] {
  return RULES.map((rule) => rule(restart, now, scheduler)).filter((remark) => remark !== undefined);
}
