// From a reply of the world to the bytes and headers of Atlas: versioned Content-Type, error bodies, envelope, pretty
// (docs/atlas.md 6). Every error has a JSON body, never an envelope. Pure. The Content-Length is not set here: it
// belongs to how the answer is sent.
import { STATUS_CODES } from "node:http";
import type { Reply } from "../operations/handler.js";
import type { Outgoing } from "./exchange.js";
import type { Refusal } from "../world/refusals.js";

/** As recorded; nobody is known to depend on them. */
const USUAL_HEADERS = {
  "Referrer-Policy": "strict-origin-when-cross-origin",
  Server: "mdbws",
  "Strict-Transport-Security": "max-age=31536000; includeSubdomains;",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "X-Permitted-Cross-Domain-Policies": "none",
} as const;

/** Only the very word: Atlas's other spellings are not known. */
const isTrue = (query: URLSearchParams, name: string): boolean => query.get(name) === "true";

/** An ordinary JSON answer outside the versioned API. */
export function toJsonOutgoing(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Outgoing {
  return {
    status,
    headers: { ...USUAL_HEADERS, "Content-Type": "application/json", ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** The characters that a header takes: a scripted code of other characters stands in the body alone. */
const HEADER_TEXT = /^[!-~]+$/;

/** ApiError with keys in alphabetical order, as recorded; the header X-Error-Code repeats the code. */
export function toErrorOutgoing(
  refusal: Refusal,
  how: { readonly query: URLSearchParams; readonly headers?: Readonly<Record<string, string>> },
): Outgoing {
  const error = {
    ...(refusal.fields === undefined ? {} : { badRequestDetail: { fields: refusal.fields } }),
    detail: refusal.detail,
    error: refusal.status,
    errorCode: refusal.errorCode,
    parameters: refusal.parameters,
    reason: STATUS_CODES[refusal.status] ?? "Unknown",
  };
  // A 401 was recorded indented, other errors were not (docs/atlas.md 5).
  const isPretty = isTrue(how.query, "pretty") || refusal.status === 401;
  return {
    status: refusal.status,
    headers: {
      ...USUAL_HEADERS,
      "Content-Type": "application/json",
      Vary: "Accept-Encoding",
      ...(HEADER_TEXT.test(refusal.errorCode) ? { "X-Error-Code": refusal.errorCode } : {}),
      ...how.headers,
      ...refusal.headers,
    },
    body: Buffer.from(JSON.stringify(error, null, isPretty ? 2 : undefined)),
  };
}

/** The reply of an operation under the media type that its version resolved to. */
export function toOutgoing(
  reply: Reply,
  how: {
    readonly query: URLSearchParams;
    readonly mediaType: string;
    readonly headers: Readonly<Record<string, string>>;
  },
): Outgoing {
  if (reply.refusal !== null) return toErrorOutgoing(reply.refusal, how);
  const headers = { ...USUAL_HEADERS, ...how.headers };
  if (Buffer.isBuffer(reply.body)) {
    return { status: reply.status, headers: { ...headers, "Content-Type": how.mediaType }, body: reply.body };
  }
  if (reply.body === null) return { status: reply.status, headers, body: Buffer.alloc(0) };
  // A list is not wrapped again: its status goes in beside the results.
  const isList = "results" in reply.body;
  const enveloped = isList
    ? { ...reply.body, status: reply.status }
    : { status: reply.status, content: reply.body };
  const body = isTrue(how.query, "envelope") ? enveloped : reply.body;
  return {
    status: reply.status,
    headers: { ...headers, "Content-Type": `${how.mediaType};charset=utf-8` },
    body: Buffer.from(JSON.stringify(body, null, isTrue(how.query, "pretty") ? 2 : undefined)),
  };
}
