// The OpenAPI document of /v1, made from the routes and their schemas alone: without Postgres, Temporal or Atlas, so
// that what is served and what is committed as docs/openapi.json are the same text.
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { createJsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";

type TransformObject = typeof jsonSchemaTransformObject;
type Document = ReturnType<TransformObject>;

const DESCRIPTION = `Headgate's own API: what the command line does, over HTTP. Times are milliseconds since 1970 in
UTC, durations are texts such as 4h, names are as in the command line. Whoever may not see a project or workspace finds
it in no list and is answered 403 when they name it.`;

const TAGS = {
  processors: "What is declared and seen of each processor, and why.",
  policies: "What owners declare, version by version.",
  changes: "Starts, stops and restarts.",
  fleet: "Workspaces, projects, budgets, schedules, suspensions, incidents, the journal and notifications.",
} as const;

/** Before the first route is defined: it hears of each as it is. */
export async function describeRoutes(server: FastifyInstance, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Headgate", version, description: DESCRIPTION.replaceAll("\n", " ") },
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          serviceAccount: { type: "http", scheme: "bearer" },
          digest: { type: "http", scheme: "digest" },
        },
      },
      security: [{ serviceAccount: [] }, { digest: [] }],
    },
    transform: createJsonSchemaTransform({}),
    transformObject: (input) => withoutUnused(jsonSchemaTransformObject(input)),
  });
}

/** Every schema with an id is there twice, as it is sent and as it is answered; a document shows what it uses. */
function withoutUnused(document: Document): Document {
  const { components, ...rest } = document as Document & {
    components?: { schemas?: Readonly<Record<string, unknown>> };
  };
  const schemas = components?.schemas ?? {};
  const used = new Set<string>();
  const visit = (text: string): void => {
    for (const [, name = ""] of text.matchAll(/#\/components\/schemas\/([A-Za-z0-9]+)/g)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(JSON.stringify(schemas[name] ?? {}));
    }
  };
  visit(JSON.stringify(rest));
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  return { ...rest, components: { ...components, schemas: Object.fromEntries(kept) } } as Document;
}
