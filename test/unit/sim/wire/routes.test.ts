// From method and path to an operation: every route that there is, names of every kind in them, and paths that only
// look like one.
import fc from "fast-check";
import { expect, it } from "vitest";
import { matchRoute, OPERATIONS } from "../../../../src/sim/wire/routes.js";
import type { RouteMatch } from "../../../../src/sim/wire/routes.js";

const BASE = "/api/atlas/v2";
const G = `${BASE}/groups/32b6e34b3d91647abb20e7b8`;
const W = `${G}/streams/orders`;

interface Row {
  readonly method: string;
  readonly path: string;
  readonly operation: string;
  readonly names?: string;
}

const ROUTES: readonly Row[] = [
  { method: "GET", path: `${W}/processors`, operation: "list" },
  { method: "GET", path: `${W}/processor/p`, operation: "get", names: "p" },
  { method: "POST", path: `${W}/processor`, operation: "create" },
  { method: "PATCH", path: `${W}/processor/p`, operation: "modify", names: "p" },
  { method: "DELETE", path: `${W}/processor/p`, operation: "delete", names: "p" },
  { method: "POST", path: `${W}/processor/p:start`, operation: "start", names: "p" },
  { method: "POST", path: `${W}/processor/p:startWith`, operation: "startWith", names: "p" },
  { method: "POST", path: `${W}/processor/p:stop`, operation: "stop", names: "p" },
  { method: "GET", path: `${G}/streams`, operation: "listWorkspaces" },
  { method: "POST", path: `${G}/streams`, operation: "createWorkspace" },
  { method: "POST", path: `${G}/streams:withSampleConnections`, operation: "createSampleWorkspace" },
  { method: "GET", path: W, operation: "getWorkspace" },
  { method: "PATCH", path: W, operation: "modifyWorkspace" },
  { method: "DELETE", path: W, operation: "deleteWorkspace" },
  { method: "GET", path: `${W}/connections`, operation: "listConnections" },
  { method: "POST", path: `${W}/connections`, operation: "createConnection" },
  { method: "GET", path: `${W}/connections/c`, operation: "getConnection" },
  { method: "PATCH", path: `${W}/connections/c`, operation: "modifyConnection" },
  { method: "DELETE", path: `${W}/connections/c`, operation: "deleteConnection" },
  { method: "GET", path: `${W}:downloadOperationalLogs`, operation: "downloadLogs" },
  { method: "GET", path: `${G}/events`, operation: "listEvents" },
  { method: "GET", path: `${BASE}/rateLimits`, operation: "listRateLimits" },
  { method: "GET", path: `${BASE}/rateLimits/streams_group`, operation: "getRateLimit" },
  { method: "POST", path: "/api/oauth/token", operation: "token" },
  { method: "POST", path: "/api/oauth/revoke", operation: "revoke" },
];

it.each(ROUTES)("$method $path is $operation", ({ method, path, operation, names }) => {
  expect(matchRoute(method, path)).toMatchObject({ kind: "route", operation, processor: names ?? null });
});

it("has a route for every operation, and no two for one", () => {
  expect(ROUTES.map((one) => one.operation).sort()).toEqual(Object.keys(OPERATIONS).sort());
});

it("says where a route leads, and null for what it does not name", () => {
  const at = (path: string, method = "GET"): RouteMatch => matchRoute(method, path);
  const project = "32b6e34b3d91647abb20e7b8";
  expect(at(`${W}/processor/p`)).toMatchObject({
    project,
    workspace: "orders",
    processor: "p",
    resource: null,
  });
  expect(at(`${W}/connections/c`)).toMatchObject({
    project,
    workspace: "orders",
    processor: null,
    resource: "c",
  });
  expect(at(`${G}/events`)).toMatchObject({ project, workspace: null, processor: null, resource: null });
  expect(at(`${BASE}/rateLimits/s`)).toMatchObject({ project: null, workspace: null, resource: "s" });
});

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const pathsOf = [...new Set(ROUTES.map((one) => one.path))];
const taken = (path: string): readonly string[] =>
  ROUTES.filter((one) => one.path === path).map((one) => one.method);

it.each(
  pathsOf.flatMap((path) =>
    METHODS.filter((method) => !taken(path).includes(method)).map((method) => ({ method, path })),
  ),
)("$method $path is no operation", ({ method, path }) => {
  const { kind } = matchRoute(method, path);
  // Without a POST the colon of a verb is a part of the processor's name.
  const isName = /processor\/p:/.test(path) && ["GET", "PATCH", "DELETE"].includes(method);
  expect(kind).toBe(isName ? "route" : "wrong-method");
});

/** Any name that a URL can carry. */
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const awkward = fc.constantFrom(
  ":",
  "::",
  "a:b",
  "start",
  ":start",
  "a:startWith",
  "%",
  "%3A",
  "a/b",
  "..",
  " ",
  "+",
  "ü",
  "漢",
  "constructor",
);
const VERBS = ["start", "startWith", "stop"] as const;
const project = "32b6e34b3d91647abb20e7b8";

it("finds whatever names were percent-encoded into the path", () => {
  fc.assert(
    fc.property(fc.oneof(name, awkward), fc.oneof(name, awkward), (workspace, processor) => {
      const path = `${G}/streams/${encodeURIComponent(workspace)}/processor/${encodeURIComponent(processor)}`;
      expect(matchRoute("GET", path)).toMatchObject({
        kind: "route",
        operation: "get",
        project,
        workspace,
        processor,
      });
    }),
  );
});

it("cuts a verb from behind whatever name it stands", () => {
  fc.assert(
    fc.property(fc.oneof(name, awkward), fc.constantFrom(...VERBS), (processor, verb) => {
      const path = `${W}/processor/${encodeURIComponent(processor)}:${verb}`;
      expect(matchRoute("POST", path)).toMatchObject({ kind: "route", operation: verb, processor });
    }),
  );
});

it("cuts at the last colon, when colons of the name were left as they are", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "start", "stop", "b-c"), { minLength: 1 }),
      fc.constantFrom(...VERBS),
      (parts, verb) => {
        const processor = parts.join(":");
        expect(matchRoute("POST", `${W}/processor/${processor}:${verb}`)).toMatchObject({
          operation: verb,
          processor,
        });
      },
    ),
  );
});

it("finds connections and endpoint sets of any name", () => {
  fc.assert(
    fc.property(fc.oneof(name, awkward), (resource) => {
      const encoded = encodeURIComponent(resource);
      expect(matchRoute("GET", `${W}/connections/${encoded}`)).toMatchObject({
        operation: "getConnection",
        resource,
      });
      expect(matchRoute("GET", `${BASE}/rateLimits/${encoded}`)).toMatchObject({
        operation: "getRateLimit",
        resource,
      });
    }),
  );
});

it.each([
  { reason: "an encoded colon before no verb", path: `${W}/processor/p%3Astart`, kind: "wrong-method" },
  { reason: "no verb", path: `${W}/processor/p`, kind: "wrong-method" },
  { reason: "an unknown verb", path: `${W}/processor/p:restart`, kind: "wrong-method" },
  { reason: "a verb in another case", path: `${W}/processor/p:Start`, kind: "wrong-method" },
  { reason: "a verb that every object has", path: `${W}/processor/p:toString`, kind: "wrong-method" },
  { reason: "a verb and a colon too many", path: `${W}/processor/p:start:`, kind: "wrong-method" },
  { reason: "no name", path: `${W}/processor/:stop`, kind: "none" },
  { reason: "nothing", path: `${W}/processor/`, kind: "none" },
  { reason: "no workspace", path: `${G}/streams//processor/p:stop`, kind: "none" },
  { reason: "no project", path: `${BASE}/groups//streams/w/processor/p:stop`, kind: "none" },
  { reason: "a slash that was not encoded", path: `${W}/processor/a/b:stop`, kind: "none" },
  { reason: "an encoding cut short", path: `${W}/processor/%e4:stop`, kind: "bad-encoding" },
  { reason: "an encoding that is none", path: `${W}/processor/100%:stop`, kind: "bad-encoding" },
  { reason: "a bad workspace", path: `${G}/streams/%ff/processor/p:stop`, kind: "bad-encoding" },
])("a POST with $reason is $kind", ({ path, kind }) => {
  expect(matchRoute("POST", path).kind).toBe(kind);
});

it.each([
  "/",
  "",
  "/api",
  BASE,
  `${BASE}/`,
  G,
  `${G}/`,
  `${G}/streams/`,
  `${G}/streams/w/`,
  `${G}/streams/w/nothing`,
  `${G}/streams/w/toString`,
  `${G}/streams/w/processors/p`,
  `${G}/clusters/w/processors`,
  `${G}/constructor`,
  `${BASE}/orgs/x/streams`,
  `${BASE}/rateLimits/a/b`,
  `${BASE}/rateLimits/`,
  `/api/atlas/v1.0/groups/x/streams`,
  `${BASE}x/groups/g/streams`,
  "/api/oauth/token/",
  "/api/oauth",
])("GET %s leads nowhere", (path) => {
  expect(matchRoute("GET", path)).toEqual({ kind: "none" });
});

it("never throws, and never finds a name that is empty, whatever the path", () => {
  const part = fc.constantFrom(
    "",
    "groups",
    "g",
    "streams",
    "processor",
    "processors",
    "p:start",
    "%",
    "%zz",
    ":",
    "rateLimits",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), fc.constantFrom(...METHODS), (parts, method) => {
      const match = matchRoute(method, `${BASE}/${parts.join("/")}`);
      if (match.kind !== "route") return;
      for (const found of [match.project, match.workspace, match.processor]) expect(found).not.toBe("");
    }),
  );
});
