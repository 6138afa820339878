// What has the shape of a credential is taken out of every error when it is built, and everything else is left alone.
import { expect, it } from "vitest";
import { AppError } from "../../src/errors.js";

const DIGEST = "0123456789abcdef0123456789abcdef";

it.each([
  { reason: "a token", text: "not Bearer abcdefgh12345678, no", want: "not [redacted], no" },
  {
    reason: "a JWT without its scheme",
    text: "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln",
    want: "got [redacted]",
  },
  { reason: "a basic pair", text: "Basic aWQ6c2VjcmV0Cg==", want: "[redacted]" },
  { reason: "a client secret", text: "secret mdb_sa_sk_abc-1", want: "secret [redacted]" },
  {
    reason: "a digest's proof",
    text: `username="u", response="${DIGEST}", opaque=""`,
    want: 'username="u", [redacted]", opaque=""',
  },
  {
    reason: "a digest's proof inside JSON",
    text: `nc=1, response=\\"${DIGEST}\\"`,
    want: 'nc=1, [redacted]\\"',
  },
  { reason: "a password in a URL", text: "at postgres://u:p@h/d", want: "at postgres://u:[redacted]@h/d" },
  { reason: "a password without a user", text: "redis://:p@h", want: "redis://:[redacted]@h" },
  { reason: "no address", text: "http://h:7233/a is away", want: "http://h:7233/a is away" },
  { reason: "no other response", text: "response=late", want: "response=late" },
  { reason: "no ordinary text", text: "Bearer of bad news: 500", want: "Bearer of bad news: 500" },
])("redacts $reason", ({ text, want }) => {
  const error = new AppError("atlas.rejected", text, { context: { detail: text, status: 400 } });
  expect(error.message).toBe(want);
  expect(error.context).toEqual({ detail: want, status: 400 });
});
