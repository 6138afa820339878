// The worker's wiring: configuration, Postgres, Temporal, Atlas, activities, the Schedule. Runs until it is told to
// stop. The order of opening is the order of need: without Postgres nobody knows which installation this is, so the
// claim of the Atlas comes before any connection to Temporal. It is closed in the opposite order. A worker ends in one
// of three ways: told by a signal, given up by its watch, or given up by its own grace period. The last two throw, so
// that a supervisor starts it again.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "@temporalio/worker";
import { createQuietWorkspaces } from "../../activities/quiet-workspaces.js";
import { createActivities } from "../../activities/index.js";
import { WATCH_TIMES, watchWorker } from "../app/watch.js";
import type { WatchTimes } from "../app/watch.js";
import type { Config } from "../config/config.js";
import { within } from "../base/deadline.js";
import { createPatterns } from "../policy-file/patterns.js";
import { createScheduler } from "../domain/decide/schedule.js";
import { ZONE_RULES, describeRules } from "../domain/decide/zone-rules.js";
import { toScheduleId } from "../domain/run-names.js";
import type { Installation } from "../domain/run-names.js";
import type { Environment } from "../config/environment.js";
import { AppError } from "../base/errors.js";
import { createLogger } from "../base/logger.js";
import type { LogFields, Logger } from "../base/logger.js";
import { NO_METRICS } from "../base/metrics.js";
import type { Metrics } from "../base/metrics.js";
import { startTracing } from "../base/start-tracing.js";
import type { Tracing } from "../base/tracing.js";
import { claimAtlas, readInstallation } from "../store/installation.js";
import { createLoopStore } from "../store/loop-store.js";
import type { Outage } from "../store/postgres/outages.js";
import { openStore } from "../store/postgres/pool.js";
import { connectClient, connectNative } from "../temporal/connection.js";
import { loadTemporalProfile } from "../temporal/profile.js";
import { createRuns } from "../temporal/runs.js";
import { installRuntime } from "../temporal/runtime.js";
import { assertSchedule } from "../temporal/schedule.js";
import { createWorker } from "../temporal/worker.js";
import { findLoopbackAddress, readSdkMetrics } from "../temporal/sdk-metrics.js";
import { serveMetrics } from "./metrics-server.js";
import { findPackageRoot, readVersion } from "./package.js";
import { startDelivery } from "./delivery.js";
import type { DeliveryParts } from "./delivery.js";
import { startUpkeep } from "./upkeep.js";
import { keepBudget, openAtlas } from "./atlas-client.js";
import { requireDatabaseUrl } from "./wiring.js";

/** How long it waits for a Temporal server that is not there yet. */
const PATIENCE_MS = 60_000;
const POOL_SIZE = 20;
/** Between two runs of upkeep.ts. */
const UPKEEP_MS = 60_000;
/** Above the SDK's own forced end (25 s), below what supervisors wait (30 s). */
const SHUTDOWN_MS = 27_000;
/** What does not close by then is left to the end of the process. */
const CLOSE_PATIENCE_MS = 2_000;

/** Runs a worker until SIGINT or SIGTERM; its exit code. */
export async function runWorker(config: Config, env: Environment): Promise<number> {
  const log = createLogger(config.logLevel);
  const { metrics, close: closeMetrics } = await openMetrics(config, log);
  const tracing = await startTracing({ env, version: readVersion(), log });
  try {
    await runOpened({ config, env, log, metrics, tracing, bundlePath: findBundle(tracing) });
    return 0;
  } finally {
    await tracing?.close();
    await closeMetrics();
  }
}

async function runOpened(parts: WorkerParts): Promise<void> {
  const { log } = parts;
  const opened = await openWorker(parts);
  try {
    log.info("worker.started", opened.facts);
    await untilEnded(opened);
    log.info("worker.stopped");
  } finally {
    // A worker that did not end by itself holds what it stands on.
    await within(CLOSE_PATIENCE_MS, opened.close(), "not closed").catch(() => undefined);
  }
}

/**
 * Installs the SDK's runtime, which nothing of the SDK may come before, and serves its metrics with ours where the
 * configuration names an address.
 */
async function openMetrics(
  { metricsAddress }: Config,
  log: Logger,
): Promise<{ readonly metrics: Metrics; readonly close: () => Promise<void> }> {
  if (metricsAddress === undefined) {
    installRuntime(log);
    return { metrics: NO_METRICS, close: () => Promise.resolve() };
  }
  const sdkAddress = await findLoopbackAddress();
  installRuntime(log, sdkAddress);
  const { createMetricsRegistry } = await import("../base/metrics-registry.js");
  const { metrics, render } = createMetricsRegistry({ version: readVersion(), role: "worker" });
  const sources = [render, () => readSdkMetrics(sdkAddress)];
  return { metrics, close: await serveMetrics({ address: metricsAddress, sources, log }) };
}

/** Until the worker has ended as it was told. Throws where the watch gives it up, or where it outlives its shutdown. */
async function untilEnded({ worker, watch }: OpenWorker): Promise<void> {
  const ending = new AbortController();
  // The first to end decides. `running` resolves after a signal, `watching` only throws or ends with the signal.
  const running = worker.run();
  const watching = watch(ending.signal);
  try {
    await Promise.race([running, watching, untilGraceIsOver()]);
  } finally {
    ending.abort();
    // Whichever lost the race may still fail.
    await Promise.race([Promise.allSettled([running, watching]), Promise.resolve()]);
  }
}

/** Rejects where the process is still there so long after it was told to end; the SDK alone may ignore that. */
function untilGraceIsOver(): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => {
      setTimeout(() => {
        reject(new AppError("temporal.unavailable", "the worker did not end in time and is given up"));
      }, SHUTDOWN_MS).unref();
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  });
}

export interface WorkerParts {
  readonly config: Config;
  readonly env: Environment;
  readonly log: Logger;
  readonly bundlePath: string | undefined;
  /** None where nobody scrapes. */
  readonly metrics?: Metrics;
  /** Its owner closes it. */
  readonly tracing?: Tracing | undefined;
  /** Called before each SQL statement: what tests count. */
  readonly onStatement?: (text: string) => void;
}

export interface OpenWorker {
  readonly worker: Worker;
  /** Its watch over itself: see `watchWorker`. */
  readonly watch: (signal: AbortSignal, times?: WatchTimes) => Promise<void>;
  readonly facts: LogFields;
  /** Of what the worker stands on; the worker must have ended. */
  readonly close: () => Promise<void>;
}

/**
 * Everything a worker needs, and the Schedule as it should be. Throws `temporal.unavailable`, `store.unavailable`,
 * `config.invalid`.
 */
export async function openWorker(parts: WorkerParts): Promise<OpenWorker> {
  const { config, env, log, bundlePath, onStatement, metrics = NO_METRICS, tracing } = parts;
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
    const atlas = openAtlas(config, keepBudget(store, log), tracing);
    closers.push(() => atlas.close());
    const connection = await connectNative(profile, PATIENCE_MS);
    closers.push(() => connection.close());
    const { client, close: closeClient } = await connectClient(profile, tracing);
    closers.push(closeClient);
    const { settings } = config;
    const runs = createRuns({ client, installation, gatherMs: settings.pollMs });
    const activities = createActivities({
      installation,
      store: createLoopStore(store, settings),
      atlas,
      runs,
      settings,
      scheduler: createScheduler(),
      finds: createPatterns(),
      quiet: createQuietWorkspaces(),
      log,
      metrics,
    });
    const { namespace } = profile;
    const worker = await createWorker({
      ...{ connection, namespace, installation, activities, bundlePath, tracing },
    });
    const target = { client, installation, intervalMs: settings.intervalMs };
    const schedule = await assertSchedule(target);
    // Two installations in one namespace would take each other's work.
    if (schedule.outcome === "foreign") throw toForeignError(installation, namespace);
    const { taskQueue } = installation;
    const zoneRules = describeRules(ZONE_RULES);
    const facts = { address: profile.address, namespace, taskQueue, schedule: schedule.outcome, zoneRules };
    closers.push(await startBeside({ config: config.notify, store, log, metrics }));
    const watch = (signal: AbortSignal, times = WATCH_TIMES): Promise<void> =>
      watchWorker({ target, store, log, metrics, times }, signal);
    return { worker, watch, facts, close };
  } catch (error) {
    // What was opened before the failure: the caller has nothing in hand to close.
    await close();
    throw error;
  }
}

/** What a worker does beside the loop. */
async function startBeside(parts: Omit<DeliveryParts, "declares">): Promise<() => Promise<void>> {
  const { store, log } = parts;
  const endDelivery = await startDelivery({ ...parts, declares: true });
  const endUpkeep = startUpkeep({ store, log, everyMs: UPKEEP_MS });
  return async () => {
    await Promise.all([endDelivery(), endUpkeep()]);
  };
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

function findBundle(tracing: Tracing | undefined): string | undefined {
  const name = tracing === undefined ? "workflow-bundle.js" : "workflow-bundle-traced.js";
  const path = join(findPackageRoot(), "dist", name);
  // From sources the SDK bundles the workflows itself, so that a change shows without a build.
  return import.meta.url.includes("/dist/") && existsSync(path) ? path : undefined;
}
