// Word goes out: from a line of the journal to a receiver on a real socket, at least once and under one id, whatever
// fails or dies on the way; once per event; gathered; and without a credential anywhere.
import { expect, it } from "vitest";
import { Secret } from "../../src/base/secret.js";
import { findFreePort } from "../../src/dev/port.js";
import { JOURNAL_KINDS } from "../../src/domain/journal.js";
import { GIVE_UP_MS, NOTICE_KINDS, PAUSE_MS, REPEAT_MS } from "../../src/domain/tell/notices.js";
import type { NoticeKind } from "../../src/domain/tell/notices.js";
import { openChannels } from "../../src/notify/channels.js";
import { deliverNotices, openOutbox } from "../../src/app/notices/deliver.js";
import { claimNotices } from "../../src/store/notices.js";
import type { Channel } from "../../src/notify/channel.js";
import { openTestOutbox, park, readNotices } from "../support/outbox.js";
import type { HttpReceiverServer } from "../support/receivers.js";
import { startReceiver } from "../support/receivers.js";
import { pictureRows, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const KEY = new Secret("a-key-of-the-test-0123");
const PATH = "/services/canary-31c0";

interface Sent {
  readonly id: string;
  readonly summary: string;
  readonly notices: readonly { readonly id: string; readonly event: string; readonly processor: string }[];
}

const NO_RECEIVER = { webhook: undefined, slack: undefined, mail: undefined };

function toWebhook(origin: string): readonly Channel[] {
  const webhook = { url: new Secret(`${origin}${PATH}`), proxy: undefined, key: KEY };
  return openChannels({ ...NO_RECEIVER, webhook });
}

const toSent = ({ received }: HttpReceiverServer): readonly Sent[] =>
  received.map(({ body }) => JSON.parse(body) as Sent);

it("a processor that is parked is told of once, as it stands in the journal", async () => {
  const receiver = await startReceiver();
  const outbox = await openTestOutbox(database(), toWebhook(receiver.origin));
  const { store } = database();
  await park(store, ["clicks"]);
  await outbox.deliver();
  await outbox.advance(PAUSE_MS);
  await outbox.deliver();
  const [row] = await store.query<{ id: number }>("select id from journal");
  expect(receiver.received).toHaveLength(1);
  expect(receiver.received[0]?.path).toBe(PATH);
  expect(toSent(receiver)).toMatchObject([
    {
      installation: "0000000a",
      summary: expect.stringMatching(/^Headgate: processor parked: \w{24}\/orders\/clicks$/) as string,
      notices: [
        {
          id: `0000000a-${String(row?.id)}`,
          ...{ event: "processor.parked", workspace: "orders", processor: "clicks" },
          ...{ text: "30 attempts failed", at: expect.stringMatching(/^20.*Z$/) as string },
        },
      ],
    },
  ]);
  expect(receiver.received[0]?.headers["x-headgate-delivery"]).toBe(toSent(receiver)[0]?.id);
  expect(await readNotices(store)).toMatchObject([{ outcome: "delivered", attempts: 1, error: null }]);
});

it("nothing waits where no channel is configured, the event is not named, or the line was not kept", async () => {
  const receiver = await startReceiver();
  const { store } = database();
  await park(store, ["before"]);
  await openTestOutbox(database(), toWebhook(receiver.origin), ["project.held"]);
  await park(store, ["not-named"]);
  await openOutbox({ store, channels: toWebhook(receiver.origin) }, NOTICE_KINDS);
  const rolledBack = store.transaction(async (db) => {
    await park(db, ["rolled-back"]);
    throw new Error("no");
  });
  await expect(rolledBack).rejects.toThrow("no");
  expect(await readNotices(store)).toEqual([]);
});

it("the trigger of the journal and the table of notices name the same kinds", async () => {
  const { store } = database();
  await openTestOutbox(database(), toWebhook("http://127.0.0.1:9"));
  const kinds = [...new Set<string>([...Object.keys(JOURNAL_KINDS), ...NOTICE_KINDS])];
  await store.query(
    "insert into journal (kind, actor, text) select kind, 'headgate', 'x' from unnest($1::text[]) kind",
    [kinds],
  );
  const queued = (await readNotices(store)).map(({ kind }) => kind as NoticeKind);
  expect(queued.sort()).toEqual([...NOTICE_KINDS].sort());
});

it.each([
  { reason: "it answers 500", answer: { status: 500, body: "later" }, error: "500: later", waitMs: 10_000 },
  { reason: "it answers 404", answer: { status: 404, body: "" }, error: "404", waitMs: 10_000 },
  {
    reason: "it sends elsewhere",
    answer: { status: 302, headers: { location: "/else" } },
    error: "302: a redirect, which is not followed",
    waitMs: 10_000,
  },
  {
    reason: "it asks for a pause",
    answer: { status: 429, headers: { "retry-after": "90" }, body: "slowly" },
    error: "429: slowly",
    waitMs: 90_000,
  },
])("where $reason, the same message is sent again, and not before", async ({ answer, error, waitMs }) => {
  const receiver = await startReceiver();
  receiver.answers.push(answer);
  const { store } = database();
  const outbox = await openTestOutbox(database(), toWebhook(receiver.origin));
  await park(store, ["first"]);
  await outbox.deliver();
  // What comes meanwhile is no part of what may have arrived.
  await park(store, ["second"]);
  await outbox.advance(waitMs - 10_500);
  await outbox.deliver();
  expect(receiver.received).toHaveLength(1);
  const channels = await store.query("select failures, error, token from notify_channels");
  expect(channels).toEqual([{ failures: 1, error, token: null }]);
  await outbox.deliver();
  const [before, again] = receiver.received;
  expect(again?.body).toBe(before?.body);
  await outbox.advance(PAUSE_MS);
  await outbox.deliver();
  expect(toSent(receiver).map(({ notices }) => notices.map(({ processor }) => processor))).toEqual([
    ["first"],
    ["first"],
    ["second"],
  ]);
  expect(await store.query("select failures, error, failed_at from notify_channels")).toEqual([
    { failures: 0, error: null, failed_at: null },
  ]);
});

it("a receiver that is not there is tried again until it is", async () => {
  const port = await findFreePort();
  const { store } = database();
  const outbox = await openTestOutbox(database(), toWebhook(`http://127.0.0.1:${String(port)}`));
  await park(store, ["clicks"]);
  await outbox.deliver();
  await outbox.deliver();
  const error = `connect ECONNREFUSED 127.0.0.1:${String(port)}`;
  expect(await store.query("select failures, error from notify_channels")).toEqual([{ failures: 2, error }]);
  const receiver = await startReceiver();
  await outbox.advance(20_000);
  await deliverNotices({ ...outbox.deps, channels: toWebhook(receiver.origin) });
  expect(toSent(receiver)).toHaveLength(1);
  expect(await readNotices(store)).toMatchObject([{ outcome: "delivered", attempts: 3 }]);
});

it("a process that died between sending and noting has its message sent again by another, under the same id", async () => {
  const receiver = await startReceiver();
  const { store } = database();
  const outbox = await openTestOutbox(database(), toWebhook(receiver.origin));
  await park(store, ["clicks"]);
  await outbox.advance(10_000);
  const claim = await claimNotices(store, "webhook");
  if (claim === undefined) throw new Error("nothing was claimed");
  await outbox.deps.channels[0]?.send({ ...claim, id: claim.delivery, installation: "0000000a" });
  await outbox.deliver();
  expect(receiver.received).toHaveLength(1);
  await outbox.advance(60_000);
  await outbox.deliver();
  const [first, second] = receiver.received;
  expect(second?.body).toBe(first?.body);
  expect(receiver.received).toHaveLength(2);
  expect(await readNotices(store)).toMatchObject([{ outcome: "delivered", attempts: 2 }]);
});

it("of several processes that look at once, one sends", async () => {
  const receiver = await startReceiver();
  const { store } = database();
  const outbox = await openTestOutbox(database(), toWebhook(receiver.origin));
  await park(store, ["clicks"]);
  await outbox.advance(10_000);
  await Promise.all(Array.from({ length: 8 }, () => deliverNotices(outbox.deps)));
  expect(receiver.received).toHaveLength(1);
});

it("300 parked at once are one message to each channel", async () => {
  const receiver = await startReceiver();
  const { store } = database();
  const slack = { url: new Secret(`${receiver.origin}/slack`), proxy: undefined };
  const channels = [...toWebhook(receiver.origin), ...openChannels({ ...NO_RECEIVER, slack })];
  const outbox = await openTestOutbox(database(), channels);
  const names = Array.from({ length: 300 }, (_, index) => `p-${String(index)}`);
  await park(store, names.slice(0, 100));
  await park(store, names.slice(100), "it is <!channel> & no more");
  await outbox.deliver();
  const of = (path: string): unknown[] =>
    receiver.received.filter((one) => one.path === path).map(({ body }) => JSON.parse(body) as unknown);
  const [document, ...others] = of(PATH) as Sent[];
  expect(others).toEqual([]);
  expect(document?.notices.map(({ processor }) => processor)).toEqual(names);
  const [slacked, ...more] = of("/slack") as { readonly text: string }[];
  expect(more).toEqual([]);
  const lines = slacked?.text.split("\n") ?? [];
  expect(lines[0]).toBe("*Headgate: 300 processors parked*");
  expect(lines).toHaveLength(22);
  expect(lines[21]).toBe("• and 280 more: headgate get journal --since 1d");
});

it("what Slack would read as a call to everybody is plain text", async () => {
  const receiver = await startReceiver();
  const slack = { url: new Secret(receiver.origin), proxy: undefined };
  const outbox = await openTestOutbox(database(), openChannels({ ...NO_RECEIVER, slack }));
  await park(database().store, ["p"], "it is <!channel> & no more");
  await outbox.deliver();
  expect(receiver.received[0]?.body).toContain("it is &lt;!channel&gt; &amp; no more");
});

it("the same event of the same subject is told once an hour", async () => {
  const receiver = await startReceiver();
  const { store } = database();
  const outbox = await openTestOutbox(database(), toWebhook(receiver.origin));
  await park(store, ["flaps"]);
  await outbox.deliver();
  for (const waitMs of [10 * 60_000, 40 * 60_000, REPEAT_MS - 50 * 60_000]) {
    await outbox.advance(waitMs);
    await park(store, ["flaps"]);
    await outbox.deliver();
  }
  expect(receiver.received).toHaveLength(2);
  const outcomes = (await readNotices(store)).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(["delivered", "repeated", "repeated", "delivered"]);
});

it("what could not be sent for a day is given up, with why, and said in the log", async () => {
  const receiver = await startReceiver();
  receiver.answers.push({ status: 503, body: "away" });
  const { store } = database();
  const outbox = await openTestOutbox(database(), toWebhook(receiver.origin));
  await park(store, ["clicks"]);
  await outbox.deliver();
  await outbox.advance(GIVE_UP_MS);
  await outbox.deliver();
  expect(receiver.received).toHaveLength(1);
  expect(await readNotices(store)).toMatchObject([{ outcome: "given-up", attempts: 1, error: "503: away" }]);
  expect(outbox.log).toContain('notices.given-up {"channel":"webhook","notices":1}');
});

it.each([400, 413, 422])("a message that is answered %i is refused for good", async (status) => {
  const receiver = await startReceiver();
  receiver.answers.push({ status, body: "not this" });
  const { store } = database();
  const outbox = await openTestOutbox(database(), toWebhook(receiver.origin));
  await park(store, ["clicks"]);
  await outbox.deliver();
  await outbox.advance(GIVE_UP_MS / 2);
  await outbox.deliver();
  expect(receiver.received).toHaveLength(1);
  const error = `${String(status)}: not this`;
  expect(await readNotices(store)).toMatchObject([{ outcome: "refused", error }]);
});

it("a channel that is configured no more has what waited for it given up", async () => {
  const { store } = database();
  await openTestOutbox(database(), toWebhook("http://127.0.0.1:9"));
  await park(store, ["clicks"]);
  await openOutbox({ store, channels: [] }, NOTICE_KINDS);
  await park(store, ["later"]);
  expect(await readNotices(store)).toMatchObject([
    { processor: "clicks", outcome: "given-up", error: "its channel is configured no more" },
  ]);
});

it("a look where nothing waits is one read, and a start that changes nothing writes nothing", async () => {
  const { store } = database();
  const channels = toWebhook("http://127.0.0.1:9");
  const outbox = await openTestOutbox(database(), channels);
  const before = await pictureRows(store);
  database().takeStatements();
  await deliverNotices(outbox.deps);
  expect(database().takeStatements()).toHaveLength(1);
  await openOutbox({ store, channels }, NOTICE_KINDS);
  await deliverNotices({ ...outbox.deps, channels: [] });
  expect(database().takeStatements()).toHaveLength(1);
  expect(await pictureRows(store)).toEqual(before);
});

it("no address and no key is in a row or in the log, though a receiver says them", async () => {
  const receiver = await startReceiver();
  receiver.answers.push({
    status: 500,
    body: `no such ${PATH} for ${KEY.reveal()} at ${receiver.origin}${PATH}`,
  });
  receiver.answers.push({ status: 400, body: `${encodeURIComponent(PATH)} ${KEY.reveal()}` });
  const { store } = database();
  const outbox = await openTestOutbox(database(), toWebhook(receiver.origin));
  await park(store, ["clicks"]);
  await outbox.deliver();
  await outbox.deliver();
  expect(receiver.received).toHaveLength(2);
  const texts = JSON.stringify([await pictureRows(store), outbox.log]);
  expect(texts).toContain("500: no such [redacted] for [redacted] at [redacted]");
  for (const secret of ["canary-31c0", KEY.reveal()]) expect(texts).not.toContain(secret);
  expect(JSON.stringify(receiver.received)).not.toContain(KEY.reveal());
});
