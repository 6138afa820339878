// The one error type: redacted when it is built, in its message and its context, so that no way of printing one shows a
// credential.
import { inspect } from "node:util";
import fc from "fast-check";
import { expect, it } from "vitest";
import { AppError } from "../../src/base/errors.js";

const DIGEST = "0123456789abcdef0123456789abcdef";
const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

it.each<[string, string, string]>([
  ["a bearer token", "sent Bearer abcdef123456", "sent [redacted]"],
  ["a basic credential, in any case", "sent basic YWxhZGRpbjpvcGVu==", "sent [redacted]"],
  ["a JWT on its own", `token ${JWT} expired`, "token [redacted] expired"],
  ["a JWT without its signature", "token eyJhbGciOiJub25l.eyJzdWIi.", "token [redacted]"],
  ["a bearer JWT", `Authorization: Bearer ${JWT}`, "Authorization: [redacted]"],
  ["a service account's secret", "secret mdb_sa_sk_A-b_9 is wrong", "secret [redacted] is wrong"],
  [
    "a URL's password",
    "cannot reach postgres://ann:p4ss@db/x",
    "cannot reach postgres://ann:[redacted]@db/x",
  ],
  ["a URL's password without a user", "redis://:p4ss@cache", "redis://:[redacted]@cache"],
  ["a password with an @ in it", "pg://u:p@ss@db/x@y", "pg://u:[redacted]@db/x@y"],
  ["a password with a / in it", "pg://u:p/ss@db", "pg://u:[redacted]@db"],
  ["a digest's proof", `u="u", response="${DIGEST}", x=""`, 'u="u", [redacted]", x=""'],
  ["a digest's proof inside JSON", `nc=1, response=\\"${DIGEST}\\"`, 'nc=1, [redacted]\\"'],
  ["two of them", "a://u:one@h and b://v:two@h", "a://u:[redacted]@h and b://v:[redacted]@h"],
])("redacts %s in the message and in the context", (_what, text, redacted) => {
  const error = new AppError("atlas.rejected", text, { context: { detail: text, status: 400 } });
  expect(error.message).toBe(redacted);
  expect(error.context).toEqual({ detail: redacted, status: 400 });
});

it.each([
  "400 VALIDATION_ERROR: Invalid pipeline.",
  "cannot reach https://cloud.mongodb.com:443/api",
  "the bearer of this message",
  "basic plan",
  "response=late",
  "service account mdb_sa_id_0123456789abcdef01234567",
  "ann@example.com wrote at 10:30",
])("leaves %j as it is", (text) => {
  expect(new AppError("atlas.rejected", text).message).toBe(text);
});

it("prints no credential, whichever way it is printed", () => {
  const error = new AppError("atlas.denied", `Bearer ${JWT}`, { context: { detail: `x://u:${JWT}@h` } });
  const texts = [
    error.message,
    String(error),
    error.stack ?? "",
    inspect(error, { depth: 9 }),
    JSON.stringify(error),
  ];
  for (const text of texts) expect(text).not.toContain("eyJ");
});

it("prints no credential of what caused it, however deep, and keeps what that said otherwise", () => {
  const root = new Error(`refused by pg://u:shh-shh@db`);
  const cause = new TypeError("fetch failed", { cause: root });
  const error = new AppError("store.unavailable", "x", { cause });
  expect(inspect(error, { depth: 9 })).not.toContain("shh");
  expect(error.cause).toMatchObject({
    name: "TypeError",
    message: "fetch failed",
    cause: { name: "Error", message: "refused by pg://u:[redacted]@db" },
  });
  expect(new AppError("store.unavailable", "x", { cause: "Bearer abcdef123456" }).cause).toBe("[redacted]");
});

it("takes a circle of causes", () => {
  const cause = new Error("x");
  cause.cause = cause;
  expect(new AppError("store.unavailable", "x", { cause }).cause).toBe(cause);
});

it("redacts a password wherever it stands in a text", () => {
  const words = fc.stringMatching(/^[a-z ]{0,20}$/);
  const passwords = fc.stringMatching(/^[A-Za-z0-9._~!$&@-]{8,20}$/);
  fc.assert(
    fc.property(words, passwords, words, (before, password, after) => {
      const { message } = new AppError("store.unavailable", `${before} pg://u:${password}@host ${after}`);
      expect(message).toBe(`${before} pg://u:[redacted]@host ${after}`);
    }),
    { numRuns: 50 },
  );
});

it("keeps its cause, and the time Atlas asked to wait", () => {
  const cause = new Error("socket closed");
  const error = new AppError("atlas.rate_limited", "x", { cause, retryAfterMs: 2_000 });
  expect(error.cause).toBe(cause);
  expect(error.retryAfterMs).toBe(2_000);
  expect(error.name).toBe("AppError");
});

it("has no cause, no wait and no context where none was given", () => {
  const error = new AppError("stack.failed", "x");
  expect("cause" in error).toBe(false);
  expect(error).toMatchObject({ retryAfterMs: undefined, context: {} });
});
