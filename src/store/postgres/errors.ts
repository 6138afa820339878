// What Postgres and the way to it say, as one error with one remedy: where it is, what was tried, what to do.
// Everything it explains may pass by itself or by somebody's hand, so a worker tries again: `store.unavailable`.
import { OutOfTime } from "../../base/deadline.js";
import { formatDurationMs } from "../../domain/duration.js";
import { AppError } from "../../base/errors.js";
import { toKept, toOneLine } from "../../base/text.js";

/** The place of a store, without password. */
export interface PostgresTarget {
  /** Host, port and database. */
  readonly address: string;
  readonly user: string;
  /** How long one connection is tried at most. */
  readonly patienceMs: number;
}

/**
 * The place without its password, for messages. Never throws: a text that is no URL has no host to be named, because
 * Node takes it for a path.
 */
export function toPostgresTarget(databaseUrl: string, patienceMs: number): PostgresTarget {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  return {
    address: url === undefined ? "DATABASE_URL" : `${url.host}${url.pathname}`,
    user: toPlainName(url?.username ?? ""),
    patienceMs,
  };
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

export type Kind =
  | "unreachable"
  | "unwell"
  | "standby"
  | "silent"
  | "busy"
  | "collided"
  | "locked-out"
  | "no-database"
  | "no-right"
  | "other-tables";

/**
 * SQLSTATE classes and codes, and those of sockets. The order decides. 57014 (called off) and 55P03 (a lock not had in
 * time) are about one statement, 57P about the server. 25P03 and 25P04 end the session of a transaction that was idle,
 * or lasted, for too long.
 */
const CODES: readonly (readonly [Kind, RegExp])[] = [
  ["unreachable", /^(ECONN|ENOTFOUND|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)/],
  ["silent", /^(57014|55P03)/],
  ["unwell", /^(08|57P|53|25P03|25P04)/],
  ["standby", /^25006/],
  ["collided", /^(40001|40P01)/],
  ["locked-out", /^28/],
  ["no-database", /^3D000/],
  ["no-right", /^42501/],
  ["other-tables", /^(42P01|42703|42883|42704)/],
];
/** What comes without a code. */
const WORDS: readonly (readonly [Kind, RegExp])[] = [
  ["unreachable", /connection timeout|timeout expired/i],
  ["unwell", /Connection terminated|is not queryable/i],
  ["locked-out", /^SASL/],
];

const TEXTS: Readonly<Record<Kind, (reason: string, target: PostgresTarget) => string>> = {
  unreachable: (reason, { address, patienceMs }) =>
    `Postgres at ${address} cannot be reached: tried once, for ${formatDurationMs(patienceMs)} at most; ${reason}. ` +
    "Start it, or set DATABASE_URL",
  unwell: (reason, { address }) =>
    `Postgres at ${address} is not well: ${reason}. Run the command again in a while`,
  standby: (reason, { address }) =>
    `Postgres at ${address} is a standby, which may only be read: ${reason}. During a failover run the command again in a ` +
    "while, else set DATABASE_URL to the primary",
  silent: (reason, { address }) =>
    `Postgres at ${address} did not carry out a statement: ${reason}. A lock may hold it up (pg_stat_activity tells ` +
    "whose), or its host is gone. Run the command again in a while",
  busy: (reason, { address }) =>
    `no connection to Postgres at ${address} is free: ${reason}. Run the command again in a while`,
  collided: (reason, { address }) =>
    `Postgres at ${address} undid a transaction that met another: ${reason}. Run the command again`,
  "locked-out": (reason, { address, user }) =>
    `Postgres at ${address} does not let user "${user}" in: ${reason}. Check user and password of DATABASE_URL`,
  "no-database": (reason, { address }) =>
    `Postgres at ${address} has no such database: ${reason}. Create it, or set DATABASE_URL`,
  "no-right": (reason, { address, user }) =>
    `Postgres at ${address} refuses user "${user}": ${reason}. Grant it, or set DATABASE_URL to the owner of the tables`,
  "other-tables": (reason, { address }) =>
    `the tables of Postgres at ${address} are not those of this version: ${reason}. Run headgate migrate`,
};

/** Undefined for every other error: a statement that is wrong, a constraint that holds, one of ours. */
export function findKind(error: unknown): Kind | undefined {
  if (!(error instanceof Error) || error instanceof AppError) return undefined;
  if (error instanceof OutOfTime) return "silent";
  if (error instanceof NoneFree) return "busy";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return (
    WORDS.find(([, words]) => words.test(error.message))?.[0] ??
    CODES.find(([, codes]) => codes.test(code))?.[0]
  );
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
  if (kind === undefined || !(error instanceof Error)) return error;
  const code = "code" in error ? String(error.code) : "";
  const reason = error.message === "" ? code : toKept(toOneLine(error.message), MAX_TEXT);
  return new AppError("store.unavailable", TEXTS[kind](reason, target), { cause: error });
}
