// What keeps a statement from its answer, by cause: how it is recognised, what is said of it, and what to do. A table:
// the first row that matches is the cause. Words come before codes, because poolers send a code for many causes.
import { formatDurationMs } from "../../domain/duration.js";

/** The place of a store, without password. */
export interface PostgresTarget {
  /** Host, port and database. */
  readonly address: string;
  readonly user: string;
  /** How long one connection is tried at most. */
  readonly patienceMs: number;
}

export type Kind =
  | "unreachable"
  | "unwell"
  | "standby"
  | "silent"
  | "busy"
  | "collided"
  | "locked-out"
  | "not-admitted"
  | "unencrypted"
  | "no-tls"
  | "untrusted"
  | "misnamed"
  | "expired"
  | "no-file"
  | "parameter"
  | "no-tenant"
  | "no-database"
  | "no-schema-right"
  | "no-right"
  | "other-tables";

export interface Cause {
  readonly kind: Kind;
  /** SQLSTATE, or the code of a socket, of TLS or of a file with its system call behind a blank. */
  readonly codes?: RegExp;
  readonly words?: RegExp;
  readonly says: (reason: string, target: PostgresTarget) => string;
  /** With the setting to change, if there is one. */
  readonly remedy: string;
}

const VERIFIED =
  "sslmode=verify-full, with sslrootcert=FILE if a private authority signed the server's certificate";
/** What libpq means by `require`; the driver verifies unless it is asked so. */
const UNVERIFIED = "uselibpqcompat=true&sslmode=require encrypts without verifying";

/** 25P03 and 25P04 end the session of a transaction that was idle, or lasted, for too long. */
export const CAUSES: readonly Cause[] = [
  {
    kind: "unencrypted",
    words: /pg_hba\.conf .*(no encryption|SSL off)|^connection is insecure|SSL (connection is )?required/i,
    says: (reason, { address }) =>
      `Postgres at ${address} wants TLS, and DATABASE_URL asks for none: ${reason}`,
    remedy: `Add ${VERIFIED}, to DATABASE_URL`,
  },
  {
    kind: "not-admitted",
    words: /pg_hba\.conf/,
    says: (reason, { address, user }) =>
      `Postgres at ${address} does not admit user "${user}" from here: ${reason}`,
    remedy: "Add a line to its pg_hba.conf, or correct user, host and database of DATABASE_URL",
  },
  {
    kind: "parameter",
    words: /^unsupported startup parameter/i,
    says: (reason, { address }) =>
      `the pooler before Postgres at ${address} refuses the connection: ${reason}`,
    remedy:
      "Take the parameter out of DATABASE_URL (and out of PGOPTIONS), or name it in the pooler's ignore_startup_parameters",
  },
  {
    kind: "no-tenant",
    words: /\btenant\b.*\bnot found|endpoint ID is not specified/i,
    says: (reason, { address, user }) =>
      `the pooler before Postgres at ${address} knows no tenant of user "${user}": ${reason}`,
    remedy:
      "Set DATABASE_URL to what its host shows: such a pooler wants USER.TENANT as user, and the tenant's own host",
  },
  {
    kind: "no-tls",
    words: /does not support SSL|error establishing an SSL connection/i,
    codes: /^(EPROTO|ERR_SSL_)/,
    says: (reason, { address }) =>
      `Postgres at ${address} does not speak TLS, which DATABASE_URL asks for: ${reason}`,
    remedy:
      "Switch ssl on in its configuration, write sslmode=disable in DATABASE_URL if the network may be trusted, or correct host and port",
  },
  {
    kind: "misnamed",
    codes: /^ERR_TLS_CERT_ALTNAME/,
    says: (reason, { address }) => `the certificate of Postgres at ${address} is for another host: ${reason}`,
    remedy: `Set the host of DATABASE_URL to a name of the certificate; ${UNVERIFIED}`,
  },
  {
    kind: "expired",
    codes: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)/,
    says: (reason, { address }) => `the certificate of Postgres at ${address} is not valid today: ${reason}`,
    remedy: "Renew the server's certificate, or set this machine's clock",
  },
  {
    kind: "untrusted",
    codes:
      /^(DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|CERT_|INVALID_CA|INVALID_PURPOSE)/,
    says: (reason, { address }) => `the certificate of Postgres at ${address} is not trusted: ${reason}`,
    remedy: `Add sslrootcert=FILE, with the certificate of its authority, to DATABASE_URL; ${UNVERIFIED}`,
  },
  {
    kind: "no-file",
    words: /requires specifying a CA with sslrootcert/,
    codes: /^((ENOENT|EACCES|EPERM|EISDIR|ENOTDIR|ELOOP) (open|read)|ERR_OSSL)/,
    says: (reason, { address }) =>
      `no connection to Postgres at ${address}, because a file that DATABASE_URL names cannot be used: ${reason}`,
    remedy: "Set sslrootcert, sslcert and sslkey in DATABASE_URL to PEM files that can be read",
  },
  {
    kind: "unreachable",
    words: /connection timeout|timeout expired/i,
    codes:
      /^(ECONN|ENOTFOUND|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOENT connect|EACCES connect)/,
    says: (reason, { address, patienceMs }) =>
      `Postgres at ${address} cannot be reached: tried once, for ${formatDurationMs(patienceMs)} at most; ${reason}`,
    remedy: "Start it, or set DATABASE_URL",
  },
  {
    kind: "standby",
    words: /^the database system is not accepting connections/,
    codes: /^25006/,
    says: (reason, { address }) => `Postgres at ${address} is a standby, which may only be read: ${reason}`,
    remedy: "During a failover run the command again in a while, else set DATABASE_URL to the primary",
  },
  {
    kind: "no-database",
    words: /^no such database/,
    codes: /^3D000/,
    says: (reason, { address }) => `Postgres at ${address} has no such database: ${reason}`,
    remedy: "Create it, or set DATABASE_URL",
  },
  {
    kind: "locked-out",
    words: /^SASL|^no such user|^(password )?authentication failed/,
    codes: /^28/,
    says: (reason, { address, user }) => `Postgres at ${address} does not let user "${user}" in: ${reason}`,
    remedy: "Check user and password of DATABASE_URL",
  },
  {
    kind: "unwell",
    words: /Connection terminated|is not queryable/i,
    codes: /^(08|57P|53|25P03|25P04)/,
    says: (reason, { address }) => `Postgres at ${address} is not well: ${reason}`,
    remedy: "Run the command again in a while",
  },
  {
    // About one statement: it was called off, or had no lock in time.
    kind: "silent",
    codes: /^(57014|55P03)/,
    says: (reason, { address }) => `Postgres at ${address} did not carry out a statement: ${reason}`,
    remedy:
      "A lock may hold it up (pg_stat_activity tells whose), or its host is gone. Run the command again in a while",
  },
  {
    // Has no code: the pool says it, and nothing that comes over the wire.
    kind: "busy",
    says: (reason, { address }) => `no connection to Postgres at ${address} is free: ${reason}`,
    remedy: "Run the command again in a while",
  },
  {
    kind: "collided",
    codes: /^(40001|40P01)/,
    says: (reason, { address }) => `Postgres at ${address} undid a transaction that met another: ${reason}`,
    remedy: "Run the command again",
  },
  {
    kind: "no-schema-right",
    words: /^permission denied for (schema|database)/,
    codes: /^3F000/,
    says: (reason, { address, user }) => `Postgres at ${address} refuses user "${user}": ${reason}`,
    remedy: "Grant it CREATE and USAGE there, or set DATABASE_URL to the owner of the database",
  },
  {
    kind: "no-right",
    codes: /^42501/,
    says: (reason, { address, user }) => `Postgres at ${address} refuses user "${user}": ${reason}`,
    remedy: "Grant it, or set DATABASE_URL to the owner of the tables",
  },
  {
    kind: "other-tables",
    codes: /^(42P01|42703|42883|42704)/,
    says: (reason, { address }) =>
      `the tables of Postgres at ${address} are not those of this version: ${reason}`,
    remedy: "Run headgate migrate",
  },
];
