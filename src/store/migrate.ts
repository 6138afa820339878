// Brings the database to the newest schema. Safe to run twice at once (an advisory lock) and to kill half way (one
// transaction): whoever comes next finds either the old schema or the new one.
import { runner } from "node-pg-migrate";
import pg from "pg";
import { toStoreError, toTarget } from "./errors.js";

const LOCK = 4_137_208_016;
const CONNECT_PATIENCE_MS = 10_000;

export interface MigrateOptions {
  readonly databaseUrl: string;
  /** Folder of the numbered SQL files. */
  readonly folder: string;
}

/**
 * The names of the migrations that were applied by this call; empty where there was nothing to do. Throws
 * `store.unavailable` where Postgres cannot be reached or goes away half way: then nothing was applied.
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const target = toTarget(options.databaseUrl, CONNECT_PATIENCE_MS);
  const client = new pg.Client({
    connectionString: options.databaseUrl,
    connectionTimeoutMillis: CONNECT_PATIENCE_MS,
  });
  // A connection that is cut fails its statement; without a listener its event would end the process.
  client.on("error", () => undefined);
  await client.connect().catch((error: unknown) => {
    throw toStoreError(error, target);
  });
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    const applied = await runner({
      dbClient: client,
      dir: options.folder,
      direction: "up",
      migrationsTable: "schema_migrations",
      singleTransaction: true,
      noLock: true,
      log: () => undefined,
    });
    return applied.map(({ name }) => name);
  } catch (error) {
    throw toStoreError(error, target);
  } finally {
    await client.end();
  }
}
