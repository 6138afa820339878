// The fields of a connection by their types: what is refused, alike in a create, a change and a workspace's create.
import { expect, it } from "vitest";
import type { z } from "zod";
import {
  connectionBody,
  createWorkspaceBody,
  modifyConnectionBody,
  parseBody,
} from "../../../../src/sim/operations/bodies.js";

const STRING = "must be a string";
const OBJECT = "must be an object";
const KINDS_OF_CONNECTION =
  "must be one of Kafka, Cluster, Sample, Https, AzureBlobStorage, AWSLambda, AWSKinesisDataStreams, S3, " +
  "SchemaRegistry, GCPPubSub";

/** The first field at fault and what is said of it; undefined when the body is taken. */
function faultOf(schema: z.ZodType, body: unknown): readonly (string | undefined)[] | undefined {
  const parsed = parseBody(JSON.stringify(body), schema);
  if (parsed.kind === "parsed") return undefined;
  const [fault] = parsed.refusal.fields ?? [];
  return [fault?.field, fault?.description];
}

it.each([
  { body: { type: "Carrier" }, field: "type", says: KINDS_OF_CONNECTION },
  { body: { type: 1 }, field: "type", says: KINDS_OF_CONNECTION },
  { body: { region: {} }, field: "region", says: STRING },
  { body: { region: 7 }, field: "region", says: STRING },
  { body: { region: null }, field: "region", says: STRING },
  { body: { id: 5 }, field: "id", says: STRING },
  { body: { state: [] }, field: "state", says: STRING },
  { body: { links: {} }, field: "links", says: "must be an array" },
  { body: { bootstrapServers: ["a"] }, field: "bootstrapServers", says: STRING },
  { body: { clusterName: 1 }, field: "clusterName", says: STRING },
  { body: { clusterGroupId: 1 }, field: "clusterGroupId", says: STRING },
  { body: { url: {} }, field: "url", says: STRING },
  { body: { config: { a: 1 } }, field: "config.a", says: STRING },
  { body: { headers: [] }, field: "headers", says: OBJECT },
  { body: { authentication: "x" }, field: "authentication", says: OBJECT },
  { body: { authentication: { password: 1 } }, field: "authentication.password", says: STRING },
  { body: { security: { protocol: 1 } }, field: "security.protocol", says: STRING },
  { body: { networking: { access: { type: 1 } } }, field: "networking.access.type", says: STRING },
  {
    body: { publicPrivateNetworking: { access: [] } },
    field: "publicPrivateNetworking.access",
    says: OBJECT,
  },
  { body: { aws: { roleArn: 1 } }, field: "aws.roleArn", says: STRING },
  { body: { azure: { region: 1 } }, field: "azure.region", says: STRING },
  { body: { gcp: { serviceAccountId: 1 } }, field: "gcp.serviceAccountId", says: STRING },
  {
    body: { dbRoleToExecute: { type: "ANY" } },
    field: "dbRoleToExecute.type",
    says: "must be one of BUILT_IN, CUSTOM",
  },
  { body: { provider: "OTHER" }, field: "provider", says: "must be one of CONFLUENT" },
  { body: { schemaRegistryUrls: [1] }, field: "schemaRegistryUrls.0", says: STRING },
])("a connection of another type than the OpenAPI's is refused, made, changed or nested: $body", (row) => {
  const { body, field, says } = row;
  const whole = { name: "c", type: "Kafka", ...body };
  expect(faultOf(connectionBody, whole)).toEqual([field, says]);
  expect(faultOf(modifyConnectionBody, body)).toEqual([field, says]);
  const nested = faultOf(createWorkspaceBody, { name: "w", connections: [whole] });
  expect(nested).toEqual([`connections.0.${field}`, says]);
});
