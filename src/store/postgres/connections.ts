// Connections to Postgres that end: waiting for one, and for each answer, takes no longer than said, and a connection
// that went silent, broke or led to a standby is used by nobody again. Holds no SQL but what a statement is given to
// carry.
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { OutOfTime, within } from "../../base/deadline.js";
import { formatDurationMs } from "../../domain/duration.js";
import { callOff } from "./call-off.js";
import { NoneFree, findKind, isOutage, toDriverUrl, toStoreError, toPostgresTarget } from "./errors.js";
import { watchOutages } from "./outages.js";
import type { Outage } from "./outages.js";

export interface ConnectionOptions {
  readonly databaseUrl: string;
  readonly max: number;
  /** Of waiting for a free connection, and of making one. */
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly onOutage?: ((outage: Outage) => void) | undefined;
  /** Told once of a statement that takes long, while it is waited for. */
  readonly onWait?: ((text: string) => void) | undefined;
}

/** A connection that is nobody else's meanwhile. */
interface Lent {
  query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]>;
  /** Whether nothing may be asked of it any more. */
  isBroken(): boolean;
  /** Gives it back; throws it away if it is broken, or spoilt for others. */
  release(isSpoilt: boolean): void;
}

export interface Connections {
  /** Throws `store.unavailable`; so does each query. */
  lend(): Promise<Lent>;
  close(): Promise<void>;
}

/** How long an idle connection is quiet before the kernel asks whether its peer lives. */
const KEEPALIVE_MS = 10_000;
/** How long a statement that was called off may take to end. */
const FAREWELL_MS = 1_000;
/** From then on whoever waits for a statement is told so. */
const LONG_WAIT_MS = 3_000;

/**
 * Connects at first use. A statement that fails is never sent again here: whether it took effect only its caller can
 * tell.
 */
export function openConnections(options: ConnectionOptions): Connections {
  const target = toPostgresTarget(options.databaseUrl, options.connectTimeoutMs);
  const outages = watchOutages(options.onOutage ?? (() => undefined));
  const openedAt = new WeakMap<pg.PoolClient, number>();
  let suspectUntil = 0;
  let lentCount = 0;
  const pool = openPool(options, (client) => openedAt.set(client, performance.now()));

  // Those opened before the last silence or failover are thrown away one by one, until one is new.
  const connect = async (): Promise<pg.PoolClient> => {
    for (;;) {
      const client = await pool.connect();
      if ((openedAt.get(client) ?? 0) >= suspectUntil) return client;
      destroy(client);
    }
  };
  const explain = (error: unknown): unknown => {
    const explained = toStoreError(error, target);
    if (isOutage(findKind(error))) outages.noteFailure((explained as Error).message);
    return explained;
  };
  return {
    lend: async () => {
      const client = await connect().catch((error: unknown) => {
        const waited = isQueueTimeout(error) ? toQueueError(lentCount, options) : error;
        throw explain(waited);
      });
      lentCount += 1;
      let isBroken = false;
      return {
        query: async <Row extends object>(text: string, values: readonly unknown[]) => {
          try {
            const { rows } = await ask<Row>(client, { text, values, address: target.address }, options);
            outages.noteAnswer();
            return rows;
          } catch (error) {
            const kind = findKind(error);
            isBroken ||= error instanceof OutOfTime || isOutage(kind);
            // What one connection has run into, those beside it have, too: a host that fell silent, a primary that is
            // none now.
            if (error instanceof OutOfTime || kind === "standby") suspectUntil = performance.now();
            throw explain(error);
          }
        },
        isBroken: () => isBroken,
        release: (isSpoilt) => {
          lentCount -= 1;
          if (isBroken || isSpoilt) destroy(client);
          else client.release();
        },
      };
    },
    close: () => pool.end(),
  };
}

function openPool(options: ConnectionOptions, onConnect: (client: pg.PoolClient) => void): pg.Pool {
  // No time-out as a parameter of the connection: PgBouncer refuses a connection that names one it does not know.
  const pool = new pg.Pool({
    connectionString: toDriverUrl(options.databaseUrl),
    max: options.max,
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    application_name: "headgate",
    types: { getTypeParser: toTypeParser },
  });
  // A connection that dies while idle is replaced at next use; the next statement reports an outage.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    // One that dies inside a transaction fails its statement; without a listener its event would end the process.
    client.on("error", () => undefined);
    onConnect(client);
  });
  return pool;
}

interface Asked {
  readonly address: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Throws `OutOfTime` if the statement did not end in time, though it was called off. */
async function ask<Row extends object>(
  client: pg.PoolClient,
  { text, values, address }: Asked,
  { statementTimeoutMs, onWait }: ConnectionOptions,
): Promise<pg.QueryResult<Row>> {
  const answer = client.query<Row>(text, [...values]);
  const span = formatDurationMs(statementTimeoutMs);
  const slow = setTimeout(() => {
    onWait?.(`Waiting for Postgres at ${address}, ${span} at most: a lock holds it up, or its host is gone.`);
  }, LONG_WAIT_MS);
  try {
    return await within(statementTimeoutMs, answer, `no answer for ${span}`);
  } catch (error) {
    if (error instanceof OutOfTime) {
      await callOff(client);
      await Promise.race([answer.catch(() => undefined), delay(FAREWELL_MS, undefined, { ref: false })]);
    }
    throw error;
  } finally {
    clearTimeout(slow);
  }
}

/**
 * `release` alone would wait for a peer that says nothing to see the connection end, and hold up whoever waits for a
 * place.
 */
function destroy(client: pg.PoolClient): void {
  client.connection.stream.destroy();
  client.release(true);
}

/** pg-pool's words for a wait for one of its connections; making one has words of its own. */
function isQueueTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === "timeout exceeded when trying to connect";
}

/** Its places are in use, or they are held by connections that are not made: then the host is what is waited for. */
function toQueueError(lentCount: number, { max, connectTimeoutMs }: ConnectionOptions): Error {
  const span = formatDurationMs(connectTimeoutMs);
  return lentCount >= max
    ? new NoneFree(`all ${String(max)} are in use, for ${span} now`)
    : new Error("connection timeout");
}

/** Times come as epoch milliseconds, 64-bit integers as numbers: all of ours fit. */
const { INT8, TIMESTAMPTZ } = pg.types.builtins;

function toTypeParser(oid: typeof INT8): (text: string) => unknown {
  if (oid === INT8) return Number;
  const parse = pg.types.getTypeParser(oid, "text") as (text: string) => unknown;
  return oid === TIMESTAMPTZ ? (text) => (parse(text) as Date).getTime() : parse;
}
