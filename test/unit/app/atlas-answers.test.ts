// What to do about every answer of Atlas that ends a question: by its status, whether it was the question or the token
// that was answered, and how long a wait is called.
import { describe, expect, it } from "vitest";
import { explainAtlasError } from "../../../src/app/atlas-errors.js";
import { AppError } from "../../../src/base/errors.js";
import type { ErrorContext } from "../../../src/base/errors.js";
import type { ErrorCode } from "../../../src/domain/error-codes.js";

const ASKED = {
  project: "32b6e34b3d91647abb20e7b8",
  what: "read the processor p",
  address: "https://atlas.example",
  timeoutMs: 25_000,
};

function explain(
  code: ErrorCode,
  message: string,
  options: { context?: ErrorContext; retryAfterMs?: number } = {},
): AppError {
  const explained = explainAtlasError(new AppError(code, message, options), ASKED);
  if (!(explained instanceof AppError)) throw new Error("an AppError was expected");
  return explained;
}

const CREDENTIALS = /\. Check MONGODB_ATLAS_CLIENT_ID and /;
const ROLE =
  /\. The credentials need the role Project Stream Processing Owner in project 32b6e34b3d91647abb20e7b8/;
const BILL = /\. Check the billing of the project in Atlas$/;

it.each([
  { status: 401, operation: "processor", says: CREDENTIALS },
  { status: 401, operation: "token", says: CREDENTIALS },
  { status: 402, operation: "processor", says: BILL },
  { status: 402, operation: "token", says: BILL },
  { status: 403, operation: "processor", says: ROLE },
  { status: 403, operation: "token", says: CREDENTIALS },
])("a denial by $status to $operation has its own remedy", ({ status, operation, says }) => {
  const { message } = explain("atlas.denied", "no", { context: { status, operation } });
  expect([CREDENTIALS, ROLE, BILL].filter((one) => one.test(message))).toEqual([says]);
});

it.each(["atlas.conflict", "atlas.rejected", "atlas.unintelligible", "atlas.ambiguous"] as const)(
  "%s is told as Atlas said it, without a remedy",
  (code) => {
    expect(explain(code, "it said so").message).toBe(
      "Atlas at https://atlas.example was asked to read the processor p: it said so",
    );
  },
);

it.each([
  { message: "stopped", said: "stopped" },
  { message: "stopped.", said: "stopped" },
  { message: "stopped... ", said: "stopped" },
  { message: "version 1.5", said: "version 1.5" },
])("ends no sentence twice: $message", ({ message, said }) => {
  expect(explain("atlas.denied", message, { context: { status: 402 } }).message).toBe(
    `Atlas at https://atlas.example was asked to read the processor p: ${said}. Check the billing of the project in Atlas`,
  );
});

describe("when to try again", () => {
  it.each([
    { retryAfterMs: undefined, when: "in a minute" },
    { retryAfterMs: 1, when: "in 1s" },
    { retryAfterMs: 1_000, when: "in 1s" },
    { retryAfterMs: 1_001, when: "in 2s" },
    { retryAfterMs: 59_001, when: "in 1m" },
    { retryAfterMs: 90_000, when: "in 1m30s" },
  ])("$when after $retryAfterMs ms", ({ retryAfterMs, when }) => {
    const options = retryAfterMs === undefined ? {} : { retryAfterMs };
    expect(explain("atlas.rate_limited", "slow down", options).message).toContain(`. Try again ${when};`);
  });
});

describe("an outage", () => {
  it.each([
    { reason: "an answer of its proxy", context: { status: 503 }, says: "is not well" },
    { reason: "no answer", context: {}, says: "cannot be reached" },
  ])("of $reason: $says", ({ context, says }) => {
    const { message } = explain("atlas.unavailable", "gone", { context });
    expect(message.startsWith(`Atlas at https://atlas.example ${says}: `)).toBe(true);
    expect(message).toContain("tried once to read the processor p, for 25s at most; gone");
    expect(message.includes("HTTPS_PROXY")).toBe(says === "cannot be reached");
  });
});

it("keeps what the client knew, adds the address, and hides no credential of it", () => {
  const context = { status: 403, operation: "processor", errorCode: "USER_UNAUTHORIZED" };
  const explained = explain("atlas.denied", "Bearer abcdefghijklmnop", { context, retryAfterMs: 5 });
  expect(explained).toMatchObject({
    code: "atlas.denied",
    retryAfterMs: 5,
    context: { ...context, address: "https://atlas.example" },
  });
  expect(explained.message).not.toContain("abcdefghijklmnop");
});
