// A listing that goes on: every row once, then those that changed since the last look. It keeps one digest per row, never
// the rows themselves.
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

export interface Watch<Row> {
  /** Everything there is at this moment. */
  readonly look: () => AsyncIterable<readonly Row[]>;
  /** What a row is known by. */
  readonly key: (row: Row) => string;
  /** What makes it another row. */
  readonly steady: (row: Row) => unknown;
  /** Told after each look, of rows that the last one still had. */
  readonly onEnd: (look: {
    readonly isFirst: boolean;
    readonly count: number;
    readonly gone: Iterable<string>;
  }) => void;
  readonly everyMs: number;
  /** Ends it, also in the middle of a look. */
  readonly signal: AbortSignal;
}

/** Pages may be empty. Ends when the signal is aborted, without an error. */
export async function* watchPages<Row>(watch: Watch<Row>): AsyncGenerator<readonly Row[], void, undefined> {
  const isOver = (): boolean => watch.signal.aborted;
  let known: ReadonlyMap<string, string> | undefined;
  while (!isOver()) {
    const seen = new Map<string, string>();
    for await (const rows of watch.look()) {
      yield rows.filter((row) => isNews(watch, row, { known, seen }));
      if (isOver()) return;
    }
    const gone = [...(known?.keys() ?? [])].filter((key) => !seen.has(key));
    watch.onEnd({ isFirst: known === undefined, count: seen.size, gone });
    known = seen;
    await delay(watch.everyMs, undefined, { signal: watch.signal }).catch(() => undefined);
  }
}

function isNews<Row>(
  { key, steady }: Watch<Row>,
  row: Row,
  memory: { readonly known: ReadonlyMap<string, string> | undefined; readonly seen: Map<string, string> },
): boolean {
  const name = key(row);
  const digest = createHash("sha1")
    .update(JSON.stringify(steady(row)))
    .digest("base64");
  memory.seen.set(name, digest);
  return memory.known?.get(name) !== digest;
}
