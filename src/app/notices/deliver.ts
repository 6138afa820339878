// Word goes out: whatever waits in the outbox is sent, channel by channel, by whichever process comes first. At least
// once: a process that dies before it has marked a message as sent has it sent again, under the same id. A channel that
// fails is tried again later and holds up no other.
import { toRetryMs } from "../../domain/tell/notices.js";
import type { NoticeKind } from "../../domain/tell/notices.js";
import type { Logger } from "../../base/logger.js";
import type { Metrics } from "../../base/metrics.js";
import type { Channel, Sending } from "../../notify/channel.js";
import {
  claimNotices,
  declareChannels,
  endDelivery,
  freeChannel,
  listDueChannels,
  putOffChannel,
} from "../../store/notices.js";
import type { NoticeClaim } from "../../store/notices.js";
import type { Store } from "../../store/postgres/pool.js";

export interface DeliveryDeps {
  readonly store: Store;
  readonly channels: readonly Channel[];
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** From now on, lines of these kinds are told to these channels and to no other. */
export function openOutbox(
  { store, channels }: Pick<DeliveryDeps, "store" | "channels">,
  events: readonly NoticeKind[],
): Promise<void> {
  return declareChannels(
    store,
    channels.map(({ name }) => name),
    events,
  );
}

/** One read where nothing waits; none without a channel. Throws `store.unavailable`. */
export async function deliverNotices(deps: DeliveryDeps): Promise<void> {
  const { store, channels } = deps;
  if (channels.length === 0) return;
  const due = await listDueChannels(
    store,
    channels.map(({ name }) => name),
  );
  await Promise.all(
    channels.filter(({ name }) => due.includes(name)).map((channel) => deliver(deps, channel)),
  );
}

async function deliver(deps: DeliveryDeps, channel: Channel): Promise<void> {
  const { store, log } = deps;
  const claim = await claimNotices(store, channel.name);
  if (claim === undefined) return;
  const { delivery, installation, notices, givenUp } = claim;
  if (givenUp > 0) log.error("notices.given-up", { channel: channel.name, notices: givenUp });
  // All that waited was old or known. The channel is free again at once, and its failures are not forgotten.
  if (notices.length === 0) return freeChannel(store, claim);
  const sending = await channel.send({ id: delivery, installation, notices });
  await note(deps, claim, sending);
}

async function note(deps: DeliveryDeps, claim: NoticeClaim, sending: Sending): Promise<void> {
  const { store, log, metrics } = deps;
  const { channel, delivery, notices } = claim;
  const facts = { channel, delivery, notices: notices.length };
  metrics.add("headgate_notification_sendings_total", { channel, outcome: sending.kind });
  switch (sending.kind) {
    case "delivered":
      await endDelivery(store, claim, null);
      log.info("notices.delivered", facts);
      return;
    case "refused":
      await endDelivery(store, claim, sending.why);
      log.error("notices.refused", { ...facts, error: sending.why });
      return;
    case "failed": {
      const failures = claim.failures + 1;
      const retryMs = toRetryMs(failures, sending.retryAfterMs);
      await putOffChannel(store, claim, { error: sending.why, retryMs });
      log.warn("notices.failed", { ...facts, failures, error: sending.why, retryMs });
    }
  }
}
