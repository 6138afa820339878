// What sends the notices, beside the loop of a worker and beside a server: a look every few seconds, which costs one
// read. Nobody waits for it, and a look that fails is made up for by the next.
import { deliverNotices, openOutbox } from "../app/notices/deliver.js";
import type { Logger } from "../base/logger.js";
import type { Metrics } from "../base/metrics.js";
import type { NotifyConfig } from "../config/notify.js";
import { openChannels } from "../notify/channels.js";
import type { Store } from "../store/postgres/pool.js";

const EVERY_MS = 5_000;

export interface DeliveryParts {
  readonly config: NotifyConfig;
  readonly store: Store;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Whether this process says which channels there are: workers do, so that there is one answer. */
  readonly declares: boolean;
}

/** Answers what ends it. Throws `store.unavailable` where it declares. */
export async function startDelivery(parts: DeliveryParts): Promise<() => Promise<void>> {
  const { config, store, log, metrics, declares } = parts;
  const channels = openChannels(config);
  if (declares) await openOutbox({ store, channels }, config.events);
  if (channels.length === 0) return () => Promise.resolve();
  const deps = { store, channels, log, metrics };
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    // One look at a time: a sending may take longer than the interval.
    running ??= deliverNotices(deps)
      .catch((error: unknown) => {
        log.warn("notices.not-delivered", { error: error instanceof Error ? error.message : String(error) });
      })
      .finally(() => {
        running = undefined;
      });
  }, EVERY_MS);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
