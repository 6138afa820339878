// Rows of one SELECT page by page: a cursor inside one read-only transaction, so that what is read is of one moment and
// no more than a page is held, here or on its way. The next page is fetched when it is asked for.
import type { Statement } from "./statement.js";

/** Rows of a page. */
export const PAGE_ROWS = 500;

/** A connection that is nobody else's meanwhile. */
export interface Session {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Ends a transaction without a trace; never throws. */
  rollback(): Promise<void>;
  /** Gives it back. */
  release(): void;
}

/** Pages are never empty. Who stops early ends the transaction; nothing is fetched before the first is asked for. */
export async function* readThroughCursor<Row extends object>(
  connect: () => Promise<Session>,
  { text, values }: Statement,
): AsyncGenerator<readonly Row[], void, undefined> {
  const session = await connect();
  try {
    await session.query("begin read only");
    await session.query(`declare listing no scroll cursor for ${text}`, values);
    let rows: readonly Row[];
    do {
      rows = await session.query<Row>(`fetch ${String(PAGE_ROWS)} from listing`);
      if (rows.length > 0) yield rows;
    } while (rows.length === PAGE_ROWS);
  } finally {
    // Nothing was written: rolling back is the same end for all ways out.
    await session.rollback();
    session.release();
  }
}
