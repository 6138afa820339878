// A POST that is sent again with its Idempotency-Key gets the answer it got, and is not carried out again. What ended
// with a problem before it was accepted changed nothing, so its key is free again; so is that of a fault of ours, for
// use cases may be repeated.
import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { claimRequest, keepRequestAnswer, releaseRequest } from "../../app/act/accepted.js";
import type { KeptAnswer } from "../../app/act/accepted.js";
import type { KeyHolder } from "../../domain/access.js";
import { Problem } from "./problems.js";
import type { ApiDeps, ApiRoute, RouteAnswer } from "./route.js";

interface Asked {
  readonly deps: ApiDeps;
  readonly route: ApiRoute;
  readonly request: FastifyRequest;
  readonly holder: KeyHolder;
}

export async function answerByKey(
  { deps, route, request, holder }: Asked,
  work: () => Promise<RouteAnswer>,
): Promise<RouteAnswer> {
  const name = request.headers["idempotency-key"];
  if (typeof name !== "string" || route.method !== "POST" || route.isMutation !== true) return work();
  const key = { apiKey: holder.keyId, idempotencyKey: name };
  const claim = await claimRequest(deps.app, key, toRequestHash(request));
  if (claim.kind === "answered") return fromKept(claim.answer);
  if (claim.kind === "running") {
    throw new Problem("request-running", `the request with the key ${name} has no answer yet`, {
      headers: { "retry-after": "1" },
    });
  }
  if (claim.kind === "other-request") {
    throw new Problem("key-reused", `the key ${name} was sent with another method, path or body`);
  }
  let answer: RouteAnswer;
  try {
    answer = await work();
  } catch (error) {
    await releaseRequest(deps.app, key);
    throw error;
  }
  await keepRequestAnswer(deps.app, key, toKeptAnswer(answer));
  return answer;
}

/** The body as it was understood: blanks between its parts make no other request. */
function toRequestHash({ method, url, body, headers }: FastifyRequest): string {
  const parts = [method, url, headers["content-type"] ?? "", JSON.stringify(body ?? null)];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}

function toKeptAnswer({ status = 200, headers = {}, body }: RouteAnswer): KeptAnswer {
  return { status, headers, body: body === undefined ? null : JSON.stringify(body) };
}

function fromKept({ status, headers, body }: KeptAnswer): RouteAnswer {
  const again = { status, headers: { ...headers, "idempotency-replayed": "true" } };
  return body === null ? again : { ...again, body: JSON.parse(body) as unknown };
}
