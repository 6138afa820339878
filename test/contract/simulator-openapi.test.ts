// Replies of the simulator against the OpenAPI slice of Atlas: a declared success by its schema, an error by ApiError.
// The slice lives outside the project; without it these tests say so and are skipped.
import { existsSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { afterAll, beforeAll, expect, it } from "vitest";
import { aBench, ORDERS, PROJECT, STREAMS } from "./simulator-harness.js";
import type { Bench } from "./simulator-harness.js";

const file = new URL("../../../shared/atlas-streams-openapi.json", import.meta.url);
const isPresent = existsSync(file);
if (!isPresent) process.stderr.write("SKIPPED: ../shared/atlas-streams-openapi.json is absent\n");

type Json = Record<string, unknown>;

/**
 * The generator writes `{"type": "object"}` for Java's Object, that is for any value: parameters of an ApiError, values
 * of stats and of pipeline stages (atlas-facts 1e and 4 show strings and numbers there), and beside the oneOf of regions,
 * whose members are strings.
 */
function loosen(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(loosen);
  if (typeof node !== "object" || node === null) return node;
  const own = node as Json;
  const isAny = own["type"] === "object" && !("properties" in own) && !("additionalProperties" in own);
  const kept = Object.entries(own).filter(([key]) => !["discriminator", "example", "format"].includes(key));
  const loose = Object.fromEntries(kept.map(([key, value]) => [key, loosen(value)]));
  if (isAny) delete loose["type"];
  return loose;
}

const document = (isPresent ? loosen(JSON.parse(readFileSync(file, "utf8"))) : {}) as Json;
const ajv = new Ajv({ strict: false, allErrors: true });
if (isPresent) ajv.addSchema(document, "atlas");

const pointer = (...parts: readonly string[]): string =>
  `atlas#/${parts.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;

let bench: Bench;
beforeAll(async () => {
  bench = await aBench();
  await bench.ask({ method: "POST", path: `${ORDERS}/processor/stopped:start` });
  bench.sim.mutate({
    op: "autoscale",
    project: PROJECT,
    workspace: "orders",
    processor: "stopped",
    to: "SP30",
  });
});
afterAll(async () => {
  await bench.sim.close();
});

const T = "/api/atlas/v2/groups/{groupId}/streams/{tenantName}";
const created = {
  name: "made",
  pipeline: [{ $source: { connectionName: "s" } }, { $emit: { connectionName: "t" } }],
};

it.runIf(isPresent).each([
  { method: "GET", path: STREAMS, template: "/api/atlas/v2/groups/{groupId}/streams", version: "2023-02-01" },
  { method: "GET", path: ORDERS, template: T, version: "2023-02-01" },
  { method: "GET", path: `${ORDERS}/processors`, template: `${T}/processors`, version: "2024-05-30" },
  {
    method: "GET",
    path: `${ORDERS}/processor/stopped`,
    template: `${T}/processor/{processorName}`,
    version: "2024-05-30",
  },
  {
    method: "POST",
    path: `${ORDERS}/processor`,
    template: `${T}/processor`,
    version: "2024-05-30",
    body: created,
  },
  {
    method: "GET",
    path: `/api/atlas/v2/groups/${PROJECT}/events`,
    template: "/api/atlas/v2/groups/{groupId}/events",
    version: "2023-01-01",
  },
  {
    method: "GET",
    path: "/api/atlas/v2/rateLimits",
    template: "/api/atlas/v2/rateLimits",
    version: "2025-03-12",
  },
  {
    method: "GET",
    path: "/api/atlas/v2/rateLimits/streams_group",
    template: "/api/atlas/v2/rateLimits/{endpointSetId}",
    version: "2025-03-12",
  },
])("$method $template is answered by its schema", async ({ template, version, ...ask }) => {
  const answer = await bench.ask(ask);
  expect(answer.status).toBe(200);
  const media = `application/vnd.atlas.${version}+json`;
  expect(answer.headers.get("content-type")).toBe(`${media};charset=utf-8`);
  const method = ask.method.toLowerCase();
  const schema = pointer("paths", template, method, "responses", "200", "content", media, "schema");
  const isValid = ajv.validate({ $ref: schema }, answer.json);
  expect(ajv.errors ?? []).toEqual([]);
  expect(isValid).toBe(true);
});

it.runIf(isPresent).each([
  { method: "POST", path: `${ORDERS}/processor/started:start` },
  { method: "GET", path: `${ORDERS}/processor/nobody` },
  { method: "GET", path: `${ORDERS}/processors`, accept: "application/json" },
  { method: "GET", path: ORDERS, authorization: "" },
  { method: "POST", path: `${ORDERS}/processor/failed:startWith`, body: { nonsense: 1 } },
])("$method $path is refused by ApiError", async (ask) => {
  const answer = await bench.ask(ask);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  ajv.validate({ $ref: pointer("components", "schemas", "ApiError") }, answer.json);
  expect(ajv.errors ?? []).toEqual([]);
});
