// Reads of a project besides its workspaces: events filtered and paged, logs, the rate limits in force.
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { PROJECT_OPERATIONS } from "../../../../src/sim/operations/project-operations.js";
import { recordEvent } from "../../../../src/sim/world/events.js";
import type { World } from "../../../../src/sim/world/world-model.js";
import { ask, bodyOf, verdictOf } from "../../../support/sim-calls.js";
import { addWorkspace } from "../../../../src/sim/world/world.js";
import { alsoHas, aWorld, SIM_PROJECT, START, theTarget } from "../../../support/sim-world.js";

const { listEvents, downloadLogs, listRateLimits, getRateLimit } = PROJECT_OPERATIONS;

const HOUR_MS = 3_600_000;

/** One event an hour from START on, each of a type of its own. */
function withEvents(): World {
  const world = aWorld();
  alsoHas(world, "q");
  for (const [index, type] of ["A", "B", "C", "D"].entries()) {
    recordEvent(world, theTarget(world, index === 3 ? "q" : "p"), { type, at: START + index * HOUR_MS });
  }
  return world;
}

const typesOf = (world: World, query: string): string => {
  const { results } = bodyOf(ask(listEvents, world, { query })) as {
    results: readonly { eventTypeName: string }[];
  };
  return results.map((one) => one.eventTypeName).join("");
};

it.each([
  { reason: "all, the newest first", query: "", want: "DCBA" },
  { reason: "of one type", query: "eventType=B", want: "B" },
  { reason: "of two types, comma-separated", query: "eventType=A,C", want: "CA" },
  { reason: "of two types, repeated", query: "eventType=A&eventType=D", want: "DA" },
  { reason: "of a type that nobody knows", query: "eventType=X", want: "" },
  { reason: "without one type", query: "excludedEventType=B", want: "DCA" },
  { reason: "wanted and unwanted at once", query: "eventType=A,B&excludedEventType=A", want: "B" },
  { reason: "from a moment on, that one included", query: "minDate=2026-06-01T01:00:00Z", want: "DCB" },
  { reason: "until a moment, that one included", query: "maxDate=2026-06-01T01:00:00Z", want: "BA" },
  { reason: "between two", query: "minDate=2026-06-01T00:30:00Z&maxDate=2026-06-01T02:30:00Z", want: "CB" },
  { reason: "by a date alone", query: "minDate=2026-06-02", want: "" },
  { reason: "a page of them", query: "itemsPerPage=3&pageNum=2", want: "A" },
])("lists events: $reason", ({ query, want }) => {
  expect(typesOf(withEvents(), query)).toBe(want);
});

it("counts the events that are shown, not those that there are", () => {
  expect(bodyOf(ask(listEvents, withEvents(), { query: "eventType=A,B" }))["totalCount"]).toBe(2);
});

it.each([
  { query: "minDate=yesterday", field: "minDate" },
  // Date.parse takes these two for days of its own choice.
  { query: "minDate=x 5", field: "minDate" },
  { query: "maxDate=1", field: "maxDate" },
  { query: "minDate=2026-02-30", field: "minDate" },
  { query: "maxDate=tomorrow", field: "maxDate" },
  { query: "minDate=", field: "minDate" },
  { query: "maxDate=", field: "maxDate" },
  { query: "minDate=2026-06-01&maxDate=x", field: "maxDate" },
  { query: "minDate=x&maxDate=x", field: "minDate" },
])("refuses $query by its name", ({ query, field }) => {
  const { status, refusal } = ask(listEvents, withEvents(), { query });
  expect([status, refusal?.fields]).toEqual([400, [{ field, description: "must be an ISO 8601 date" }]]);
});

it.each([
  { verb: "listEvents", handler: listEvents, address: { project: "x" }, want: [404, "GROUP_NOT_FOUND"] },
  { verb: "downloadLogs", handler: downloadLogs, address: { project: "x" }, want: [404, "GROUP_NOT_FOUND"] },
  {
    verb: "downloadLogs",
    handler: downloadLogs,
    address: { workspace: "x" },
    want: [404, "STREAM_TENANT_NOT_FOUND_FOR_NAME"],
  },
])("answers $want to $verb", ({ handler, address, want }) => {
  expect(verdictOf(ask(handler, withEvents(), { address }))).toEqual(want);
});

it("packs no logs of another workspace", () => {
  const world = withEvents();
  addWorkspace(world, { project: SIM_PROJECT, name: "another" });
  const { body } = ask(downloadLogs, world, { address: { workspace: "another" } });
  expect(Buffer.isBuffer(body) ? gunzipSync(body).toString() : "not packed").toBe("");
});

it.each([
  { reason: "of a workspace", query: "", want: ["A", "B", "C", "D"] },
  { reason: "of one processor", query: "spName=q", want: ["D"] },
  { reason: "of nobody", query: "spName=nobody", want: [] },
])("packs the logs $reason as lines of JSON, oldest first", ({ query, want }) => {
  const { body } = ask(downloadLogs, withEvents(), { query });
  if (!Buffer.isBuffer(body)) throw new Error("not packed");
  const lines = gunzipSync(body)
    .toString()
    .split("\n")
    .filter((line) => line !== "");
  expect(lines.map((line) => (JSON.parse(line) as { eventTypeName: string }).eventTypeName)).toEqual(want);
});

const LIMITED = ["rateLimit.capacity=9", "rateLimit.refill=4", "rateLimit.refillMs=1500"];

it("shows the limits that are in force, in whole seconds", () => {
  expect(bodyOf(ask(getRateLimit, aWorld({ set: LIMITED }), { resource: "streams_group" }))).toMatchObject({
    endpointSetId: "streams_group",
    endpointSetName: "Streams",
    scope: "GROUP",
    capacity: { defaultValue: null, value: 9 },
    refillRate: { defaultValue: null, value: 4 },
    refillDurationSeconds: { defaultValue: null, value: 2 },
  });
});

const TENANT = "/api/atlas/v2/groups/{groupId}/streams/{tenantName}";

it.each([
  { reason: "all", query: "", count: 1 },
  { reason: "by their name", query: "name=Streams", count: 1 },
  { reason: "by another name", query: "name=Clusters", count: 0 },
  { reason: "by a path that they count", query: `endpointPath=${TENANT}/processors`, count: 1 },
  { reason: "by a path that they do not", query: `endpointPath=${TENANT}/nothing`, count: 0 },
  { reason: "by a name and another path", query: "name=Streams&endpointPath=/x", count: 0 },
])("lists the limits: $reason", ({ query, count }) => {
  const body = bodyOf(ask(listRateLimits, aWorld(), { query }));
  expect([body["results"], body["totalCount"]]).toMatchObject([
    Array.from({ length: count }, () => ({})),
    count,
  ]);
});

it("knows no other set of limits", () => {
  expect(verdictOf(ask(getRateLimit, aWorld(), { resource: "clusters" }))).toEqual([
    404,
    "RESOURCE_NOT_FOUND",
  ]);
});
