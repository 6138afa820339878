// A route's schemas as Fastify wants them: by them a request is checked, and from them the OpenAPI document is made.
// Adds what every route has: its problems, 304 where it is polled, the Idempotency-Key. Pure.
import type { FastifySchema } from "fastify";
import { z } from "zod";
import { PROBLEMS, problemSchema } from "./problems.js";
import type { ProblemName } from "./problems.js";
import type { ApiRoute } from "./route.js";

/** Those of every route. */
const COMMON: readonly ProblemName[] = [
  "invalid-request",
  "unauthenticated",
  "forbidden",
  "too-many-requests",
  "headers-too-long",
  "internal",
  "unavailable",
];

export function toFastifySchema(route: ApiRoute): FastifySchema {
  const { params, query, body, textBody, answers } = route;
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    querystring: query ?? z.strictObject({}),
    ...toPresent({
      "x-headgate-rights": [...route.rights],
      params,
      body,
      headers: toHeaders(route),
      consumes: textBody,
    }),
    response: {
      ...Object.fromEntries(answers.map((one) => [one.status, toResponse(one)])),
      ...(isPolled(route) ? { 304: z.null().describe("It is still what If-None-Match names.") } : {}),
      ...toProblemResponses(toProblemNames(route)),
    },
  };
}

/** What is absent must not be there as undefined: Fastify takes that for a schema. */
function toPresent(parts: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));
}

function isPolled({ method, answers }: ApiRoute): boolean {
  return method === "GET" && answers[0].mediaType === undefined;
}

function isRepeatable({ method, isMutation }: ApiRoute): boolean {
  return method === "POST" && isMutation === true;
}

function toHeaders(route: ApiRoute): z.ZodType | undefined {
  return route.requestHeaders ?? (isRepeatable(route) ? IDEMPOTENCY_HEADERS : undefined);
}

function toProblemNames(route: ApiRoute): readonly ProblemName[] {
  const hasBody = route.isMutation === true || route.body !== undefined;
  return [
    ...COMMON,
    ...(route.params === undefined ? [] : (["path-too-long"] as const)),
    ...(hasBody ? (["too-large", "unsupported-media-type"] as const) : []),
    ...(isRepeatable(route) ? (["conflict", "key-reused"] as const) : []),
    ...(route.problems ?? []),
  ];
}

const IDEMPOTENCY_HEADERS = z.looseObject({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x21-\x7e]+$/, "1 to 255 visible ASCII characters")
    .optional()
    .meta({ description: "The same key and body within a day: the same answer, done once." }),
});

function toResponse({
  description,
  schema,
  mediaType = "application/json",
}: ApiRoute["answers"][number]): unknown {
  if (schema === undefined) return z.null().describe(description);
  return { description, content: { [mediaType]: { schema } } };
}

function toProblemResponses(names: readonly ProblemName[]): Readonly<Record<number, unknown>> {
  const titles = new Map<number, string[]>();
  for (const name of new Set(names)) {
    const { status, title } = PROBLEMS[name];
    titles.set(status, [...(titles.get(status) ?? []), title]);
  }
  return Object.fromEntries(
    [...titles].map(([status, texts]) => [
      status,
      {
        description: `${texts.join("; ")}.`,
        content: { "application/problem+json": { schema: problemSchema } },
      },
    ]),
  );
}
