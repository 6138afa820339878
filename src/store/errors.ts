// What Postgres and the way to it say, as one error with one remedy: where it is, what was tried, what to do. Everything it
// explains may pass by itself or by somebody's hand, so a worker tries again: `store.unavailable`.
import { formatDurationMs } from "../domain/duration.js";
import { AppError } from "../errors.js";

/** Where a store is, without password. */
export interface Target {
  /** Host, port and database. */
  readonly address: string;
  readonly user: string;
  /** How long one connection is tried at most. */
  readonly patienceMs: number;
}

/** Node takes what is no URL for a path: then there is no host to be named. */
export function toTarget(databaseUrl: string, patienceMs: number): Target {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  return {
    address: url === undefined ? "DATABASE_URL" : `${url.host}${url.pathname}`,
    user: decodeURIComponent(url?.username ?? ""),
    patienceMs,
  };
}

type Kind = "unreachable" | "unwell" | "locked-out" | "no-database" | "no-right" | "other-tables";

/** SQLSTATE classes and codes, and those of sockets. The order decides. */
const CODES: readonly (readonly [Kind, RegExp])[] = [
  ["unreachable", /^(ECONN|ENOTFOUND|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)/],
  ["unwell", /^(08|57P|53|40001|40P01)/],
  ["locked-out", /^28/],
  ["no-database", /^3D000/],
  ["no-right", /^42501/],
  ["other-tables", /^(42P01|42703|42883|42704)/],
];
/** What comes without a code. */
const WORDS: readonly (readonly [Kind, RegExp])[] = [
  ["unreachable", /timeout exceeded|connection timeout/i],
  ["unwell", /Connection terminated|is not queryable/i],
  ["locked-out", /^SASL/],
];

const TEXTS: Readonly<Record<Kind, (reason: string, target: Target) => string>> = {
  unreachable: (reason, { address, patienceMs }) =>
    `Postgres at ${address} cannot be reached: tried once, for ${formatDurationMs(patienceMs)} at most; ${reason}. ` +
    "Start it, or set DATABASE_URL",
  unwell: (reason, { address }) =>
    `Postgres at ${address} is not well: ${reason}. Run the command again in a while`,
  "locked-out": (reason, { address, user }) =>
    `Postgres at ${address} does not let user "${user}" in: ${reason}. Check user and password of DATABASE_URL`,
  "no-database": (reason, { address }) =>
    `Postgres at ${address} has no such database: ${reason}. Create it, or set DATABASE_URL`,
  "no-right": (reason, { address, user }) =>
    `Postgres at ${address} refuses user "${user}": ${reason}. Grant it, or set DATABASE_URL to the owner of the tables`,
  "other-tables": (reason, { address }) =>
    `the tables of Postgres at ${address} are not those of this version: ${reason}. Run headgate migrate`,
};

/** Every other error as it is: a statement that is wrong, a constraint that holds. */
export function toStoreError(error: unknown, target: Target): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const kind =
    WORDS.find(([, words]) => words.test(error.message))?.[0] ??
    CODES.find(([, codes]) => codes.test(code))?.[0];
  if (kind === undefined) return error;
  const reason = error.message === "" ? code : error.message.replace(/\s*\n\s*/g, " ");
  return new AppError("store.unavailable", TEXTS[kind](reason, target), { cause: error });
}
