// Kinds of what Postgres and its sockets say, which of them are outages, and that an outage is told once.
import { expect, it } from "vitest";
import { OutOfTime } from "../../../../src/base/deadline.js";
import { AppError } from "../../../../src/base/errors.js";
import {
  NoneFree,
  findKind,
  isOutage,
  toPostgresTarget,
  toStoreError,
} from "../../../../src/store/postgres/errors.js";
import type { Kind } from "../../../../src/store/postgres/causes.js";
import { watchOutages } from "../../../../src/store/postgres/outages.js";
import type { Outage } from "../../../../src/store/postgres/outages.js";

const anError = (code: unknown, message = "said"): Error => Object.assign(new Error(message), { code });

it.each<readonly [string, Kind, boolean]>([
  ["ENOTFOUND", "unreachable", true],
  ["EAI_AGAIN", "unreachable", true],
  ["EPIPE", "unreachable", true],
  ["ETIMEDOUT", "unreachable", true],
  ["EHOSTUNREACH", "unreachable", true],
  ["ECONNRESET", "unreachable", true],
  ["08006", "unwell", true],
  ["53300", "unwell", true],
  ["57P03", "unwell", true],
  ["25P03", "unwell", true],
  ["25006", "standby", true],
  ["57014", "silent", false],
  ["55P03", "silent", false],
  ["40001", "collided", false],
  ["28000", "locked-out", false],
  ["3D000", "no-database", false],
  ["42501", "no-right", false],
  ["42703", "other-tables", false],
  ["42883", "other-tables", false],
])("takes %s for %s (an outage: %s)", (code, kind, isAway) => {
  expect(findKind(anError(code))).toBe(kind);
  expect(isOutage(kind)).toBe(isAway);
});

it.each([
  { reason: "a constraint that holds", error: anError("23505") },
  { reason: "a statement that is wrong", error: anError("42601") },
  { reason: "a transaction that failed before", error: anError("25P02") },
  { reason: "a value out of range", error: anError("22003") },
  { reason: "a code that is a number", error: anError(57014) },
  { reason: "no error at all", error: "ECONNREFUSED" },
  { reason: "an error that has been told", error: new AppError("store.unavailable", "connection timeout") },
])("sees no kind in $reason", ({ error }) => {
  expect(findKind(error)).toBeUndefined();
  expect(isOutage(findKind(error))).toBe(false);
});

it.each<readonly [string, Error, Kind]>([
  ["a statement that got no answer", new OutOfTime("no answer"), "silent"],
  ["a pool without a free connection", new NoneFree("all 10 are in use"), "busy"],
  ["a password the driver cannot use", anError(undefined, "SASL: no password"), "locked-out"],
  ["words before a code", anError("57014", "Connection terminated unexpectedly"), "unwell"],
])("knows without a code %s", (_what, error, kind) => {
  expect(findKind(error)).toBe(kind);
});

it.each([
  { url: "postgres://me@h:5433/db", address: "h:5433/db", user: "me" },
  { url: "postgres://h/db", address: "h/db", user: "" },
  { url: "postgresql://a%40b:p%3Aw@h/db?sslmode=require", address: "h/db", user: "a@b" },
  { url: "postgres://o%zz:pw@h/db", address: "h/db", user: "o%zz" },
  { url: "postgres://100%@h/db", address: "h/db", user: "100%" },
  { url: "/var/run/postgresql db", address: "DATABASE_URL", user: "" },
  { url: "", address: "DATABASE_URL", user: "" },
])("names the place of $url without its password", ({ url, address, user }) => {
  expect(toPostgresTarget(url, 1)).toEqual({ address, user, patienceMs: 1 });
});

it("cuts what Postgres said to 500 characters and takes passwords out of it", () => {
  const target = toPostgresTarget("postgres://h/db", 1_000);
  const said = `postgres://me:swordfish@h ${"x".repeat(2_000)}`;
  const { message } = toStoreError(anError("57P03", said), target) as AppError;
  expect(message).not.toContain("swordfish");
  expect(message).toMatch(/x…\. Run the command again in a while$/);
  expect(message.length).toBeLessThan(600);
});

it("tells the begin of an outage once, however many statements meet it", () => {
  const told: Outage[] = [];
  const watch = watchOutages((outage) => told.push(outage));
  watch.noteAnswer();
  expect(told).toEqual([]);
  watch.noteFailure("first");
  watch.noteFailure("second");
  expect(told).toEqual([{ kind: "lost", why: "first" }]);
});

it("does not take one answer among failures for the end of an outage", () => {
  const told: Outage[] = [];
  const watch = watchOutages((outage) => told.push(outage));
  watch.noteFailure("away");
  watch.noteAnswer();
  watch.noteFailure("away again");
  watch.noteAnswer();
  expect(told).toEqual([{ kind: "lost", why: "away" }]);
});
