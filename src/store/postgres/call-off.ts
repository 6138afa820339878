// Asks Postgres to give up the statement that a connection waits for. Without it a statement behind a lock would stay
// in the queue, and hold a backend, long after nobody waits for it. A pooler in between passes the question on.
import { connect } from "node:net";
import type pg from "pg";

/** What node-postgres knows of a connection, and its types do not. */
interface Backend {
  readonly host: string;
  readonly port: number;
  readonly processID: number | null;
  readonly secretKey: number | null;
}

const PATIENCE_MS = 1_000;
/**
 * The protocol's CancelRequest: version 1234.5678. In the clear, as libpq sent it for 25 years: it holds no credential.
 */
const CANCEL_REQUEST = 80_877_102;

/** Resolves when it is asked, or cannot be within a second: the answer comes on the connection itself, if at all. */
export async function callOff(client: pg.PoolClient): Promise<void> {
  const { host, port, processID, secretKey } = client as unknown as Backend;
  if (processID === null || secretKey === null) return;
  const request = Buffer.alloc(16);
  [request.length, CANCEL_REQUEST, processID, secretKey].forEach((word, index) => {
    request.writeInt32BE(word, index * 4);
  });
  await new Promise<void>((resolve) => {
    const socket = connect(
      host.startsWith("/") ? { path: `${host}/.s.PGSQL.${String(port)}` } : { host, port },
    );
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.resume();
    // The server closes it. PgBouncer forgets a request whose sender has closed first.
    socket.write(request);
  });
}
