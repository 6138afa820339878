// Whether a request of ours is as the OpenAPI declares it: path, query, media types, body, and what every call carries.
import type { DeclaredText, OpenApi, OperationMatch } from "./openapi.js";
import type { RecordedExchange } from "./recorder.js";
import { parseJson } from "./reply-judge.js";

/** What is wrong with it; empty: nothing. */
export function judgeRequest(
  api: OpenApi,
  match: OperationMatch,
  exchange: RecordedExchange,
): readonly string[] {
  const { headers } = exchange;
  return [
    ...judgeParameters(api, match, "path"),
    ...judgeParameters(api, match, "query"),
    ...judgeAccept(api, match, headers.accept),
    ...judgeBody(api, match, exchange),
    // Absent on the first half of a digest exchange.
    ...(/^(Bearer|Digest) \S+/.test(headers.authorization ?? "Digest -")
      ? []
      : ["another kind of credential"]),
    ...(headers["user-agent"]?.startsWith("headgate/") === true ? [] : ["no User-Agent of Headgate's"]),
  ];
}

function judgeParameters(api: OpenApi, match: OperationMatch, where: "path" | "query"): readonly string[] {
  const parameters = api.enter(match.operation, "parameters");
  const count = (match.operation.node["parameters"] as readonly unknown[]).length;
  const declared: Record<string, DeclaredText> = {};
  for (let index = 0; index < count; index += 1) {
    const place = parameters === undefined ? undefined : api.enter(parameters, String(index));
    const schema = place === undefined ? undefined : api.enter(place, "schema");
    if (place?.node["in"] !== where || schema === undefined) continue;
    declared[String(place.node["name"])] = { schema, isRequired: place.node["required"] === true };
  }
  const query = Object.fromEntries(
    [...new Set(match.query.keys())].map((name) => [name, match.query.getAll(name)] as const),
  );
  return api.judgeTexts(declared, where === "path" ? match.path : query).map((fault) => `${where}: ${fault}`);
}

function judgeAccept(api: OpenApi, match: OperationMatch, accept = ""): readonly string[] {
  const responses = Object.keys(api.enter(match.operation, "responses")?.node ?? {});
  const offered = responses
    .filter((status) => status.startsWith("2"))
    .flatMap((status) => Object.keys(api.enter(match.operation, "responses", status, "content")?.node ?? {}));
  return offered.includes(accept) ? [] : [`Accept: ${accept} is not one of ${offered.join(", ")}`];
}

function judgeBody(api: OpenApi, match: OperationMatch, exchange: RecordedExchange): readonly string[] {
  const { body, headers } = exchange;
  const declared = api.enter(match.operation, "requestBody");
  if (declared === undefined) {
    const isBare = body === "" && headers["content-type"] === undefined;
    return isBare ? [] : ["body: none is declared"];
  }
  if (body === "") return declared.node["required"] === true ? ["body: it is required"] : [];
  const media = headers["content-type"] ?? "";
  const schema = api.enter(declared, "content", media, "schema");
  if (schema === undefined) return [`body: ${media} is not declared`];
  const json = parseJson(body);
  return json === undefined
    ? ["body: not JSON"]
    : api.judgeSent(schema, json.value).map((fault) => `body: ${fault}`);
}
