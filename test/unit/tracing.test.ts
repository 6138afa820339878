// When traces are on and where they go, by the variables of OpenTelemetry's specification; and what of a path is told.
import { expect, it } from "vitest";
import { toRouteTemplate } from "../../src/atlas/traced-transport.js";
import { createLogger } from "../../src/base/logger.js";
import { findTracesUrl, startTracing } from "../../src/base/start-tracing.js";

const ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const EXPORTER = "OTEL_TRACES_EXPORTER";

it.each([
  { reason: "nothing is set", env: {}, url: undefined },
  { reason: "a base", env: { [ENDPOINT]: "http://c:4318" }, url: "http://c:4318/v1/traces" },
  { reason: "a base with a path", env: { [ENDPOINT]: "https://c/otlp/" }, url: "https://c/otlp/v1/traces" },
  { reason: "an empty base is none", env: { [ENDPOINT]: " " }, url: undefined },
  { reason: "an address as it is", env: { [TRACES]: "http://c/mine" }, url: "http://c/mine" },
  {
    reason: "the narrower wins",
    env: { [TRACES]: "http://c/mine", [ENDPOINT]: "http://d" },
    url: "http://c/mine",
  },
  { reason: "the exporter alone", env: { [EXPORTER]: "otlp" }, url: "http://localhost:4318/v1/traces" },
  { reason: "no exporter", env: { [EXPORTER]: "none", [ENDPOINT]: "http://c" }, url: undefined },
  { reason: "another exporter", env: { [EXPORTER]: "zipkin", [ENDPOINT]: "http://c" }, url: undefined },
  { reason: "switched off", env: { OTEL_SDK_DISABLED: "TRUE", [ENDPOINT]: "http://c" }, url: undefined },
  {
    reason: "not switched off",
    env: { OTEL_SDK_DISABLED: "no", [ENDPOINT]: "http://c" },
    url: "http://c/v1/traces",
  },
])("sends spans where the variables say: $reason", ({ env, url }) => {
  expect(findTracesUrl(env)).toBe(url);
});

it.each([
  {
    env: { [ENDPOINT]: "collector:4318" },
    says: `${ENDPOINT}: "collector:4318" is not the URL of a receiver`,
  },
  { env: { [TRACES]: "grpc://c:4317" }, says: `${TRACES}: "grpc://c:4317" is not the URL of a receiver` },
])("refuses $env", ({ env, says }) => {
  expect(() => findTracesUrl(env)).toThrow(says);
});

it("is not there where nobody asked for it", async () => {
  expect(await startTracing({ env: {}, version: "1", log: createLogger("silent") })).toBeUndefined();
});

const WORKSPACE = "/api/atlas/v2/groups/32b6e34b3d91647abb20e7b8/streams/orders";
const TEMPLATE = "/api/atlas/v2/groups/{groupId}/streams/{tenantName}";

it.each([
  { path: `${WORKSPACE}/processors?pageNum=1&itemsPerPage=500`, template: `${TEMPLATE}/processors` },
  { path: `${WORKSPACE}/processor/p`, template: `${TEMPLATE}/processor/{processorName}` },
  {
    path: `${WORKSPACE}/processor/a%2Fb%3A:startWith`,
    template: `${TEMPLATE}/processor/{processorName}:startWith`,
  },
  { path: `${WORKSPACE}/processor/p:stop`, template: `${TEMPLATE}/processor/{processorName}:stop` },
  // Only a verb of the API is told: what stands behind a colon may be part of a name.
  { path: `${WORKSPACE}/processor/a:secret`, template: `${TEMPLATE}/processor/{processorName}` },
  { path: `${WORKSPACE}/connections/k`, template: `${TEMPLATE}/connections/{connectionName}` },
  { path: WORKSPACE, template: TEMPLATE },
  { path: "/api/atlas/v2/groups/g/events?minDate=x", template: "/api/atlas/v2/groups/{groupId}/events" },
  { path: "/api/atlas/v2/rateLimits/set", template: "/api/atlas/v2/rateLimits/{endpointSetId}" },
  { path: "/api/oauth/token", template: "/api/oauth/token" },
  {
    path: "/api/atlas/v2/groups/g/clusters/mine",
    template: "/api/atlas/v2/groups/{groupId}/{other}/{other}",
  },
])("tells of $path no name and no query", ({ path, template }) => {
  expect(toRouteTemplate(path)).toBe(template);
});
