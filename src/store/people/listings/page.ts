// One page of a listing, and where the next one begins. By the keys of its rows and not by counting: a row that comes
// or goes between two pages neither hides nor repeats another. A row whose sorted value moves meanwhile may do both.
import type { ListQuery, RowKey } from "../../../domain/tell/listing.js";
import { AppError } from "../../../base/errors.js";
import type { Db } from "../../postgres/pool.js";
import { toKeyedStatement } from "./listing-sql.js";
import type { AnySource } from "./listing-sql.js";

export interface ListPage<Row> {
  readonly rows: readonly Row[];
  /** The key of the last row; null where no row comes behind it. */
  readonly next: RowKey | null;
  /** What Postgres showed then: while it shows the same, nothing was committed. Null of an empty page. */
  readonly snapshot: string | null;
}

interface KeyedRow {
  rowKey?: RowKey;
  snapshot?: string;
}

/** One statement. Throws `request.refused` for a key that no row of the listing can have. */
export async function readPage<Row extends object>(
  db: Db,
  source: AnySource,
  query: ListQuery & { readonly limit: number },
): Promise<ListPage<Row>> {
  const { limit } = query;
  // One more than the page holds says whether another page follows.
  const { text, values } = toKeyedStatement(source, { ...query, limit: limit + 1 });
  const found = await db.query<KeyedRow>(text, values).catch((error: unknown) => {
    throw query.after !== undefined && isUnreadableValue(error) ? unreadableKey(error) : error;
  });
  // Before they are taken off the rows.
  const next = found.length > limit ? (found[limit - 1]?.rowKey ?? null) : null;
  const snapshot = found[0]?.snapshot ?? null;
  return { rows: found.slice(0, limit).map(withoutKey) as Row[], next, snapshot };
}

function withoutKey(row: KeyedRow): object {
  delete row.rowKey;
  delete row.snapshot;
  return row;
}

/** Postgres's class of faults in values: a text that is no time or no number, or one too large. */
function isUnreadableValue(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" && code.startsWith("22");
}

function unreadableKey(cause: unknown): AppError {
  const text = "the cursor is none of this listing: take it from the page before, or begin without one";
  return new AppError("request.refused", text, { cause });
}
