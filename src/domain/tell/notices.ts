// What word goes out of, and how it reads: the events that people are told of, which of those that wait are sent, and
// when a failed sending is tried again. An event is a line of the journal of that kind; whoever writes one needs to
// know nothing of this. Pure, and nothing of the loop is decided from it.
import { formatCount } from "./wording.js";

/** Kind of the journal's line -> how many of them read. The trigger of the journal names the same kinds. */
const NOTICES = {
  "processor.parked": { one: "processor parked", many: "processors parked" },
  "project.held": { one: "project held", many: "projects held" },
  "project.released": { one: "project released", many: "projects released" },
  "incident.opened": { one: "incident opened", many: "incidents opened" },
  "incident.closed": { one: "incident closed", many: "incidents closed" },
  "approval.needed": { one: "approval needed", many: "approvals needed" },
  "train.aborted": { one: "train aborted", many: "trains aborted" },
  "loop.silent": { one: "loop silent", many: "loops silent" },
  "loop.back": { one: "loop back", many: "loops back" },
} as const;

/** Of no line of the journal: a person asks whether word gets out. */
const TEST = { "notify.test": { one: "test", many: "tests" } } as const;

const WORDS = { ...NOTICES, ...TEST };
/** What people name to be told of. */
export type NoticeKind = keyof typeof NOTICES;
export const NOTICE_KINDS = Object.keys(NOTICES) as readonly NoticeKind[];

export const CHANNELS = ["webhook", "slack", "mail"] as const;
export type ChannelName = (typeof CHANNELS)[number];

export interface Notice {
  /** Of the journal. */
  readonly line: number;
  readonly kind: keyof typeof WORDS;
  /** Null for what is about more than one of them. */
  readonly project: string | null;
  readonly workspace: string | null;
  readonly processor: string | null;
  readonly text: string;
  readonly at: number;
}

/** One that waits in the outbox of a channel. */
export interface WaitingNotice extends Notice {
  /** The sending it was part of before; null if it never was. */
  readonly delivery: string | null;
  /** When the same was last told, of the last hour; else null. */
  readonly toldAt: number | null;
}

/** What one channel is sent at once. */
export interface Message {
  /** The same each time it is sent: a receiver may know by it that it has seen it. */
  readonly id: string;
  readonly installation: string;
  readonly notices: readonly Notice[];
}

/** The same event of the same subject is told once in this time: a hold that flaps is no news each time. */
export const REPEAT_MS = 3_600_000;
/** Whoever is told a day later is not helped. */
export const GIVE_UP_MS = 24 * 3_600_000;
/** What happens at once is told at once: a notice waits so long for those that come with it. */
export const GATHER_MS = 10_000;
/** Between two messages to one channel. */
export const PAUSE_MS = 30_000;

export interface Choice {
  /** Lines to send, in one message, with the id it had before; null: it needs one. */
  readonly send: readonly number[];
  readonly delivery: string | null;
  readonly repeated: readonly number[];
  readonly givenUp: readonly number[];
}

/**
 * Of those that wait, oldest first. What was sent before and may have arrived goes alone and unchanged; what came since
 * waits for the next message.
 */
export function chooseNotices(waiting: readonly WaitingNotice[], now: number): Choice {
  const givenUp = waiting.filter(({ at }) => at <= now - GIVE_UP_MS);
  const alive = waiting.filter((notice) => !givenUp.includes(notice));
  const delivery = alive.find((notice) => notice.delivery !== null)?.delivery ?? null;
  if (delivery !== null) {
    const again = alive.filter((notice) => notice.delivery === delivery);
    return { send: toLineNumbers(again), delivery, repeated: [], givenUp: toLineNumbers(givenUp) };
  }
  const told = new Map<string, number>();
  const repeated = alive.filter((notice) => {
    const subject = toSubjectKey(notice);
    const toldAt = Math.max(told.get(subject) ?? -Infinity, notice.toldAt ?? -Infinity);
    if (notice.at - toldAt < REPEAT_MS) return true;
    told.set(subject, notice.at);
    return false;
  });
  const send = alive.filter((notice) => !repeated.includes(notice));
  return {
    send: toLineNumbers(send),
    delivery,
    repeated: toLineNumbers(repeated),
    givenUp: toLineNumbers(givenUp),
  };
}

const toLineNumbers = (notices: readonly Notice[]): readonly number[] => notices.map(({ line }) => line);

const toSubjectKey = ({ kind, project, workspace, processor }: Notice): string =>
  JSON.stringify([kind, project, workspace, processor]);

const FIRST_RETRY_MS = 10_000;
const RETRY_MAX_MS = 15 * 60_000;
/** A receiver that asks for more is asked again all the same. */
const RETRY_AFTER_MAX_MS = 3_600_000;

/** After so many failures in a row, or when the receiver asked for. */
export function toRetryMs(failures: number, retryAfterMs = 0): number {
  const backOffMs = Math.min(RETRY_MAX_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20));
  return Math.max(backOffMs, Math.min(retryAfterMs, RETRY_AFTER_MAX_MS));
}

/** What it is about in one line: `3 processors parked, project held: 32b6…`. */
export function formatSubject({ notices }: Message): string {
  const counts = Object.entries(WORDS).flatMap(([kind, { one, many }]) => {
    const some = notices.filter((notice) => notice.kind === kind);
    const [first] = some;
    if (first === undefined) return [];
    return [some.length === 1 ? join([one, formatPlace(first)]) : formatCount(some.length, one, many)];
  });
  return `Headgate: ${counts.join(", ")}`;
}

/** One line each, at most `max` of them and one that counts the rest. */
export function formatNotices({ notices }: Message, max: number): readonly string[] {
  const lines = notices.slice(0, max).map((notice) => {
    const { kind, text } = notice;
    return join([WORDS[kind].one, formatPlace(notice), text]);
  });
  const left = notices.length - lines.length;
  return left === 0 ? lines : [...lines, `and ${String(left)} more: headgate get journal --since 1d`];
}

/** Empty for the installation as a whole. */
function formatPlace({ project, workspace, processor }: Notice): string {
  return [project, workspace, processor].filter((part) => part !== null).join("/");
}

const join = (parts: readonly string[]): string => parts.filter((part) => part !== "").join(": ");
