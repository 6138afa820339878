// The whole loop inside a test: a database and a namespace of its own, a simulator, and workers that the test starts
// and stops, wired as the program wires them. What happened is read from the simulator's log and the database, never
// from a spy.
import type { Client } from "@temporalio/client";
import { inject } from "vitest";
import type { AppDeps } from "../../src/app/deps.js";
import { openWorker } from "../../src/bin/worker.js";
import { openApp } from "../../src/bin/app.js";
import { readConfig } from "../../src/bin/wiring.js";
import { toSettingVariables } from "../../src/config/settings.js";
import type { LoopSettings } from "../../src/domain/settings.js";
import type { Installation } from "../../src/domain/run-names.js";
import { createLogger } from "../../src/base/logger.js";
import { startSimulator } from "../../src/sim/wire/server.js";
import type { Simulator, SimulatorOptions } from "../../src/sim/wire/server.js";
import { readInstallation } from "../../src/store/installation.js";
import { connectClient } from "../../src/temporal/connection.js";
import { loadTemporalProfile } from "../../src/temporal/profile.js";
import { installRuntime } from "../../src/temporal/runtime.js";
import { createTestDatabase, takeNamespace } from "./database.js";
import type { TestDatabase } from "./database.js";

/**
 * Short enough for a test, in the proportions of the defaults. The Schedule would add ticks nobody asked for: hourly.
 */
const TEST_SETTINGS: Partial<LoopSettings> = {
  intervalMs: 3_600_000,
  settleMs: 100,
  pollMs: 200,
  startHorizonMs: 1_500,
  stopHorizonMs: 1_500,
  postTimeoutMs: 1_000,
  readTimeoutMs: 2_000,
};

/** For tests that count POSTs: a busy machine makes none of unknown fate. */
export const PATIENT: Partial<LoopSettings> = {
  startHorizonMs: 40_000,
  stopHorizonMs: 40_000,
  postTimeoutMs: 30_000,
  readTimeoutMs: 20_000,
};

export interface LoopOptions {
  readonly simulator?: SimulatorOptions;
  readonly settings?: Partial<LoopSettings>;
  /** Default: a new one of the run's Postgres. */
  readonly database?: TestDatabase;
  /** Variables of another Temporal server than the run's, the namespace included. */
  readonly temporal?: Readonly<Record<string, string>>;
  /** Over those that every loop has. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface TestLoop {
  readonly database: TestDatabase;
  readonly simulator: Simulator;
  readonly client: Client;
  readonly installation: Installation;
  /** The use cases, as the command line has them. */
  readonly app: AppDeps;
  /** The environment of a program on the same stack. */
  readonly variables: Readonly<Record<string, string>>;
  /** Every statement of the workers in this process since the last call, in order: what tests count. */
  takeStatements(): readonly string[];
  /** One more worker, in this process; answers what ends it. */
  startWorker(): Promise<() => Promise<void>>;
  /** Ends everything. */
  stop(): Promise<void>;
}

/** A start takes Atlas one to five seconds: here 50 to 250 ms. */
const TIME_SCALE = 20;
const log = createLogger("silent");
let isInstalled = false;

export async function startLoop(options: LoopOptions = {}): Promise<TestLoop> {
  if (!isInstalled) installRuntime(log);
  isInstalled = true;
  const database = options.database ?? (await createTestDatabase());
  const simulator = await startSimulator({ timeScale: TIME_SCALE, ...options.simulator });
  const variables = {
    ...toSettingVariables({ ...TEST_SETTINGS, ...options.settings }),
    ...(options.temporal ?? { ...inject("temporal"), TEMPORAL_NAMESPACE: await takeNamespace() }),
    DATABASE_URL: database.databaseUrl,
    MONGODB_ATLAS_BASE_URL: simulator.url,
    MONGODB_ATLAS_CLIENT_ID: simulator.credentials.clientId,
    MONGODB_ATLAS_CLIENT_SECRET: simulator.credentials.clientSecret,
    HEADGATE_ACTOR: "tester",
    HEADGATE_LOG_LEVEL: "silent",
    ...options.variables,
  };
  const temporal = await connectClient(loadTemporalProfile(variables));
  const installation = await readInstallation(database.store);
  const opened = openApp(readConfig(variables), variables);
  const stops: (() => Promise<void>)[] = [];
  let statements: string[] = [];
  const onStatement = (text: string): void => void statements.push(text);
  return {
    database,
    simulator,
    client: temporal.client,
    installation,
    app: { ...opened.app, store: database.store },
    variables,
    takeStatements: () => {
      const taken = statements;
      statements = [];
      return taken;
    },
    startWorker: async () => {
      const stop = await startWorker(variables, onStatement);
      stops.push(stop);
      return stop;
    },
    stop: async () => {
      await Promise.all(stops.map((stop) => stop()));
      await Promise.all([temporal.close(), opened.close(), simulator.close()]);
      await database.drop();
    },
  };
}

async function startWorker(
  env: Readonly<Record<string, string>>,
  onStatement: (text: string) => void,
): Promise<() => Promise<void>> {
  const bundlePath = inject("bundlePath");
  const { worker, close } = await openWorker({ config: readConfig(env), env, log, bundlePath, onStatement });
  const running = worker.run();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    worker.shutdown();
    await running;
    await close();
  };
  return () => (stopped ??= stop());
}
