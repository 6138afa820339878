// The pure rules of the wire: routes by the raw path, versions by the Accept header, the step-wise budget, settings.
import { expect, it } from "vitest";
import { RateLimits } from "../../../../src/sim/access/rate-limits.js";
import { matchRoute } from "../../../../src/sim/wire/routes.js";
import { buildSettings, listSettings, SimOptionError } from "../../../../src/sim/settings/settings.js";
import { resolveVersion } from "../../../../src/sim/wire/versions.js";

const G = "/api/atlas/v2/groups/32b6e34b3d91647abb20e7b8";

it.each([
  { method: "GET", path: `${G}/streams/w/processors`, operation: "list", processor: null },
  { method: "GET", path: `${G}/streams/w/processor/a%20b`, operation: "get", processor: "a b" },
  { method: "GET", path: `${G}/streams/w/processor/a:b`, operation: "get", processor: "a:b" },
  { method: "POST", path: `${G}/streams/w/processor/p:start`, operation: "start", processor: "p" },
  {
    method: "POST",
    path: `${G}/streams/w/processor/a:b:startWith`,
    operation: "startWith",
    processor: "a:b",
  },
  { method: "POST", path: `${G}/streams/w/processor/a%3Astop:stop`, operation: "stop", processor: "a:stop" },
  { method: "GET", path: `${G}/streams/w`, operation: "getWorkspace", processor: null },
  {
    method: "GET",
    path: `${G}/streams/w:downloadOperationalLogs`,
    operation: "downloadLogs",
    processor: null,
  },
  { method: "GET", path: `${G}/events`, operation: "listEvents", processor: null },
  { method: "GET", path: "/api/atlas/v2/rateLimits", operation: "listRateLimits", processor: null },
  { method: "POST", path: "/api/oauth/token", operation: "token", processor: null },
])("$method $path is $operation", ({ method, path, operation, processor }) => {
  expect(matchRoute(method, path)).toMatchObject({ kind: "route", operation, processor });
});

it.each([
  { method: "POST", path: `${G}/streams/w/processor/p:constructor`, kind: "wrong-method" },
  { method: "POST", path: `${G}/streams/w/processor/p%3AstartWith`, kind: "wrong-method" },
  { method: "POST", path: `${G}/streams/w/processor/:start`, kind: "none" },
  { method: "PUT", path: `${G}/streams/w/processors`, kind: "wrong-method" },
  { method: "GET", path: `${G}/streams/w/constructor`, kind: "none" },
  { method: "GET", path: `${G}/streams/w/processor/%zz`, kind: "bad-encoding" },
  { method: "GET", path: "/api/atlas/v1.0/groups", kind: "none" },
])("$method $path is $kind", ({ method, path, kind }) => {
  expect(matchRoute(method, path).kind).toBe(kind);
});

it.each([
  { accept: "application/vnd.atlas.2024-05-30+json", want: "application/vnd.atlas.2024-05-30+json" },
  { accept: "application/vnd.atlas.2025-03-12+json", want: "application/vnd.atlas.2024-05-30+json" },
  {
    accept: "text/html, application/vnd.atlas.2030-01-01+json",
    want: "application/vnd.atlas.2024-05-30+json",
  },
  { accept: "application/vnd.atlas.2023-01-01+json", want: undefined },
  { accept: "application/vnd.atlas.2024-13-45+json", want: undefined },
  { accept: "application/json", want: undefined },
  { accept: "*/*", want: undefined },
  { accept: undefined, want: undefined },
])("Accept $accept resolves to $want", ({ accept, want }) => {
  const version = resolveVersion(accept, [{ date: "2024-05-30", format: "json" }]);
  expect(version.kind === "version" ? version.mediaType : undefined).toBe(want);
});

it("refills a budget in steps and says when to come back", () => {
  const limits = new RateLimits(buildSettings(["rateLimit.capacity=3", "rateLimit.refill=2"]));
  const draws = (now: number): string =>
    [1, 2, 3, 4].map(() => (limits.draw("g", "/path", now).kind === "drawn" ? "o" : "x")).join("");
  expect(draws(0)).toBe("ooox");
  expect(draws(59_999)).toBe("xxxx");
  expect(draws(60_000)).toBe("ooxx");
  expect(draws(600_000)).toBe("ooox");
  expect(limits.draw("g", "/path", 615_000)).toMatchObject({
    refusal: {
      status: 429,
      errorCode: "RATE_LIMITED_TOKEN_BUCKET",
      parameters: ["/path", 45, 3, 2, 60],
      headers: { "Retry-After": "45", "RateLimit-Remaining": "0" },
    },
  });
  expect(limits.draw("another", "/path", 615_000).kind).toBe("drawn");
});

it("describes every setting, and reaches each by name", () => {
  for (const { name, value, meaning, source } of listSettings()) {
    expect(meaning.length * source.length).toBeGreaterThan(0);
    expect(buildSettings([`${name}=${String(value)}`])[name as "startOfStarted"]).toBe(value);
  }
});

it("lists every fault of the assignments at once", () => {
  const bad = ["nonsense=1", "startOfStarted=201", "stop.delayMs=-1", "errorMsg.shown"];
  try {
    buildSettings(bad);
  } catch (error) {
    expect(error).toBeInstanceOf(SimOptionError);
    expect((error as SimOptionError).faults).toHaveLength(4);
    return;
  }
  throw new Error("accepted");
});
