// What all contenders of a scenario run on: one Postgres, one Temporal development server and one simulated Atlas, each
// a process of its own, in a folder that is thrown away. Each contender has its own database and its own namespace.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { readEnvironment } from "../src/config/environment.js";
import type { Child } from "../src/dev/child.js";
import { findFreePort } from "../src/dev/port.js";
import { dropPostgres, startPostgres } from "../src/dev/postgres.js";
import { findTemporalProgram } from "../src/dev/temporal-program.js";
import { startTemporalServer } from "../src/dev/temporal-server.js";
import { openStore } from "../src/store/postgres/pool.js";
import type { Store } from "../src/store/postgres/pool.js";
import { startAtlas } from "./atlas.js";
import type { BenchAtlas } from "./atlas.js";
import { whenEnded } from "./clean-up.js";
import type { BenchFleet } from "./fleet.js";

export interface BenchStack {
  readonly folder: string;
  readonly atlas: BenchAtlas;
  readonly postgres: Child;
  readonly temporal: Child;
  /** The bench's own way to Postgres. Its statements are those of a role of its own, and not counted. */
  readonly admin: Store;
  /** Makes a database, as a copy of another one if one is named; a namesake is dropped. */
  createDatabase(name: string, template?: string): Promise<BenchDatabase>;
  /** Done when it stops, the newest first. */
  onStop(work: () => Promise<void>): void;
  /** Environment variables that lead a Headgate to its namespace. */
  toTemporalVariables(namespace: string): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface BenchDatabase {
  readonly name: string;
  /** Of a contender. */
  readonly url: string;
  /** The bench's own way, not counted. */
  readonly store: Store;
}

const BENCH_ROLE = "bench";
const POSTGRES_SETTINGS = {
  max_connections: "300",
  shared_preload_libraries: "pg_stat_statements",
  "pg_stat_statements.max": "20000",
  // Run by the bench between the measured spans instead: what one contender wrote must not burden the next.
  autovacuum: "off",
};

export async function startBenchStack(fleet: BenchFleet, namespaces: readonly string[]): Promise<BenchStack> {
  const folder = mkdtempSync(join(tmpdir(), "headgate-bench-"));
  const stoppers: (() => Promise<void>)[] = [];
  const stop = whenEnded(async () => {
    // One that does not close leaves the others to be closed.
    for (const one of stoppers.reverse()) await one().catch(() => undefined);
    dropPostgres(join(folder, "postgres"));
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    const { databaseUrl, child: postgres } = await startPostgres({
      folder: join(folder, "postgres"),
      port: await findFreePort(),
      settings: POSTGRES_SETTINGS,
    });
    stoppers.push(() => postgres.stop());
    const adminUrl = await makeBenchRole(toUrl(databaseUrl, "postgres"));
    const admin = openStore({ databaseUrl: adminUrl, max: 2 });
    stoppers.push(() => admin.close());
    const server = await startServer(folder, namespaces);
    stoppers.push(() => server.child.stop());
    const atlas = await startAtlas(folder, fleet);
    stoppers.push(() => atlas.child.stop());
    await atlas.setAll("STARTED");
    const databases = new Map<string, Store>();
    const release = async (name: string): Promise<void> => {
      await databases.get(name)?.close();
      databases.delete(name);
    };
    stoppers.push(async () => {
      for (const name of [...databases.keys()]) await release(name);
    });
    const createDatabase = async (name: string, template = "template1"): Promise<BenchDatabase> => {
      await release(name);
      // Nobody may be connected to what is copied.
      await release(template);
      await admin.query(`drop database if exists ${name} with (force)`);
      await admin.query(`create database ${name} template ${template}`);
      const store = openStore({ databaseUrl: toUrl(adminUrl, name), max: 2, statementTimeoutMs: 600_000 });
      databases.set(name, store);
      return { name, url: toUrl(databaseUrl, name), store };
    };
    const toTemporalVariables = (namespace: string): Readonly<Record<string, string>> => ({
      ...server.variables,
      TEMPORAL_NAMESPACE: namespace,
    });
    const temporal = server.child;
    const onStop: BenchStack["onStop"] = (work) => void stoppers.push(work);
    return { folder, atlas, postgres, temporal, admin, createDatabase, toTemporalVariables, onStop, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function toUrl(url: string, database: string): string {
  const named = new URL(url);
  named.pathname = `/${database}`;
  return named.href;
}

/** Another role, so that what the bench asks for is told from what the contenders do. */
async function makeBenchRole(databaseUrl: string): Promise<string> {
  const password = randomBytes(12).toString("hex");
  const store = openStore({ databaseUrl, max: 1 });
  await store.query(`create role ${BENCH_ROLE} superuser login password '${password}'`);
  await store.query("create extension pg_stat_statements");
  await store.close();
  const url = new URL(databaseUrl);
  url.username = BENCH_ROLE;
  url.password = password;
  return url.href;
}

async function startServer(
  folder: string,
  namespaces: readonly string[],
): ReturnType<typeof startTemporalServer> {
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const { path: program } = await findTemporalProgram({ env: readEnvironment(), home: homedir(), note });
  return startTemporalServer({
    program,
    namespaces,
    port: await findFreePort(),
    databaseFile: join(folder, "temporal", "temporal.db"),
    logFile: join(folder, "temporal.log"),
    profileFile: join(folder, "profile.toml"),
  });
}
