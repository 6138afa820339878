// What Postgres says, in words that tell where, what was tried and what to do.
import { expect, it } from "vitest";
import { AppError } from "../../../../src/base/errors.js";
import { toStoreError, toPostgresTarget } from "../../../../src/store/postgres/errors.js";

const TARGET = toPostgresTarget(
  "postgres://o%27hara:hidden-word@db.example:5433/headgate?sslmode=require",
  10_000,
);
const AT = "Postgres at db.example:5433/headgate";

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
