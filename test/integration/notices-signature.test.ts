// The signature of a webhook, judged by the example of docs/notifications.md: what receivers copy has to work on what
// Headgate sends, and on nothing else.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Secret } from "../../src/base/secret.js";
import { openChannels } from "../../src/notify/channels.js";
import { startReceiver } from "../support/receivers.js";

type Verify = (
  ...of: [header: string | undefined, body: string | Buffer, key: string, now?: number]
) => boolean;

async function loadExample(): Promise<Verify> {
  const page = readFileSync(new URL("../../docs/notifications.md", import.meta.url), "utf8");
  const [, code] = /```js\n([\s\S]+?)```/.exec(page) ?? [];
  if (code === undefined) throw new Error("the page has no example");
  const module: unknown = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return (module as { readonly isFromHeadgate: Verify }).isFromHeadgate;
}

it("the example of the documentation verifies what is sent, and refuses everything else", async () => {
  const receiver = await startReceiver();
  const secret = "a-key-of-the-test-0123";
  const webhook = { url: new Secret(receiver.origin), proxy: undefined, key: new Secret(secret) };
  const [channel] = openChannels({ webhook, slack: undefined, mail: undefined });
  const text = "it has “ünïcödé” in it";
  const place = { project: "32b6e34b3d91647abb20e7b8", workspace: "orders", processor: "clicks" };
  const notice = { line: 7, kind: "processor.parked", ...place, text, at: Date.now() } as const;
  await channel?.send({ id: "one", installation: "0000000a", notices: [notice] });
  const [received] = receiver.received;
  const body = received?.body ?? "";
  const header = received?.headers["x-headgate-signature"];
  if (typeof header !== "string") throw new Error("it is not signed");
  expect(body).toContain(text);
  const verify = await loadExample();
  const minutes = (count: number): number => Date.now() + count * 60_000;
  expect({
    asItCame: verify(header, Buffer.from(body), secret),
    changed: verify(header, `${body} `, secret),
    otherKey: verify(header, body, `${secret}4`),
    otherTime: verify(header.replace(/^t=\d/, "t=2"), body, secret),
    unsigned: verify(undefined, body, secret),
    soon: verify(header, body, secret, minutes(4)),
    late: verify(header, body, secret, minutes(6)),
  }).toEqual({
    ...{ asItCame: true, soon: true },
    ...{ changed: false, otherKey: false, otherTime: false, unsigned: false, late: false },
  });
});
