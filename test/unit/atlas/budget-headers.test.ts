// What an answer tells of the budget of calls, as it reaches whoever writes it down; and how long a wait may be at all.
import fc from "fast-check";
import { expect, it } from "vitest";
import { readRetryAfterMs } from "../../../src/atlas/errors.js";
import { parseRetryAfterMs, toRetryAfterMs } from "../../../src/atlas/retry-after.js";
import type { RetryHint } from "../../../src/atlas/retry-after.js";
import { PROCESSOR, WORKSPACE, aProcessor, onStage, sendJson } from "./scripted-server.js";
import type { Stage } from "./scripted-server.js";

interface Told {
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly reading: object | undefined;
}

const TOLD: readonly Told[] = [
  { reason: "nothing", headers: {}, reading: undefined },
  {
    reason: "both counts",
    headers: { "ratelimit-limit": "1200", "ratelimit-remaining": "0" },
    reading: { limit: 1_200, remaining: 0 },
  },
  { reason: "what is left alone", headers: { "ratelimit-remaining": "7" }, reading: { remaining: 7 } },
  {
    reason: "the largest limit there is",
    headers: { "ratelimit-limit": "10000000" },
    reading: { limit: 10_000_000 },
  },
  {
    reason: "a count too large to be stored",
    headers: { "ratelimit-limit": "10000001" },
    reading: undefined,
  },
  {
    reason: "one beyond every number",
    headers: { "ratelimit-remaining": "9".repeat(40) },
    reading: undefined,
  },
  { reason: "less than nothing", headers: { "ratelimit-remaining": "-1" }, reading: undefined },
  { reason: "a fraction", headers: { "ratelimit-remaining": "1.5" }, reading: undefined },
  {
    reason: "words",
    headers: { "ratelimit-limit": "many", "ratelimit-remaining": "3" },
    reading: { remaining: 3 },
  },
  { reason: "a wait beside a success", headers: { "retry-after": "30" }, reading: undefined },
];

it.each(TOLD)("reports of a success $reason", async ({ headers, reading }) => {
  await onStage(
    ({ response }) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      sendJson(response, 200, aProcessor("clicks"));
    },
    async ({ client, readings }) => {
      await client.getProcessor(PROCESSOR, {});
      expect(readings).toEqual(reading === undefined ? [] : [{ project: PROCESSOR.project, ...reading }]);
    },
  );
});

it("reports a 429 with its wait although its counts make no sense", async () => {
  await onStage(
    ({ response }) => {
      response.setHeader("ratelimit-limit", "999999999999");
      response.setHeader("retry-after", "42");
      sendJson(response, 429, {});
    },
    async ({ client, readings }) => {
      await expect(client.getProcessor(PROCESSOR, {})).rejects.toMatchObject({ code: "atlas.rate_limited" });
      expect(readings).toEqual([{ project: PROCESSOR.project, retryAfterMs: 42_000 }]);
    },
  );
});

it.each([
  {
    reason: "events",
    ask: ({ client }: Stage) => client.listFailures({ project: WORKSPACE.project, since: 0 }, {}),
  },
  { reason: "limits", ask: ({ client }: Stage) => client.readRateLimits(WORKSPACE.project, {}) },
])("reports nothing that an answer about $reason tells: it is of another endpoint set", async ({ ask }) => {
  await onStage(
    ({ response }) => {
      response.setHeader("ratelimit-remaining", "1");
      sendJson(response, 200, { results: [] });
    },
    async (stage) => {
      await ask(stage);
      expect(stage.readings).toEqual([]);
    },
  );
});

const NOW = Date.UTC(2026, 4, 4, 9);
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.double().map(String),
  fc.integer().map(String),
  fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
);
const hints: fc.Arbitrary<RetryHint> = fc.record({
  header: fc.option(text, { nil: undefined }),
  date: fc.option(text, { nil: undefined }),
  errorCode: fc.constantFrom(undefined, "RATE_LIMITED", "RATE_LIMITED_TOKEN_BUCKET", "OTHER"),
  parameters: fc.array(fc.oneof(text, fc.double(), fc.constantFrom(null, {}, [], true, "")), {
    maxLength: 4,
  }),
  now: fc.constant(NOW),
});

it("waits from one second to fifteen minutes, whatever headers and bodies say", () => {
  fc.assert(
    fc.property(hints, (hint) => {
      const waitMs = toRetryAfterMs(hint);
      expect(waitMs >= 1_000 && waitMs <= 900_000).toBe(true);
      expect(parseRetryAfterMs(hint) ?? 10_000).toBe(waitMs);
    }),
    { numRuns: 1_000 },
  );
});

it.each([
  { reason: "blanks around a number", header: " 30 ", waitMs: 30_000 },
  { reason: "blanks only: as if there were none", header: "   ", waitMs: 10_000 },
  { reason: "a number with an exponent is none", header: "3e1", waitMs: 10_000 },
  { reason: "more than any number", header: "9".repeat(400), waitMs: 900_000 },
  { reason: "the longest wait exactly", header: "900", waitMs: 900_000 },
  { reason: "the shortest wait exactly", header: "1", waitMs: 1_000 },
])("reads a header with $reason", ({ header, waitMs }) => {
  expect(toRetryAfterMs({ header, date: undefined, errorCode: undefined, parameters: [], now: NOW })).toBe(
    waitMs,
  );
});

it.each([
  { reason: "a Date that is none: our own clock counts", date: "soon", waitMs: 20_000 },
  { reason: "a server behind us", date: new Date(NOW - 60_000).toUTCString(), waitMs: 80_000 },
])("reads a time by $reason", ({ date, waitMs }) => {
  const header = new Date(NOW + 20_000).toUTCString();
  expect(toRetryAfterMs({ header, date, errorCode: undefined, parameters: [], now: NOW })).toBe(waitMs);
});

it.each([
  { status: 429, header: "30", waitMs: 30_000 },
  { status: 429, header: undefined, waitMs: 10_000 },
  { status: 503, header: "30", waitMs: 30_000 },
  { status: 503, header: undefined, waitMs: undefined },
  { status: 500, header: "30", waitMs: undefined },
  { status: 200, header: "30", waitMs: undefined },
])("takes a wait from $status with Retry-After $header: $waitMs", ({ status, header, waitMs }) => {
  const headers = header === undefined ? {} : { "retry-after": header };
  expect(readRetryAfterMs({ status, headers })).toBe(waitMs);
});
