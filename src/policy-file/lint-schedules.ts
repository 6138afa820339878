// What a restart schedule says without its author meaning it: days that add up, times that do not exist, too many
// restarts at once, slots that are always skipped, zones that are not what they seem. Schedules are evaluated by the
// scheduler that the loop uses, from `now` on, so that both agree on what a slot is. The costs are bounded per
// schedule: thousands of processors may inherit one.
import { formatDurationMs } from "../domain/duration.js";
import type { Finding } from "../domain/tell/lint.js";
import type { RestartSchedule } from "../domain/policy.js";
import type { ProcessorRef } from "../domain/refs.js";
import { createScheduler, smallestIntervalMs } from "../domain/decide/schedule.js";
import type { Scheduler } from "../domain/decide/schedule.js";
import { findZoneName } from "../domain/decide/zone-names.js";
import { findInCron, toWallText } from "./lint-crons.js";
import { toFinding, toWrittenPath } from "./lint-input.js";
import type { LintProcessor, Remark } from "./lint-input.js";

interface FieldRemark extends Remark {
  readonly field: "cron" | "timezone" | "catchUp";
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A leap year: every clock change of a zone lies in it. */
const YEAR_MS = 366 * DAY_MS;
/** A pass comes once a minute, and later under load. */
const CATCH_UP_MIN_MS = 2 * MINUTE_MS;

/** Of STARTED processors only: the others are not restarted. */
export function findInSchedules(processors: readonly LintProcessor[], now: number): readonly Finding[] {
  const scheduler = createScheduler();
  const scheduled = processors.flatMap((one) => {
    const { state, restart } = one.policy;
    return state === "STARTED" && restart !== undefined ? [{ one, restart }] : [];
  });
  // By schedule: its remarks cost up to a year of slots, and do not depend on who has it.
  const known = new Map<string, readonly FieldRemark[]>();
  const remarksOf = (restart: RestartSchedule): readonly FieldRemark[] => {
    const key = JSON.stringify(restart);
    const remarks = known.get(key) ?? findRemarks(scheduler, restart, now);
    known.set(key, remarks);
    return remarks;
  };
  return [
    ...scheduled.flatMap(({ one, restart }) =>
      remarksOf(restart).map((remark) =>
        toFinding(one.source, toWrittenPath(one, ["restart", remark.field]), remark),
      ),
    ),
    ...findCrowds(scheduler, scheduled, now),
  ];
}

function findRemarks(scheduler: Scheduler, restart: RestartSchedule, now: number): readonly FieldRemark[] {
  return [
    findBothDays(restart),
    findGap(scheduler, restart, now),
    findShortCatchUp(restart),
    findAlias(restart),
    ...findInCron(restart, now, scheduler).map((remark) => ({ ...remark, field: "cron" as const })),
  ].filter((remark) => remark !== undefined);
}

function findBothDays({ cron }: RestartSchedule): FieldRemark | undefined {
  // The rule of cron: two restricted day fields are or-ed, all others and-ed.
  const [, , dayOfMonth, , dayOfWeek] = cron.split(" ");
  if ([dayOfMonth, dayOfWeek].some((field) => field === "*" || field === "?")) return undefined;
  const what = `"${cron}" sets both day fields: it fires on every day that matches either of them`;
  return { rule: "cron-both-day-fields", field: "cron", what, remedy: "* for one of the two" };
}

/** Slots closer than the gap is long have a rule of their own. */
function findGap(scheduler: Scheduler, restart: RestartSchedule, now: number): FieldRemark | undefined {
  const [slot] = scheduler.gapSlots(restart, { after: now, upTo: now + YEAR_MS });
  if (slot === undefined || smallestIntervalMs(restart.cron) <= slot.shiftMs) return undefined;
  const { timezone, cron } = restart;
  const what = `"${cron}" has a slot at ${toWallText(slot.wall)}, which ${timezone} skips: it fires at ${toWallText(slot.wallAfter).slice(-5)}`;
  const remedy = "a time outside the hours that are skipped, or timezone: UTC";
  return { rule: "slot-in-dst-gap", field: "cron", what, remedy };
}

function findShortCatchUp({ catchUpMs }: RestartSchedule): FieldRemark | undefined {
  if (catchUpMs >= CATCH_UP_MIN_MS) return undefined;
  const what = `catchUp of ${formatDurationMs(catchUpMs)}: a pass may come later than that, so slots are skipped`;
  return { rule: "catch-up-too-short", field: "catchUp", what, remedy: "10m or more; 2h without it" };
}

/** An old name means a place that it does not name; the sign of Etc/GMT is the opposite of what it seems. */
function findAlias({ timezone }: RestartSchedule): FieldRemark | undefined {
  const draft = (what: string, remedy: string): FieldRemark => ({
    rule: "timezone-alias",
    field: "timezone",
    what,
    remedy,
  });
  const city = "the zone of a city, such as Europe/Madrid";
  const [, sign, hours] = /^Etc\/GMT([+-])(\d{1,2})$/i.exec(timezone) ?? [];
  if (sign !== undefined && hours !== undefined && Number(hours) > 0) {
    return draft(`${timezone} is ${hours}h ${sign === "+" ? "behind" : "ahead of"} UTC`, city);
  }
  const { name = timezone, standsFor } = findZoneName(timezone) ?? {};
  // Headgate takes any spelling of a zone; other programs do not.
  const spelled = name === timezone ? "" : ` is spelled ${name}`;
  if (standsFor === undefined) return spelled === "" ? undefined : draft(`${timezone}${spelled}`, name);
  const stands = `${spelled === "" ? "" : `${spelled} and`} stands for ${standsFor}`;
  return draft(`${timezone}${stands}`, standsFor);
}

interface Scheduled {
  readonly one: LintProcessor;
  readonly restart: RestartSchedule;
}

/** More than so many at once are a crowd. */
const CROWD = 10;
/** A month and some days: weekly schedules and most monthly ones have a slot in it. */
const CROWD_SPAN_MS = 35 * DAY_MS;
/** Per cron and zone; and so many are asked for at once. */
const SLOTS_MAX = 500;
const SLOTS_AT_ONCE = 20;

/** One finding per project: at the minute with the most restarts. Those with a spread of a minute or more stay out. */
function findCrowds(scheduler: Scheduler, scheduled: readonly Scheduled[], now: number): readonly Finding[] {
  const unspread = scheduled.filter(({ restart }) => restart.spreadMs < MINUTE_MS);
  const byProject = groupBy(unspread, ({ one }) => one.ref.project);
  return [...byProject.values()].flatMap((members) => {
    const found = findCrowd(scheduler, members, now);
    return found === undefined ? [] : [found];
  });
}

function findCrowd(scheduler: Scheduler, members: readonly Scheduled[], now: number): Finding | undefined {
  // So few can never be a crowd: no slot is computed.
  if (members.length <= CROWD) return undefined;
  // One evaluation per cron and zone, counted as often as it is used.
  const groups = [...groupBy(members, ({ restart }) => `${restart.cron} ${restart.timezone}`).values()];
  const counts = new Map<number, number>();
  for (const group of groups) {
    const [first] = group;
    if (first === undefined) continue;
    for (const at of slotsOf(scheduler, first, now)) counts.set(at, (counts.get(at) ?? 0) + group.length);
  }
  const most = [...counts.values()].reduce((max, count) => Math.max(max, count), 0);
  const [largest] = groups.reduce((one, other) => (other.length > one.length ? other : one));
  if (most <= CROWD || largest === undefined) return undefined;
  const { one, restart } = largest;
  const what =
    `${String(most)} processors of project ${one.ref.project} are restarted in the same minute, ` +
    `most of them by "${restart.cron}" ${restart.timezone}`;
  const remedy = "a spread, such as spread: 30m, gives each a moment of its own";
  return toFinding(one.source, toWrittenPath(one, ["restart", "cron"]), {
    rule: "restarts-in-one-minute",
    what,
    remedy,
  });
}

/** Bounded: a cron that fires every minute shows what it does within a day. */
function slotsOf(scheduler: Scheduler, { one, restart }: Scheduled, now: number): readonly number[] {
  // The minute that was written. Spreads under a minute would only blur it.
  const nominal = { ...restart, spreadMs: 0 };
  const slots: number[] = [];
  for (let from = now; slots.length < SLOTS_MAX;) {
    const next = nextOf(scheduler, { ref: one.ref, nominal, from });
    const near = next.filter((at) => at <= now + CROWD_SPAN_MS);
    slots.push(...near);
    const last = near.at(-1);
    if (last === undefined || near.length < SLOTS_AT_ONCE) break;
    from = last;
  }
  return slots;
}

function nextOf(
  scheduler: Scheduler,
  {
    ref,
    nominal,
    from,
  }: { readonly ref: ProcessorRef; readonly nominal: RestartSchedule; readonly from: number },
): readonly number[] {
  return scheduler.nextSlots(nominal, ref, { from, count: SLOTS_AT_ONCE }).map(({ at }) => at);
}

function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
