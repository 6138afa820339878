// How long Atlas asks us to wait, in every form it or a proxy may use.
import { expect, it } from "vitest";
import { parseRetryAfterMs, toRetryAfterMs } from "../../../src/atlas/retry-after.js";
import type { RetryHint } from "../../../src/atlas/retry-after.js";

const NOW = Date.UTC(2026, 4, 4, 9, 0, 0);
const NOTHING: RetryHint = {
  header: undefined,
  date: undefined,
  errorCode: undefined,
  parameters: [],
  now: NOW,
};
const at = (offsetMs: number): string => new Date(NOW + offsetMs).toUTCString();

const CASES: readonly (readonly [string, Partial<RetryHint>, number])[] = [
  ["seconds", { header: "30" }, 30_000],
  ["fractions of seconds", { header: "2.5" }, 2_500],
  ["zero", { header: "0" }, 1_000],
  ["less than zero", { header: "-5" }, 1_000],
  ["absurd", { header: "999999999" }, 900_000],
  ["a date", { header: at(20_000) }, 20_000],
  ["a date in the past", { header: at(-20_000) }, 1_000],
  ["a date by a server whose clock is an hour off", { header: at(3_620_000), date: at(3_600_000) }, 20_000],
  ["garbage", { header: "soon" }, 10_000],
  ["absent", {}, 10_000],
  ["empty", { header: "" }, 10_000],
  [
    "the token bucket's parameters",
    { errorCode: "RATE_LIMITED_TOKEN_BUCKET", parameters: ["/p", 42, 1200] },
    42_000,
  ],
  ["the old limit's minutes", { errorCode: "RATE_LIMITED", parameters: ["/api/oauth/token", 10, 1] }, 60_000],
  ["parameters of another kind", { errorCode: "RATE_LIMITED", parameters: ["/p", 10, {}] }, 10_000],
  ["both: the header counts", { header: "3", errorCode: "RATE_LIMITED", parameters: ["/p", 10, 1] }, 3_000],
];

it.each(CASES)("%s", (_what, hint, expected) => {
  expect(toRetryAfterMs({ ...NOTHING, ...hint })).toBe(expected);
});

it("makes nothing up for an answer that is no 429", () => {
  expect(parseRetryAfterMs(NOTHING)).toBeUndefined();
});
