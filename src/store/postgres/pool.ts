// The only way to Postgres. Every statement passes through here, so that a test can count them and an outage is one
// error with one remedy. Holds no business rule.
import { openConnections } from "./connections.js";
import type { Connections } from "./connections.js";
import { readThroughCursor } from "./cursor.js";
import type { Session } from "./cursor.js";
import type { Statement } from "./statement.js";
import type { Outage } from "./outages.js";
import { toStorable } from "./parameters.js";

export interface Db {
  /**
   * One statement; its rows. Throws `store.unavailable` if Postgres cannot be reached, or does not answer in time.
   */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

export interface Store extends Db {
  /**
   * All or nothing: the transaction is rolled back if `work` throws. Never repeated here, after a deadlock neither. If
   * the answer to the commit is lost it throws, though everything may be written: callers must be idempotent. Two
   * statements beside those of `work`, which must not keep the `Db` it is given.
   */
  transaction<Result>(work: (db: Db) => Promise<Result>): Promise<Result>;
  /** The rows of one SELECT, a page at a time, each fetched when it is asked for; of one moment. */
  pages<Row extends object>(statement: Statement): AsyncGenerator<readonly Row[], void, undefined>;
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly databaseUrl: string;
  readonly max?: number;
  /** Of waiting for a free connection, and of making one; default 10 s. */
  readonly connectTimeoutMs?: number;
  /** No statement is waited for longer; default 30 s. */
  readonly statementTimeoutMs?: number;
  /** Called before each statement: the count that tests assert. */
  readonly onStatement?: ((text: string) => void) | undefined;
  /** Told of begin and end of every outage, once each. */
  readonly onOutage?: ((outage: Outage) => void) | undefined;
  /** Told once of each statement that takes long, while it is waited for. */
  readonly onWait?: ((text: string) => void) | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** A transaction is idle while its owner thinks. One whose host died without a word would keep its locks for hours. */
const IDLE_TIMEOUT_MS = 60_000;

/** Opens a pool; connects at first use. */
export function openStore(options: StoreOptions): Store {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const connections = openConnections({
    databaseUrl: options.databaseUrl,
    max: options.max ?? 10,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    statementTimeoutMs,
    onOutage: options.onOutage,
    onWait: options.onWait,
  });
  const open = (): Promise<Session> => openSession(connections, options.onStatement);
  const begin = toBegin(statementTimeoutMs);
  return {
    query: async (text, values) => {
      const session = await open();
      try {
        return await session.query(text, values);
      } finally {
        session.release();
      }
    },
    transaction: (work) => inTransaction(open, begin, work),
    pages: (statement) => readThroughCursor(open, statement),
    close: () => connections.close(),
  };
}

/** Of the transaction alone: behind a pooler the connection is somebody else's afterwards. */
function toBegin(statementTimeoutMs: number): string {
  return (
    `begin; set local statement_timeout = ${String(statementTimeoutMs)}; ` +
    `set local idle_in_transaction_session_timeout = ${String(IDLE_TIMEOUT_MS)}`
  );
}

async function inTransaction<Result>(
  open: () => Promise<Session>,
  begin: string,
  work: (db: Db) => Promise<Result>,
): Promise<Result> {
  const session = await open();
  try {
    await session.query(begin);
    const result = await work(session);
    await session.query("commit");
    return result;
  } catch (error) {
    await session.rollback();
    throw error;
  } finally {
    session.release();
  }
}

async function openSession(
  connections: Connections,
  onStatement: StoreOptions["onStatement"],
): Promise<Session> {
  const lent = await connections.lend();
  let isSpoilt = false;
  return {
    query: (text, values = []) => {
      onStatement?.(text);
      return lent.query(text, values.map(toStorable));
    },
    rollback: async () => {
      // Its connection ends with it, and with that the transaction.
      if (lent.isBroken()) return;
      onStatement?.("rollback");
      await lent.query("rollback", []).catch(() => {
        isSpoilt = true;
      });
    },
    release: () => {
      lent.release(isSpoilt);
    },
  };
}
