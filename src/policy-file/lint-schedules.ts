// What a restart schedule says without its author meaning it: days that add up, times that do not exist, too many
// restarts at once, slots that are always skipped, zones that are not what they seem. Schedules are evaluated by the
// scheduler that the loop uses, from `now` on, so that both agree on what a slot is. The costs are bounded per
// schedule: thousands of processors may inherit one.
import { formatDurationMs } from "../domain/duration.js";
import { groupBy } from "../domain/group-by.js";
import type { RestartSchedule } from "../domain/policy.js";
import { formatWorkspaceRef } from "../domain/refs.js";
import { DEFAULT_SETTINGS } from "../domain/settings.js";
import { createSlotFinder } from "../domain/tell/coming-slots.js";
import type { SlotFinder } from "../domain/tell/coming-slots.js";
import {
  LATE_SLOT_REMEDY,
  SPLIT_TRAIN_REMEDY,
  findLateSlots,
  findSplitTrains,
  findWorstSlots,
  formatLateSlot,
  formatSplitTrain,
  toRestartGroups,
} from "../domain/tell/late-slots.js";
import type { RestartGroup } from "../domain/tell/late-slots.js";
import type { Finding } from "../domain/tell/lint.js";
import { createScheduler, smallestIntervalMs } from "../domain/decide/schedule.js";
import type { Scheduler } from "../domain/decide/schedule.js";
import { findZoneName } from "../domain/decide/zone-names.js";
import { findInCron, toWallText } from "./lint-crons.js";
import { toFinding, toWrittenPath } from "./lint-input.js";
import type { LintProcessor, Remark } from "./lint-input.js";

interface Scheduled {
  readonly one: LintProcessor;
  readonly restart: RestartSchedule;
}

interface FieldRemark extends Remark {
  readonly field: "cron" | "timezone" | "catchUp";
}

const MINUTE_MS = 60_000;
/** A leap year: every clock change of a zone lies in it. */
const YEAR_MS = 366 * 86_400_000;
/** A pass comes once a minute, and later under load. */
const CATCH_UP_MIN_MS = 2 * MINUTE_MS;

/** Of STARTED processors only: the others are not restarted. */
export function findInSchedules(processors: readonly LintProcessor[], now: number): readonly Finding[] {
  const scheduler = createScheduler();
  const slotsOf = createSlotFinder(scheduler, now);
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
    ...findCrowds(slotsOf, scheduled),
    ...findTogether(slotsOf, scheduled),
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

/**
 * One finding per project: at the minute with the most restarts. Those with a spread of a minute or more stay out, and
 * of a train only its canary goes at that minute.
 */
function findCrowds(slotsOf: SlotFinder, scheduled: readonly Scheduled[]): readonly Finding[] {
  const together = new Map<string, Scheduled>();
  for (const member of scheduled) {
    const { one, restart } = member;
    if (restart.train === undefined && restart.spreadMs >= MINUTE_MS) continue;
    const { project, workspace, processor } = one.ref;
    const train = [restart.train, restart.cron, restart.timezone];
    const key = JSON.stringify([project, workspace, ...(restart.train === undefined ? [processor] : train)]);
    // What a file declares twice is told by a rule of its own.
    if (!together.has(key)) together.set(key, member);
  }
  const byProject = groupBy([...together.values()], ({ one }) => one.ref.project);
  return [...byProject.values()].flatMap((members) => {
    const found = findCrowd(slotsOf, members);
    return found === undefined ? [] : [found];
  });
}

function findCrowd(slotsOf: SlotFinder, members: readonly Scheduled[]): Finding | undefined {
  // So few can never be a crowd: no slot is computed.
  if (members.length <= CROWD) return undefined;
  // One evaluation per cron and zone, counted as often as it is used.
  const groups = [...groupBy(members, ({ restart }) => `${restart.cron} ${restart.timezone}`).values()];
  const counts = new Map<number, number>();
  for (const group of groups) {
    const [first] = group;
    if (first === undefined) continue;
    for (const at of slotsOf(first.restart)) counts.set(at, (counts.get(at) ?? 0) + group.length);
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

/** What schedules ask for together. `plan` warns of the same, under the settings of the installation. */
function findTogether(slotsOf: SlotFinder, scheduled: readonly Scheduled[]): readonly Finding[] {
  const policies = scheduled.map(({ one: { ref, policy } }) => ({ ref, policy }));
  const groups = toRestartGroups(policies);
  const at = (group: RestartGroup | undefined, field: string, remark: Remark): readonly Finding[] => {
    const member = scheduled.find(({ one }) => group !== undefined && isOfGroup(one, group));
    return member === undefined
      ? []
      : [toFinding(member.one.source, toWrittenPath(member.one, ["restart", field]), remark)];
  };
  return [
    ...findSplitTrains(groups).flatMap((train) =>
      at(train.group, "train", {
        rule: "train-with-different-schedules",
        what: formatSplitTrain(train),
        remedy: SPLIT_TRAIN_REMEDY,
      }),
    ),
    ...findWorstSlots(findLateSlots(groups, DEFAULT_SETTINGS, slotsOf)).flatMap((slot) =>
      at(slot.groups[0], "cron", {
        rule: "more-restarts-than-places",
        what: formatLateSlot(slot),
        remedy: LATE_SLOT_REMEDY,
      }),
    ),
  ];
}

function isOfGroup({ ref, policy }: LintProcessor, { ref: of, restart }: RestartGroup): boolean {
  return (
    formatWorkspaceRef(ref) === formatWorkspaceRef(of) &&
    policy.mode === "enforce" &&
    JSON.stringify(policy.restart) === JSON.stringify(restart)
  );
}
