// Our client against the simulator, over real sockets and through a recorder: a small fleet of our own, both kinds of
// credential. It holds no expectation; those are in the tests.
import { performance } from "node:perf_hooks";
import { createAtlasClient } from "../../src/atlas/client.js";
import type { AtlasClientOptions, AtlasCredentials, RateLimitReading } from "../../src/atlas/client.js";
import { AppError } from "../../src/base/errors.js";
import { Secret } from "../../src/base/secret.js";
import type { FaultScript } from "../../src/sim/faults/faults.js";
import type { LogEntry } from "../../src/sim/wire/request-log.js";
import { startSimulator } from "../../src/sim/wire/server.js";
import type { Simulator } from "../../src/sim/wire/server.js";
import { buildSettings } from "../../src/sim/settings/settings.js";
import type { World } from "../../src/sim/world/world-model.js";
import { addProcessor, addWorkspace } from "../../src/sim/world/world.js";
import { startRecorder } from "./recorder.js";
import type { RecordedExchange } from "./recorder.js";
import { USER_AGENT } from "./subject.js";
import type { Subject } from "./subject.js";

export const PROJECT = "32b6e34b3d91647abb20e7b8";
export const ORDERS = { project: PROJECT, workspace: "orders" };
export const BIG = { project: PROJECT, workspace: "big" };
export const BIG_COUNT = 1_203;
/** One processor, CREATED, whose source remembers a (simulated) day; tiers up to SP30; one failover region. */
const PROBED = { project: PROJECT, workspace: "probed", processor: "probe" };

interface Bench extends Subject {
  readonly simulator: Simulator;
  readonly readings: readonly RateLimitReading[];
}

export interface BenchOptions {
  readonly kind?: AtlasCredentials["kind"];
  readonly assignments?: readonly string[];
  readonly faults?: FaultScript;
  readonly client?: Partial<AtlasClientOptions>;
}

/** Runs against a simulator of its own, and ends both. */
export type OnBench = (act: (bench: Bench) => Promise<void>, options?: BenchOptions) => Promise<void>;

export const processor = (name: string): typeof ORDERS & { readonly processor: string } => ({
  ...ORDERS,
  processor: name,
});

function populate(world: World, now: number): void {
  const orders = addWorkspace(world, { project: PROJECT, name: "orders" });
  for (const state of ["CREATED", "STARTED", "STOPPED", "FAILED"]) {
    addProcessor(world, orders, { name: state.toLowerCase(), createdAt: now - 1_000, state });
  }
  addProcessor(world, orders, { name: "a name:with.marks_-", createdAt: now - 1_000, state: "STOPPED" });
  addWorkspace(world, { project: PROJECT, name: "empty" });
  const probed = addWorkspace(world, { project: PROJECT, name: PROBED.workspace, maxTierSize: "SP30" });
  probed.failoverRegions = [{ cloudProvider: "AWS", region: "OREGON_USA" }];
  addProcessor(world, probed, { name: PROBED.processor, createdAt: now - 1_000, oplogWindowMs: 86_400_000 });
  const big = addWorkspace(world, { project: PROJECT, name: "big" });
  for (let n = 0; n < BIG_COUNT; n += 1) {
    addProcessor(world, big, { name: `p-${String(n)}`, createdAt: now - 1_000, state: "STOPPED" });
  }
}

export interface OpenBench {
  readonly bench: Bench;
  /** What passed is added to `recorded`, marked with the faults it met. */
  readonly close: () => Promise<void>;
}

export async function openBench(
  recorded: RecordedExchange[],
  options: BenchOptions = {},
): Promise<OpenBench> {
  const simulator = await startSimulator({
    timeScale: 100,
    settings: buildSettings([...(options.assignments ?? [])]),
    faults: options.faults ?? [],
    populate,
  });
  const recorder = await startRecorder({ origin: simulator.url });
  const readings: RateLimitReading[] = [];
  const client = createAtlasClient({
    baseUrl: recorder.url,
    credentials: toCredentials(simulator, options.kind),
    userAgent: USER_AGENT,
    onRateLimit: (reading) => readings.push(reading),
    ...options.client,
  });
  return {
    bench: { client, simulator, recorder, readings, ...PROBED, pollMs: 10, stateMs: 10_000 },
    close: async () => {
      await client.close();
      await recorder.settle();
      markFaults(recorder.exchanges, simulator.log());
      recorded.push(...recorder.exchanges);
      await recorder.close();
      await simulator.close();
    },
  };
}

export function openBenches(recorded: RecordedExchange[]): OnBench {
  return async (act, options) => {
    const { bench, close } = await openBench(recorded, options);
    try {
      await act(bench);
    } finally {
      await close();
    }
  };
}

function toCredentials({ credentials }: Simulator, kind: BenchOptions["kind"]): AtlasCredentials {
  const { clientId, clientSecret, publicKey, privateKey } = credentials;
  return kind === "api-key"
    ? { kind, publicKey, privateKey: new Secret(privateKey) }
    : { kind: "service-account", clientId, clientSecret: new Secret(clientSecret) };
}

/**
 * Of requests to one thing the log and the recording have the same order; @throws Error where one lacks what the other
 * has.
 */
function markFaults(exchanges: readonly RecordedExchange[], log: readonly LogEntry[]): void {
  const byThing = new Map<string, LogEntry[]>();
  for (const entry of log) {
    const key = [entry.method, entry.project, entry.workspace, entry.processor].join(" ");
    byThing.set(key, [...(byThing.get(key) ?? []), entry]);
  }
  for (const exchange of exchanges) {
    const entry = byThing.get(toThing(exchange))?.shift();
    if (entry === undefined) throw new Error(`the log lacks a ${exchange.method} of ${exchange.url}`);
    exchange.faultKind = entry.faultKind;
  }
  if ([...byThing.values()].some((left) => left.length > 0)) throw new Error("the recording lacks requests");
}

const THING = /[/]groups[/]([^/?]+)(?:[/]streams[/]([^/?]+)(?:[/]processor[/]([^/?:]+))?)?/;

function toThing({ method, url }: RecordedExchange): string {
  const [, ...names] = THING.exec(url) ?? ["", "", "", ""];
  return [method, ...names.map((name: string | undefined) => decodeURIComponent(name ?? ""))].join(" ");
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
