// What activities are given in a test that runs them without a Temporal server: a client on real sockets to a simulator
// of the test's own, the test's database, and runs that are never there. A test replaces what it is about.
import { createQuietWorkspaces } from "../../activities/quiet-workspaces.js";
import type { ActivityDeps } from "../../activities/deps.js";
import { createAtlasClient } from "../../src/atlas/client.js";
import type { AtlasClient } from "../../src/atlas/client.js";
import { createLogger } from "../../src/base/logger.js";
import { NO_METRICS } from "../../src/base/metrics.js";
import { Secret } from "../../src/base/secret.js";
import { createPatterns } from "../../src/policy-file/patterns.js";
import { createScheduler } from "../../src/domain/decide/schedule.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { startSimulator } from "../../src/sim/wire/server.js";
import type { Simulator, SimulatorOptions } from "../../src/sim/wire/server.js";
import { createLoopStore } from "../../src/store/loop-store.js";
import type { TestDatabase } from "./database.js";

export interface TestAtlas {
  readonly simulator: Simulator;
  readonly client: AtlasClient;
  readonly close: () => Promise<void>;
}

export async function openAtlas(options: SimulatorOptions): Promise<TestAtlas> {
  const simulator = await startSimulator(options);
  const { clientId, clientSecret } = simulator.credentials;
  const client = createAtlasClient({
    baseUrl: simulator.url,
    credentials: { kind: "service-account", clientId, clientSecret: new Secret(clientSecret) },
    userAgent: "headgate/test",
  });
  return {
    simulator,
    client,
    close: async () => {
      await Promise.all([simulator.close(), client.close()]);
    },
  };
}

export function activityDeps({ store }: TestDatabase, atlas: AtlasClient): ActivityDeps {
  return {
    store: createLoopStore(store, DEFAULT_SETTINGS),
    atlas,
    installation: { id: "0000000a", taskQueue: "headgate" },
    metrics: NO_METRICS,
    runs: {
      isOpen: () => Promise.resolve(true),
      requestPass: () => Promise.resolve(),
      startChange: () => Promise.resolve(undefined),
    },
    settings: DEFAULT_SETTINGS,
    scheduler: createScheduler(),
    finds: createPatterns(),
    quiet: createQuietWorkspaces(),
    log: createLogger("silent"),
  };
}
