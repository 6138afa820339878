// The token endpoints, as Atlas has them (docs/atlas.md 5): a service account's id and secret for a token, and the end
// of a token. RFC 6749 and 7009 where Atlas is silent. Every answer is a JSON object, and none may be kept by a cache.
// Never logs a secret or a token.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AccessLimits } from "../../domain/access-limits.js";
import { AppError } from "../../base/errors.js";
import type { Callers, Client } from "../../app/access/callers.js";
import { DIGEST_REALM, isSecretOf } from "../../app/access/secrets.js";
import { parseForm } from "./form.js";
import type { TokenForm } from "./form.js";
import type { LogIn, Limits } from "./limits.js";
import { TOKEN_LIFE_SECONDS, readToken, signToken } from "./tokens.js";

export interface OAuthParts {
  readonly callers: Callers;
  readonly limits: Limits;
  /** As it is told to who is limited. */
  readonly tokensPerMinute: AccessLimits["tokensPerMinute"];
}

/** An answer before it is sent. */
interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A form of two short fields. */
const BODY_MAX = 16_384;
const FORM = "application/x-www-form-urlencoded";

type Endpoint = (parts: OAuthParts, form: TokenForm, address: string) => Promise<Answer>;

/** Adds `POST /api/oauth/token` and `/revoke`. Nothing that it does to parsers and errors reaches beyond them. */
export function registerOAuth(server: FastifyInstance, parts: OAuthParts): void {
  const endpoints: Readonly<Record<string, Endpoint>> = {
    "/api/oauth/token": issue,
    "/api/oauth/revoke": revoke,
  };
  server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "string" }, (_request, body, parsed) => {
      parsed(null, body);
    });
    scope.setErrorHandler((error, _request, reply) => send(reply, toFault(error)));
    for (const [path, endpoint] of Object.entries(endpoints)) {
      scope.post(path, { bodyLimit: BODY_MAX }, async (request, reply) =>
        send(reply, await answer(parts, request, endpoint)),
      );
    }
    done();
  });
}

async function answer(parts: OAuthParts, request: FastifyRequest, endpoint: Endpoint): Promise<Answer> {
  const wait = parts.limits.request(request.ip);
  if (wait > 0) return tooMany(wait, "Too many requests from this address.");
  const { body, headers } = request;
  const media = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (media !== FORM) return refuse("invalid_request", `The body must be ${FORM}.`);
  const form = parseForm(typeof body === "string" ? body : "", headers.authorization);
  return typeof form === "string" ? refuse("invalid_request", form) : endpoint(parts, form, request.ip);
}

async function issue(parts: OAuthParts, form: TokenForm, address: string): Promise<Answer> {
  const { callers, limits, tokensPerMinute } = parts;
  const attempt = { address, name: form.clientId };
  const wait = limits.token(attempt);
  if (wait > 0) return limited("/api/oauth/token", tokensPerMinute, wait);
  const grant = form.fields.get("grant_type");
  if (grant === undefined) return refuse("invalid_request", "grant_type is missing.");
  if (grant !== "client_credentials") {
    return refuse("unsupported_grant_type", "grant_type must be client_credentials.");
  }
  const client = await logIn(parts, form, attempt);
  if ("status" in client) return client;
  const token = await signToken(await callers.readSigningKeys(), { ...client, clientId: form.clientId });
  await callers.noteUse(client.keyId);
  return {
    status: 200,
    body: { access_token: token, expires_in: TOKEN_LIFE_SECONDS, token_type: "Bearer" },
  };
}

/** 200 also for a token that is not known, as RFC 7009 asks; a hint of its type changes nothing. */
async function revoke(parts: OAuthParts, form: TokenForm, address: string): Promise<Answer> {
  const { callers, limits, tokensPerMinute } = parts;
  const attempt = { address, name: form.clientId };
  const wait = limits.revocation(attempt);
  if (wait > 0) return limited("/api/oauth/revoke", tokensPerMinute, wait);
  const token = form.fields.get("token");
  if (token === undefined) return refuse("invalid_request", "token is missing.");
  const client = await logIn(parts, form, attempt);
  if ("status" in client) return client;
  const claims = await readToken(await callers.readSigningKeys(), token);
  if (claims !== undefined && claims.clientId !== form.clientId) {
    return refuse("unauthorized_client", "The token was issued to another client.");
  }
  if (claims !== undefined) await callers.revokeToken(claims);
  return { status: 200, body: {} };
}

/** The client, or why it is none. */
async function logIn(
  { callers, limits }: OAuthParts,
  { clientId, clientSecret, isBasic }: TokenForm,
  attempt: LogIn,
): Promise<Client | Answer> {
  const refused: Answer = {
    status: 401,
    body: { error: "invalid_client", error_description: "Invalid credentials provided." },
    // RFC 6749 5.2 asks for it only if the client came this way.
    ...(isBasic ? { headers: { "WWW-Authenticate": `Basic realm="${DIGEST_REALM}"` } } : {}),
  };
  // Nothing was tried.
  if (clientSecret === "") return refused;
  const wait = limits.attempt(attempt);
  if (wait > 0) return tooMany(wait, "Too many failed log-ins.");
  const client = await callers.findClient(clientId);
  const isRight = await isSecretOf(client?.clientSecretHash, clientSecret);
  if (client !== undefined && isRight) {
    limits.succeeded(attempt);
    return client;
  }
  const failureWait = limits.failed(attempt);
  return failureWait > 0 ? tooMany(failureWait, "Too many failed log-ins.") : refused;
}

const refuse = (error: string, description: string): Answer => ({
  status: 400,
  body: { error, error_description: description },
});

/** Atlas's own words for its limit of tokens (docs/atlas.md 5). */
function limited(path: string, perMinute: number, retryAfterSeconds: number): Answer {
  const detail = `Resource ${path} is limited to ${String(perMinute)} requests every 1 minutes.`;
  return tooMany(retryAfterSeconds, detail, [path, perMinute, 1]);
}

function tooMany(retryAfterSeconds: number, detail: string, parameters: readonly unknown[] = []): Answer {
  return {
    status: 429,
    headers: { "Retry-After": String(retryAfterSeconds) },
    body: { detail, error: 429, errorCode: "RATE_LIMITED", parameters, reason: "Too Many Requests" },
  };
}

/** What went wrong before or beside the endpoints: the framework's own faults, and Postgres being away. */
function toFault(error: unknown): Answer {
  if (error instanceof AppError) {
    return {
      status: 503,
      headers: { "Retry-After": String(Math.ceil((error.retryAfterMs ?? 1_000) / 1_000)) },
      body: { error: "temporarily_unavailable", error_description: "Try again in a moment." },
    };
  }
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
  // RFC 6749 5.2 has one status for what cannot be read; a body that is too long says so.
  return status >= 400 && status < 500
    ? { ...refuse("invalid_request", "The request could not be read."), status: status === 413 ? 413 : 400 }
    : { status: 500, body: { error: "server_error", error_description: "Unexpected error." } };
}

function send(reply: FastifyReply, { status, body, headers = {} }: Answer): FastifyReply {
  return reply
    .code(status)
    .headers({ ...headers, "Cache-Control": "no-store", Pragma: "no-cache" })
    .type("application/json")
    .send(JSON.stringify(body));
}
