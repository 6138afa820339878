// The request bodies of Atlas: parsed from bytes, unknown fields refused, as Atlas refuses them (docs/atlas.md 2a).
// Written after its OpenAPI and not after the client under src/atlas: a mistake that both shared would pass every test.
// An empty body, `null` and `{}` are the same start without options (docs/atlas.md 12). A refusal names the first field
// at fault, in words of our own (refused-words.ts).
import { z } from "zod";
import type { Refusal } from "../world/refusals.js";
import { invalidRequest } from "../world/refusals.js";
import { connectionFields } from "./connection-fields.js";
import { wordsOf } from "./refused-words.js";
import { TIERS } from "../world/tiers.js";

const tier = z.enum(TIERS);
const autoscaling = z.strictObject({
  enabled: z.boolean().optional(),
  minTier: tier.nullable().optional(),
  maxTier: tier.nullable().optional(),
});
const connection = z.strictObject({
  connectionName: z.string().optional(),
  db: z.string().optional(),
  coll: z.string().optional(),
});
// Clients send back what they have read; Atlas takes its own links and does nothing with them.
const links = z.array(z.unknown()).optional();
// Not strict: clients send more of a region than the two fields that matter here.
const region = z.object({ cloudProvider: z.string(), region: z.string() });

/** A date alone is none in a body (a guess), and the first moment of it in UTC in a query. */
const isoTime = z.iso.datetime({ offset: true });
export const isoMoment = z.union([isoTime, z.iso.date()]);

/** Every field is optional. `startAfter` is not among them, though mongosh has it (docs/atlas.md 2b, 2e). */
export const startWithBody = z.strictObject({
  tier: tier.optional(),
  resumeFromCheckpoint: z.boolean().optional(),
  startAtOperationTime: isoTime.optional(),
  failover: z
    .strictObject({
      region: z.string(),
      mode: z.enum(["GRACEFUL", "FORCED"]).optional(),
      dryRun: z.boolean().optional(),
      clearCheckpoint: z.boolean().optional(),
      links,
    })
    .optional(),
  autoscaling: autoscaling.nullable().optional(),
  links,
});

// Stages as they are: their keys keep their order, which has a meaning (docs/atlas.md 7).
const pipeline = z.array(z.record(z.string(), z.unknown()));
const dlqOptions = { dlq: connection.optional(), autoscaling: autoscaling.nullable().optional(), links };

/** `resumeFromCheckpoint` is no option of a create: there is no checkpoint yet. */
export const createBody = z.strictObject({
  _id: z.string().optional(),
  name: z.string().min(1),
  pipeline,
  options: z.strictObject(dlqOptions).optional(),
  tier: tier.optional(),
  failoverEnabled: z.boolean().optional(),
  links,
});

/** The name in here is a new one; the path says whose. */
export const modifyBody = z.strictObject({
  name: z.string().min(1).optional(),
  pipeline: pipeline.optional(),
  options: z.strictObject({ ...dlqOptions, resumeFromCheckpoint: z.boolean().optional() }).optional(),
  tier: tier.optional(),
  failoverEnabled: z.boolean().optional(),
  links,
});

const streamConfig = z
  .strictObject({ tier: tier.optional(), maxTierSize: tier.optional(), links })
  .nullable();

/** At most two failover regions (docs/atlas.md 9). */
export const createWorkspaceBody = z.strictObject({
  name: z.string().min(1),
  dataProcessRegion: region.optional(),
  failoverRegions: z.array(region).max(2).optional(),
  streamConfig: streamConfig.optional(),
  connections: z.array(z.looseObject({ ...connectionFields, name: z.string() })).optional(),
  sampleConnections: z.looseObject({ solar: z.boolean().optional() }).nullable().optional(),
  links,
});

export const modifyWorkspaceBody = z.strictObject({
  cloudProvider: z.string().optional(),
  region: z.string().optional(),
  failoverRegions: z.array(region).max(2).optional(),
  streamConfig: streamConfig.optional(),
  processorStatus: z.unknown().optional(),
  links,
});

/** Open: every kind of connection has fields of its own, and Atlas goes on adding kinds. */
export const connectionBody = z.looseObject({ ...connectionFields, name: z.string().min(1) });
export const modifyConnectionBody = z.looseObject({ ...connectionFields, name: z.string() }).partial();

export type Parsed<T> =
  { readonly kind: "parsed"; readonly value: T } | { readonly kind: "refused"; readonly refusal: Refusal };

/** JSON of the raw body; undefined for none. */
export function parseJson(raw: string): Parsed<unknown> {
  if (raw.trim() === "") return { kind: "parsed", value: undefined };
  try {
    return { kind: "parsed", value: JSON.parse(raw) };
  } catch {
    const refusal = { ...invalidRequest("body", "is not valid JSON"), errorCode: "MALFORMED_JSON" };
    return { kind: "refused", refusal };
  }
}

/** The body by its schema; no body and `null` count as `{}`. */
export function parseBody<T>(raw: string, schema: z.ZodType<T>): Parsed<T> {
  const json = parseJson(raw);
  if (json.kind === "refused") return json;
  const result = schema.safeParse(json.value ?? {});
  if (result.success) return { kind: "parsed", value: result.data };
  // An unknown field has no path of its own: its parent is named, or the body, and the key is in the words.
  const issue = result.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? "body" : issue.path.join(".");
  return { kind: "refused", refusal: invalidRequest(field, wordsOf(issue)) };
}
