// Batches of a tick as the worker runs them, without a Temporal server: a simulator that the test fills, a client on real
// sockets, the activity on the test's database. Asserts nothing.
import { MockActivityEnvironment } from "@temporalio/testing";
import { afterEach } from "vitest";
import type { ReconcileBatch } from "../../activities/contract.js";
import { createActivities } from "../../activities/index.js";
import { createAtlasClient } from "../../src/atlas/client.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import type { ProcessorRef } from "../../src/domain/refs.js";
import { createLogger } from "../../src/base/logger.js";
import { NO_METRICS } from "../../src/base/metrics.js";
import { Secret } from "../../src/base/secret.js";
import { startSimulator } from "../../src/sim/wire/server.js";
import type { Simulator, SimulatorOptions } from "../../src/sim/wire/server.js";
import { createLoopStore } from "../../src/store/loop-store.js";
import type { TestDatabase } from "./database.js";

export interface Batches {
  readonly simulator: Simulator;
  /** One batch of whatever is due. */
  readonly runBatch: () => Promise<ReconcileBatch>;
  /** Whose changes the last batch has started; no run is. */
  readonly started: () => readonly ProcessorRef[];
}

/** For the tests of the file that calls this at its top: opens an Atlas of their own, which ends after each. */
export function useBatches(database: () => TestDatabase): (options: SimulatorOptions) => Promise<Batches> {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(ends.splice(0).map((end) => end()));
  });
  return async (options) => {
    const simulator = await startSimulator(options);
    const { clientId, clientSecret } = simulator.credentials;
    const atlas = createAtlasClient({
      baseUrl: simulator.url,
      credentials: { kind: "service-account", clientId, clientSecret: new Secret(clientSecret) },
      userAgent: "headgate/test",
    });
    ends.push(
      () => simulator.close(),
      () => atlas.close(),
    );
    let started: ProcessorRef[] = [];
    const activities = createActivities({
      store: createLoopStore(database().store),
      atlas,
      installation: { id: "0000000a", taskQueue: "headgate" },
      metrics: NO_METRICS,
      runs: {
        isOpen: () => Promise.resolve(true),
        startChange: ({ ref }) => Promise.resolve(started.push(ref) && {}),
        requestPass: () => Promise.resolve(),
      },
      settings: DEFAULT_SETTINGS,
      log: createLogger("silent"),
    });
    const input = { tickAt: null, workspaces: null, isLookOnly: false };
    return {
      simulator,
      runBatch: () => {
        started = [];
        return new MockActivityEnvironment({ attempt: 1 }).run(() =>
          activities.reconcileDueWorkspaces(input),
        );
      },
      started: () => started,
    };
  };
}
