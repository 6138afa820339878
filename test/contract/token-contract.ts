// The contract of the token endpoint, which the OpenAPI slice names but does not describe: RFC 6749 (4.4, 5.1, 5.2) and
// docs/atlas.md 5.
import type { OpenApi } from "./openapi.js";
import type { RecordedExchange, RecordedReply } from "./recorder.js";
import { judgeApiError, parseJson } from "./reply-judge.js";

export const TOKEN_URL = "/api/oauth/token";

const REQUEST = {
  type: "object",
  required: ["method", "authorization", "type", "body"],
  properties: {
    method: { const: "POST" },
    authorization: { type: "string", pattern: "^Basic [A-Za-z0-9+/]+=*$" },
    type: { const: "application/x-www-form-urlencoded" },
    body: { const: "grant_type=client_credentials" },
  },
};

/** Three parts of base64url: a JWT (docs/atlas.md 5, documented). */
const GRANTED = {
  type: "object",
  required: ["access_token", "expires_in", "token_type"],
  properties: {
    access_token: { type: "string", pattern: "^[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]*$" },
    expires_in: { type: "integer", minimum: 1 },
    token_type: { const: "Bearer" },
  },
};

/** R user reports: {"error":"invalid_client","error_description":"Invalid credentials provided."} */
const REFUSED = {
  type: "object",
  required: ["error", "error_description"],
  properties: {
    error: { enum: ["invalid_client", "access_denied"] },
    error_description: { type: "string", minLength: 1 },
  },
};

export function judgeTokenRequest(api: OpenApi, exchange: RecordedExchange): readonly string[] {
  const { method, headers, body } = exchange;
  return api.judgeBy(REQUEST, {
    method,
    body,
    authorization: headers.authorization,
    type: headers["content-type"],
  });
}

export function judgeTokenReply(api: OpenApi, reply: RecordedReply): readonly string[] | "undeclared" {
  const json = parseJson(reply.body);
  if (json === undefined) return ["the reply is not JSON"];
  switch (reply.status) {
    case 200:
      return api.judgeBy(GRANTED, json.value);
    case 401:
    case 403:
      return api.judgeBy(REFUSED, json.value);
    case 429:
      return judgeApiError(api, reply);
    default:
      return "undeclared";
  }
}
