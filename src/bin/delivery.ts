// What goes on beside the loop of a worker and beside a server: notices are sent, by a look every few seconds that
// costs one read, and a server watches whether the loop observes. Nobody waits for either; a look that fails is made up
// for by the next.
import { deliverNotices, openOutbox } from "../app/notices/deliver.js";
import { watchSilence } from "../app/notices/silence.js";
import type { Logger } from "../base/logger.js";
import type { Metrics } from "../base/metrics.js";
import type { NotifyConfig } from "../config/notify.js";
import { openChannels } from "../notify/channels.js";
import type { Store } from "../store/postgres/pool.js";

const DELIVER_MS = 5_000;
const LOOK_MS = 60_000;

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
  return repeat({
    work: () => deliverNotices(deps),
    everyMs: DELIVER_MS,
    event: "notices.not-delivered",
    log,
  });
}

/** Answers what ends it. */
export function startSilenceWatch({ store, log }: Pick<DeliveryParts, "store" | "log">): () => Promise<void> {
  const watch = watchSilence({ store, log });
  return repeat({ work: () => watch.look(), everyMs: LOOK_MS, event: "loop.not-looked-at", log });
}

interface Repeated {
  readonly work: () => Promise<void>;
  readonly everyMs: number;
  /** Logged where it fails. */
  readonly event: string;
  readonly log: Logger;
}

/** One at a time: work that takes longer than the interval is not joined by more of it. */
function repeat({ work, everyMs, event, log }: Repeated): () => Promise<void> {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= work()
      .catch((error: unknown) => {
        log.warn(event, { error: error instanceof Error ? error.message : String(error) });
      })
      .finally(() => {
        running = undefined;
      });
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
