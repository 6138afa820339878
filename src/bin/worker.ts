// The worker's wiring: configuration, Postgres, Temporal, Atlas, activities, the Schedule. Runs until it is told to stop.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "@temporalio/worker";
import { createActivities } from "../../activities/index.js";
import type { Config } from "../config.js";
import { toScheduleId } from "../domain/run-names.js";
import type { Installation } from "../domain/run-names.js";
import type { Environment } from "../environment.js";
import { AppError } from "../errors.js";
import { createLogger } from "../logger.js";
import type { LogFields, Logger } from "../logger.js";
import { claimAtlas, readInstallation } from "../store/installation.js";
import { createLoopStore } from "../store/loop-store.js";
import type { Outage } from "../store/outages.js";
import { openStore } from "../store/pool.js";
import { connectClient, connectNative } from "../temporal/connection.js";
import { loadTemporalProfile } from "../temporal/profile.js";
import { createRuns } from "../temporal/runs.js";
import { installRuntime } from "../temporal/runtime.js";
import { assertSchedule } from "../temporal/schedule.js";
import { createWorker } from "../temporal/worker.js";
import { findPackageRoot } from "./package.js";
import { startUpkeep } from "./upkeep.js";
import { keepBudget, openAtlas, requireDatabaseUrl } from "./wiring.js";

/** How long it waits for a Temporal server that is not there yet. */
const PATIENCE_MS = 60_000;
const POOL_SIZE = 20;
const UPKEEP_MS = 60_000;

/** Runs a worker until SIGINT or SIGTERM; its exit code. */
export async function runWorker(config: Config, env: Environment): Promise<number> {
  const log = createLogger(config.logLevel);
  installRuntime(log);
  const opened = await openWorker({ config, env, log, bundlePath: findBundle() });
  try {
    log.info("worker.started", opened.facts);
    await opened.worker.run();
    log.info("worker.stopped");
    return 0;
  } finally {
    await opened.close();
  }
}

export interface WorkerParts {
  readonly config: Config;
  readonly env: Environment;
  readonly log: Logger;
  readonly bundlePath: string | undefined;
  /** Called before each SQL statement: what tests count. */
  readonly onStatement?: (text: string) => void;
}

export interface OpenWorker {
  readonly worker: Worker;
  readonly facts: LogFields;
  /** Of what the worker stands on; the worker must have ended. */
  readonly close: () => Promise<void>;
}

/** Everything a worker needs, and the Schedule as it should be. Throws `temporal.unavailable`, `store.unavailable`, `config.invalid`. */
export async function openWorker(parts: WorkerParts): Promise<OpenWorker> {
  const { config, env, log, bundlePath, onStatement } = parts;
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    // The newest first: what stands on the store ends before it.
    for (const one of closers.reverse()) await one().catch(() => undefined);
  };
  try {
    const profile = loadTemporalProfile(env);
    const store = openStore({
      databaseUrl: requireDatabaseUrl(config),
      max: POOL_SIZE,
      onStatement,
      onOutage: (outage) => {
        logOutage(log, outage);
      },
    });
    closers.push(() => store.close());
    await claimAtlas(store, config.atlas.name);
    const installation = await readInstallation(store);
    const atlas = openAtlas(config, keepBudget(store, log));
    closers.push(() => atlas.close());
    const connection = await connectNative(profile, PATIENCE_MS);
    closers.push(() => connection.close());
    const { client, close: closeClient } = await connectClient(profile);
    closers.push(closeClient);
    const { settings } = config;
    const runs = createRuns({ client, installation, gatherMs: settings.pollMs });
    const activities = createActivities({
      installation,
      store: createLoopStore(store),
      atlas,
      runs,
      settings,
      log,
    });
    const { namespace } = profile;
    const worker = await createWorker({ connection, namespace, installation, activities, bundlePath });
    const schedule = await assertSchedule({ client, installation, intervalMs: settings.intervalMs });
    if (schedule.outcome === "foreign") throw toForeignError(installation, namespace);
    const { taskQueue } = installation;
    const facts = { address: profile.address, namespace, taskQueue, schedule: schedule.outcome };
    closers.push(startUpkeep({ store, log, everyMs: UPKEEP_MS }));
    return { worker, facts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function logOutage(log: Logger, outage: Outage): void {
  if (outage.kind === "lost") log.warn("postgres.lost", { error: outage.why });
  else log.info("postgres.back", { lastedMs: outage.lastedMs });
}

function toForeignError({ taskQueue }: Installation, namespace: string): AppError {
  return new AppError(
    "config.invalid",
    `the Schedule ${toScheduleId(taskQueue)} of namespace ${namespace} belongs to another installation of Headgate: give each installation a TEMPORAL_NAMESPACE of its own`,
  );
}

function findBundle(): string | undefined {
  const path = join(findPackageRoot(), "dist", "workflow-bundle.js");
  return import.meta.url.includes("/dist/") && existsSync(path) ? path : undefined;
}
