// The channels of a configuration, in the order they are listed everywhere. Connects to nothing before a message is
// sent.
import type { Channel } from "./channel.js";
import type { MailReceiver } from "./mail.js";
import type { HttpReceiver } from "./post.js";
import { openSlack } from "./slack.js";
import { openWebhook } from "./webhook.js";
import type { WebhookReceiver } from "./webhook.js";

export interface Receivers {
  readonly webhook: WebhookReceiver | undefined;
  readonly slack: HttpReceiver | undefined;
  readonly mail: MailReceiver | undefined;
}

/** None for a receiver that is not configured. */
export function openChannels({ webhook, slack, mail }: Receivers): readonly Channel[] {
  return [
    ...(webhook === undefined ? [] : [openWebhook(webhook)]),
    ...(slack === undefined ? [] : [openSlack(slack)]),
    ...(mail === undefined ? [] : [openMailLate(mail)]),
  ];
}

/** The library of mail is loaded by the first who sends one. */
function openMailLate(receiver: MailReceiver): Channel {
  return {
    name: "mail",
    send: async (message) => {
      const { openMail } = await import("./mail.js");
      return openMail(receiver).send(message);
    },
  };
}
