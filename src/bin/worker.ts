// The worker's wiring: configuration, Postgres, Temporal, Atlas, activities, the Schedule. Runs until it is told to stop.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createActivities } from "../../activities/index.js";
import type { RateLimitReading } from "../atlas/client.js";
import type { Config, Environment } from "../config.js";
import { createLogger } from "../logger.js";
import type { Logger } from "../logger.js";
import { correctBudget } from "../store/budgets.js";
import { claimAtlas } from "../store/installation.js";
import { createLoopStore } from "../store/loop-store.js";
import { openStore } from "../store/pool.js";
import type { Store } from "../store/pool.js";
import { connectClient, connectNative } from "../temporal/connection.js";
import { loadTemporalProfile } from "../temporal/profile.js";
import { createRuns } from "../temporal/runs.js";
import { installRuntime } from "../temporal/runtime.js";
import { upsertSchedule } from "../temporal/schedule.js";
import { createWorker } from "../temporal/worker.js";
import { findPackageRoot, openAtlas, requireDatabaseUrl } from "./wiring.js";

/** How long it waits for a Temporal server that is not there yet. */
const PATIENCE_MS = 60_000;
const SCHEDULE_LOCK = 4_137_208_017;
/** Below this share of the limit Atlas's own count is written down; above it ours is as good. */
const LOW_SHARE = 0.5;

/** Runs a worker until SIGINT or SIGTERM; its exit code. */
export async function runWorker(config: Config, env: Environment): Promise<number> {
  const log = createLogger(config.logLevel);
  installRuntime(log);
  const profile = loadTemporalProfile(env);
  const store = openStore({ databaseUrl: requireDatabaseUrl(config), max: 20 });
  const atlas = openAtlas(config, (reading) => {
    correct(store, log, reading);
  });
  const connection = await connectNative(profile, PATIENCE_MS);
  const temporal = await connectClient(profile);
  try {
    await claimAtlas(store, config.atlas.name);
    const runs = createRuns({ client: temporal.client, gatherMs: config.settings.pollMs });
    const activities = createActivities({
      store: createLoopStore(store),
      atlas,
      runs,
      settings: config.settings,
      log,
    });
    const { namespace } = profile;
    const worker = await createWorker({ connection, namespace, activities, bundlePath: findBundle() });
    const schedule = await store.transaction(async (db) => {
      await db.query("select pg_advisory_xact_lock($1)", [SCHEDULE_LOCK]);
      return upsertSchedule(temporal.client, config.settings.intervalMs);
    });
    log.info("worker.started", { address: profile.address, namespace, schedule });
    await worker.run();
    log.info("worker.stopped");
    return 0;
  } finally {
    await Promise.allSettled([temporal.close(), connection.close(), atlas.close(), store.close()]);
  }
}

/** Only what is news is written: a 429, or less left than we would think. */
function correct(store: Store, log: Logger, reading: RateLimitReading): void {
  const { limit, remaining, retryAfterMs } = reading;
  const isLow = limit !== undefined && remaining !== undefined && remaining < limit * LOW_SHARE;
  if (retryAfterMs === undefined && !isLow) return;
  correctBudget(store, reading).catch((error: unknown) => {
    log.warn("budget.not-corrected", { error: error instanceof Error ? error.message : String(error) });
  });
}

function findBundle(): string | undefined {
  const path = join(findPackageRoot(), "dist", "workflow-bundle.js");
  return import.meta.url.includes("/dist/") && existsSync(path) ? path : undefined;
}
