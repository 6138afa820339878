// Pages that many poll, kept as the texts they were sent as: while Postgres shows nothing new they are sent again.
// Postgres is asked each time, so a page is never older than its question; what is spared is reading it again.

/** A JSON text and its ETag, made once for all who share it. */
export interface JsonText {
  readonly text: string;
  readonly etag: string;
}

interface Kept {
  readonly json: JsonText;
  /** What Postgres showed when it was read; null: it is not known. */
  readonly snapshot: string | null;
}

/** A page is up to half a megabyte: those of the newest questions are kept. */
const KEPT_MAX = 16;

interface Reading {
  /** What Postgres shows now. */
  readonly look: () => Promise<string>;
  readonly read: () => Promise<Kept>;
}

/** Only for pages that depend on no clock. */
export function keepPages(): (question: string, reading: Reading) => Promise<JsonText> {
  const kept = new Map<string, Kept>();
  return async (question, { look, read }) => {
    const known = kept.get(question);
    const isCurrent = known !== undefined && known.snapshot !== null && known.snapshot === (await look());
    const page = isCurrent ? known : await read();
    kept.delete(question);
    kept.set(question, page);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    return page.json;
  };
}
