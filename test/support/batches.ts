// Batches of a tick as the worker runs them, without a Temporal server: a simulator that the test fills, a client on
// real sockets, the activity on the test's database. Asserts nothing.
import { MockActivityEnvironment } from "@temporalio/testing";
import { afterEach } from "vitest";
import type { ReconcileBatch } from "../../activities/contract.js";
import { createActivities } from "../../activities/index.js";
import type { ProcessorRef } from "../../src/domain/refs.js";
import type { Simulator, SimulatorOptions } from "../../src/sim/wire/server.js";
import { activityDeps, openAtlas } from "./activity-deps.js";
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
    const { simulator, client, close } = await openAtlas(options);
    ends.push(close);
    let started: ProcessorRef[] = [];
    const deps = activityDeps(database(), client);
    const activities = createActivities({
      ...deps,
      runs: { ...deps.runs, startChange: ({ ref }) => Promise.resolve(started.push(ref) && {}) },
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
