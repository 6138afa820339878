// The listing of the outbox: what word went out of, to which channel, and what became of it. SQL only; which rows and
// in which order is listing-sql.ts's.
import type { ChannelName } from "../../../domain/tell/notices.js";
import type { ListingSource } from "./listing-sql.js";

export interface NotificationListing {
  /** The line of the journal that it tells of. */
  readonly line: string;
  readonly channel: ChannelName;
  readonly kind: string;
  /** Null for what is about more than one of them. */
  readonly project: string | null;
  readonly workspace: string | null;
  readonly processor: string | null;
  readonly text: string;
  readonly at: number;
  readonly attempts: number;
  /** Null while it waits. */
  readonly outcome: string | null;
  readonly endedAt: number | null;
  /** Why it was not delivered; of one that waits, why the last attempt of its channel failed. */
  readonly error: string | null;
}

export const NOTIFICATIONS: ListingSource<"notifications"> = {
  select: `select n.line::text as line, n.channel, n.kind, n.project, n.workspace, n.processor, n.text, n.at,
       n.attempts, n.outcome, n.ended_at as "endedAt",
       case when n.outcome is null then c.error else n.error end as error
     from notifications n left join notify_channels c using (channel)`,
  parts: ["n.project", "n.workspace", "n.processor"],
  conditions: {
    waiting: "n.outcome is null",
    delivered: "n.outcome = 'delivered'",
    repeated: "n.outcome = 'repeated'",
    lost: "n.outcome in ('refused', 'given-up')",
    webhook: "n.channel = 'webhook'",
    slack: "n.channel = 'slack'",
    mail: "n.channel = 'mail'",
  },
  since: "n.at",
  sorts: {
    at: ["n.line"],
    name: ["n.project", "n.workspace", "n.processor"],
    kind: ["n.kind"],
    channel: ["n.channel"],
  },
  order: ["n.line desc", "n.channel"],
};
