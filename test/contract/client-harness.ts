// Our client against the simulator, over a real socket: a small fleet of our own, both kinds of credential. It holds no
// expectation; those are in the tests.
import { performance } from "node:perf_hooks";
import { createAtlasClient } from "../../src/atlas/client.js";
import type {
  AtlasClient,
  AtlasClientOptions,
  AtlasCredentials,
  RateLimitReading,
} from "../../src/atlas/client.js";
import { AppError } from "../../src/errors.js";
import { Secret } from "../../src/secret.js";
import type { FaultScript } from "../../src/sim/faults.js";
import { startSimulator } from "../../src/sim/server.js";
import type { Simulator } from "../../src/sim/server.js";
import { buildSettings } from "../../src/sim/settings.js";
import { addProcessor, addWorkspace } from "../../src/sim/world.js";

export const PROJECT = "32b6e34b3d91647abb20e7b8";
export const ORDERS = { project: PROJECT, workspace: "orders" };
export const BIG = { project: PROJECT, workspace: "big" };
export const BIG_COUNT = 1_203;

export interface Bench {
  readonly client: AtlasClient;
  readonly simulator: Simulator;
  readonly readings: readonly RateLimitReading[];
}

export interface BenchOptions {
  readonly kind?: AtlasCredentials["kind"];
  readonly assignments?: readonly string[];
  readonly faults?: FaultScript;
  readonly client?: Partial<AtlasClientOptions>;
}

export const processor = (name: string): typeof ORDERS & { readonly processor: string } => ({
  ...ORDERS,
  processor: name,
});

async function openSimulator({ assignments = [], faults = [] }: BenchOptions): Promise<Simulator> {
  return startSimulator({
    timeScale: 100,
    settings: buildSettings([...assignments]),
    faults,
    populate: (world, now) => {
      const orders = addWorkspace(world, { project: PROJECT, name: "orders" });
      for (const state of ["CREATED", "STARTED", "STOPPED", "FAILED"]) {
        addProcessor(world, orders, { name: state.toLowerCase(), createdAt: now - 1_000, state });
      }
      addProcessor(world, orders, { name: "a name:with.marks_-", createdAt: now - 1_000, state: "STOPPED" });
      addWorkspace(world, { project: PROJECT, name: "empty" });
      const big = addWorkspace(world, { project: PROJECT, name: "big" });
      for (let n = 0; n < BIG_COUNT; n += 1) {
        addProcessor(world, big, { name: `p-${String(n)}`, createdAt: now - 1_000, state: "STOPPED" });
      }
    },
  });
}

/** Runs against a simulator of its own, and ends both. */
export async function onBench(
  act: (bench: Bench) => Promise<void>,
  options: BenchOptions = {},
): Promise<void> {
  const simulator = await openSimulator(options);
  const { clientId, clientSecret, publicKey, privateKey } = simulator.credentials;
  const readings: RateLimitReading[] = [];
  const client = createAtlasClient({
    baseUrl: simulator.url,
    credentials:
      options.kind === "api-key"
        ? { kind: "api-key", publicKey, privateKey: new Secret(privateKey) }
        : { kind: "service-account", clientId, clientSecret: new Secret(clientSecret) },
    userAgent: "headgate/test",
    onRateLimit: (reading) => readings.push(reading),
    ...options.client,
  });
  try {
    await act({ client, simulator, readings });
  } finally {
    await simulator.close();
    await client.close();
  }
}

export function within(ms: number): { readonly deadline: number } {
  return { deadline: performance.now() + ms };
}

export async function catchAppError(call: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw new Error("an AppError was expected", { cause: thrown });
  return thrown;
}
