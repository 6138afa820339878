// What Postgres says, in words that tell where, what was tried and what to do.
import { expect, it } from "vitest";
import { AppError } from "../../../../src/base/errors.js";
import { toDriverUrl, toStoreError, toPostgresTarget } from "../../../../src/store/postgres/errors.js";

const TARGET = toPostgresTarget(
  "postgres://o%27hara:hidden-word@db.example:5433/headgate?sslmode=require",
  10_000,
);
const AT = "Postgres at db.example:5433/headgate";

const VERIFIED =
  "sslmode=verify-full, with sslrootcert=FILE if a private authority signed the server's certificate";

const anError = (code: string | undefined, message: string): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

it.each([
  [
    "ECONNREFUSED",
    "connect ECONNREFUSED 10.0.0.1:5433",
    `${AT} cannot be reached: tried once, for 10s at most; connect ECONNREFUSED 10.0.0.1:5433. Start it, or set DATABASE_URL`,
  ],
  [
    "ECONNREFUSED",
    "",
    `${AT} cannot be reached: tried once, for 10s at most; ECONNREFUSED. Start it, or set DATABASE_URL`,
  ],
  [
    undefined,
    "Connection terminated due to connection timeout",
    `${AT} cannot be reached: tried once, for 10s at most; Connection terminated due to connection timeout. Start it, or set DATABASE_URL`,
  ],
  [
    "57P01",
    "terminating connection due to administrator command",
    `${AT} is not well: terminating connection due to administrator command. Run the command again in a while`,
  ],
  [
    undefined,
    "Connection terminated unexpectedly",
    `${AT} is not well: Connection terminated unexpectedly. Run the command again in a while`,
  ],
  [
    "25006",
    "cannot execute UPDATE in a read-only transaction",
    `${AT} is a standby, which may only be read: cannot execute UPDATE in a read-only transaction. During a failover run the command again in a while, else set DATABASE_URL to the primary`,
  ],
  [
    "57014",
    "canceling statement due to statement timeout",
    `${AT} did not carry out a statement: canceling statement due to statement timeout. A lock may hold it up (pg_stat_activity tells whose), or its host is gone. Run the command again in a while`,
  ],
  [
    "40P01",
    "deadlock detected",
    `${AT} undid a transaction that met another: deadlock detected. Run the command again`,
  ],
  [
    "28P01",
    'password authentication failed for user "o\'hara"',
    `${AT} does not let user "o'hara" in: password authentication failed for user "o'hara". Check user and password of DATABASE_URL`,
  ],
  [
    undefined,
    "SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string",
    `${AT} does not let user "o'hara" in: SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string. Check user and password of DATABASE_URL`,
  ],
  [
    "3D000",
    'database "headgate" does not exist',
    `${AT} has no such database: database "headgate" does not exist. Create it, or set DATABASE_URL`,
  ],
  [
    "42501",
    "permission denied for table changes",
    `${AT} refuses user "o'hara": permission denied for table changes. Grant it, or set DATABASE_URL to the owner of the tables`,
  ],
  [
    "42P01",
    'relation "changes" does not exist',
    'the tables of Postgres at db.example:5433/headgate are not those of this version: relation "changes" does not exist. Run headgate migrate',
  ],
  [
    "28000",
    'no pg_hba.conf entry for host "10.0.0.9", user "me", database "headgate", no encryption',
    `${AT} wants TLS, and DATABASE_URL asks for none: no pg_hba.conf entry for host "10.0.0.9", user "me", database "headgate", no encryption. Add ${VERIFIED}, to DATABASE_URL`,
  ],
  [
    "28000",
    'no pg_hba.conf entry for host "10.0.0.9", user "me", database "headgate", SSL off',
    `${AT} wants TLS, and DATABASE_URL asks for none: no pg_hba.conf entry for host "10.0.0.9", user "me", database "headgate", SSL off. Add ${VERIFIED}, to DATABASE_URL`,
  ],
  [
    "08P01",
    "SSL required",
    `${AT} wants TLS, and DATABASE_URL asks for none: SSL required. Add ${VERIFIED}, to DATABASE_URL`,
  ],
  [
    "28000",
    'no pg_hba.conf entry for host "10.0.0.9", user "me", database "headgate", SSL encryption',
    `${AT} does not admit user "o'hara" from here: no pg_hba.conf entry for host "10.0.0.9", user "me", database "headgate", SSL encryption. Add a line to its pg_hba.conf, or correct user, host and database of DATABASE_URL`,
  ],
  [
    "08P01",
    "unsupported startup parameter in options: search_path",
    `the pooler before ${AT} refuses the connection: unsupported startup parameter in options: search_path. Take the parameter out of DATABASE_URL (and out of PGOPTIONS), or name it in the pooler's ignore_startup_parameters`,
  ],
  [
    "XX000",
    "Tenant or user not found",
    `the pooler before ${AT} knows no tenant of user "o'hara": Tenant or user not found. Set DATABASE_URL to what its host shows: such a pooler wants USER.TENANT as user, and the tenant's own host`,
  ],
  [
    "CERT_HAS_EXPIRED",
    "certificate has expired",
    `the certificate of ${AT} is not valid today: certificate has expired. Renew the server's certificate, or set this machine's clock`,
  ],
  [
    "57P03",
    "the database system is not accepting connections",
    `${AT} is a standby, which may only be read: the database system is not accepting connections. During a failover run the command again in a while, else set DATABASE_URL to the primary`,
  ],
  [
    "08P01",
    "no such database: headgate",
    `${AT} has no such database: no such database: headgate. Create it, or set DATABASE_URL`,
  ],
  [
    "42501",
    "permission denied for schema public",
    `${AT} refuses user "o'hara": permission denied for schema public. Grant it CREATE and USAGE there, or set DATABASE_URL to the owner of the database`,
  ],
])("explains %s %s", (...[code, message, told]) => {
  const explained = toStoreError(anError(code, message), TARGET);
  expect(explained).toBeInstanceOf(AppError);
  expect(explained).toMatchObject({ code: "store.unavailable", message: told });
});

it.each([
  anError("23505", "duplicate key"),
  anError(undefined, "a bug"),
  new AppError("store.conflict", "moved on"),
  "text",
])("leaves %s as it is", (error) => {
  expect(toStoreError(error, TARGET)).toBe(error);
});

it("keeps a text of several lines to one", () => {
  expect((toStoreError(anError("57P03", "starting up\n  hint"), TARGET) as Error).message).not.toContain(
    "\n",
  );
});

it.each([
  ["a plain URL", "postgres://db:5433/headgate", "postgres://db:5433/headgate"],
  [
    "a mode that the driver warns of",
    "postgres://db/x?sslmode=require&a=b",
    "postgres://db/x?sslmode=verify-full&a=b",
  ],
  ["the last of several", "postgres://db/x?a=b&sslmode=verify-ca", "postgres://db/x?a=b&sslmode=verify-full"],
  ["one that means what it says", "postgres://db/x?sslmode=disable", "postgres://db/x?sslmode=disable"],
  [
    "one that libpq explains",
    "postgres://db/x?uselibpqcompat=true&sslmode=require",
    "postgres://db/x?uselibpqcompat=true&sslmode=require",
  ],
])("gives the driver %s", (_what, url, given) => {
  expect(toDriverUrl(url)).toBe(given);
});

it.each([
  ["postgres://u:p@db.example:5433/headgate", "db.example:5433/headgate", "u"],
  ["postgres:///headgate?host=/var/run/postgresql&user=me", "/var/run/postgresql/headgate", "me"],
  ["postgres://ignored/headgate?host=db.example", "db.example/headgate", ""],
])("names of %s the place %s", (url, address, user) => {
  expect(toPostgresTarget(url, 1)).toEqual({ address, user, patienceMs: 1 });
});
