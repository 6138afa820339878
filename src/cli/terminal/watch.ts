// A listing that goes on: every row once, then those that changed since the last look. It keeps one digest per row,
// never the rows themselves.
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../base/errors.js";
import type { Terminal } from "./context.js";

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
  /** Told once when a look could not be had, and why, and once when the next can. */
  readonly onLost: (why: string) => void;
  readonly onBack: () => void;
  readonly everyMs: number;
  /** Ends it, also in the middle of a look. */
  readonly signal: AbortSignal;
}

/**
 * Pages may be empty. Ends when the signal is aborted, without an error. Outlives an outage of the store, unless it is
 * there from the first look on: then something is set wrong.
 */
export async function* watchPages<Row>(watch: Watch<Row>): AsyncGenerator<readonly Row[], void, undefined> {
  const isOver = (): boolean => watch.signal.aborted;
  const onLook = noticeOutages(watch);
  let known: ReadonlyMap<string, string> | undefined;
  while (!isOver()) {
    const seen = new Map<string, string>();
    try {
      for await (const rows of watch.look()) {
        yield rows.filter((row) => isNews(watch, row, { known, seen }));
        if (isOver()) return;
      }
      const gone = [...(known?.keys() ?? [])].filter((key) => !seen.has(key));
      onLook();
      watch.onEnd({ isFirst: known === undefined, count: seen.size, gone });
      known = seen;
    } catch (error) {
      if (known === undefined || !onLook(error)) throw error;
      // What was printed of a look that broke off is not printed again; nothing is gone that it did not come to.
      known = new Map([...known, ...seen]);
    }
    await delay(watch.everyMs, undefined, { signal: watch.signal }).catch(() => undefined);
  }
}

/** On stderr, so that what is watched stays data. */
export function tellingOutages({ note }: Pick<Terminal, "note">): Pick<Watch<unknown>, "onLost" | "onBack"> {
  return {
    onLost: (why) => {
      note(`${why}. Watching goes on when it answers.`);
    },
    onBack: () => {
      note("Postgres answers again.");
    },
  };
}

/** Of looks, one after another: with what each failed, if it did. False where that is no outage of the store. */
export function noticeOutages({
  onLost,
  onBack,
}: Pick<Watch<unknown>, "onLost" | "onBack">): (error?: unknown) => boolean {
  let isLost = false;
  return (error) => {
    if (error === undefined) {
      if (isLost) onBack();
      isLost = false;
      return true;
    }
    if (!(error instanceof AppError) || error.code !== "store.unavailable") return false;
    if (!isLost) onLost(error.message);
    isLost = true;
    return true;
  };
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
