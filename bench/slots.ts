// How long a tick takes to find the last slot of 100,000 restart schedules. An old build makes a scheduler for every
// workspace, a newer one keeps one for the life of its worker.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Scheduler } from "../src/domain/decide/schedule.js";
import type { Build } from "./builds.js";
import type { DuelBuilds } from "./duel.js";

export interface SlotsResult {
  readonly schedules: number;
  /** Different crons, each in each of the zones. */
  readonly different: number;
  /** Of each tick, by build. */
  readonly ms: Readonly<Record<string, readonly number[]>>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 4, 4, 9, 42);
const TICKS = 3;
const PER_WORKSPACE = 20;
const ZONES = ["UTC", "Europe/Madrid", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];
/** Each night at another hour. */
const CRONS = Array.from({ length: 24 }, (_, hour) => `0 ${String(hour)} * * *`);

type CreateScheduler = () => Scheduler;

/** Each build's own module, from its sources. */
async function loadScheduler({ root }: Build): Promise<CreateScheduler> {
  const places = ["src/domain/decide/schedule.ts", "src/domain/schedule.ts"];
  const path = places.map((place) => join(root, place)).find((place) => existsSync(place));
  const module = (await import(path ?? "")) as { readonly createScheduler: CreateScheduler };
  return module.createScheduler;
}

/** One tick: every schedule once. */
function findSlots(workspaces: number, now: number, schedulerFor: () => Scheduler): number {
  let found = 0;
  for (let workspace = 0; workspace < workspaces; workspace += 1) {
    const scheduler = schedulerFor();
    for (let index = 0; index < PER_WORKSPACE; index += 1) {
      const number = workspace * PER_WORKSPACE + index;
      const cron = CRONS[number % CRONS.length] ?? "";
      const timezone = ZONES[Math.floor(number / CRONS.length) % ZONES.length] ?? "";
      const schedule = { cron, timezone, spreadMs: 30 * MINUTE_MS, catchUpMs: 2 * 60 * MINUTE_MS };
      const ref = {
        project: "32b6e34b3d91647abb20e7b8",
        workspace: `workspace-${String(workspace)}`,
        processor: `processor-${String(number)}`,
      };
      if (scheduler.latestSlot(schedule, ref, { after: now - DAY_MS, upTo: now }) !== undefined) found += 1;
    }
  }
  return found;
}

/** In turn; each tick a minute after the one before. */
export async function runSlots(schedules: number, { current, old }: DuelBuilds): Promise<SlotsResult> {
  const workspaces = schedules / PER_WORKSPACE;
  const create = await loadScheduler(current);
  const kept = create();
  const sides: [string, () => Scheduler][] = [[current.name, () => kept]];
  if (old !== undefined) sides.push([old.name, await loadScheduler(old)]);
  const ms: Record<string, number[]> = {};
  const answers = new Set<string>();
  for (let tick = 0; tick < TICKS; tick += 1) {
    for (const [name, schedulerFor] of sides) {
      const begun = performance.now();
      const found = findSlots(workspaces, NOW + tick * MINUTE_MS, schedulerFor);
      (ms[name] ??= []).push(performance.now() - begun);
      answers.add(`tick ${String(tick)}: ${String(found)}`);
    }
  }
  if (answers.size !== TICKS) throw new Error(`the builds do not agree: ${[...answers].join(", ")}`);
  return { schedules, different: CRONS.length * ZONES.length, ms };
}
