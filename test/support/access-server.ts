// A server with the access parts alone, on a real socket: every path that is not a token endpoint answers who calls.
// Judges nothing.
import { createHash } from "node:crypto";
import fastify from "fastify";
import type { FastifyReply, FastifyRequest } from "fastify";
import { createAccess } from "../../src/http/access/access.js";
import type { Access } from "../../src/http/access/access.js";
import type { SignedRequest } from "../../src/http/access/authenticate.js";
import { DEFAULT_ACCESS_LIMITS } from "../../src/domain/access-limits.js";
import type { AccessLimits } from "../../src/domain/access-limits.js";
import { registerOAuth } from "../../src/http/access/oauth.js";
import type { Store } from "../../src/store/postgres/pool.js";

export interface AccessServer {
  readonly url: string;
  readonly access: Access;
  close(): Promise<void>;
}

/** So many that no test meets them by chance. */
export const NO_LIMITS: AccessLimits = {
  requestsPerSecond: 100_000,
  failedLoginsPerMinute: 100_000,
  tokensPerMinute: 100_000,
};

export async function startAccessServer(
  store: Store,
  limits: Partial<AccessLimits> = {},
): Promise<AccessServer> {
  const access = createAccess({ store }, { ...DEFAULT_ACCESS_LIMITS, ...limits });
  const server = fastify();
  registerOAuth(server, access.oauth);
  // Before the body is read: curl sends the first half of a digest exchange with a media type and no body.
  server.addHook("onRequest", async (request, reply) => {
    if (!request.url.startsWith("/api/oauth/")) await answerWhoCalls(access, request, reply);
  });
  server.all("/*", () => ({}));
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return { url, access, close: () => server.close() };
}

async function answerWhoCalls(
  { authenticator }: Access,
  { method, url, ip: address, headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const request: SignedRequest = { method, url, address, authorization: headers.authorization };
  const identity = await authenticator.identify(request);
  switch (identity.kind) {
    case "known":
      return reply.send(identity.holder);
    case "unknown":
      return reply
        .code(401)
        .header("www-authenticate", [...identity.challenges])
        .send({ error: 401 });
    case "limited":
      return reply.code(429).header("retry-after", identity.retryAfterSeconds).send({ error: 429 });
  }
}

export interface DigestCall {
  readonly method?: string;
  readonly uri: string;
  readonly publicKey: string;
  readonly privateKey: string;
  readonly nonce: string;
  readonly count?: number;
  readonly algorithm?: "MD5" | "SHA-256";
}

/** As a client signs: the value of its Authorization header. */
export function toDigestHeader(call: DigestCall): string {
  const { method = "GET", uri, publicKey, privateKey, nonce, count = 1, algorithm = "MD5" } = call;
  const hash = (text: string): string =>
    createHash(algorithm === "MD5" ? "md5" : "sha256")
      .update(text)
      .digest("hex");
  const nc = count.toString(16).padStart(8, "0");
  const ha1 = hash(`${publicKey}:MMS Public API:${privateKey}`);
  const response = hash(`${ha1}:${nonce}:${nc}:abcdef:auth:${hash(`${method}:${uri}`)}`);
  return (
    `Digest username="${publicKey}", realm="MMS Public API", nonce="${nonce}", uri="${uri}", ` +
    `algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="abcdef", response="${response}"`
  );
}

/** The nonce of a list of challenges. */
export function findNonce(challenges: readonly string[] | string): string {
  return /nonce="([^"]+)"/.exec([challenges].flat().join(","))?.[1] ?? "";
}
