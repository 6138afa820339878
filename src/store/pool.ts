// The only way to Postgres. Every statement passes through here, so that a test can count them and an outage is one
// error with one remedy. Holds no business rule.
import pg from "pg";
import { readPages } from "./cursor.js";
import type { Session } from "./cursor.js";
import { toStoreError, toTarget } from "./errors.js";
import type { Statement } from "./listing-sql.js";

export interface Db {
  /** One statement; its rows. Throws `store.unavailable` where Postgres cannot be reached. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

export interface Store extends Db {
  /** All or nothing: the transaction is rolled back where `work` throws. */
  transaction<Result>(work: (db: Db) => Promise<Result>): Promise<Result>;
  /** The rows of one SELECT, a page at a time, each fetched when it is asked for; of one moment. */
  pages<Row extends object>(statement: Statement): AsyncGenerator<readonly Row[], void, undefined>;
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly databaseUrl: string;
  readonly max?: number;
  /** Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** No statement takes longer; default: as long as it takes. */
  readonly statementTimeoutMs?: number;
  /** Called before each statement: the count that tests assert. */
  readonly onStatement?: ((text: string) => void) | undefined;
}

const CONNECT_PATIENCE_MS = 10_000;

/** Opens a pool; connects at first use. */
export function openStore(options: StoreOptions): Store {
  const patienceMs = options.connectTimeoutMs ?? CONNECT_PATIENCE_MS;
  const target = toTarget(options.databaseUrl, patienceMs);
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    max: options.max ?? 10,
    connectionTimeoutMillis: patienceMs,
    statement_timeout: options.statementTimeoutMs ?? false,
    application_name: "headgate",
    types: { getTypeParser: toTypeParser },
  });
  // A connection that dies while idle is replaced at next use; the next statement reports an outage.
  pool.on("error", () => undefined);
  // One that dies inside a transaction fails its statement; without a listener its event would end the process.
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
  });
  const run = async <Row extends object>(
    client: pg.Pool | pg.PoolClient,
    text: string,
    values: readonly unknown[],
  ) => {
    options.onStatement?.(text);
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } catch (error) {
      throw toStoreError(error, target);
    }
  };
  const connect: Connect = () =>
    pool.connect().catch((error: unknown) => {
      throw toStoreError(error, target);
    });
  return {
    query: (text, values = []) => run(pool, text, values),
    transaction: (work) => inTransaction(connect, run, work),
    pages: (statement) => readPages(() => openSession(connect, run), statement),
    close: () => pool.end(),
  };
}

type Run = <Row extends object>(
  client: pg.PoolClient,
  text: string,
  values: readonly unknown[],
) => Promise<readonly Row[]>;

type Connect = () => Promise<pg.PoolClient>;

async function inTransaction<Result>(
  connect: Connect,
  run: Run,
  work: (db: Db) => Promise<Result>,
): Promise<Result> {
  const client = await connect();
  let isBroken = false;
  try {
    await run(client, "begin", []);
    const result = await work({ query: (text, values = []) => run(client, text, values) });
    await run(client, "commit", []);
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    client.release(isBroken);
  }
}

async function openSession(connect: Connect, run: Run): Promise<Session> {
  const client = await connect();
  return {
    query: (text, values = []) => run(client, text, values),
    release: (isBroken) => {
      client.release(isBroken);
    },
  };
}

/** Times come as epoch milliseconds, 64-bit integers as numbers: all of ours fit. */
const { INT8, TIMESTAMPTZ } = pg.types.builtins;

function toTypeParser(oid: typeof INT8): (text: string) => unknown {
  if (oid === INT8) return Number;
  const parse = pg.types.getTypeParser(oid, "text") as (text: string) => unknown;
  return oid === TIMESTAMPTZ ? (text) => (parse(text) as Date).getTime() : parse;
}
