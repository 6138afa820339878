// E-mail by SMTP. Encrypted on its way, but for a server on this machine: the text names processors and why they
// failed. Nothing from outside goes into a header but the subject, as one line.
import { createTransport } from "nodemailer";
import type { SMTPTransportOptions } from "nodemailer/lib/smtp-transport";
import { cut, toOneLine } from "../base/text.js";
import { Secret } from "../base/secret.js";
import { formatNotices, formatSubject } from "../domain/tell/notices.js";
import type { Message } from "../domain/tell/notices.js";
import { SEND_TIMEOUT_MS, toShortAnswer, toCauseWords } from "./channel.js";
import type { Channel, Sending } from "./channel.js";

export interface MailReceiver {
  /** An smtp or smtps URL, with user and password. */
  readonly server: Secret;
  readonly from: string;
  readonly to: readonly string[];
  /** Whether the server is this machine. */
  readonly isHere: boolean;
}

const LINES_MAX = 100;
const SUBJECT_MAX = 150;
const STEP_TIMEOUT_MS = 10_000;

export function openMail(receiver: MailReceiver): Channel {
  return { name: "mail", send: (message) => send(receiver, message) };
}

async function send({ server, from, to, isHere }: MailReceiver, message: Message): Promise<Sending> {
  const options = toOptions(server, isHere);
  const transport = createTransport(options);
  const pass = options.auth?.pass ?? "";
  const hidden = pass === "" ? [server] : [server, new Secret(pass)];
  try {
    const { response } = await transport.sendMail({
      ...{ from, to: [...to], signal: AbortSignal.timeout(SEND_TIMEOUT_MS) },
      messageId: `<${message.id}@${from.replace(/^.*@/, "")}>`,
      subject: cut(toOneLine(formatSubject(message)), SUBJECT_MAX),
      text: [...formatNotices(message, LINES_MAX), "", `Installation ${message.installation}.`, ""].join(
        "\n",
      ),
      // No part of a message names a file or an address to be read.
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
    return { kind: "delivered", answer: toShortAnswer(response, hidden) };
  } catch (error) {
    return { kind: "failed", why: toShortAnswer(toCauseWords(error), hidden) };
  } finally {
    transport.close();
  }
}

function toOptions(server: Secret, isHere: boolean): SMTPTransportOptions {
  const url = new URL(server.reveal());
  const isTls = url.protocol === "smtps:";
  const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    secure: isTls,
    // A server that offers no TLS gets neither the password nor the text.
    ...(isTls ? {} : isHere ? { ignoreTLS: true } : { requireTLS: true }),
    ...(user === "" ? {} : { auth: { user, pass } }),
    connectionTimeout: STEP_TIMEOUT_MS,
    greetingTimeout: STEP_TIMEOUT_MS,
    dnsTimeout: STEP_TIMEOUT_MS,
    socketTimeout: STEP_TIMEOUT_MS,
    tls: { minVersion: "TLSv1.2" },
  };
}
