// To whom word goes out, as environment variables: a webhook, a Slack-compatible address, e-mail. A channel whose
// address is not set is none. Addresses are secrets here, because most services make the address the credential; so no
// fault quotes one.
import { NOTICE_KINDS } from "../domain/tell/notices.js";
import type { NoticeKind } from "../domain/tell/notices.js";
import { Secret } from "../base/secret.js";
import { isLoopback } from "./loopback.js";
import { readProxy } from "./proxy.js";
import { readSecret } from "./secret-variables.js";
import type { ConfigSource } from "./secret-variables.js";

interface HttpAddress {
  readonly url: Secret;
  readonly proxy: Secret | undefined;
}

export interface NotifyConfig {
  readonly events: readonly NoticeKind[];
  readonly webhook: (HttpAddress & { readonly key: Secret }) | undefined;
  readonly slack: HttpAddress | undefined;
  readonly mail:
    | {
        readonly server: Secret;
        readonly from: string;
        readonly to: readonly string[];
        /** Whether the server is this machine. */
        readonly isHere: boolean;
      }
    | undefined;
}

interface NotifyVariable {
  readonly name: string;
  readonly meaning: string;
  readonly isSecret: boolean;
  readonly default?: string;
}

const NAMES = {
  webhookUrl: "HEADGATE_NOTIFY_WEBHOOK_URL",
  webhookSecret: "HEADGATE_NOTIFY_WEBHOOK_SECRET",
  slackUrl: "HEADGATE_NOTIFY_SLACK_URL",
  smtpUrl: "HEADGATE_NOTIFY_SMTP_URL",
  mailFrom: "HEADGATE_NOTIFY_MAIL_FROM",
  mailTo: "HEADGATE_NOTIFY_MAIL_TO",
  events: "HEADGATE_NOTIFY_EVENTS",
} as const;

/** Below it a key can be found by trying. */
const KEY_MIN = 16;
const RECIPIENTS_MAX = 20;

/** For the documentation, in the order they are read. */
export const NOTIFY_VARIABLES: readonly NotifyVariable[] = [
  { name: NAMES.webhookUrl, meaning: "where notices are POSTed as JSON, an https URL", isSecret: true },
  {
    name: NAMES.webhookSecret,
    meaning: `what those are signed with, at least ${String(KEY_MIN)} characters`,
    isSecret: true,
  },
  {
    name: NAMES.slackUrl,
    meaning: "an incoming webhook of Slack, or of what takes the same",
    isSecret: true,
  },
  {
    name: NAMES.smtpUrl,
    meaning: "a mail server: smtps://USER:PASSWORD@HOST, or smtp:// for STARTTLS",
    isSecret: true,
  },
  { name: NAMES.mailFrom, meaning: "the sender of mail, an address", isSecret: false },
  {
    name: NAMES.mailTo,
    meaning: `who gets mail, addresses separated by commas, at most ${String(RECIPIENTS_MAX)}`,
    isSecret: false,
  },
  {
    name: NAMES.events,
    meaning: `what word goes out of, separated by commas, of ${NOTICE_KINDS.join(", ")}`,
    isSecret: false,
    default: "all",
  },
];

/** What is wrong goes to `faults`. */
export function readNotify(source: ConfigSource, faults: string[]): NotifyConfig {
  return Object.freeze({
    events: Object.freeze(readEvents(source, faults)),
    webhook: Object.freeze(readWebhook(source, faults)),
    slack: Object.freeze(readHttpAddress(source, NAMES.slackUrl, faults)),
    mail: Object.freeze(readMail(source, faults)),
  });
}

function readCommaList({ env }: ConfigSource, name: string): readonly string[] {
  return (env[name] ?? "")
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "");
}

function readEvents(source: ConfigSource, faults: string[]): readonly NoticeKind[] {
  const named = readCommaList(source, NAMES.events);
  if (named.length === 0 || (named.length === 1 && named[0] === "all")) return [...NOTICE_KINDS];
  const unknown = named.filter((name) => !(NOTICE_KINDS as readonly string[]).includes(name));
  if (unknown.length > 0) {
    faults.push(`${NAMES.events}: "${unknown.join(", ")}" is not all or any of ${NOTICE_KINDS.join(", ")}`);
  }
  return NOTICE_KINDS.filter((kind) => named.includes(kind));
}

function readWebhook(source: ConfigSource, faults: string[]): NotifyConfig["webhook"] {
  const address = readHttpAddress(source, NAMES.webhookUrl, faults);
  const key = readSecret(source, NAMES.webhookSecret, faults);
  if ((address === undefined) !== (key === undefined)) {
    faults.push(`${NAMES.webhookUrl} and ${NAMES.webhookSecret} go together: one of them is missing`);
  }
  if (key !== undefined && key.length < KEY_MIN) {
    faults.push(`${NAMES.webhookSecret}: it is shorter than ${String(KEY_MIN)} characters`);
  }
  return address === undefined || key === undefined ? undefined : { ...address, key: new Secret(key) };
}

function readHttpAddress(source: ConfigSource, name: string, faults: string[]): HttpAddress | undefined {
  const text = readSecret(source, name, faults);
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // What is sent names processors and why they failed, and the address may be a credential.
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (!isSafe) faults.push(`${name}: it is not an https URL (plain http only to this machine)`);
  else if (`${url.username}${url.password}` !== "") {
    faults.push(`${name}: it holds a user or a password, which are not sent: leave them out`);
  }
  const found: string[] = [];
  const proxy = readProxy({ env: source.env, baseUrl: text }, found);
  // One variable for all ways: what is wrong with it is told once.
  faults.push(...found.filter((fault) => !faults.includes(fault)));
  return { url: new Secret(text), proxy: proxy === undefined ? undefined : new Secret(proxy) };
}

/** Neither a line break nor what separates addresses: it goes into a header. */
const ADDRESS = /^[^\s@<>,;:"()[\]\\\p{Cc}]{1,64}@[^\s@<>,;:"()\\\p{Cc}]{1,255}$/u;

function readMail(source: ConfigSource, faults: string[]): NotifyConfig["mail"] {
  const server = readSecret(source, NAMES.smtpUrl, faults);
  const [from, to] = [(source.env[NAMES.mailFrom] ?? "").trim(), readCommaList(source, NAMES.mailTo)];
  const given = [server !== undefined, from !== "", to.length > 0];
  if (!given.includes(true)) return undefined;
  if (given.includes(false)) {
    faults.push(
      `${NAMES.smtpUrl}, ${NAMES.mailFrom} and ${NAMES.mailTo} go together: one of them is missing`,
    );
  }
  if (server !== undefined && !isMailServer(server)) {
    faults.push(
      `${NAMES.smtpUrl}: it is not smtps://USER:PASSWORD@HOST:PORT or smtp://, with a password written as in a URL`,
    );
  }
  for (const [name, addresses] of [
    [NAMES.mailFrom, from === "" ? [] : [from]],
    [NAMES.mailTo, to],
  ] as const) {
    const wrong = addresses.filter((address) => !ADDRESS.test(address));
    if (wrong.length > 0)
      faults.push(`${name}: ${JSON.stringify(wrong.join(", "))} is not an address, such as ops@example.com`);
  }
  if (to.length > RECIPIENTS_MAX) {
    faults.push(
      `${NAMES.mailTo}: it names ${String(to.length)} addresses, and takes ${String(RECIPIENTS_MAX)}`,
    );
  }
  if (server === undefined || !isMailServer(server)) return undefined;
  return {
    server: new Secret(server),
    from,
    to: Object.freeze(to),
    isHere: isLoopback(new URL(server).hostname),
  };
}

/** Nothing behind the host: what other programs take there (options of TLS) would be left out in silence. */
function isMailServer(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || url.hostname === "") return false;
  if (!/^\/?$/.test(url.pathname) || `${url.search}${url.hash}` !== "") return false;
  return isDecodable(url.username) && isDecodable(url.password);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
