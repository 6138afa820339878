// Brings the database to the newest schema. Safe to run twice at once (an advisory lock) and to kill half way (one
// transaction): whoever comes next finds either the old schema or the new one. The lock is the transaction's own,
// because behind a pooler a session, and with it a session's lock, outlives its client.
import { runner } from "node-pg-migrate";
import pg from "pg";
import { within } from "../../base/deadline.js";
import { toDriverUrl, toStoreError, toPostgresTarget } from "./errors.js";

const LOCK = 4_137_208_016;
const CONNECT_PATIENCE_MS = 10_000;
/** For another migrator to end, and for whoever uses a table to let go of it. */
const LOCK_TIMEOUT_MS = 60_000;
/** What Postgres itself ends in time is told better by Postgres. */
const ANSWER_GRACE_MS = 5_000;
/** Locks of a migrator whose host has died. */
const IDLE_TIMEOUT_MS = 60_000;

export interface MigrateOptions {
  readonly databaseUrl: string;
  /** Folder of the numbered SQL files. */
  readonly folder: string;
}

/**
 * The names of the migrations that were applied by this call; empty if there was nothing to do. Throws
 * `store.unavailable` if Postgres cannot be reached or goes away half way, or if somebody else holds a lock for a
 * minute: then nothing was applied.
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const target = toPostgresTarget(options.databaseUrl, CONNECT_PATIENCE_MS);
  // Of the statement that failed: the runner makes a text of several lines of it, without a code.
  let refusal: unknown;
  const client = await connect(options.databaseUrl).catch((error: unknown) => {
    throw toStoreError(error, target);
  });
  client.connection.on("errorMessage", (error: unknown) => {
    refusal ??= error;
  });
  try {
    await begin(client);
    const applied = await runner({
      dbClient: client,
      dir: options.folder,
      direction: "up",
      migrationsTable: "schema_migrations",
      // Its BEGIN finds ours under way, which is no error; its COMMIT ends it. It makes its own table before that.
      singleTransaction: true,
      noLock: true,
      log: () => undefined,
    });
    // If there was nothing to apply it began nothing.
    await client.query("commit");
    return applied.map(({ name }) => name);
  } catch (error) {
    throw toStoreError(refusal ?? error, target);
  } finally {
    await within(ANSWER_GRACE_MS, client.end(), "the connection does not end").catch(() => undefined);
  }
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: toDriverUrl(databaseUrl),
    connectionTimeoutMillis: CONNECT_PATIENCE_MS,
    keepAlive: true,
  });
  // A connection that is cut fails its statement; without a listener its event would end the process.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function begin(client: pg.Client): Promise<void> {
  await client.query(
    `begin; set local lock_timeout = ${String(LOCK_TIMEOUT_MS)}; ` +
      `set local idle_in_transaction_session_timeout = ${String(IDLE_TIMEOUT_MS)}`,
  );
  await within(
    LOCK_TIMEOUT_MS + ANSWER_GRACE_MS,
    client.query("select pg_advisory_xact_lock($1)", [LOCK]),
    "no answer while waiting for another migration to end",
  );
}
