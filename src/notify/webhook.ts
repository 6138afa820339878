// The webhook of Headgate's own form: a JSON document, signed. docs/notifications.md describes both to receivers, so a
// field may be added and none renamed.
import { createHmac } from "node:crypto";
import { cut } from "../base/text.js";
import type { Secret } from "../base/secret.js";
import { formatSubject } from "../domain/tell/notices.js";
import type { Message } from "../domain/tell/notices.js";
import type { Channel } from "./channel.js";
import { postMessage } from "./post.js";
import type { HttpReceiver } from "./post.js";

export interface WebhookReceiver extends HttpReceiver {
  readonly key: Secret;
}

/** Of each notice: a message of several hundred stays below what receivers take. */
const TEXT_MAX = 500;

export function openWebhook({ url, proxy, key }: WebhookReceiver): Channel {
  return {
    name: "webhook",
    send: (message) => {
      const body = toBody(message);
      const headers = {
        "x-headgate-delivery": message.id,
        // The time is this machine's: a receiver compares it with its own, to refuse what was recorded long ago.
        "x-headgate-signature": sign(body, key, Math.floor(Date.now() / 1_000)),
      };
      return postMessage({ url, proxy, headers, body, secrets: [key] });
    },
  };
}

/** The same bytes each time a message is sent. */
function toBody(message: Message): string {
  const { id, installation, notices } = message;
  return JSON.stringify({
    id,
    installation,
    summary: cut(formatSubject(message), TEXT_MAX),
    notices: notices.map(({ line, kind, text, at, ...place }) => ({
      id: `${installation}-${String(line)}`,
      event: kind,
      project: place.project,
      workspace: place.workspace,
      processor: place.processor,
      text: cut(text, TEXT_MAX),
      at: new Date(at).toISOString(),
    })),
  });
}

function sign(body: string, key: Secret, seconds: number): string {
  const signed = createHmac("sha256", key.reveal())
    .update(`${String(seconds)}.${body}`)
    .digest("hex");
  return `t=${String(seconds)},v1=${signed}`;
}
