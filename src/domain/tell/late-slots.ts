// Restart slots that ask for more than the caps can start in time, and trains that are not one train. Pure, and a
// warning only: it reckons with one length for every restart and with empty places. Nothing may be decided from it, and
// it must cost no more than the number of different schedules, however many processors share one.
import { formatDurationMs } from "../duration.js";
import { groupBy } from "../group-by.js";
import type { Policy, RestartSchedule } from "../policy.js";
import type { ProcessorRef, WorkspaceRef } from "../refs.js";
import { formatWorkspaceRef } from "../refs.js";
import type { LoopSettings } from "../settings.js";
import { formatUtc } from "./slot-preview.js";

/** Processors of one workspace that one schedule restarts. */
export interface RestartGroup {
  readonly ref: WorkspaceRef;
  readonly restart: RestartSchedule;
  readonly concurrencyKey: string | undefined;
  readonly count: number;
}

export interface LateSlot {
  /** `workspace 32b.../orders`, `project 32b...`, `concurrency key kafka-eu`. */
  readonly of: string;
  /** How many changes it takes at once. */
  readonly cap: number;
  /** Nominal, epoch ms. */
  readonly slotAt: number;
  readonly count: number;
  /** Those of them that would begin after their `catchUp`, and are skipped. */
  readonly late: number;
  readonly groups: readonly RestartGroup[];
}

/** Members of one train that no slot asks for together. */
export interface SplitTrain {
  readonly ref: WorkspaceRef;
  readonly train: string;
  /** Cron and zone. */
  readonly schedules: readonly string[];
  readonly group: RestartGroup;
}

type Bounds = Pick<
  LoopSettings,
  "capPerWorkspace" | "capPerProject" | "capPerKey" | "trainHoldMs" | "intervalMs"
>;

/** A guess: a small pipeline stops and starts within seconds, a large one checkpoints for minutes. */
export const RESTART_MS = 60_000;

/** Of those that slots restart: declared STARTED, and enforced. */
export function toRestartGroups(
  policies: Iterable<{ readonly ref: ProcessorRef; readonly policy: Policy }>,
): readonly RestartGroup[] {
  const groups = new Map<string, RestartGroup>();
  for (const { ref, policy } of policies) {
    const { state, mode, restart, concurrencyKey } = policy;
    if (state !== "STARTED" || mode !== "enforce" || restart === undefined) continue;
    const { project, workspace } = ref;
    const key = JSON.stringify([project, workspace, restart, concurrencyKey]);
    const count = (groups.get(key)?.count ?? 0) + 1;
    groups.set(key, { ref: { project, workspace }, restart, concurrencyKey, count });
  }
  return [...groups.values()];
}

export function findSplitTrains(groups: readonly RestartGroup[]): readonly SplitTrain[] {
  const trains = groupBy(
    groups.filter(({ restart }) => restart.train !== undefined),
    toTrainName,
  );
  return [...trains.values()].flatMap((members) => {
    const schedules = [...new Set(members.map(({ restart }) => `${restart.cron} ${restart.timezone}`))];
    const [group] = members;
    const train = group?.restart.train;
    if (group === undefined || train === undefined || schedules.length < 2) return [];
    return [{ ref: group.ref, train, schedules, group }];
  });
}

/** Every slot that comes too late for some, of every cap. */
export function findLateSlots(
  groups: readonly RestartGroup[],
  settings: Bounds,
  slotsOf: (restart: RestartSchedule) => readonly number[],
): readonly LateSlot[] {
  return toScopes(groups, settings).flatMap((scope) => {
    const numbers = new Map(scope.members.map((group, index) => [group, String(index)]));
    const slots = new Map<number, RestartGroup[]>();
    for (const group of scope.members) {
      for (const at of slotsOf(group.restart)) {
        const asked = slots.get(at);
        if (asked === undefined) slots.set(at, [group]);
        else asked.push(group);
      }
    }
    // The same schedules meet night after night, so what becomes of them is reckoned once.
    const known = new Map<string, number>();
    return [...slots].flatMap(([slotAt, asked]) => {
      const key = asked.map((group) => numbers.get(group)).join(" ");
      const late = known.get(key) ?? countLate(scope, asked, settings);
      known.set(key, late);
      const count = sum(asked);
      return late === 0 ? [] : [{ of: scope.of, cap: scope.cap, slotAt, count, late, groups: asked }];
    });
  });
}

/** One per cap: where the most would be skipped, the earliest of those. */
export function findWorstSlots(slots: readonly LateSlot[]): readonly LateSlot[] {
  return [...groupBy(slots, ({ of }) => of).values()].flatMap((of) =>
    [...of].sort((one, other) => other.late - one.late || one.slotAt - other.slotAt).slice(0, 1),
  );
}

export function formatLateSlot({ of, cap, slotAt, count, late }: LateSlot): string {
  return (
    `about ${String(late)} of the ${String(count)} restarts of ${of} at ${formatUtc(slotAt)} ` +
    `would begin after their catchUp: ${String(cap)} go at once, for ${formatDurationMs(RESTART_MS)} each`
  );
}

export function formatSplitTrain({ ref, train, schedules }: SplitTrain): string {
  const named =
    schedules.slice(0, SCHEDULES_MAX).join(", ") + (schedules.length > SCHEDULES_MAX ? " ..." : "");
  return `the train ${train} of ${formatWorkspaceRef(ref)} has different schedules (${named}): each goes by itself`;
}

/** Schedules that one warning names. */
const SCHEDULES_MAX = 3;

export const LATE_SLOT_REMEDY = "a longer catchUp, a spread in place of a train, or another time for some";
export const SPLIT_TRAIN_REMEDY = "one cron and one timezone for all of a train";

interface Scope {
  readonly of: string;
  readonly cap: number;
  /** Only a workspace asks how long its own trains take: other scopes have them as load alone. */
  readonly judgesTrains: boolean;
  readonly members: readonly RestartGroup[];
}

/** Without those that are never full: no slot of theirs has to be computed. */
function toScopes(groups: readonly RestartGroup[], settings: Bounds): readonly Scope[] {
  const keyed = groups.filter(({ concurrencyKey }) => concurrencyKey !== undefined);
  const scopes = [
    ...toScopesOf(groups, ({ ref }) => `workspace ${formatWorkspaceRef(ref)}`, settings.capPerWorkspace),
    ...toScopesOf(groups, ({ ref }) => `project ${ref.project}`, settings.capPerProject),
    ...toScopesOf(
      keyed,
      ({ concurrencyKey = "" }) => `concurrency key ${concurrencyKey}`,
      settings.capPerKey,
    ),
  ].map((scope) => ({ ...scope, judgesTrains: scope.of.startsWith("workspace ") }));
  return scopes.filter(
    ({ members, cap, judgesTrains }) =>
      sum(members) > cap || (judgesTrains && members.some(({ restart }) => restart.train !== undefined)),
  );
}

function toScopesOf(
  groups: readonly RestartGroup[],
  nameOf: (group: RestartGroup) => string,
  cap: number,
): readonly Omit<Scope, "judgesTrains">[] {
  return [...groupBy(groups, nameOf)].map(([of, members]) => ({ of, cap, members }));
}

/** After the slot, in ms. */
interface Wanted {
  readonly at: number;
  readonly until: number;
}

/** With one length for all, each place is free again in the order in which it was taken. */
function countLate(scope: Scope, groups: readonly RestartGroup[], settings: Bounds): number {
  const single = groups.filter(({ restart }) => restart.train === undefined);
  const trains = groupBy(
    groups.filter(({ restart }) => restart.train !== undefined),
    toTrainName,
  );
  const wanted = [
    ...single.flatMap(toSpread),
    ...[...trains.values()].flatMap((members) => toWaves(scope, members, settings)),
  ].sort((one, other) => one.at - other.at);
  const begins: number[] = [];
  for (const [index, { at }] of wanted.entries()) {
    begins.push(Math.max(at, (begins[index - scope.cap] ?? -Infinity) + RESTART_MS));
  }
  return wanted.filter(({ until }, index) => (begins[index] ?? 0) > until).length;
}

function toSpread({ restart: { spreadMs, catchUpMs }, count }: RestartGroup): readonly Wanted[] {
  return Array.from({ length: count }, (_, index) => {
    const at = (spreadMs * index) / count;
    return { at, until: at + catchUpMs };
  });
}

/** Waves of 1, 2, 4 ...: the next one once all have run for the hold and a pass has seen it. */
function toWaves(
  { cap, judgesTrains }: Scope,
  members: readonly RestartGroup[],
  { trainHoldMs, intervalMs }: Bounds,
): readonly Wanted[] {
  const until = judgesTrains ? Math.min(...members.map(({ restart }) => restart.catchUpMs)) : Infinity;
  const wanted: Wanted[] = [];
  const count = sum(members);
  for (let at = 0, size = 1; wanted.length < count; size *= 2) {
    const wave = Math.min(size, count - wanted.length);
    for (let member = 0; member < wave; member += 1) wanted.push({ at, until });
    at += Math.ceil(wave / cap) * RESTART_MS + trainHoldMs + intervalMs;
  }
  return wanted;
}

function toTrainName({ ref, restart: { train = "" } }: RestartGroup): string {
  return `${formatWorkspaceRef(ref)} ${train}`;
}

function sum(groups: readonly RestartGroup[]): number {
  return groups.reduce((total, { count }) => total + count, 0);
}
