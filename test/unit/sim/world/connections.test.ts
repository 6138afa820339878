// The connections of a workspace: stored without their secrets, and in use while a running pipeline names them.
import fc from "fast-check";
import { expect, it } from "vitest";
import { addConnection, addSampleConnection, isInUse } from "../../../../src/sim/world/connections.js";
import { alsoHas, aWorld, theWorkspace } from "../../../support/sim-world.js";

const SECRET = "a-very-secret-value";
const kafka = { name: "k", type: "Kafka", bootstrapServers: "b:9092" };

it.each([
  { reason: "at the top", given: { ...kafka, password: SECRET } },
  {
    reason: "in its authentication",
    given: { ...kafka, authentication: { username: "u", password: SECRET } },
  },
  { reason: "in a list", given: { ...kafka, brokers: [{ password: SECRET }, { host: "h" }] } },
  { reason: "of any shape", given: { ...kafka, authentication: { password: { value: SECRET } } } },
])("keeps no password: $reason", ({ given }) => {
  const workspace = theWorkspace(aWorld());
  const shown = addConnection(workspace, given);
  expect(JSON.stringify(shown)).not.toContain(SECRET);
  expect(JSON.stringify([...workspace.connections.values()])).not.toContain(SECRET);
  expect(shown).toMatchObject({ name: "k", type: "Kafka", bootstrapServers: "b:9092" });
});

it("keeps whatever else was given, and is READY at once", () => {
  const given = {
    ...kafka,
    state: "PENDING",
    authentication: { username: "u" },
    networking: { access: { type: "PUBLIC" } },
  };
  expect(addConnection(theWorkspace(aWorld()), given)).toEqual({ ...given, state: "READY" });
});

it("leaves what it was given as it was", () => {
  const given = { ...kafka, password: SECRET };
  addConnection(theWorkspace(aWorld()), given);
  expect(given).toEqual({ ...kafka, password: SECRET });
});

it("replaces a namesake in its place", () => {
  const workspace = theWorkspace(aWorld());
  addSampleConnection(workspace);
  addConnection(workspace, kafka);
  addConnection(workspace, { name: "sample_stream_solar", type: "Cluster" });
  expect([...workspace.connections.values()].map((one) => [one.name, one.type])).toEqual([
    ["sample_stream_solar", "Cluster"],
    ["k", "Kafka"],
  ]);
});

const naming = (connectionName: string): readonly unknown[] => [
  { $source: { connectionName: "other" } },
  { $merge: { into: { connectionName, db: "d" } } },
];

it.each([
  { state: "STARTED", isUsed: true },
  { state: "PROVISIONING", isUsed: true },
  { state: "STOPPED", isUsed: false },
  { state: "CREATED", isUsed: false },
  { state: "FAILED", isUsed: false },
])("is in use by one that is $state: $isUsed", ({ state, isUsed }) => {
  const workspace = theWorkspace(aWorld({ processor: { state, pipeline: naming("k") } }));
  expect(isInUse(workspace, "k")).toBe(isUsed);
});

it.each([
  { reason: "another name", connection: "kk", isUsed: false },
  { reason: "the begin of the name", connection: "my k", isUsed: false },
  { reason: "the source's", connection: "other", isUsed: true },
  { reason: "the sink's", connection: 'my "k"\\', isUsed: true },
  { reason: "none", connection: "", isUsed: false },
])("finds the very name in a pipeline: $reason", ({ connection, isUsed }) => {
  const processor = { state: "STARTED", pipeline: naming('my "k"\\') };
  expect(isInUse(theWorkspace(aWorld({ processor })), connection)).toBe(isUsed);
});

it("is not taken in by a text that looks like a pipeline", () => {
  const pipeline = [{ $match: { note: '"connectionName":"k"' } }];
  expect(isInUse(theWorkspace(aWorld({ processor: { state: "STARTED", pipeline } })), "k")).toBe(false);
});

it("asks every processor of the workspace", () => {
  const world = aWorld({ processor: { state: "STOPPED", pipeline: naming("k") } });
  alsoHas(world, "q", { state: "FAILED", pipeline: naming("k") });
  expect(isInUse(theWorkspace(world), "k")).toBe(false);
  alsoHas(world, "r", { state: "STARTED", pipeline: naming("k") });
  expect(isInUse(theWorkspace(world), "k")).toBe(true);
});

it("finds any name that a pipeline may hold", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (connection) => {
      const processor = { state: "STARTED", pipeline: naming(connection) };
      expect(isInUse(theWorkspace(aWorld({ processor })), connection)).toBe(true);
    }),
  );
});
