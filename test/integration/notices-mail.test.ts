// E-mail of notices, on a real SMTP server: what arrives, who gets it, what a text from outside cannot do, and what is
// not sent where the way is not safe.
import { expect, it } from "vitest";
import { Secret } from "../../src/base/secret.js";
import { findFreePort } from "../../src/dev/port.js";
import type { Message, Notice } from "../../src/domain/tell/notices.js";
import type { Channel } from "../../src/notify/channel.js";
import { openChannels } from "../../src/notify/channels.js";
import { startMailServer } from "../support/mail-server.js";
import { openTestOutbox, park, readNotices } from "../support/outbox.js";
import { useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const PASSWORD = "canary p@ss";
const TO = ["ops@example.com", "night@example.com"];

function toMail(url: string, isHere = true): Channel {
  const mail = { server: new Secret(url), from: "headgate@example.com", to: TO, isHere };
  const [channel] = openChannels({ webhook: undefined, slack: undefined, mail });
  if (channel === undefined) throw new Error("no channel");
  return channel;
}

function aMessage(fields: Partial<Notice> = {}): Message {
  const place = { project: "32b6e34b3d91647abb20e7b8", workspace: "orders", processor: "clicks" };
  const notice = { line: 7, kind: "processor.parked", ...place, text: "30 attempts failed", at: 0 } as const;
  return { id: "0c7e9bd4", installation: "0000000a", notices: [{ ...notice, ...fields }] };
}

/** Of a message, each on a line. */
function toHeaders(raw: string): readonly string[] {
  const [head = ""] = raw.split("\r\n\r\n");
  return head.replace(/\r\n[ \t]+/g, " ").split("\r\n");
}

it("a mail says what happened, to everybody it is for, under the id of the message", async () => {
  const { port, mails } = await startMailServer();
  expect(await toMail(`smtp://127.0.0.1:${String(port)}`).send(aMessage())).toMatchObject({
    kind: "delivered",
  });
  const [mail] = mails;
  expect(mail).toMatchObject({ from: "headgate@example.com", to: TO });
  expect(toHeaders(mail?.raw ?? "")).toEqual(
    expect.arrayContaining([
      "From: headgate@example.com",
      `To: ${TO.join(", ")}`,
      "Subject: Headgate: processor parked: 32b6e34b3d91647abb20e7b8/orders/clicks",
      "Message-ID: <0c7e9bd4@example.com>",
    ]),
  );
  expect(mail?.raw.replace(/=\r\n/g, "")).toContain(
    "processor parked: 32b6e34b3d91647abb20e7b8/orders/clicks: 30 attempts failed",
  );
});

it("a text from outside adds no header and no recipient", async () => {
  const { port, mails } = await startMailServer();
  const evil = "x\r\nBcc: other@example.com\r\n\r\nhello";
  await toMail(`smtp://127.0.0.1:${String(port)}`).send(aMessage({ processor: evil, text: evil }));
  const [mail] = mails;
  expect(mail?.to).toEqual(TO);
  const names = toHeaders(mail?.raw ?? "").map((line) => line.split(":")[0]?.toLowerCase());
  expect(names).not.toContain("bcc");
  expect(names).toContain("subject");
});

it.each([
  { reason: "the right password", password: encodeURIComponent(PASSWORD), kind: "delivered", mails: 1 },
  { reason: "a wrong one", password: "canary-wrong", kind: "failed", mails: 0 },
])("with $reason it is $kind, and no password is told", async ({ password, kind, mails }) => {
  const server = await startMailServer({ login: { user: "me@example.com", password: PASSWORD } });
  const url = `smtp://me%40example.com:${password}@127.0.0.1:${String(server.port)}`;
  const sending = await toMail(url).send(aMessage());
  expect(sending.kind).toBe(kind);
  expect(server.mails).toHaveLength(mails);
  expect(JSON.stringify(sending)).not.toMatch(/canary/);
});

it("a server elsewhere that offers no TLS gets neither the password nor the text", async () => {
  const host = "127.0.0.2";
  const server = await startMailServer({ host, login: { user: "me", password: PASSWORD } });
  const url = `smtp://me:${encodeURIComponent(PASSWORD)}@${host}:${String(server.port)}`;
  const sending = await toMail(url, false).send(aMessage());
  expect(sending).toMatchObject({ kind: "failed", why: expect.stringContaining("STARTTLS") as string });
  expect(server.mails).toEqual([]);
});

it("a server that speaks no TLS is not taken for one that does", async () => {
  const server = await startMailServer();
  expect(await toMail(`smtps://127.0.0.1:${String(server.port)}`).send(aMessage())).toMatchObject({
    kind: "failed",
  });
  expect(server.mails).toEqual([]);
});

it("what a server does not take now is sent again later, as the same mail", async () => {
  const server = await startMailServer();
  server.refusals.push({ code: 451, words: "come back later" });
  const { store } = database();
  const outbox = await openTestOutbox(database(), [toMail(`smtp://127.0.0.1:${String(server.port)}`)]);
  await park(store, ["clicks"]);
  await outbox.deliver();
  const [channel] = await store.query<{ error: string }>("select error from notify_channels");
  expect(channel?.error).toContain("451 come back later");
  await outbox.deliver();
  const [row] = await store.query<{ delivery: string }>("select delivery from notifications");
  expect(server.mails).toHaveLength(1);
  expect(toHeaders(server.mails[0]?.raw ?? "")).toContain(
    `Message-ID: <${String(row?.delivery)}@example.com>`,
  );
  expect(await readNotices(store)).toMatchObject([{ outcome: "delivered", attempts: 2 }]);
});

it("a server that is not there is a failure, with its address and no more", async () => {
  const port = await findFreePort();
  const sending = await toMail(`smtp://me:canary@127.0.0.1:${String(port)}`).send(aMessage());
  expect(sending).toEqual({ kind: "failed", why: `connect ECONNREFUSED 127.0.0.1:${String(port)}` });
});
