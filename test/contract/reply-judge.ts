// Whether a reply is as the OpenAPI declares it for its status: media type, body and headers. The statuses that Atlas
// sends and does not declare stand here, each with its source.
import type { DeclaredText, OpenApi, OperationMatch, Place } from "./openapi.js";
import type { RecordedReply } from "./recorder.js";

interface Undeclared {
  readonly status: number;
  /** Absent: every operation. */
  readonly operations?: readonly string[];
  readonly source: string;
}

/** Statuses that Atlas sends and does not declare; their bodies are ApiErrors. */
const UNDECLARED: readonly Undeclared[] = [
  {
    status: 400,
    operations: ["startGroupStreamProcessor", "stopGroupStreamProcessor"],
    source: "docs/atlas.md 1d, seen in CI: :start and :stop declare no 400 and send it",
  },
  { status: 402, source: "docs/atlas.md 1e, documented: NO_PAYMENT_INFORMATION_FOUND" },
  { status: 406, source: "docs/atlas.md 6, documented: INVALID_VERSION_DATE" },
  { status: 504, source: "docs/atlas.md 1e, seen in CI: STREAM_PROCESSOR_TIMEOUT" },
];

/** What is wrong with it; empty: nothing. */
export function judgeReply(
  api: OpenApi,
  match: OperationMatch,
  reply: RecordedReply,
): readonly string[] | "undeclared" {
  const declared = api.enter(match.operation, "responses", String(reply.status));
  if (declared !== undefined) {
    return [...judgeContent(api, declared, reply), ...judgeHeaders(api, declared, reply)];
  }
  const isKnown = UNDECLARED.some(
    ({ status, operations }) =>
      status === reply.status && (operations === undefined || operations.includes(match.operationId)),
  );
  return isKnown ? judgeApiError(api, reply) : "undeclared";
}

const toMedia = (reply: RecordedReply): string => (reply.headers["content-type"] ?? "").split(";")[0] ?? "";

function judgeContent(api: OpenApi, declared: Place, reply: RecordedReply): readonly string[] {
  if (reply.status === 204) return reply.body === "" ? [] : ["a 204 that has a body"];
  const content = api.enter(declared, "content");
  const media = toMedia(reply);
  if (content?.node[media] === undefined) return [`the reply's ${media} is not declared`];
  const schema = api.enter(content, media, "schema");
  const json = parseJson(reply.body);
  if (json === undefined) return ["the reply is not JSON"];
  return schema === undefined ? [] : api.judge(schema, json.value);
}

function judgeHeaders(api: OpenApi, declared: Place, reply: RecordedReply): readonly string[] {
  const headers = api.enter(declared, "headers");
  if (headers === undefined) return [];
  const schemas: Record<string, DeclaredText> = {};
  const values: Record<string, string> = {};
  for (const name of Object.keys(headers.node)) {
    const schema = api.enter(headers, name, "schema");
    const value = reply.headers[name.toLowerCase()];
    if (schema === undefined || typeof value !== "string") continue;
    schemas[name] = { schema, isRequired: false };
    values[name] = value;
  }
  return api.judgeTexts(schemas, values).map((fault) => `header: ${fault}`);
}

/** For a reply with the media type and the body of Atlas's errors. */
export function judgeApiError(api: OpenApi, reply: RecordedReply): readonly string[] {
  const json = parseJson(reply.body);
  if (json === undefined) return ["the error is not JSON"];
  const media = toMedia(reply);
  return [
    ...(media === "application/json" ? [] : [`the error's media type is ${media}`]),
    ...api.judge(api.component("schemas", "ApiError"), json.value),
  ];
}

/** Undefined where it is not JSON. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
