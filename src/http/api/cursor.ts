// Where the next page of a listing begins, as a word that clients hand back unread. It holds the key of the last row
// and nothing secret; a forged one means another row of the same listing, inside the same scope, or is refused.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { ListQuery, ListingName, RowKey } from "../../domain/tell/listing.js";
import { Problem } from "./problems.js";

/** More than the keys of any row need. */
export const CURSOR_MAX = 4_000;

const content = z.strictObject({
  of: z.string().max(64),
  key: z.array(z.string().max(1_000).nullable()).min(1).max(8),
});

/** A cursor belongs to the question it was given for: another order or filter would skip rows without a word. */
function toQuestionName(name: ListingName, query: ListQuery): string {
  const { selectors, conditions, classes, since, sort } = query;
  const text = JSON.stringify([name, selectors, conditions, classes, since, sort]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 12);
}

export function formatCursor(name: ListingName, query: ListQuery, key: RowKey): string {
  return Buffer.from(JSON.stringify({ of: toQuestionName(name, query), key })).toString("base64url");
}

/** Throws the problem `invalid-request`. */
export function parseCursor(name: ListingName, query: ListQuery, cursor: string): RowKey {
  const { success, data } = content.safeParse(readContent(cursor));
  if (success && data.of === toQuestionName(name, query)) return data.key;
  throw unreadableCursor();
}

/** Also for one that Postgres cannot compare with any row. */
export function unreadableCursor(cause?: unknown): Problem {
  return new Problem("invalid-request", "the cursor is none of this question", {
    errors: [
      {
        field: "query.cursor",
        allowed: "next of the page before, with the same filters and sort",
      },
    ],
    cause,
  });
}

function readContent(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown;
  } catch {
    return undefined;
  }
}
