// From a reply to bytes and headers: media types, error bodies, envelope and pretty, and what a header can carry.
import fc from "fast-check";
import { expect, it } from "vitest";
import { answer, refuse } from "../../../../src/sim/operations/handler.js";
import type { Outgoing } from "../../../../src/sim/wire/exchange.js";
import { toErrorOutgoing, toJsonOutgoing, toOutgoing } from "../../../../src/sim/wire/outgoing.js";
import { genericRefusal, invalidRequest } from "../../../../src/sim/world/refusals.js";

const TYPE = "application/vnd.atlas.2024-05-30+json";
const how = (query = ""): { query: URLSearchParams; mediaType: string; headers: Record<string, string> } => ({
  query: new URLSearchParams(query),
  mediaType: TYPE,
  headers: { "RateLimit-Remaining": "7" },
});
const textOf = (out: Outgoing): string => out.body.toString("utf8");
const jsonOf = (out: Outgoing): unknown => JSON.parse(textOf(out));

const ONE = { name: "p", state: "STARTED" };
const LIST = { links: [], results: [ONE], totalCount: 1 };

it.each([
  { reason: "one thing", body: ONE, query: "", want: ONE },
  { reason: "one thing, wrapped", body: ONE, query: "envelope=true", want: { status: 200, content: ONE } },
  { reason: "a list", body: LIST, query: "", want: LIST },
  { reason: "a list, wrapped", body: LIST, query: "envelope=true", want: { ...LIST, status: 200 } },
  { reason: "an envelope not wanted", body: ONE, query: "envelope=false", want: ONE },
  { reason: "an envelope in other letters", body: ONE, query: "envelope=TRUE", want: ONE },
  { reason: "nothing in it", body: {}, query: "", want: {} },
])("answers $reason", ({ body, query, want }) => {
  const out = toOutgoing(answer(body), how(query));
  expect([out.status, jsonOf(out)]).toEqual([200, want]);
  expect(out.headers).toMatchObject({ "Content-Type": `${TYPE};charset=utf-8`, "RateLimit-Remaining": "7" });
});

it.each([
  { query: "pretty=true", lines: 4 },
  { query: "pretty=false", lines: 1 },
  { query: "", lines: 1 },
])("indents an answer by $query", ({ query, lines }) => {
  expect(textOf(toOutgoing(answer(ONE), how(query))).split("\n")).toHaveLength(lines);
});

it("says the status of the answer in the envelope", () => {
  expect(jsonOf(toOutgoing(answer({}, 202), how("envelope=true")))).toEqual({ status: 202, content: {} });
});

it("has no body and no type where there is nothing to say", () => {
  const out = toOutgoing(answer(null, 204), how("envelope=true&pretty=true"));
  expect([out.status, out.body.length, "Content-Type" in out.headers]).toEqual([204, 0, false]);
  expect(out.headers["RateLimit-Remaining"]).toBe("7");
});

it("hands packed bytes on as they are, under their own type", () => {
  const bytes = Buffer.from([0x1f, 0x8b, 0x00, 0xff]);
  const out = toOutgoing(answer(bytes), how("envelope=true"));
  expect(out.body.equals(bytes)).toBe(true);
  expect(out.headers["Content-Type"]).toBe(TYPE);
});

it("answers a refusal as an error, keys in alphabetical order, never wrapped", () => {
  const out = toOutgoing(refuse(genericRefusal("p", "no broker")), how("envelope=true"));
  expect(textOf(out)).toBe(
    '{"detail":"Streams Processor with this name (p) had a problem occur: no broker","error":400,"errorCode":"STREAM_PROCESSOR_GENERIC_ERROR","parameters":["p","no broker"],"reason":"Bad Request"}',
  );
  expect(out.headers).toMatchObject({
    "Content-Type": "application/json",
    "X-Error-Code": "STREAM_PROCESSOR_GENERIC_ERROR",
    "RateLimit-Remaining": "7",
    Vary: "Accept-Encoding",
  });
});

it("names the fields at fault, before everything else", () => {
  const out = toErrorOutgoing(invalidRequest("tier", "is unknown"), how());
  expect(jsonOf(out)).toMatchObject({
    badRequestDetail: { fields: [{ field: "tier", description: "is unknown" }] },
  });
  expect(Object.keys(jsonOf(out) as object)).toEqual([
    "badRequestDetail",
    "detail",
    "error",
    "errorCode",
    "parameters",
    "reason",
  ]);
});

const anError = (
  status: number,
  errorCode = "CODE",
): { status: number; errorCode: string; detail: string; parameters: [] } => ({
  status,
  errorCode,
  detail: "d",
  parameters: [],
});

it.each([
  { reason: "401, as it was recorded", status: 401, query: "", isPretty: true },
  { reason: "another status", status: 403, query: "", isPretty: false },
  { reason: "another status, as asked", status: 403, query: "pretty=true", isPretty: true },
])("indents an error: $isPretty, $reason", ({ status, query, isPretty }) => {
  expect(textOf(toErrorOutgoing(anError(status), how(query))).includes("\n  ")).toBe(isPretty);
});

it.each([
  { status: 402, reason: "Payment Required" },
  { status: 429, reason: "Too Many Requests" },
  { status: 504, reason: "Gateway Timeout" },
  { status: 299, reason: "Unknown" },
])("gives $status the reason $reason", ({ status, reason }) => {
  expect(jsonOf(toErrorOutgoing(anError(status), how()))).toMatchObject({ error: status, reason });
});

it("lets the headers of a refusal win over those of the call", () => {
  const refusal = { ...anError(429), headers: { "RateLimit-Remaining": "0", "Retry-After": "9" } };
  expect(toErrorOutgoing(refusal, how()).headers).toMatchObject({
    "RateLimit-Remaining": "0",
    "Retry-After": "9",
  });
});

it("puts a code into the header only if a header can carry it, and always into the body", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (errorCode) => {
      const out = toErrorOutgoing(anError(400, errorCode), how());
      expect((jsonOf(out) as { errorCode: string }).errorCode).toBe(errorCode);
      const carried = out.headers["X-Error-Code"];
      expect(carried === undefined || (carried === errorCode && /^[\x21-\x7e]+$/.test(carried))).toBe(true);
    }),
  );
});

it("answers outside of the versioned API as plain JSON", () => {
  const out = toJsonOutgoing(409, { detail: "ü" }, { "X-More": "1" });
  expect([out.status, jsonOf(out)]).toEqual([409, { detail: "ü" }]);
  expect(out.headers).toMatchObject({ "Content-Type": "application/json", "X-More": "1", Server: "mdbws" });
});

it.each([
  { reason: "an answer", out: toOutgoing(answer(ONE), how()) },
  { reason: "an error", out: toErrorOutgoing(anError(500), how()) },
  { reason: "nothing to say", out: toOutgoing(answer(null, 204), how()) },
])("sends the headers that Atlas was recorded to send with $reason", ({ out }) => {
  expect(out.headers).toMatchObject({
    Server: "mdbws",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
  });
});
