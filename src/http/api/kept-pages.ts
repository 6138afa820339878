// Pages that many poll, kept as the bytes they were sent as: while Postgres shows nothing new they are sent again. What
// it shows, the statement says that finds out who calls, so a page is never older than its question; what is spared is
// reading it again.

/** A JSON document and its ETag, made once for all who share it. */
export interface JsonBytes {
  readonly bytes: Buffer;
  readonly etag: string;
}

interface Kept {
  readonly json: JsonBytes;
  /** What Postgres showed when it was read. */
  readonly snapshot: string;
}

/** Bytes of one list's pages, which are up to half a megabyte each. */
const KEPT_MAX = 32 * 1024 * 1024;
/** What a page costs beside its own bytes: without it, any number of empty ones would be kept. */
const COST_OF_ONE = 1_024;

export interface KeptPages {
  /** Undefined if it is not known, or Postgres has shown something new since. */
  find(question: string, shown: string): JsonBytes | undefined;
  /** `snapshot` is null where it is not known what Postgres showed: that page is not kept. */
  keep(question: string, json: JsonBytes, snapshot: string | null): void;
}

/** Only for pages that depend on no clock. Those that were asked for longest ago are forgotten first. */
export function keepPages(): KeptPages {
  const kept = new Map<string, Kept>();
  let cost = 0;
  const forget = (question: string): void => {
    const page = kept.get(question);
    if (page === undefined) return;
    kept.delete(question);
    cost -= toCost(page);
  };
  const put = (question: string, page: Kept): void => {
    forget(question);
    kept.set(question, page);
    cost += toCost(page);
    for (const [oldest] of kept) {
      if (cost <= KEPT_MAX) break;
      forget(oldest);
    }
  };
  return {
    find: (question, shown) => {
      const page = kept.get(question);
      if (page?.snapshot !== shown) return undefined;
      put(question, page);
      return page.json;
    },
    keep: (question, json, snapshot) => {
      if (snapshot !== null) put(question, { json, snapshot });
    },
  };
}

const toCost = ({ json }: Kept): number => json.bytes.length + COST_OF_ONE;
