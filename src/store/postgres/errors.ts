// What Postgres and the way to it say, as one error with one remedy: where it is, what was tried, what to do.
// Everything it explains may pass by itself or by somebody's hand, so a worker tries again: `store.unavailable`.
import { OutOfTime } from "../../base/deadline.js";
import { AppError } from "../../base/errors.js";
import { toKept, toOneLine, toTlsReason } from "../../base/text.js";
import { CAUSES } from "./causes.js";
import type { Kind, PostgresTarget } from "./causes.js";

/**
 * The place without its password, for messages. Never throws: a text that is no URL has no host to be named, because
 * Node takes it for a path.
 */
export function toPostgresTarget(databaseUrl: string, patienceMs: number): PostgresTarget {
  if (!URL.canParse(databaseUrl)) return { address: "DATABASE_URL", user: "", patienceMs };
  const { host, pathname, username, searchParams } = new URL(databaseUrl);
  // The driver takes the query's word before that of the URL's own parts: a socket's folder can stand nowhere else.
  const address = `${searchParams.get("host") ?? host}${pathname}`;
  return { address, user: searchParams.get("user") ?? toPlainName(username), patienceMs };
}

/**
 * The driver takes three modes for verify-full, and prints a warning of several lines that it will not always. `prefer`
 * would be no less than that to it.
 */
export function toDriverUrl(databaseUrl: string): string {
  return databaseUrl.includes("uselibpqcompat=true")
    ? databaseUrl
    : databaseUrl.replace(/([?&]sslmode=)(prefer|require|verify-ca)(?=&|$)/g, "$1verify-full");
}

/** The driver takes a per cent sign that escapes nothing for itself, so it must not end the program here either. */
function toPlainName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** Characters that are told of what Postgres said. */
const MAX_TEXT = 500;

/** Undefined for every other error: a statement that is wrong, a constraint that holds, one of ours. */
export function findKind(error: unknown): Kind | undefined {
  if (!(error instanceof Error) || error instanceof AppError) return undefined;
  if (error instanceof OutOfTime) return "silent";
  if (error instanceof NoneFree) return "busy";
  const code = [toText(error, "code"), toText(error, "syscall")].join(" ").trim();
  const { message } = error;
  return CAUSES.find(({ words, codes }) => words?.test(message) === true || codes?.test(code) === true)?.kind;
}

function toText(error: Error, field: "code" | "syscall"): string {
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" ? value : "";
}

/**
 * Postgres is away, as far as a caller can tell: not there, going down or coming up, or not the one that may be
 * written.
 */
export function isOutage(kind: Kind | undefined): boolean {
  return kind === "unreachable" || kind === "unwell" || kind === "standby";
}

/** All connections of the pool were in use for as long as one waits for one. */
export class NoneFree extends Error {}

/** An error without a kind as it is. */
export function toStoreError(error: unknown, target: PostgresTarget): unknown {
  const kind = findKind(error);
  const cause = CAUSES.find((one) => one.kind === kind);
  if (cause === undefined || !(error instanceof Error)) return error;
  const said = toKept(toTlsReason(toOneLine(error.message)), MAX_TEXT).replace(/[.:\s]+$/, "");
  const reason = said === "" ? toText(error, "code") : said;
  const { remedy } = cause;
  return new AppError("store.unavailable", cause.says(reason, target), { remedy, cause: error });
}
