// The outbox of notices: which channels there are, what waits for each, and what became of it. Rows come by the trigger
// on the journal (migrations/0014_notifications.sql). A channel is leased while it is sent to, so of several processes
// one sends; a process that dies between sending and marking has its message sent again, unchanged. No credential is
// written here.
import { GATHER_MS, GIVE_UP_MS, PAUSE_MS, REPEAT_MS, chooseNotices } from "../domain/tell/notices.js";
import type { ChannelName, Notice, NoticeKind, WaitingNotice } from "../domain/tell/notices.js";
import type { Db, Store } from "./postgres/pool.js";

/** One message holds so many at most; the next one follows after a pause. */
const BATCH_MAX = 500;
/** Longer than any sending. */
const LEASE_MS = 60_000;

const after = (ms: number): string => `headgate_now() + interval '${String(ms)} ms'`;

/**
 * The channels that are configured, and what each is told of. Those that are no more are forgotten, and what waited for
 * them is given up. Nothing is written where all is as it was.
 */
export async function declareChannels(
  db: Db,
  channels: readonly ChannelName[],
  events: readonly NoticeKind[],
): Promise<void> {
  await db.query(DECLARE, [channels, events]);
}

const DECLARE = `
with gone as (delete from notify_channels where channel <> all ($1::text[]) returning channel),
dropped as (
  update notifications set outcome = 'given-up', ended_at = headgate_now(), error = 'its channel is configured no more'
  where outcome is null and channel in (select channel from gone))
insert into notify_channels (channel, events)
  select channel, $2::text[] from unnest($1::text[]) channel
on conflict (channel) do update set events = excluded.events
  where notify_channels.events is distinct from excluded.events`;

/** Of these, the ones that something waits for, that may be sent to now. A read. */
export async function listDueChannels(
  db: Db,
  channels: readonly ChannelName[],
): Promise<readonly ChannelName[]> {
  const rows = await db.query<{ channel: ChannelName }>(
    `select channel from notify_channels c where channel = any ($1) and due_at <= headgate_now() and exists (
       select from notifications n where n.channel = c.channel and n.outcome is null
         and n.at <= ${after(-GATHER_MS)})
     order by channel`,
    [channels],
  );
  return rows.map(({ channel }) => channel);
}

/** What one channel is to be sent now, under a lease. */
export interface NoticeClaim {
  readonly channel: ChannelName;
  readonly token: string;
  /** Which one it is: receivers tell several apart by it. */
  readonly installation: string;
  /** The same until it is known what became of it. */
  readonly delivery: string;
  readonly notices: readonly Notice[];
  /** Failures in a row before this attempt. */
  readonly failures: number;
  /** How many were too old by now. */
  readonly givenUp: number;
}

/** Undefined where another process has it, or it is not due. Without a notice where all that waited is old or known. */
export async function claimNotices(store: Store, channel: ChannelName): Promise<NoticeClaim | undefined> {
  return store.transaction(async (db) => {
    const [lease] = await db.query<Lease>(LEASE, [channel]);
    if (lease === undefined) return undefined;
    const waiting = await db.query<WaitingNotice>(WAITING, [channel]);
    const { now, ...held } = lease;
    const choice = chooseNotices(waiting, now);
    const delivery = choice.delivery ?? held.token;
    await db.query(SETTLE, [channel, choice.send, choice.repeated, choice.givenUp, delivery]);
    return {
      ...held,
      ...{ channel, delivery },
      notices: waiting.filter(({ line }) => choice.send.includes(line)),
      givenUp: choice.givenUp.length,
    };
  });
}

interface Lease extends Pick<NoticeClaim, "token" | "installation" | "failures"> {
  readonly now: number;
}

const LEASE = `
update notify_channels set token = gen_random_uuid(), due_at = ${after(LEASE_MS)}
where channel = (
  select channel from notify_channels where channel = $1 and due_at <= headgate_now() for update skip locked)
returning token, failures, to_ms(headgate_now()) as now, (select id from installation_names) as installation`;

const WAITING = `
select n.line, n.kind, n.project, n.workspace, n.processor, n.text, to_ms(n.at) as at, n.delivery, (
    select max(to_ms(e.at)) from notifications e
    where e.channel = n.channel and e.kind = n.kind and e.outcome = 'delivered'
      and e.project is not distinct from n.project and e.workspace is not distinct from n.workspace
      and e.processor is not distinct from n.processor
      and e.at > n.at - interval '${String(REPEAT_MS)} ms') as "toldAt"
from notifications n where n.channel = $1 and n.outcome is null order by n.line limit ${String(BATCH_MAX)}`;

const SETTLE = `
with ended as (
  update notifications n set outcome = e.outcome, ended_at = headgate_now(), error = e.error
  from (
    select unnest($3::bigint[]) as line, 'repeated' as outcome, null as error
    union all
    select unnest($4::bigint[]), 'given-up',
      coalesce((select c.error from notify_channels c where c.channel = $1), 'nobody sent it within ${String(GIVE_UP_MS / 3_600_000)} hours')
  ) e
  where n.line = e.line and n.channel = $1)
update notifications set delivery = $5, attempts = attempts + 1 where channel = $1 and line = any ($2::bigint[])`;

/** It arrived, or never will. Whoever holds the lease by now, the message has ended. */
export async function endDelivery(
  db: Db,
  { channel, token, delivery }: Pick<NoticeClaim, "channel" | "token" | "delivery">,
  refusal: string | null,
): Promise<void> {
  await db.query(
    `with ended as (
       update notifications set outcome = case when $4::text is null then 'delivered' else 'refused' end,
         ended_at = headgate_now(), error = $4
       where channel = $1 and delivery = $3 and outcome is null)
     update notify_channels set token = null, failures = 0, error = $4, due_at = ${after(PAUSE_MS)},
       failed_at = case when $4::text is null then null else headgate_now() end
     where channel = $1 and token = $2`,
    [channel, token, delivery, refusal],
  );
}

/** Nothing was sent. */
export async function freeChannel(
  db: Db,
  { channel, token }: Pick<NoticeClaim, "channel" | "token">,
): Promise<void> {
  await db.query(
    "update notify_channels set token = null, due_at = headgate_now() where channel = $1 and token = $2",
    [channel, token],
  );
}

/** It is to be sent again after so long; nothing is written where another process has the lease by now. */
export async function putOffChannel(
  db: Db,
  { channel, token }: Pick<NoticeClaim, "channel" | "token">,
  { error, retryMs }: { readonly error: string; readonly retryMs: number },
): Promise<void> {
  await db.query(
    `update notify_channels set token = null, failures = failures + 1, error = $3, failed_at = headgate_now(),
       due_at = headgate_now() + make_interval(secs => $4::double precision / 1000)
     where channel = $1 and token = $2`,
    [channel, token, error, retryMs],
  );
}
