// The fields of a connection that a client may send, each with its type in the OpenAPI. What is stored is shown again,
// so a value of another type would come back in an answer that no client can decode. All kinds share one list: which
// field goes with which kind is not known well enough to refuse by it.
import { z } from "zod";

const text = z.string().optional();
const texts = z.record(z.string(), z.string()).optional();
const aws = z.looseObject({ roleArn: text, testBucket: text }).optional();
const networking = z
  .looseObject({
    access: z.looseObject({ connectionId: text, name: text, tgwRouteId: text, type: text }).optional(),
  })
  .optional();

/** As the OpenAPI lists them; S3 is among its schemas, though not among its words. */
const TYPES = [
  ...["Kafka", "Cluster", "Sample", "Https", "AzureBlobStorage"],
  ...["AWSLambda", "AWSKinesisDataStreams", "S3", "SchemaRegistry", "GCPPubSub"],
] as const;

/** Without `name`, which a create must have and a change need not. */
export const connectionFields = {
  type: z.enum(TYPES),
  id: text,
  region: text,
  state: text,
  links: z.array(z.unknown()).optional(),
  authentication: z
    .looseObject({
      ...{ aws, clientId: text, clientSecret: text, mechanism: text, method: text, password: text },
      ...{ saslOauthbearerExtensions: text, scope: text, sslCertificate: text, sslKey: text },
      ...{ sslKeyPassword: text, tokenEndpointUrl: text, username: text },
    })
    .optional(),
  aws,
  azure: z.looseObject({ region: text, servicePrincipalId: text, storageAccountName: text }).optional(),
  bootstrapServers: text,
  clusterGroupId: text.nullable(),
  clusterName: text,
  config: texts,
  dbRoleToExecute: z
    .looseObject({ role: text, type: z.enum(["BUILT_IN", "CUSTOM"]).optional() })
    .nullable()
    .optional(),
  gcp: z.looseObject({ serviceAccountId: text }).optional(),
  headers: texts,
  networking,
  provider: z.enum(["CONFLUENT"]).optional(),
  publicPrivateNetworking: networking,
  schemaRegistryAuthentication: z.looseObject({ type: text }).optional(),
  schemaRegistryUrls: z.array(z.string()).max(10).optional(),
  security: z.looseObject({ brokerPublicCertificate: text, protocol: text }).optional(),
  url: text,
};
