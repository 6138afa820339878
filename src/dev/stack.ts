// The embedded stack as a whole: what stands outside is used, the rest is started, in the order in which one part needs
// another, and ended in the opposite one. Knows nothing of policies: whoever starts it applies them.
// A part that dies ends the stack, except for the worker, which is started again. A killed supervisor leaves its
// children behind: they are written down as they are started, and the next start ends them before it touches their
// data.
import { mkdirSync } from "node:fs";
import { dirname, relative } from "node:path";
import { populateSampleFleet, SAMPLE_FAULTS } from "../sim/program/sample-fleet.js";
import { startSimulator } from "../sim/wire/server.js";
import { buildSettings } from "../sim/settings/settings.js";
import { claimAtlas } from "../store/installation.js";
import { migrate } from "../store/postgres/migrate.js";
import { openStore } from "../store/postgres/pool.js";
import { toDeathError } from "./child.js";
import type { Child } from "./child.js";
import { findFreePort } from "./port.js";
import { startPostgres } from "./postgres.js";
import type { ProcessRecord } from "./process-record.js";
import {
  checkData,
  dropData,
  endStaleChildren,
  forgetStackVariables,
  lockFolder,
  markWhole,
  rememberChildren,
  toStackPaths,
  unlockFolder,
  writeStackVariables,
} from "./stack-folder.js";
import type { Part, StackPaths } from "./stack-folder.js";
import { isEmbedded } from "./stack-options.js";
import type { StackOptions, Variables } from "./stack-options.js";
import { findTemporalProgram } from "./temporal-program.js";
import { startTemporalServer } from "./temporal-server.js";
import { keepProgramUp } from "./kept-program.js";

export interface Stack {
  /** What finds it: the same that `.headgate/stack.json` holds. */
  readonly variables: Variables;
  readonly isSimulated: boolean;
  readonly temporalUi: string | undefined;
  /** Rejects when a part has died; never resolves. */
  readonly failed: Promise<never>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** Quick enough for a POST to answer within the stack's short time-out; and workers may come and go. */
const SIMULATOR_SETTINGS = [
  ...["startWith.holdMinMs=300", "startWith.holdMaxMs=1500"],
  "oauth.tokensPerMinute=1000",
];
/** In the words of a part's line. */
const OUTSIDE = "yours";
const TABLES = "with its tables";
const PARTS: readonly Part[] = ["postgres", "temporal", "simulator"];

/** Throws `stack.failed` or `config.invalid`; whatever it had started is ended then. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const paths = toStackPaths(options.folder);
  // Before anything else, and outside the try: who did not get the folder must not clean it up.
  lockFolder(paths.root);
  const building = new StackBuilder(options, paths);
  try {
    const stale = await endStaleChildren(paths.root);
    if (stale.length > 0) options.note(`Ended what a killed stack had left running: ${stale.join(", ")}.`);
    // Behind the end of stale children: they write to these data.
    if (options.fresh) dropData(paths);
    checkData(
      paths,
      PARTS.filter((part) => isEmbedded(options, part)),
    );
    return await building.build();
  } catch (error) {
    await building.stop();
    throw error;
  }
}

class StackBuilder {
  private readonly options: StackOptions;
  private readonly paths: StackPaths;
  private readonly closers: (() => Promise<void>)[] = [];
  private readonly running = new Map<string, ProcessRecord>();
  private readonly deaths: Promise<never>[] = [];
  private variables: Record<string, string> = {};
  private temporalUi: string | undefined;
  private isStopping = false;

  constructor(options: StackOptions, paths: StackPaths) {
    this.options = options;
    this.paths = paths;
  }

  async build(): Promise<Stack> {
    const { options, paths } = this;
    // First, because it may take minutes and may fail: nothing runs by then.
    const program = options.external.temporal ? undefined : await findTemporalProgram(options);
    const steps: readonly (readonly [string, () => Promise<string>])[] = [
      ["Postgres", () => this.addPostgres()],
      ["Temporal", () => (program === undefined ? Promise.resolve(OUTSIDE) : this.addTemporal(program.path))],
      // Its clock runs from here on: the others may be slow to start.
      ["Atlas", () => this.addSimulator()],
      ["worker", () => this.addWorker()],
      ["server", () => this.addServer()],
    ];
    for (const [part, step] of steps) {
      // Between two parts is the moment to give up: each is then either not started or known.
      options.signal.throwIfAborted();
      const begun = performance.now();
      const what = await step();
      const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
      options.note(`${part.padEnd(8)}  ${seconds.padStart(5)} s  ${what}`);
    }
    // Only now: data of a stack that never came up are dropped by the next start.
    markWhole(paths.root);
    writeStackVariables(options.folder, this.variables);
    const failed = Promise.race(this.deaths);
    // Nobody may listen yet, and Node ends a program for a rejection that nobody hears.
    failed.catch(() => undefined);
    return {
      variables: this.variables,
      isSimulated: !options.external.atlas,
      temporalUi: this.temporalUi,
      failed,
      stop: () => this.stop(),
    };
  }

  async stop(): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    // First: other verbs must not be sent to parts that are ending.
    forgetStackVariables(this.options.folder);
    for (const close of this.closers.reverse()) await close();
    rememberChildren(this.paths.root, []);
    unlockFolder(this.paths.root);
  }

  /** Each answers what it has got, in words. */
  private async addSimulator(): Promise<string> {
    const { external, ports, simulatorVariables, faults } = this.options;
    if (external.atlas) return `yours, ${this.options.atlasName}`;
    const { worldFile, requestLog } = this.paths;
    mkdirSync(dirname(worldFile), { recursive: true });
    const simulator = await startSimulator({
      port: ports.simulator,
      settings: buildSettings(SIMULATOR_SETTINGS),
      populate: populateSampleFleet,
      faults: [...SAMPLE_FAULTS, ...faults],
      stateFile: worldFile,
      ...(faults.length === 0 ? {} : { logFile: requestLog }),
    });
    this.closers.push(() => simulator.close());
    const { clientId, clientSecret } = simulator.credentials;
    this.add({
      ...simulatorVariables,
      MONGODB_ATLAS_BASE_URL: simulator.url,
      MONGODB_ATLAS_CLIENT_ID: clientId,
      MONGODB_ATLAS_CLIENT_SECRET: clientSecret,
    });
    return `simulated, with a sample fleet, at ${simulator.url}`;
  }

  private async addPostgres(): Promise<string> {
    const { external, ports, migrationsFolder } = this.options;
    const databaseUrl = external.databaseUrl ?? (await this.startOwnPostgres(ports.postgres));
    // Also of a database that stands outside: this version needs its own tables.
    await migrate({ databaseUrl, folder: migrationsFolder });
    const store = openStore({ databaseUrl, max: 1 });
    try {
      // Throws if these data belong to another Atlas: before anything acts on it.
      await claimAtlas(store, this.options.atlasName);
    } finally {
      await store.close();
    }
    return external.databaseUrl === undefined
      ? `${TABLES}, data in ${this.toName(this.paths.postgres)}`
      : `${OUTSIDE}, ${TABLES}`;
  }

  private async startOwnPostgres(port: number): Promise<string> {
    const { databaseUrl, child } = await startPostgres({
      folder: this.paths.postgres,
      port: await orFree(port),
      settings: { max_connections: "200" },
    });
    this.supervise(child);
    this.add({ DATABASE_URL: databaseUrl });
    return databaseUrl;
  }

  private async addTemporal(program: string): Promise<string> {
    const { env, ports } = this.options;
    const namespace = env["TEMPORAL_NAMESPACE"] ?? "default";
    const uiPort = await orFree(ports.ui);
    const { variables, child } = await startTemporalServer({
      program,
      namespaces: [namespace],
      port: await orFree(ports.temporal),
      uiPort,
      databaseFile: this.paths.temporalFile,
      logFile: this.paths.temporalLog,
      profileFile: this.paths.temporalProfile,
    });
    this.supervise(child);
    this.temporalUi = `http://127.0.0.1:${String(uiPort)}/namespaces/${namespace}/workflows`;
    this.add(variables);
    return `its UI: ${this.temporalUi}`;
  }

  private async addWorker(): Promise<string> {
    const { env, program, note } = this.options;
    const worker = await keepProgramUp({
      name: "worker",
      command: [...program, "worker"],
      env: { ...env, ...this.variables },
      logFile: this.paths.workerLog,
      note,
      // At every start: the worker may be another process by the time the supervisor is killed.
      onStart: (child) => {
        this.remember(child);
      },
    });
    this.deaths.push(worker.failed);
    this.closers.push(() => worker.stop());
    return `started, its log in ${this.toName(this.paths.workerLog)}`;
  }

  private async addServer(): Promise<string> {
    const { env, program, note, ports } = this.options;
    const port = await orFree(ports.server);
    const url = `http://127.0.0.1:${String(port)}`;
    const server = await keepProgramUp({
      name: "server",
      command: [...program, "serve", "--port", String(port)],
      env: { ...env, ...this.variables },
      logFile: this.paths.serverLog,
      note,
      onStart: (child) => {
        this.remember(child);
      },
      isReady: () => isAnswering(url),
    });
    this.deaths.push(server.failed);
    this.closers.push(() => server.stop());
    this.add({ HEADGATE_SERVER_URL: url });
    return `at ${url}, its log in ${this.toName(this.paths.serverLog)}`;
  }

  private toName(path: string): string {
    return relative(this.options.folder, path);
  }

  private add(variables: Variables): void {
    this.variables = { ...this.variables, ...variables };
  }

  /** Ended with the stack; its death on its own ends the stack. */
  private supervise(child: Child): void {
    this.remember(child);
    this.closers.push(() => child.stop());
    const death = child.ended.then((how) => {
      // It was told to: a death that was asked for is no failure.
      if (this.isStopping) return new Promise<never>(() => undefined);
      throw toDeathError(child, how);
    });
    death.catch(() => undefined);
    this.deaths.push(death);
  }

  private remember({ record }: Child): void {
    this.running.set(record.name, record);
    rememberChildren(this.paths.root, [...this.running.values()]);
  }
}

/** Whatever it answers. */
async function isAnswering(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    () => true,
    () => false,
  );
}

function orFree(port: number): Promise<number> {
  return port === 0 ? findFreePort() : Promise.resolve(port);
}
