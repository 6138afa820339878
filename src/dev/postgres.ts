// An embedded Postgres: initialised once in its folder, reachable on the loopback address alone, with a random password
// that is kept in a file only we can read. Other users of the machine can reach the port, so the password is needed.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { AppError } from "../base/errors.js";
import { openStore } from "../store/postgres/pool.js";
import { startChild, untilReady } from "./child.js";
import type { Child } from "./child.js";
import { choosePostgresUser } from "./postgres-user.js";
import type { PostgresUser } from "./postgres-user.js";

export interface PostgresOptions {
  /** Data, password and log live under it. */
  readonly folder: string;
  readonly port: number;
  /** Server settings, for example `fsync`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** Of the database `headgate`. */
  readonly databaseUrl: string;
  readonly child: Child;
}

const DATABASE = "headgate";
const READY_PATIENCE_MS = 60_000;
const run = promisify(execFile);

/** Whether an earlier run left data there. */
export function hasPostgresData(folder: string): boolean {
  return existsSync(join(folder, "password"));
}

/** Removes everything, also where it had to be kept elsewhere. */
export function dropPostgres(folder: string): void {
  if (existsSync(folder)) rmSync(choosePostgresUser(folder).folder, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}

/** Throws `stack.failed` with the log's last lines. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const runAs = choosePostgresUser(options.folder);
  const dataFolder = join(runAs.folder, "data");
  if (!hasPostgresData(options.folder)) await initialise(options, { runAs, dataFolder });
  const settings = Object.entries({
    listen_addresses: "127.0.0.1",
    // One way in, with a password.
    unix_socket_directories: "",
    port: String(options.port),
    ...options.settings,
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const [command = "", ...args] = [...runAs.prefix, runAs.binaries.postgres, "-D", dataFolder, ...settings];
  const child = await startChild({
    name: "postgres",
    command,
    args,
    logFile: join(options.folder, "postgres.log"),
    // Fast shutdown: open connections are cut, and the data are whole.
    stopSignal: "SIGINT",
    patienceMs: 20_000,
    ...(runAs.user === undefined ? {} : { user: runAs.user }),
  });
  const password = readFileSync(join(options.folder, "password"), "utf8");
  const toUrl = (database: string): string =>
    `postgres://headgate:${password}@127.0.0.1:${String(options.port)}/${database}`;
  await untilReady(child, {
    isReady: () => ensureDatabase(toUrl("postgres")),
    patienceMs: READY_PATIENCE_MS,
  });
  return { databaseUrl: toUrl(DATABASE), child };
}

/** The password file is written last: it marks data that are whole. */
async function initialise(
  options: PostgresOptions,
  { runAs, dataFolder }: { readonly runAs: PostgresUser; readonly dataFolder: string },
): Promise<void> {
  const password = randomBytes(24).toString("hex");
  const given = join(runAs.folder, "initial-password");
  const kept = join(options.folder, "password");
  // Data without a password are those of a start that was interrupted.
  rmSync(dataFolder, { recursive: true, force: true });
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  writeFileSync(given, password, { mode: 0o600 });
  if (runAs.user !== undefined) {
    chownSync(given, runAs.user.uid, runAs.user.gid);
    chownSync(dataFolder, runAs.user.uid, runAs.user.gid);
  }
  const [command = "", ...args] = [
    ...runAs.prefix,
    runAs.binaries.initdb,
    ...toInitArguments(dataFolder, given),
  ];
  try {
    await run(command, args, { ...(runAs.user ?? {}) });
  } catch (error) {
    const told = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    throw new AppError("stack.failed", `Postgres cannot be initialised: ${told.trim()}`, { cause: error });
  } finally {
    rmSync(given, { force: true });
  }
  writeFileSync(`${kept}.new`, password, { mode: 0o600 });
  renameSync(`${kept}.new`, kept);
}

function toInitArguments(dataFolder: string, passwordFile: string): readonly string[] {
  const fixed = ["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--username=headgate"];
  return ["-D", dataFolder, ...fixed, `--pwfile=${passwordFile}`];
}

/** True when it answers and has our database. */
async function ensureDatabase(databaseUrl: string): Promise<boolean> {
  const store = openStore({ databaseUrl, max: 1 });
  try {
    const found = await store.query("select from pg_database where datname = $1", [DATABASE]);
    if (found.length === 0) await store.query(`create database ${DATABASE}`);
    return true;
  } catch (error) {
    // Not up yet. Anything else, such as a wrong password, would not mend by waiting.
    if (error instanceof AppError && error.code === "store.unavailable") return false;
    throw error;
  } finally {
    await store.close();
  }
}
