// What a channel is: where word goes out, whatever it is made of. One sending, one answer. The outbox decides whether
// it is tried again.
import type { ChannelName, Message } from "../domain/tell/notices.js";
import { toKept, toOneLine } from "../base/text.js";
import type { Secret } from "../base/secret.js";

export type Sending =
  | { readonly kind: "delivered"; readonly answer: string }
  /** This message, and not the way: to send it again is no use. */
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "failed"; readonly why: string; readonly retryAfterMs?: number };

export interface Channel {
  readonly name: ChannelName;
  /** Never throws; ends within `SEND_TIMEOUT_MS`. No text that it answers holds a credential. */
  send(message: Message): Promise<Sending>;
}

/** Of one sending, all of it. */
export const SEND_TIMEOUT_MS = 20_000;

/** Of what a receiver or a library said. */
const ANSWER_MAX = 200;

/** One short line that may be kept: without the secrets, however they got into it. */
export function toShortAnswer(text: string, secrets: readonly Secret[]): string {
  const clean = secrets
    .flatMap((secret) => toPieces(secret.reveal()))
    .reduce((current, piece) => current.replaceAll(piece, "[redacted]"), text);
  return toKept(toOneLine(clean).trim(), ANSWER_MAX);
}

/** Shorter ones are found in ordinary words. */
const WHOLE_MIN = 4;
const SEGMENT_MIN = 10;

/**
 * A secret as it stands, and of an address what makes it one: path, query, user and password, as written and as sent.
 */
function toPieces(secret: string): readonly string[] {
  const url = URL.canParse(secret) ? new URL(secret) : undefined;
  if (url === undefined) return [secret];
  const { pathname, search, username, password } = url;
  const wholes = [`${pathname}${search}`, pathname, username, password];
  const segments = [...pathname.split("/"), search.slice(1)];
  return [secret, ...withDecoded(wholes, WHOLE_MIN), ...withDecoded(segments, SEGMENT_MIN)];
}

function withDecoded(texts: readonly string[], min: number): readonly string[] {
  return texts.flatMap((text) => [text, decode(text)]).filter((text) => text.length >= min);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Errors of sockets have their words in a code or in their cause. */
export function toCauseWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  const cause = error.cause instanceof Error ? toCauseWords(error.cause) : "";
  return [error.message, cause].find((words) => words !== "") ?? code;
}
