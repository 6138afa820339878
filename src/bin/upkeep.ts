// What a worker does beside the loop, once a minute: it deletes what has expired and watches the database's clock.
// Nobody waits for it, and a run that fails is made up for by the next.
import type { Logger } from "../base/logger.js";
import { watchClock } from "../store/upkeep/clock-watch.js";
import type { Store } from "../store/postgres/pool.js";
import { createRetention } from "../store/upkeep/retention.js";

export interface UpkeepParts {
  readonly store: Store;
  readonly log: Logger;
  readonly everyMs: number;
}

/** Answers what ends it, once the statement that runs is done. */
export function startUpkeep({ store, log, everyMs }: UpkeepParts): () => Promise<void> {
  const ending = new AbortController();
  const retention = createRetention(store);
  const run = async (): Promise<void> => {
    // First the clock: what has expired is judged by it.
    const wentBackMs = await watchClock(store);
    if (wentBackMs > 0) log.error("clock.went-back", { byMs: wentBackMs });
    const deleted = await retention.run(ending.signal);
    if (deleted > 0) log.debug("rows.expired", { deleted });
  };
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    // One at a time: a run that takes longer than the interval is not joined by a second one.
    running ??= run()
      .catch((error: unknown) => {
        log.warn("upkeep.failed", { error: error instanceof Error ? error.message : String(error) });
      })
      .finally(() => {
        running = undefined;
      });
  }, everyMs);
  return async () => {
    clearInterval(timer);
    ending.abort();
    await running;
  };
}
