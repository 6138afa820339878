// What the suites with a real Postgres and a real Temporal server stand on: one of each for the whole run, whatever its
// suites, in a folder of its own, ended with it. Every test file then takes a database and a namespace of its own.
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProvidedContext } from "vitest";
import type { TestProject } from "vitest/node";
import { readEnvironment } from "../../src/config/environment.js";
import { findFreePort } from "../../src/dev/port.js";
import { startPostgres } from "../../src/dev/postgres.js";
import type { EmbeddedPostgres } from "../../src/dev/postgres.js";
import { findTemporalProgram } from "../../src/dev/temporal-program.js";
import { startTemporalServer } from "../../src/dev/temporal-server.js";
import { migrate } from "../../src/store/postgres/migrate.js";
import { openStore } from "../../src/store/postgres/pool.js";
import { buildProgram } from "./built-program.js";
import { TEMPLATE } from "./database.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Of a superuser; names the database `headgate`. */
    databaseUrl: string;
    temporal: Readonly<Record<string, string>>;
    temporalProgram: string;
    /** Of the built program: what `node` runs, and the workflows for workers. */
    programPath: string;
    bundlePath: string;
  }
}

/** At least as many as all suites take; one more costs the server 10 ms of CPU. */
const NAMESPACES = 200;
const root = fileURLToPath(new URL("../..", import.meta.url));

interface Stack {
  readonly provided: ProvidedContext;
  readonly stop: () => Promise<void>;
}

interface Shared {
  readonly stack: Promise<Stack>;
  users: number;
}

// Vitest sets up each suite with an instance of this module of its own.
const shared = globalThis as { headgateTestStack?: Shared | undefined };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mine = (shared.headgateTestStack ??= { stack: startStack(), users: 0 });
  mine.users += 1;
  const { provided, stop } = await mine.stack;
  for (const [name, value] of Object.entries(provided)) {
    project.provide(name as keyof ProvidedContext, value as never);
  }
  return async () => {
    mine.users -= 1;
    if (mine.users > 0) return;
    shared.headgateTestStack = undefined;
    await stop();
  };
}

async function startStack(): Promise<Stack> {
  const built = buildProgram();
  const folder = mkdtempSync(join(findQuickFolder(), "headgate-test-"));
  const postgres = await startTestPostgres(folder);
  const program = await findProgram();
  const temporal = await startTestTemporal(folder, program);
  return {
    provided: {
      databaseUrl: postgres.databaseUrl,
      temporal: temporal.variables,
      temporalProgram: program,
      ...built,
    },
    stop: async () => {
      await Promise.all([postgres.child.stop(), temporal.child.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const IN_MEMORY = "/dev/shm";
const ROOM_BYTES = 4e9;

/** A database is some 300 files, and there are hundreds of databases: a disk takes ten times as long to make them. */
function findQuickFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize > ROOM_BYTES ? IN_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Its data are thrown away, so it need not wait for the disk. */
async function startTestPostgres(folder: string): Promise<EmbeddedPostgres> {
  const postgres = await startPostgres({
    folder: join(folder, "postgres"),
    port: await findFreePort(),
    settings: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      max_connections: "300",
      // What a copy of the template writes into the log would be kept up to this size, in memory.
      max_wal_size: "256MB",
    },
  });
  const store = openStore({ databaseUrl: postgres.databaseUrl, max: 1 });
  await store.query(`create database ${TEMPLATE}`);
  await store.query("create sequence test_numbers");
  await store.query(`create sequence test_namespaces maxvalue ${String(NAMESPACES)}`);
  await store.close();
  const template = new URL(postgres.databaseUrl);
  template.pathname = `/${TEMPLATE}`;
  await migrate({ databaseUrl: template.href, folder: join(root, "migrations") });
  return postgres;
}

async function findProgram(): Promise<string> {
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  return (await findTemporalProgram({ env: readEnvironment(), home: homedir(), note })).path;
}

async function startTestTemporal(folder: string, program: string): ReturnType<typeof startTemporalServer> {
  return startTemporalServer({
    program,
    namespaces: Array.from({ length: NAMESPACES }, (_, number) => `test-${String(number + 1)}`),
    port: await findFreePort(),
    logFile: join(folder, "temporal.log"),
    profileFile: join(folder, "profile.toml"),
  });
}
