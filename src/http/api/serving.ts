// What every request to /v1 meets, in this order: who calls and whether they may, what they sent, an Idempotency-Key,
// the route's own work, an answer or a problem. A route that is not defined through here is not part of the API, so
// that none can forget one of them.
import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { acceptRequest } from "../../app/act/accepted.js";
import type { Logger } from "../../base/logger.js";
import { shareReads } from "../../base/shared-reads.js";
import { hasRight, isInScope } from "../../domain/access.js";
import type { KeyHolder, Place, Right } from "../../domain/access.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { Authenticator, IdentifiedCaller } from "../access/authenticate.js";
import { sendEvents } from "./event-stream.js";
import { answerByKey } from "./idempotency.js";
import { keepPages } from "./kept-pages.js";
import type { JsonBytes, KeptPages } from "./kept-pages.js";
import { Problem, PROBLEM_TYPE } from "./problems.js";
import { toLogFields, toProblem, toProblemDocument } from "./problems.js";
import type { ApiDeps, ApiRoute, Call, RouteAnswer } from "./route.js";
import { toFastifySchema } from "./route-schemas.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Of a route of /v1: one of these rights is needed. */
    apiRights?: readonly Right[];
    /** Whether it changes something. */
    isMutation?: boolean;
  }
}

/** Of the requests that this server is serving; nothing else of a request is remembered. */
const callers = new WeakMap<FastifyRequest, IdentifiedCaller>();

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
    callers.set(request, identity);
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
  const pages = keepPages();
  server.route({
    method: route.method,
    url: route.path,
    schema: toFastifySchema(route),
    config: { apiRights: route.rights, isMutation: route.isMutation === true },
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    preValidation: (request, _reply, done) => {
      // Texts are read for the routes that take files; every other body is JSON.
      const isForeign = typeof request.body === "string" && route.textBody === undefined;
      done(isForeign ? new Problem("unsupported-media-type", "the body is no application/json") : undefined);
    },
    handler: async (request, reply) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error("a request came past the guard");
      const { holder } = caller;
      const call = toCall(deps, { request, ...caller, share, pages });
      if (route.stream !== undefined) {
        await route.run(call);
        return sendEvents(request, reply, (leaveOff) => route.stream?.(call, leaveOff));
      }
      const answer = await answerByKey({ deps, route, request, holder }, () => route.run(call));
      return send(request, reply, answer);
    },
  });
}

interface Admitted extends IdentifiedCaller {
  readonly request: FastifyRequest;
  readonly share: ReturnType<typeof shareReads>;
  readonly pages: KeptPages;
}

function toCall(
  { app }: ApiDeps,
  { request, holder, shown, share, pages }: Admitted,
): Call<unknown, unknown, unknown> {
  const acting = { ...app, actor: holder.name };
  return {
    app: acting,
    holder,
    shown,
    share,
    pages,
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

/** The same bytes for all who get them, and what they are known by. */
export function toJsonBytes(body: unknown): JsonBytes {
  const bytes = Buffer.from(JSON.stringify(body));
  return { bytes, etag: `"${createHash("sha1").update(bytes).digest("base64url")}"` };
}

/** A GET has an ETag: who polls is sent only what is new. */
function send(request: FastifyRequest, reply: FastifyReply, answer: RouteAnswer): FastifyReply {
  const { status = 200, body, text, headers = {} } = answer;
  reply.status(status).headers(headers);
  if (text !== undefined) return reply.send(text);
  if (body === undefined && answer.json === undefined) return reply.send();
  const json = answer.json ?? toJsonBytes(body);
  if (request.method === "GET" && status === 200) {
    const etag = headers["etag"] ?? json.etag;
    reply.header("etag", etag).header("cache-control", "private, no-cache");
    if (isKnownTo(request.headers["if-none-match"], etag)) return reply.status(304).send();
  }
  return reply.type("application/json; charset=utf-8").send(json.bytes);
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
