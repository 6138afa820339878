// A test of the channels: one message to each, at once, past the outbox, so that it works while Postgres is away and
// says what each receiver answered.
import { randomUUID } from "node:crypto";
import { AppError } from "../../base/errors.js";
import { CHANNELS } from "../../domain/tell/notices.js";
import type { ChannelName } from "../../domain/tell/notices.js";
import type { Channel, Sending } from "../../notify/channel.js";

export interface TestedChannel {
  readonly channel: ChannelName;
  readonly outcome: Sending["kind"];
  /** What it answered, or why it did not. */
  readonly answer: string;
}

/** To those that are named, else to all. Throws `config.invalid` where one of them, or none at all, is configured. */
export async function testChannels(
  channels: readonly Channel[],
  { named, actor }: { readonly named: readonly ChannelName[]; readonly actor: string },
): Promise<readonly TestedChannel[]> {
  const wanted = channels.filter(({ name }) => named.length === 0 || named.includes(name));
  const missing = named.filter((name) => !channels.some((channel) => channel.name === name));
  if (wanted.length === 0 || missing.length > 0) throw toMissing(missing);
  return Promise.all(wanted.map((channel) => test(channel, actor)));
}

function toMissing(missing: readonly ChannelName[]): AppError {
  const which = missing.length === 0 ? CHANNELS : missing;
  const variables = { webhook: "WEBHOOK_URL", slack: "SLACK_URL", mail: "SMTP_URL" } as const;
  const names = which.map((name) => `HEADGATE_NOTIFY_${variables[name]}`);
  const told = missing.length === 0 ? "no channel is configured" : `not configured: ${missing.join(", ")}`;
  return new AppError("config.invalid", `${told}: set ${names.join(" or ")}`);
}

async function test(channel: Channel, actor: string): Promise<TestedChannel> {
  const place = { project: null, workspace: null, processor: null };
  const text = `${actor} tests this channel; nothing has happened`;
  const notice = { ...place, line: 0, kind: "notify.test", text, at: Date.now() } as const;
  const sending = await channel.send({ id: randomUUID(), installation: "test", notices: [notice] });
  const answer = sending.kind === "delivered" ? sending.answer : sending.why;
  return { channel: channel.name, outcome: sending.kind, answer };
}
