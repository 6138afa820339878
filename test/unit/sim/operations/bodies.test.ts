// The bodies of Atlas: what each takes, and every refusal by the field it names and what it says of it.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { z } from "zod";
import {
  connectionBody,
  createBody,
  createWorkspaceBody,
  modifyBody,
  modifyConnectionBody,
  modifyWorkspaceBody,
  parseBody,
  parseJson,
  startWithBody,
} from "../../../../src/sim/operations/bodies.js";

const TIER = "must be one of SP2, SP5, SP10, SP30, SP50";
const BOOLEAN = "must be a boolean";
const STRING = "must be a string";
const TIME = "must be a time in ISO 8601 with its zone, such as 2026-01-31T06:00:00Z";
const KINDS_OF_CONNECTION =
  "must be one of Kafka, Cluster, Sample, Https, AzureBlobStorage, AWSLambda, AWSKinesisDataStreams, S3, " +
  "SchemaRegistry, GCPPubSub";
const REGION = { cloudProvider: "AWS", region: "VIRGINIA_USA" };

/** What is refused: the field and its description; undefined when the body is taken. */
function faultOf(schema: z.ZodType, body: unknown): readonly [string, string] | undefined {
  const parsed = parseBody(typeof body === "string" ? body : JSON.stringify(body), schema);
  if (parsed.kind === "parsed") return undefined;
  const { status, fields } = parsed.refusal;
  expect(status).toBe(400);
  const [fault] = fields ?? [];
  return [fault?.field ?? "", fault?.description ?? ""];
}

interface Row {
  readonly body: unknown;
  readonly field: string;
  readonly says: string;
}

const START_WITH: readonly Row[] = [
  { body: { tier: "SP99" }, field: "tier", says: TIER },
  { body: { tier: "sp10" }, field: "tier", says: TIER },
  { body: { tier: null }, field: "tier", says: TIER },
  { body: { resumeFromCheckpoint: "false" }, field: "resumeFromCheckpoint", says: BOOLEAN },
  { body: { startAtOperationTime: "noon" }, field: "startAtOperationTime", says: TIME },
  {
    body: { startAtOperationTime: "2026-01-01" },
    field: "startAtOperationTime",
    says: TIME,
  },
  {
    body: { startAtOperationTime: "2026-01-01T00:00:00" },
    field: "startAtOperationTime",
    says: TIME,
  },
  {
    body: { startAtOperationTime: "2026-02-30T00:00:00Z" },
    field: "startAtOperationTime",
    says: TIME,
  },
  { body: { startAtOperationTime: 1_767_225_600 }, field: "startAtOperationTime", says: STRING },
  {
    body: { startAtOperationTime: { $date: "2026-01-01T00:00:00Z" } },
    field: "startAtOperationTime",
    says: STRING,
  },
  { body: { failover: {} }, field: "failover.region", says: STRING },
  {
    body: { failover: { region: "r", mode: "FAST" } },
    field: "failover.mode",
    says: "must be one of GRACEFUL, FORCED",
  },
  { body: { failover: { region: "r", dryRun: 1 } }, field: "failover.dryRun", says: BOOLEAN },
  {
    body: { failover: { region: "r", clearCheckpoint: "yes" } },
    field: "failover.clearCheckpoint",
    says: BOOLEAN,
  },
  { body: { failover: { region: "r", soon: true } }, field: "failover", says: "has no field soon" },
  { body: { failover: null }, field: "failover", says: "must be an object" },
  { body: { autoscaling: { enabled: "on" } }, field: "autoscaling.enabled", says: BOOLEAN },
  { body: { autoscaling: { maxTier: "XL" } }, field: "autoscaling.maxTier", says: TIER },
  { body: { autoscaling: { minTier: "XS" } }, field: "autoscaling.minTier", says: TIER },
  { body: { autoscaling: { upTo: "SP50" } }, field: "autoscaling", says: "has no field upTo" },
  { body: { tear: "SP10" }, field: "body", says: "has no field tear" },
  { body: { startAfter: { _data: "82" } }, field: "body", says: "has no field startAfter" },
  { body: { links: {} }, field: "links", says: "must be an array" },
  { body: [], field: "body", says: "must be an object" },
  { body: "7", field: "body", says: "must be an object" },
  { body: '"SP10"', field: "body", says: "must be an object" },
  { body: "false", field: "body", says: "must be an object" },
];

it.each(START_WITH)("startWith refuses $body: $field", ({ body, field, says }) => {
  const fault = faultOf(startWithBody, body);
  expect(fault?.[0]).toBe(field);
  expect(fault?.[1]).toBe(says);
});

it.each([
  { reason: "nothing", body: "", want: {} },
  { reason: "space", body: " \n\t", want: {} },
  { reason: "null", body: "null", want: {} },
  { reason: "an empty object", body: "{}", want: {} },
  {
    reason: "a time with an offset",
    body: '{"startAtOperationTime":"2026-01-01T02:00:00+02:00"}',
    want: { startAtOperationTime: "2026-01-01T02:00:00+02:00" },
  },
  {
    reason: "a time with fractions",
    body: '{"startAtOperationTime":"2026-01-01T00:00:00.123Z"}',
    want: { startAtOperationTime: "2026-01-01T00:00:00.123Z" },
  },
  { reason: "autoscaling reset", body: '{"autoscaling":null}', want: { autoscaling: null } },
  {
    reason: "limits without a word on enabled",
    body: '{"autoscaling":{"minTier":null}}',
    want: { autoscaling: { minTier: null } },
  },
  {
    reason: "links, which clients send back",
    body: '{"links":[{"rel":"self"}]}',
    want: { links: [{ rel: "self" }] },
  },
])("startWith takes $reason", ({ body, want }) => {
  expect(parseBody(body, startWithBody)).toEqual({ kind: "parsed", value: want });
});

it("startWith takes every combination of its options", () => {
  const tier = fc.constantFrom("SP2", "SP5", "SP10", "SP30", "SP50");
  const options = fc.record(
    {
      tier,
      resumeFromCheckpoint: fc.boolean(),
      startAtOperationTime: fc
        .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
        .map((one) => one.toISOString()),
      failover: fc.record(
        { region: fc.string(), mode: fc.constantFrom("GRACEFUL", "FORCED"), dryRun: fc.boolean() },
        { requiredKeys: ["region"] },
      ),
      autoscaling: fc.option(
        fc.record(
          { enabled: fc.boolean(), minTier: fc.option(tier), maxTier: fc.option(tier) },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(options, (body) => {
      expect(parseBody(JSON.stringify(body), startWithBody)).toEqual({
        kind: "parsed",
        value: JSON.parse(JSON.stringify(body)) as unknown,
      });
    }),
  );
});

interface OtherRow extends Row {
  readonly of: string;
  readonly schema: z.ZodType;
}

const pipeline = [{ $source: { connectionName: "k" } }];
const OTHERS: readonly OtherRow[] = [
  { of: "create", schema: createBody, body: {}, field: "name", says: STRING },
  { of: "create", schema: createBody, body: { name: "n" }, field: "pipeline", says: "must be an array" },
  {
    of: "create",
    schema: createBody,
    body: { name: "", pipeline },
    field: "name",
    says: "must not be empty",
  },
  { of: "create", schema: createBody, body: { name: 7, pipeline }, field: "name", says: STRING },
  {
    of: "create",
    schema: createBody,
    body: { name: "n", pipeline: ["x"] },
    field: "pipeline.0",
    says: "must be an object",
  },
  {
    of: "create",
    schema: createBody,
    body: { name: "n", pipeline: {} },
    field: "pipeline",
    says: "must be an array",
  },
  {
    of: "create",
    schema: createBody,
    body: { name: "n", pipeline, state: "STARTED" },
    field: "body",
    says: "has no field state",
  },
  { of: "create", schema: createBody, body: { name: "n", pipeline, tier: "M10" }, field: "tier", says: TIER },
  {
    of: "create",
    schema: createBody,
    body: { name: "n", pipeline, failoverEnabled: "no" },
    field: "failoverEnabled",
    says: BOOLEAN,
  },
  {
    of: "create",
    schema: createBody,
    body: { name: "n", pipeline, options: { dlq: { topic: "t" } } },
    field: "options.dlq",
    says: "has no field topic",
  },
  {
    of: "create",
    schema: createBody,
    body: { name: "n", pipeline, options: { resumeFromCheckpoint: false } },
    field: "options",
    says: "has no field resumeFromCheckpoint",
  },
  { of: "modify", schema: modifyBody, body: { name: "" }, field: "name", says: "must not be empty" },
  {
    of: "modify",
    schema: modifyBody,
    body: { pipeline: [[1]] },
    field: "pipeline.0",
    says: "must be an object",
  },
  {
    of: "modify",
    schema: modifyBody,
    body: { options: { resumeFromCheckpoint: "no" } },
    field: "options.resumeFromCheckpoint",
    says: BOOLEAN,
  },
  { of: "modify", schema: modifyBody, body: { _id: "x" }, field: "body", says: "has no field _id" },
  { of: "create workspace", schema: createWorkspaceBody, body: {}, field: "name", says: STRING },
  {
    of: "create workspace",
    schema: createWorkspaceBody,
    body: { name: "" },
    field: "name",
    says: "must not be empty",
  },
  {
    of: "create workspace",
    schema: createWorkspaceBody,
    body: { name: "w", dataProcessRegion: { region: "r" } },
    field: "dataProcessRegion.cloudProvider",
    says: STRING,
  },
  {
    of: "create workspace",
    schema: createWorkspaceBody,
    body: { name: "w", failoverRegions: [REGION, REGION, REGION] },
    field: "failoverRegions",
    says: "must have at most 2 elements",
  },
  {
    of: "create workspace",
    schema: createWorkspaceBody,
    body: { name: "w", streamConfig: { tier: "M30" } },
    field: "streamConfig.tier",
    says: TIER,
  },
  {
    of: "create workspace",
    schema: createWorkspaceBody,
    body: { name: "w", streamConfig: { maxTier: "SP30" } },
    field: "streamConfig",
    says: "has no field maxTier",
  },
  {
    of: "create workspace",
    schema: createWorkspaceBody,
    body: { name: "w", connections: [{ name: "c" }] },
    field: "connections.0.type",
    says: KINDS_OF_CONNECTION,
  },
  {
    of: "create workspace",
    schema: createWorkspaceBody,
    body: { name: "w", sampleConnections: { solar: 1 } },
    field: "sampleConnections.solar",
    says: BOOLEAN,
  },
  {
    of: "create workspace",
    schema: createWorkspaceBody,
    body: { name: "w", tier: "SP10" },
    field: "body",
    says: "has no field tier",
  },
  {
    of: "modify workspace",
    schema: modifyWorkspaceBody,
    body: { name: "w" },
    field: "body",
    says: "has no field name",
  },
  {
    of: "modify workspace",
    schema: modifyWorkspaceBody,
    body: { streamConfig: { maxTierSize: "big" } },
    field: "streamConfig.maxTierSize",
    says: TIER,
  },
  { of: "connection", schema: connectionBody, body: { type: "Kafka" }, field: "name", says: STRING },
  {
    of: "connection",
    schema: connectionBody,
    body: { name: "", type: "Kafka" },
    field: "name",
    says: "must not be empty",
  },
  { of: "connection", schema: connectionBody, body: { name: "c" }, field: "type", says: KINDS_OF_CONNECTION },
  { of: "modify connection", schema: modifyConnectionBody, body: { name: 7 }, field: "name", says: STRING },
];

it("refuses every time and every tier in words that are no library's", () => {
  const anything = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.object());
  const field = fc.constantFrom("tier", "startAtOperationTime");
  fc.assert(
    fc.property(field, anything, (name, value) => {
      const fault = faultOf(startWithBody, { [name]: value });
      const ours = name === "tier" ? [TIER] : [TIME, STRING];
      expect(fault === undefined || ours.includes(fault[1])).toBe(true);
    }),
  );
});

it.each(OTHERS)("$of refuses $body: $field", ({ schema, body, field, says }) => {
  const fault = faultOf(schema, body);
  expect(fault?.[0]).toBe(field);
  expect(fault?.[1]).toBe(says);
});

it.each([
  {
    of: "create",
    schema: createBody,
    body: { _id: "x", name: "n", pipeline: [], options: {}, tier: "SP2", failoverEnabled: true, links: [] },
  },
  {
    of: "create",
    schema: createBody,
    body: { name: "n", pipeline, options: { dlq: { db: "d" }, autoscaling: null } },
  },
  { of: "modify", schema: modifyBody, body: { options: { resumeFromCheckpoint: false, dlq: {} } } },
  {
    of: "create workspace",
    schema: createWorkspaceBody,
    body: {
      name: "w",
      dataProcessRegion: REGION,
      failoverRegions: [REGION, REGION],
      streamConfig: null,
      sampleConnections: null,
    },
  },
  {
    of: "modify workspace",
    schema: modifyWorkspaceBody,
    body: { cloudProvider: "AWS", region: "r", streamConfig: { tier: "SP5", maxTierSize: "SP50" } },
  },
  {
    of: "connection",
    schema: connectionBody,
    body: { name: "c", type: "Kafka", authentication: { password: "x" }, anything: [1] },
  },
  { of: "modify connection", schema: modifyConnectionBody, body: { bootstrapServers: "b" } },
])("$of takes $body as it is", ({ schema, body }) => {
  expect(parseBody<unknown>(JSON.stringify(body), schema)).toEqual({ kind: "parsed", value: body });
});

it("keeps the order of a pipeline's keys, which has a meaning", () => {
  const raw = '{"name":"n","pipeline":[{"$source":{"z":1,"a":{"y":2,"b":3}}},{"$emit":{"c":1,"B":2}}]}';
  const parsed = parseBody(raw, createBody);
  if (parsed.kind === "refused") throw new Error(parsed.refusal.detail);
  expect(JSON.stringify({ name: parsed.value.name, pipeline: parsed.value.pipeline })).toBe(raw);
});

it.each(["{", "{'a':1}", "undefined", '{"a":1}}', "\u0000"])("says of %j that it is no JSON", (raw) => {
  expect(parseJson(raw)).toMatchObject({
    kind: "refused",
    refusal: {
      status: 400,
      errorCode: "MALFORMED_JSON",
      fields: [{ field: "body", description: "is not valid JSON" }],
    },
  });
  expect(parseBody(raw, startWithBody)).toEqual(parseJson(raw));
});

it("reads any JSON as what it is", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseJson(text)).toEqual({ kind: "parsed", value: JSON.parse(text) as unknown });
    }),
  );
});
