// What bounds the batches of one worker: how many passes are under way at once, and what becomes of a claim whose pass
// could not begin while its lease would have covered it.
import { MockActivityEnvironment } from "@temporalio/testing";
import { expect, it } from "vitest";
import { createQuietWorkspaces } from "../../activities/quiet-workspaces.js";
import type { Activities, ReconcileBatch } from "../../activities/contract.js";
import type { ActivityDeps } from "../../activities/deps.js";
import { createActivities } from "../../activities/index.js";
import type { AtlasClient } from "../../src/atlas/client.js";
import { createScheduler } from "../../src/domain/decide/schedule.js";
import { formatProcessorRef, formatWorkspaceRef } from "../../src/domain/refs.js";
import type { WorkspaceRef } from "../../src/domain/refs.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import type { LoopSettings } from "../../src/domain/settings.js";
import { createLogger } from "../../src/base/logger.js";
import { NO_METRICS } from "../../src/base/metrics.js";
import { createLoopStore } from "../../src/store/loop-store.js";
import { listStoredWorkspaces } from "../../src/store/people/listings/listings.js";
import { writePolicies } from "../../src/store/people/policies.js";
import { toNames } from "../support/fleets.js";
import { aPolicy, aRef, declare, useDatabase } from "../support/store-rows.js";

const database = useDatabase();

interface SlowAtlas {
  readonly atlas: AtlasClient;
  readonly answer: () => void;
  /** Lists that were waiting at once. */
  readonly most: () => number;
  readonly asked: () => number;
}

/** An Atlas whose lists answer when they are told to, and that knows how many are asked for at once. */
function aSlowAtlas(): SlowAtlas {
  let most = 0;
  let asked = 0;
  let waiting: (() => void)[] = [];
  let isOpen = false;
  const refuse = (): never => {
    throw new Error("only lists are asked for here");
  };
  return {
    atlas: {
      listProcessors: async () => {
        asked += 1;
        if (!isOpen) await new Promise<void>((resolve) => (most = Math.max(most, waiting.push(resolve))));
        return { observations: [], pages: 1 };
      },
      readRateLimits: () => Promise.resolve(undefined),
      startWith: refuse,
      stop: refuse,
    } as unknown as AtlasClient,
    answer: () => {
      isOpen = true;
      waiting.forEach((resolve) => {
        resolve();
      });
      waiting = [];
    },
    most: () => most,
    asked: () => asked,
  };
}

function aWorker(
  atlas: AtlasClient,
  settings: Partial<LoopSettings> = {},
  runs: Partial<ActivityDeps["runs"]> = {},
): Activities {
  return createActivities({
    store: createLoopStore(database().store, DEFAULT_SETTINGS),
    atlas,
    metrics: NO_METRICS,
    installation: { id: "0000000a", taskQueue: "headgate" },
    runs: {
      isOpen: () => Promise.resolve(true),
      startChange: () => Promise.resolve(undefined),
      requestPass: () => Promise.resolve(),
      ...runs,
    },
    settings: { ...DEFAULT_SETTINGS, ...settings },
    scheduler: createScheduler(),
    finds: () => false,
    quiet: createQuietWorkspaces(),
    log: createLogger("silent"),
  });
}

function runBatch(
  worker: Activities,
  workspaces: readonly WorkspaceRef[] | null = null,
): Promise<ReconcileBatch> {
  const input = { tickAt: null, workspaces, isLookOnly: false };
  return new MockActivityEnvironment({ attempt: 1, activityId: crypto.randomUUID() }).run(() =>
    worker.reconcileDueWorkspaces(input),
  );
}

/** Over several projects: a budget is one project's. */
async function declareWorkspaces(count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const project = (number % 10).toString(16).repeat(24);
    await declare(database().store, aRef("p", { project, workspace: `w-${String(number)}` }), aPolicy());
  }
}

it("hundreds of workspaces due at once: no more passes at once than the worker has room for, and none fails", async () => {
  await declareWorkspaces(200);
  const slow = aSlowAtlas();
  const worker = aWorker(slow.atlas);
  const batches = Promise.all(Array.from({ length: 4 }, () => runBatch(worker)));
  await expect.poll(slow.asked, { timeout: 20_000 }).toBeGreaterThanOrEqual(40);
  slow.answer();
  const ended = await batches;
  expect(slow.most()).toBe(40);
  expect(ended.map(({ failed }) => failed)).toEqual([0, 0, 0, 0]);
  expect(ended.reduce((sum, { observed }) => sum + observed, 0)).toBe(200);
});

it("a pass that could not begin while its lease would cover it is not begun, and its workspace is due at once", async () => {
  await declareWorkspaces(50);
  const slow = aSlowAtlas();
  // What is left of the lease is not enough for a pass as soon as a millisecond has gone by.
  const worker = aWorker(slow.atlas, { leaseMs: 30_001, workspaceDeadlineMs: 30_000 });
  const batch = runBatch(worker);
  await expect.poll(slow.asked, { timeout: 20_000 }).toBeGreaterThan(0);
  slow.answer();
  const { observed, failed } = await batch;
  const begun = slow.asked();
  expect(begun).toBeLessThanOrEqual(40);
  expect({ observed, failed }).toEqual({ observed: begun, failed: 0 });
  const rows = await listStoredWorkspaces(database().store);
  expect(rows.filter(({ observedAt }) => observedAt === null)).toHaveLength(50 - begun);
  const again = await runBatch(aWorker(slow.atlas));
  expect(again).toMatchObject({ observed: 50 - begun, failed: 0 });
});

/** An Atlas in which all of a workspace have FAILED: as many as it says. */
function aFailedAtlas(processors: number): AtlasClient {
  const observations = toNames(processors).map((processor) => ({
    atlasId: "a",
    processor,
    state: "FAILED",
    autoscaled: false,
    errorMessage: "out of memory",
  }));
  return {
    listProcessors: () => Promise.resolve({ observations, pages: 1 }),
    readRateLimits: () => Promise.resolve(undefined),
  } as unknown as AtlasClient;
}

/** Declares them, and passes over all in one batch, as an apply does or as a tick; what was started and asked for. */
async function passOverFailed(from: { projects: number; workspaces: number; isNamed: boolean }): Promise<{
  readonly batch: ReconcileBatch;
  readonly started: readonly string[];
  readonly requested: readonly string[];
}> {
  const processors = toNames(20);
  const named = toNames(from.workspaces, "w").map((workspace, index) => ({
    project: (index % from.projects).toString(16).repeat(24),
    workspace,
  }));
  await writePolicies(database().store, {
    author: "tester",
    writes: named.flatMap((one) =>
      processors.map((processor) => ({
        ref: { ...one, processor },
        before: undefined,
        after: aPolicy(),
      })),
    ),
    releasesBrake: false,
    intervalMs: DEFAULT_SETTINGS.intervalMs,
  });
  const started: string[] = [];
  const requested: string[] = [];
  const worker = aWorker(
    aFailedAtlas(processors.length),
    {},
    {
      startChange: ({ ref }) => Promise.resolve({ length: started.push(formatProcessorRef(ref)) }),
      requestPass: (ref) => {
        requested.push(formatWorkspaceRef(ref));
        return Promise.resolve();
      },
    },
  );
  return { batch: await runBatch(worker, from.isNamed ? named : null), started, requested };
}

it("an apply of 30 workspaces starts all 600 changes at once, if no project is full", async () => {
  const { batch, started, requested } = await passOverFailed({ projects: 3, workspaces: 30, isNamed: true });
  expect(batch).toMatchObject({ observed: 30, failed: 0, started: 600 });
  expect(new Set(started).size).toBe(600);
  expect(requested).toEqual([]);
});

it("of one project it starts as many as may be open, and asks for a pass of the workspaces that are left", async () => {
  const { batch, started, requested } = await passOverFailed({ projects: 1, workspaces: 30, isNamed: true });
  expect(batch).toMatchObject({ observed: 30, failed: 0, started: 200 });
  const begun = new Set(started.map((name) => name.split("/").slice(0, 2).join("/")));
  expect({ begun: begun.size, requested: new Set(requested).size }).toEqual({ begun: 10, requested: 20 });
  expect(requested.filter((name) => begun.has(name))).toEqual([]);
});

it("a tick leaves the rest to the next: nobody waits for it", async () => {
  const { batch, requested } = await passOverFailed({ projects: 1, workspaces: 30, isNamed: false });
  expect(batch).toMatchObject({ observed: 30, started: 200 });
  expect(requested).toEqual([]);
});
