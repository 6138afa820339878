// The gateway's one route: everything below /api/ that no other route has. It is one, because a router's own patterns
// see a name decoded, and so take an encoded colon or slash for one that separates (fastify 5.12.8, find-my-way 9).
// Nothing passes here without a credential, and nothing leaves without a body in Atlas's form.
import { performance } from "node:perf_hooks";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AppDeps } from "../../app/deps.js";
import { touchesProject } from "../../domain/access.js";
import type { KeyHolder } from "../../domain/access.js";
import type { Authenticator } from "../access/authenticate.js";
import { act } from "./actions.js";
import type { GatewayExchange } from "./exchange.js";
import { refuseWith, refuseWithoutRight, toFailureForm, toWaitSeconds } from "./exchange.js";
import type { AtlasError, Rendered } from "./form.js";
import { renderError } from "./form.js";
import { readList } from "./lists.js";
import { parseGatewayPath } from "./paths.js";
import type { GatewayPath, ReadPath } from "./paths.js";
import { askAtlas, passThrough, renderReply } from "./relays.js";

export interface GatewayDeps {
  readonly app: AppDeps;
  readonly authenticator: Authenticator;
  /** Aborted when the server will not wait any longer. */
  readonly ending: AbortSignal;
}

/** Pipelines are longer than anything else that Atlas takes (docs/atlas.md 2c). */
const BODY_MAX = 17 * 1024 * 1024;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export function registerGateway(server: FastifyInstance, deps: GatewayDeps): void {
  void server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_MAX }, (_request, body, parsed) => {
      parsed(null, body);
    });
    const holders = new WeakMap<FastifyRequest, KeyHolder>();
    scope.route({
      method: METHODS,
      url: "/api/*",
      bodyLimit: BODY_MAX,
      // Before a body is read: who is not known sends none.
      onRequest: async (request, reply) => {
        const holder = await identify(deps.authenticator, request, reply).catch((error: unknown) => {
          const form = toFailureForm(error);
          if (form === undefined) throw error;
          sendRendered(reply, renderError(form, new URLSearchParams()));
          return undefined;
        });
        if (holder !== undefined) holders.set(request, holder);
        return holder === undefined ? reply : undefined;
      },
      handler: async (request, reply) => {
        const holder = holders.get(request);
        if (holder === undefined) throw new Error("nobody unknown comes so far");
        const exchange = toExchange(deps, { request, reply, holder });
        return sendRendered(reply, await answer(exchange, request.raw.url ?? ""));
      },
    });
    done();
  });
}

export function sendRendered(reply: FastifyReply, { status, headers, body }: Rendered): FastifyReply {
  // As bytes: to a text Fastify adds a charset that Atlas does not send.
  return reply
    .code(status)
    .headers(headers)
    .send(typeof body === "string" ? Buffer.from(body) : body);
}

/** Answers who is not known; 401 as recorded, indented (docs/atlas.md 5). */
async function identify(
  authenticator: Authenticator,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<KeyHolder | undefined> {
  const { method, url = "" } = request.raw;
  const { query } = parseGatewayPath(method ?? "", url);
  const identity = await authenticator.identify({
    method: method ?? "",
    url,
    authorization: request.headers.authorization,
    address: request.ip,
  });
  if (identity.kind === "known") return identity.holder;
  if (identity.kind === "limited") {
    sendRendered(reply, renderError(toLimited(identity.retryAfterSeconds), query));
    return undefined;
  }
  const indented = new URLSearchParams(query);
  indented.set("pretty", "true");
  void reply.header("www-authenticate", [...identity.challenges]);
  sendRendered(reply, renderError(UNAUTHORIZED, indented));
  return undefined;
}

const UNAUTHORIZED: AtlasError = {
  status: 401,
  errorCode: "UNEXPECTED_ERROR",
  detail: "You are not authorized for this resource.",
};

function toLimited(seconds: number): AtlasError {
  return {
    status: 429,
    errorCode: "RATE_LIMITED",
    detail: `This key or address has sent too many requests. Please retry after ${String(seconds)} seconds.`,
    headers: { "retry-after": String(seconds) },
  };
}

interface Arrived {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly holder: KeyHolder;
}

function toExchange({ app, ending }: GatewayDeps, { request, reply, holder }: Arrived): GatewayExchange {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort(new Error("the client has gone away"));
  });
  const { query } = parseGatewayPath(request.method, request.raw.url ?? "");
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : value,
    ]),
  );
  return {
    app: { ...app, actor: holder.name },
    holder,
    requestId: request.id,
    method: request.method,
    query,
    headers,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    signal: AbortSignal.any([gone.signal, ending]),
    deadline: performance.now() + 1_000 * toWaitSeconds(headers["prefer"]),
  };
}

async function answer(exchange: GatewayExchange, target: string): Promise<Rendered> {
  const path = parseGatewayPath(exchange.method, target);
  try {
    return await route(exchange, path);
  } catch (error) {
    if (exchange.signal.aborted) return refuseWith(exchange, GIVEN_UP);
    const form = toFailureForm(error);
    if (form === undefined) throw error;
    return refuseWith(exchange, form);
  }
}

const GIVEN_UP: AtlasError = {
  status: 503,
  errorCode: "SERVICE_UNAVAILABLE",
  detail: "This server of Headgate is ending. Please send the request again.",
  headers: { "retry-after": "5" },
};

async function route(exchange: GatewayExchange, path: GatewayPath): Promise<Rendered> {
  if (!("project" in path) || path.kind === "bad-project") return refuseWith(exchange, toPathFault(path));
  if (!CARRIED_OUT.has(exchange.method)) return refuseWith(exchange, NOT_ALLOWED);
  const { knows } = await exchange.app.atlas();
  if (!knows(path.project)) return refuseWith(exchange, toUnknownProject(path.project));
  switch (path.kind) {
    case "action":
      return act(exchange, path);
    case "read":
      return read(exchange, path);
    case "other":
      return passThrough(exchange, path);
  }
}

const CARRIED_OUT: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

type Unroutable = Extract<
  GatewayPath,
  { readonly kind: "none" | "wrong-method" | "bad-encoding" | "bad-project" }
>;

/** Their errorCodes are guesses. */
function toPathFault(path: Unroutable): AtlasError {
  switch (path.kind) {
    case "bad-encoding":
      return { status: 400, errorCode: "INVALID_PATH", detail: "The path is not percent-encoded properly." };
    case "bad-project": {
      const project = path.project.slice(0, 100);
      const detail = `An invalid group ID ${project} was specified.`;
      return { status: 400, errorCode: "INVALID_GROUP_ID", detail, parameters: [project] };
    }
    case "wrong-method":
      return NOT_ALLOWED;
    case "none":
      return NOT_FOUND;
  }
}

const NOT_ALLOWED: AtlasError = {
  status: 405,
  errorCode: "METHOD_NOT_ALLOWED",
  detail: "This method is not allowed here.",
};

export const NOT_FOUND: AtlasError = {
  status: 404,
  errorCode: "RESOURCE_NOT_FOUND",
  detail: "Cannot find this resource.",
};

/** Headgate has no credentials for it, so for its clients there is no such project. */
const toUnknownProject = (project: string): AtlasError => ({
  status: 404,
  errorCode: "GROUP_NOT_FOUND",
  detail: `No group with ID ${project} exists.`,
  parameters: [project],
});

async function read(exchange: GatewayExchange, path: ReadPath): Promise<Rendered> {
  const { project, workspace } = path;
  const { holder } = exchange;
  const isPart = workspace === undefined && touchesProject(holder, project);
  const place = workspace === undefined ? { project } : { project, workspace };
  const refusal = isPart ? undefined : refuseWithoutRight(holder, "read", place);
  if (refusal !== undefined) return refuseWith(exchange, refusal);
  if (path.isList) return readList(exchange, path);
  return renderReply(exchange, await askAtlas(exchange, path));
}
