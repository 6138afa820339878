// The operations on workspaces and on their connections: what is answered, what is refused and why, what has changed.
import { expect, it } from "vitest";
import { CONNECTION_OPERATIONS } from "../../../../src/sim/operations/connection-operations.js";
import type { Handler } from "../../../../src/sim/operations/handler.js";
import { WORKSPACE_OPERATIONS } from "../../../../src/sim/operations/workspace-operations.js";
import { addConnection } from "../../../../src/sim/world/connections.js";
import type { World } from "../../../../src/sim/world/world-model.js";
import { takeEffects } from "../../../../src/sim/world/world.js";
import { ask, bodyOf, verdictOf } from "../../../support/sim-calls.js";
import { aWorld, SIM_PROJECT, theProject, theWorkspace } from "../../../support/sim-world.js";

const { listWorkspaces, getWorkspace, createWorkspace, createSampleWorkspace } = WORKSPACE_OPERATIONS;
const { modifyWorkspace, deleteWorkspace } = WORKSPACE_OPERATIONS;
const { listConnections, createConnection, getConnection, modifyConnection, deleteConnection } =
  CONNECTION_OPERATIONS;

const NO_PROJECT = "GROUP_NOT_FOUND";
const NO_WORKSPACE = "STREAM_TENANT_NOT_FOUND_FOR_NAME";
const NO_CONNECTION = "STREAM_CONNECTION_NOT_FOUND_FOR_NAME";
const IN_USE = "STREAM_CONNECTION_HAS_STREAM_PROCESSORS";
const REGION = { cloudProvider: "GCP", region: "CENTRAL_US" };

const namesOf = (body: Record<string, unknown>): readonly string[] =>
  (body["results"] as readonly { readonly name: string }[]).map((one) => one.name);

it.each([
  { verb: "list", handler: listWorkspaces, address: { project: "x" }, want: [404, NO_PROJECT] },
  { verb: "create", handler: createWorkspace, address: { project: "x" }, want: [404, NO_PROJECT] },
  { verb: "get", handler: getWorkspace, address: { project: "x" }, want: [404, NO_PROJECT] },
  { verb: "get", handler: getWorkspace, address: { workspace: "x" }, want: [404, NO_WORKSPACE] },
  { verb: "modify", handler: modifyWorkspace, address: { workspace: "x" }, want: [404, NO_WORKSPACE] },
  { verb: "delete", handler: deleteWorkspace, address: { workspace: "x" }, want: [404, NO_WORKSPACE] },
  {
    verb: "list connections",
    handler: listConnections,
    address: { workspace: "x" },
    want: [404, NO_WORKSPACE],
  },
  {
    verb: "create connection",
    handler: createConnection,
    address: { workspace: "x" },
    want: [404, NO_WORKSPACE],
  },
  { verb: "get connection", handler: getConnection, address: { workspace: "x" }, want: [404, NO_WORKSPACE] },
  { verb: "get connection", handler: getConnection, address: {}, want: [404, NO_CONNECTION] },
  { verb: "modify connection", handler: modifyConnection, address: {}, want: [404, NO_CONNECTION] },
  { verb: "delete connection", handler: deleteConnection, address: {}, want: [404, NO_CONNECTION] },
])("answers $want to $verb of what is not there", ({ handler, address, want }) => {
  const world = aWorld();
  const { revision } = world;
  expect(verdictOf(ask(handler, world, { address, resource: "nobody" }))).toEqual(want);
  expect([world.revision, takeEffects(world)]).toEqual([revision, []]);
});

interface Made {
  readonly reason: string;
  readonly handler: Handler;
  readonly body: object;
  readonly want: object;
  readonly connections: readonly string[];
}

const SAMPLE = "sample_stream_solar";
const MADE: readonly Made[] = [
  {
    reason: "with nothing but its name",
    handler: createWorkspace,
    body: {},
    want: { streamConfig: { tier: "SP10" }, failoverRegions: [] },
    connections: [],
  },
  {
    reason: "with tiers and regions",
    handler: createWorkspace,
    body: {
      streamConfig: { tier: "SP5", maxTierSize: "SP30" },
      dataProcessRegion: REGION,
      failoverRegions: [REGION],
    },
    want: {
      streamConfig: { tier: "SP5", maxTierSize: "SP30" },
      dataProcessRegion: REGION,
      failoverRegions: [REGION],
    },
    connections: [],
  },
  {
    reason: "with a streamConfig of null",
    handler: createWorkspace,
    body: { streamConfig: null },
    want: { streamConfig: { tier: "SP10" } },
    connections: [],
  },
  {
    reason: "with connections of its own",
    handler: createWorkspace,
    body: { connections: [{ name: "k", type: "Kafka", password: "secret" }] },
    want: {},
    connections: ["k"],
  },
  {
    reason: "with the sample source, as asked",
    handler: createWorkspace,
    body: { sampleConnections: { solar: true } },
    want: {},
    connections: [SAMPLE],
  },
  {
    reason: "with the sample source, by the path",
    handler: createSampleWorkspace,
    body: {},
    want: {},
    connections: [SAMPLE],
  },
  {
    reason: "without the sample source, though the path says so",
    handler: createSampleWorkspace,
    body: { sampleConnections: { solar: false } },
    want: {},
    connections: [],
  },
  {
    reason: "with a sample source of null",
    handler: createSampleWorkspace,
    body: { sampleConnections: null },
    want: {},
    connections: [],
  },
];

it.each(MADE)("makes a workspace $reason", ({ handler, body, want, connections }) => {
  const world = aWorld();
  const reply = ask(handler, world, { body: { name: "new", ...body } });
  expect([reply.status, bodyOf(reply)]).toMatchObject([200, { name: "new", groupId: SIM_PROJECT, ...want }]);
  const made = theProject(world).workspaces.get("new");
  expect([...(made?.connections.keys() ?? [])]).toEqual(connections);
  expect(JSON.stringify([...(made?.connections.values() ?? [])])).not.toContain("secret");
  expect(takeEffects(world)).toHaveLength(1);
});

it.each([
  { reason: "a name that is taken", body: { name: "orders" }, want: [409, "STREAM_TENANT_ALREADY_EXISTS"] },
  { reason: "no name", body: {}, want: [400, "VALIDATION_ERROR"] },
  {
    reason: "a third failover region",
    body: { name: "n", failoverRegions: [REGION, REGION, REGION] },
    want: [400, "VALIDATION_ERROR"],
  },
  { reason: "no JSON", body: "[", want: [400, "MALFORMED_JSON"] },
])("makes no workspace: $reason", ({ body, want }) => {
  const world = aWorld();
  const { id } = theWorkspace(world);
  expect(verdictOf(ask(createWorkspace, world, { body }))).toEqual(want);
  expect([[...theProject(world).workspaces.keys()], theWorkspace(world).id]).toEqual([["orders"], id]);
});

it.each([
  { reason: "nothing", body: {}, want: { tier: "SP10", maxTierSize: "SP30", failoverRegions: [] } },
  {
    reason: "the tier alone",
    body: { streamConfig: { tier: "SP5" } },
    want: { tier: "SP5", maxTierSize: "SP30" },
  },
  {
    reason: "the maximum alone",
    body: { streamConfig: { maxTierSize: "SP50" } },
    want: { tier: "SP10", maxTierSize: "SP50" },
  },
  {
    reason: "a streamConfig of null",
    body: { streamConfig: null },
    want: { tier: "SP10", maxTierSize: "SP30" },
  },
  {
    reason: "the failover regions",
    body: { failoverRegions: [REGION] },
    want: { failoverRegions: [REGION] },
  },
])("changes of a workspace what is named: $reason", ({ body, want }) => {
  const world = aWorld({ maxTierSize: "SP30" });
  expect(verdictOf(ask(modifyWorkspace, world, { body }))).toEqual([200, null]);
  expect(theWorkspace(world)).toMatchObject(want);
  expect(theWorkspace(world).processors.size).toBe(1);
});

it("says of a bulk operation that it is not simulated, and does nothing else either", () => {
  const world = aWorld();
  const body = { processorStatus: { status: "STOPPED" }, streamConfig: { tier: "SP50" } };
  const { refusal } = ask(modifyWorkspace, world, { body });
  expect(refusal?.fields).toEqual([{ field: "processorStatus", description: "is not simulated" }]);
  expect(theWorkspace(world).tier).toBe("SP10");
});

it("deletes a workspace only once it has no processor", () => {
  const world = aWorld({ processor: { state: "STOPPED" } });
  const refused = ask(deleteWorkspace, world);
  expect(verdictOf(refused)).toEqual([403, "STREAM_TENANT_HAS_STREAM_PROCESSORS"]);
  expect(refused.refusal?.parameters).toEqual(["orders"]);
  theWorkspace(world).processors.clear();
  expect(ask(deleteWorkspace, world)).toMatchObject({ status: 202, body: {}, isApplied: true });
  expect(theProject(world).workspaces.size).toBe(0);
  expect(namesOf(bodyOf(ask(listWorkspaces, world)))).toEqual([]);
});

it("lists and shows workspaces, with their connections if asked", () => {
  const world = aWorld();
  ask(createSampleWorkspace, world, { body: { name: "second" } });
  expect(namesOf(bodyOf(ask(listWorkspaces, world)))).toEqual(["orders", "second"]);
  const address = { workspace: "second" };
  expect(bodyOf(ask(getWorkspace, world, { address }))).not.toHaveProperty("connections");
  const shown = bodyOf(ask(getWorkspace, world, { address, query: "includeConnections=true" }));
  expect(shown["connections"]).toMatchObject([{ name: SAMPLE }]);
});

const KAFKA = { name: "k", type: "Kafka", bootstrapServers: "a:9092", authentication: { username: "u" } };

function withConnection(state: string): World {
  const pipeline = [{ $source: { connectionName: "k" } }];
  const world = aWorld({ processor: { state, pipeline } });
  addConnection(theWorkspace(world), KAFKA);
  return world;
}

it("makes a connection, shows it READY and never its password", () => {
  const world = aWorld();
  const body = { ...KAFKA, authentication: { username: "u", password: "secret" } };
  expect(bodyOf(ask(createConnection, world, { body }))).toEqual({ ...KAFKA, state: "READY" });
  expect(bodyOf(ask(getConnection, world, { resource: "k" }))).toEqual({ ...KAFKA, state: "READY" });
  expect(namesOf(bodyOf(ask(listConnections, world)))).toEqual(["k"]);
  expect(takeEffects(world)).toHaveLength(1);
});

it.each([
  { reason: "a name that is taken", body: KAFKA, want: [409, "STREAM_CONNECTION_ALREADY_EXISTS"] },
  { reason: "no type", body: { name: "n" }, want: [400, "VALIDATION_ERROR"] },
  { reason: "an empty name", body: { name: "", type: "Kafka" }, want: [400, "VALIDATION_ERROR"] },
])("makes no connection: $reason", ({ body, want }) => {
  const world = withConnection("STOPPED");
  expect(verdictOf(ask(createConnection, world, { body }))).toEqual(want);
  expect(theWorkspace(world).connections.size).toBe(1);
});

it("changes of a connection what is named, but neither its name nor its type", () => {
  const world = withConnection("STOPPED");
  const body = { name: "other", type: "Cluster", bootstrapServers: "b:9092" };
  const reply = ask(modifyConnection, world, { resource: "k", body });
  expect(bodyOf(reply)).toEqual({ ...KAFKA, bootstrapServers: "b:9092", state: "READY" });
  expect([...theWorkspace(world).connections.keys()]).toEqual(["k"]);
});

it.each([
  { state: "STARTED", modify: [403, IN_USE], remove: [403, IN_USE] },
  { state: "PROVISIONING", modify: [403, IN_USE], remove: [403, IN_USE] },
  { state: "STOPPED", modify: [200, null], remove: [202, null] },
  { state: "FAILED", modify: [200, null], remove: [202, null] },
])("changes and deletes a connection under one that is $state: $modify", ({ state, modify, remove }) => {
  const world = withConnection(state);
  expect(verdictOf(ask(modifyConnection, world, { resource: "k", body: {} }))).toEqual(modify);
  expect(verdictOf(ask(deleteConnection, world, { resource: "k" }))).toEqual(remove);
  expect(theWorkspace(world).connections.has("k")).toBe(remove[0] === 403);
});
