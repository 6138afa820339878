// The worker's watch over itself: is Temporal there, does it still give us work, is the Schedule as it should be, does
// the loop observe. It tells of outages, mends the Schedule, and ends the worker whom its server refuses for good.
// It runs beside the loop, so it goes on if the loop hangs. An outage is waited out,
// because it passes and the SDK connects again. A refusal is not: a worker that gets no work looks alive to a
// supervisor. Times are measured by the monotonic clock.
import { setTimeout as delay } from "node:timers/promises";
import { within } from "../base/deadline.js";
import type { Logger } from "../base/logger.js";
import type { Metrics } from "../base/metrics.js";
import { measureFleet, measureLoop } from "./fleet-metrics.js";
import { readLoop } from "../store/checkup.js";
import { readFigures } from "../store/figures.js";
import type { Db } from "../store/postgres/pool.js";
import { readPresence } from "../temporal/presence.js";
import type { Presence } from "../temporal/presence.js";
import { assertSchedule } from "../temporal/schedule.js";
import type { ScheduleTarget } from "../temporal/schedule.js";
import { toScheduleId } from "../domain/run-names.js";

export interface WatchTimes {
  /** Between two looks at Temporal; a look itself takes up to five seconds. */
  readonly lookMs: number;
  /** Refused for so long without an answer in between: for good. */
  readonly refusedMs: number;
  /** Between two looks at the Schedule and at what the loop observes. */
  readonly careMs: number;
}

export interface WatchDeps {
  readonly target: ScheduleTarget;
  readonly store: Db;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly times: WatchTimes;
}

/** The end of a refused worker comes within a minute: a look, half a minute, another look. */
export const WATCH_TIMES: WatchTimes = { lookMs: 5_000, refusedMs: 30_000, careMs: 60_000 };

const STORE_PATIENCE_MS = 10_000;

/** Resolves when it is told to end. Throws `temporal.unavailable` where the server refuses this worker for good. */
export async function watchWorker(deps: WatchDeps, signal: AbortSignal): Promise<void> {
  const { target, times } = deps;
  const outage = new Outage(deps);
  const care = new Care(deps);
  let careAt = 0;
  while (!signal.aborted) {
    const presence = await readPresence(target, signal).catch(() => undefined);
    // Only the signal makes it reject: the worker ends, and this with it.
    if (presence === undefined) return;
    outage.note(presence);
    // Without Temporal the Schedule can be neither read nor mended. Postgres is looked at when Temporal is back.
    if (presence.kind === "there" && performance.now() >= careAt) {
      await care.take();
      careAt = performance.now() + times.careMs;
    }
    await delay(times.lookMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Begin and end of every outage of Temporal, once each. */
class Outage {
  private readonly deps: WatchDeps;
  private since: number | undefined;
  private refusedSince: number | undefined;

  constructor(deps: WatchDeps) {
    this.deps = deps;
  }

  /** Throws where the refusal has lasted. */
  note(presence: Presence): void {
    const { log, metrics, times } = this.deps;
    const now = performance.now();
    metrics.set("headgate_temporal_present", presence.kind === "there" ? 1 : 0);
    if (presence.kind === "there") {
      if (this.since !== undefined) log.info("temporal.back", { lastedMs: Math.round(now - this.since) });
      this.since = this.refusedSince = undefined;
      return;
    }
    if (this.since === undefined) log.warn("temporal.lost", { error: presence.error.message });
    this.since ??= now;
    // Any other answer in between begins the count anew: a proxy that restarts may refuse for a moment.
    this.refusedSince = presence.kind === "refused" ? (this.refusedSince ?? now) : undefined;
    if (this.refusedSince === undefined || now - this.refusedSince < times.refusedMs) return;
    log.error("worker.refused", {
      error: presence.error.message,
      lastedMs: Math.round(now - this.refusedSince),
    });
    throw presence.error;
  }
}

/** What has to be looked at again and again; it tells what is new, not what it has told before. */
class Care {
  private readonly deps: WatchDeps;
  private isPaused = false;
  private stale: "no" | "seen" | "told" = "no";

  constructor(deps: WatchDeps) {
    this.deps = deps;
  }

  /** Never throws: what cannot be looked at is told, and the worker goes on. */
  async take(): Promise<void> {
    const { log } = this.deps;
    const orTell = (event: string) => (error: unknown) => {
      log.warn(event, { error: error instanceof Error ? error.message : String(error) });
    };
    await this.assertSchedule().catch(orTell("schedule.not-asserted"));
    await within(STORE_PATIENCE_MS, this.look(), "Postgres did not answer").catch(
      orTell("loop.not-looked-at"),
    );
  }

  private async assertSchedule(): Promise<void> {
    const { target, log, metrics } = this.deps;
    const schedule = toScheduleId(target.installation.taskQueue);
    const { outcome, differences, isPaused, note } = await assertSchedule(target);
    if (outcome === "foreign") log.error("schedule.foreign", { schedule });
    if (outcome === "created" || outcome === "mended") {
      const differed = outcome === "created" ? "it was missing" : differences.join("; ");
      log.warn("schedule.mended", { schedule, differed });
      metrics.add("headgate_schedules_mended_total");
    }
    if (isPaused && !this.isPaused) log.warn("schedule.paused", { schedule, note });
    if (!isPaused && this.isPaused) log.info("schedule.unpaused", { schedule });
    this.isPaused = isPaused;
  }

  private async look(): Promise<void> {
    const { store, metrics } = this.deps;
    const loop = await readLoop(store);
    if (loop === undefined) return;
    measureLoop(metrics, loop);
    measureFleet(metrics, await readFigures(store));
    this.tellStale(loop);
  }

  /** Told when it is seen twice: what was declared a moment ago has no observation yet. */
  private tellStale({ isStale, observedAt, now, workspaces, failingCount }: LoopFacts): void {
    const { log } = this.deps;
    if (isStale && this.stale === "seen") {
      const lastMsAgo = observedAt === null ? null : now - observedAt;
      log.error("observations.stale", { lastMsAgo, workspaces, failing: failingCount });
    }
    if (!isStale && this.stale === "told") log.info("observations.fresh", { workspaces });
    this.stale = !isStale ? "no" : this.stale === "no" ? "seen" : "told";
  }
}

type LoopFacts = NonNullable<Awaited<ReturnType<typeof readLoop>>>;
