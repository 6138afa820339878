// What every request to /v1 meets, in this order: who calls and whether they may, what they sent, an Idempotency-Key,
// the route's own work, an answer or a problem. A route that is not defined through here is not part of the API, so
// that none can forget one of them.
import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import { z } from "zod";
import { acceptRequest } from "../../app/act/accepted.js";
import { hasRight, isInScope } from "../../domain/access.js";
import type { Logger } from "../../base/logger.js";
import type { KeyHolder, Place, Right } from "../../domain/access.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { Authenticator } from "../access/authenticate.js";
import { keepPages } from "./kept-pages.js";
import { Problem, PROBLEM_TYPE, PROBLEMS, problemSchema } from "./problems.js";
import { toLogFields, toProblem, toProblemDocument } from "./problems.js";
import type { ProblemName } from "./problems.js";
import type { JsonText } from "./kept-pages.js";
import type { ApiDeps, ApiRoute, Call, RouteAnswer } from "./route.js";
import { shareReads } from "./shared-reads.js";
import { answerByKey } from "./idempotency.js";
import { sendEvents } from "./event-stream.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Of a route of /v1: one of these rights is needed. */
    apiRights?: readonly Right[];
    /** Whether it changes something. */
    isMutation?: boolean;
  }
}

/** Of the requests that this server is serving; nothing else of a request is remembered. */
const holders = new WeakMap<FastifyRequest, KeyHolder>();

/** Who calls, and whether they may at all. Before the body is read. */
export function guard(server: FastifyInstance, authenticator: Authenticator): void {
  server.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id).header("cache-control", "no-store");
    const identity = await authenticator.identify({
      method: request.method,
      url: request.raw.url ?? request.url,
      authorization: request.headers.authorization,
      address: request.ip,
    });
    if (identity.kind === "limited") {
      const headers = { "retry-after": String(identity.retryAfterSeconds) };
      throw new Problem("too-many-requests", "this key or address has asked too often", { headers });
    }
    if (identity.kind === "unknown") {
      const headers = { "www-authenticate": identity.challenges };
      throw new Problem("unauthenticated", "no valid credential came with the request", { headers });
    }
    const { holder } = identity;
    holders.set(request, holder);
    const { apiRights } = request.routeOptions.config;
    if (apiRights === undefined) return;
    if (!apiRights.some((right) => hasRight(holder, right)))
      throw lacking(holder, apiRights[0] ?? "read", {});
    const place = request.params as Partial<ProcessorRef>;
    if (place.project !== undefined && !isInScope(holder, toPlace(place))) {
      throw lacking(holder, apiRights[0] ?? "read", toPlace(place));
    }
  });
}

function toPlace({ project, workspace }: Partial<ProcessorRef>): Place {
  return {
    ...(project === undefined ? {} : { project }),
    ...(workspace === undefined ? {} : { workspace }),
  };
}

function lacking(holder: KeyHolder, right: Right, place: Place): Problem {
  const { name, role } = holder;
  if (!hasRight(holder, right)) {
    return new Problem("forbidden", `the key ${name} is a ${role}'s, which lacks the right ${right}`);
  }
  const where = [place.project, place.workspace].filter((part) => part !== undefined).join("/");
  const scope = `${holder.scope.project}/${holder.scope.workspace}`;
  const whole = where === "" ? "everything" : where;
  return new Problem("forbidden", `the key ${name} is for ${scope}, which does not cover ${whole}`);
}

/** Registers a route; its document is made from the same schemas. */
export function serve(server: FastifyInstance, deps: ApiDeps, route: ApiRoute): void {
  // Of this server and this route: what another database shows is none of it.
  const share = shareReads();
  const keep = keepPages();
  server.route({
    method: route.method,
    url: route.path,
    schema: toSchema(route),
    config: { apiRights: route.rights, isMutation: route.isMutation === true },
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    preValidation: (request, _reply, done) => {
      // Texts are read for the routes that take files; every other body is JSON.
      const isForeign = typeof request.body === "string" && route.textBody === undefined;
      done(isForeign ? new Problem("unsupported-media-type", "the body is no application/json") : undefined);
    },
    handler: async (request, reply) => {
      const holder = holders.get(request);
      if (holder === undefined) throw new Error("a request came past the guard");
      const call = toCall(deps, { request, holder, share, keep });
      if (route.stream !== undefined) {
        await route.run(call);
        return sendEvents(request, reply, (leaveOff) => route.stream?.(call, leaveOff));
      }
      const answer = await answerByKey({ deps, route, request, holder }, () => route.run(call));
      return send(request, reply, answer);
    },
  });
}

interface Admitted {
  readonly request: FastifyRequest;
  readonly holder: KeyHolder;
  readonly share: ReturnType<typeof shareReads>;
  readonly keep: ReturnType<typeof keepPages>;
}

function toCall(
  { app }: ApiDeps,
  { request, holder, share, keep }: Admitted,
): Call<unknown, unknown, unknown> {
  const acting = { ...app, actor: holder.name };
  return {
    app: acting,
    holder,
    share,
    keep,
    params: request.params,
    query: request.query,
    body: request.body,
    headers: request.headers,
    demand: (right, place) => {
      if (!hasRight(holder, right) || !isInScope(holder, place)) throw lacking(holder, right, place);
    },
    accept: (place) =>
      acceptRequest(acting, {
        place,
        method: request.method,
        route: request.routeOptions.url ?? "",
        requestId: request.id,
      }),
  };
}

/** One text for all who get it, and what it is known by. */
export function toJsonText(body: unknown): JsonText {
  const text = JSON.stringify(body);
  return { text, etag: `"${createHash("sha1").update(text).digest("base64url")}"` };
}

/** A GET has an ETag: who polls is sent only what is new. */
function send(request: FastifyRequest, reply: FastifyReply, answer: RouteAnswer): FastifyReply {
  const { status = 200, body, text, headers = {} } = answer;
  reply.status(status).headers(headers);
  if (text !== undefined) return reply.send(text);
  if (body === undefined && answer.json === undefined) return reply.send();
  const json = answer.json ?? toJsonText(body);
  if (request.method === "GET" && status === 200) {
    const etag = headers["etag"] ?? json.etag;
    reply.header("etag", etag).header("cache-control", "private, no-cache");
    if (isKnownTo(request.headers["if-none-match"], etag)) return reply.status(304).send();
  }
  return reply.type("application/json; charset=utf-8").send(json.text);
}

function isKnownTo(header: string | undefined, etag: string): boolean {
  return header?.split(",").some((one) => one.trim().replace(/^W\//, "") === etag) === true;
}

export function answerProblems(server: FastifyInstance, log: Logger): void {
  server.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500) log.error("request.failed", toLogFields(problem, request.id));
    return sendProblem(request, reply, problem);
  });
  server.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, new Problem("not-found", `no ${request.method} is served at this path`)),
  );
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  for (const [name, value] of Object.entries(problem.headers)) reply.header(name, value);
  return reply
    .status(problem.status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(toProblemDocument(problem, request.id)));
}

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

function toSchema(route: ApiRoute): FastifySchema {
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
