// What the loop's bench runs on: Postgres, a Temporal development server, the simulator and one worker, each a process
// of its own, in a folder that is thrown away. Linux only: what they have used is read from /proc.
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startChild, untilReady } from "../src/dev/child.js";
import type { Child } from "../src/dev/child.js";
import { findFreePort } from "../src/dev/port.js";
import { dropPostgres, startPostgres } from "../src/dev/postgres.js";
import { findTemporalProgram } from "../src/dev/temporal-program.js";
import { startTemporalServer } from "../src/dev/temporal-server.js";
import { readEnvironment } from "../src/config/environment.js";
import { completeCredentials } from "../src/sim/access/auth.js";
import { migrate } from "../src/store/postgres/migrate.js";
import { openStore } from "../src/store/postgres/pool.js";
import type { Store } from "../src/store/postgres/pool.js";
import { connectClient } from "../src/temporal/connection.js";
import type { TemporalClient } from "../src/temporal/connection.js";
import { loadTemporalProfile } from "../src/temporal/profile.js";
import type { BenchFleet } from "./fleet.js";
import type { SimulatorProcessOptions } from "./simulator.js";

const toPath = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const LOADER = ["--import", import.meta.resolve("tsx")];
const READY_MS = 120_000;

export interface BenchStack {
  readonly store: Store;
  readonly temporal: TemporalClient;
  /** One JSON line per request the simulator has answered. */
  readonly requestLog: string;
  readonly workerLog: string;
  readonly children: readonly Child[];
  startWorker(): Promise<Child>;
  stop(): Promise<void>;
}

export async function startBenchStack(fleet: BenchFleet): Promise<BenchStack> {
  const folder = mkdtempSync(join(tmpdir(), "headgate-bench-"));
  const children: Child[] = [];
  const { databaseUrl, child: postgres } = await startPostgres({
    folder: join(folder, "postgres"),
    port: await findFreePort(),
    settings: { max_connections: "200" },
  });
  children.push(postgres);
  await migrate({ databaseUrl, folder: toPath("../migrations") });
  const server = await startServer(folder);
  children.push(server.child);
  const requestLog = join(folder, "requests.jsonl");
  const simulator = await startSimulatorProcess(folder, { fleet, requestLog });
  children.push(simulator.child);
  const { PATH, HOME } = readEnvironment();
  const env = { PATH, HOME, DATABASE_URL: databaseUrl, ...server.variables, ...simulator.variables };
  const store = openStore({ databaseUrl, max: 4 });
  const temporal = await connectClient(loadTemporalProfile(server.variables));
  const workerLog = join(folder, "worker.log");
  return {
    store,
    temporal,
    requestLog,
    workerLog,
    children,
    startWorker: async () => {
      const worker = await startChild({
        name: "worker",
        command: process.execPath,
        args: [...LOADER, toPath("../src/bin/headgate.ts"), "worker"],
        env,
        logFile: workerLog,
        stopSignal: "SIGTERM",
        patienceMs: 30_000,
      });
      children.push(worker);
      await untilSaid(worker, '"worker.started"');
      return worker;
    },
    stop: async () => {
      await Promise.all([store.close(), temporal.close()]);
      for (const child of children.reverse()) await child.stop();
      dropPostgres(join(folder, "postgres"));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startServer(folder: string): ReturnType<typeof startTemporalServer> {
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const { path: program } = await findTemporalProgram({ env: readEnvironment(), home: homedir(), note });
  return startTemporalServer({
    program,
    namespaces: ["bench"],
    port: await findFreePort(),
    databaseFile: join(folder, "temporal", "temporal.db"),
    logFile: join(folder, "temporal.log"),
    profileFile: join(folder, "profile.toml"),
  });
}

async function startSimulatorProcess(
  folder: string,
  { fleet, requestLog }: { readonly fleet: BenchFleet; readonly requestLog: string },
): Promise<{ readonly child: Child; readonly variables: Readonly<Record<string, string>> }> {
  const port = await findFreePort();
  const credentials = completeCredentials({ clientId: `mdb_sa_id_${randomBytes(12).toString("hex")}` });
  const options: SimulatorProcessOptions = { fleet, port, credentials, logFile: requestLog };
  const child = await startChild({
    name: "simulator",
    command: process.execPath,
    args: [...LOADER, toPath("./simulator.ts"), JSON.stringify(options)],
    logFile: join(folder, "simulator.log"),
    stopSignal: "SIGTERM",
    patienceMs: 10_000,
  });
  await untilSaid(child, "listening");
  return {
    child,
    variables: {
      MONGODB_ATLAS_BASE_URL: `http://127.0.0.1:${String(port)}`,
      MONGODB_ATLAS_CLIENT_ID: credentials.clientId,
      MONGODB_ATLAS_CLIENT_SECRET: credentials.clientSecret,
    },
  };
}

function untilSaid(child: Child, text: string): Promise<void> {
  return untilReady(child, {
    isReady: () => Promise.resolve(readFileSync(child.logFile, "utf8").includes(text)),
    patienceMs: READY_MS,
  });
}

/** What a process and those it started have used so far. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Of the process itself. */
  readonly peakRssMib: number;
}

const TICKS_PER_SECOND = 100;

/** Those that have ended are counted by their parent. */
export function readUsage({ record }: Child): Usage {
  const children = readdirSync("/proc").filter((name) => readStat(name)?.parent === record.pid);
  const own = [String(record.pid), ...children].map((name) => readStat(name)?.ticks ?? 0);
  const status = `/proc/${String(record.pid)}/status`;
  const [, peakKib = "0"] =
    /VmHWM:\s+(\d+)/.exec(existsSync(status) ? readFileSync(status, "utf8") : "") ?? [];
  return {
    cpuSeconds: own.reduce((total, ticks) => total + ticks, 0) / TICKS_PER_SECOND,
    peakRssMib: Number(peakKib) / 1024,
  };
}

function readStat(pid: string): { readonly parent: number; readonly ticks: number } | undefined {
  if (!/^\d+$/.test(pid)) return undefined;
  try {
    // The program's name, in brackets, may hold anything: fields are counted behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ").map(Number) ?? [];
    const [, parent = 0] = fields;
    return { parent, ticks: fields.slice(11, 15).reduce((total, ticks) => total + ticks, 0) };
  } catch {
    return undefined;
  }
}
