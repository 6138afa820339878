// Reads, and whatever else a client asks of Atlas: sent on with Headgate's own credentials, and answered with Atlas's
// own bytes. Two things are never passed on: an error without a JSON object, which a client may take for success, and a
// success that is not what it says it is.
import { relay } from "../../app/gateway/relay.js";
import type { RelayReply } from "../../app/gateway/relay.js";
import { noteRelayed } from "../../app/gateway/note.js";
import type { AtlasError, Rendered } from "./form.js";
import { renderForeignError } from "./form.js";
import type { GatewayExchange } from "./exchange.js";
import { refuseWith, refuseWithoutRight } from "./exchange.js";
import type { OtherPath } from "./paths.js";

type HttpMethod = Parameters<typeof relay>[1]["method"];

/** Of Atlas's answer: what a client may go by. */
const PASSED_ON = [
  "content-type",
  "content-disposition",
  "deprecation",
  "ratelimit-limit",
  "ratelimit-remaining",
  "retry-after",
  "sunset",
] as const;

/** Asks Atlas what the client asked, `target` in the place of its own if given. */
export function askAtlas(
  exchange: GatewayExchange,
  { project, target }: { readonly project: string; readonly target: string },
): Promise<RelayReply> {
  const { headers, method, body, deadline, signal } = exchange;
  const contentType = headers["content-type"];
  const hasBody = method !== "GET" && body.length > 0;
  return relay(
    exchange.app,
    {
      project,
      method: method as HttpMethod,
      path: target,
      accept: headers["accept"] ?? "*/*",
      ...(hasBody ? { body, ...(contentType === undefined ? {} : { contentType }) } : {}),
    },
    { deadline, signal },
  );
}

/** Atlas's answer as the client gets it. */
export function renderReply(exchange: GatewayExchange, reply: RelayReply): Rendered {
  const { status, body } = reply;
  if (status === 401) return refuseWith(exchange, OWN_CREDENTIALS);
  const headers = pickHeaders(reply);
  if (status >= 200 && status < 300) {
    const isSound = body.length === 0 || !isJson(reply) || isParsable(body);
    return isSound && !isPage(reply) ? { status, headers, body } : refuseWith(exchange, UNREADABLE);
  }
  if (status < 400) return refuseWith(exchange, UNREADABLE);
  const error = renderForeignError(status, body.toString("utf8"), exchange.query);
  if (error !== undefined) return { ...error, headers: { ...headers, ...error.headers } };
  return {
    ...refuseWith(exchange, toBareError(status)),
    headers: { ...headers, "content-type": "application/json" },
  };
}

export const OWN_CREDENTIALS: AtlasError = {
  status: 502,
  errorCode: "BAD_GATEWAY",
  detail: "Atlas refused Headgate's own credentials with 401.",
};
export const UNREADABLE: AtlasError = {
  status: 502,
  errorCode: "BAD_GATEWAY",
  detail: "What answered for Atlas sent something that is not an answer of Atlas's API.",
};
const toBareError = (status: number): AtlasError => ({
  status,
  errorCode: "UNEXPECTED_ERROR",
  detail: `Atlas answered ${String(status)} without saying why.`,
});

function pickHeaders({ headers }: RelayReply): Record<string, string> {
  const found = PASSED_ON.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

const typeOf = ({ headers }: RelayReply): string => headers["content-type"] ?? "";
const isJson = (reply: RelayReply): boolean => /json/i.test(typeOf(reply));
/** A login page, or a proxy's. */
const isPage = (reply: RelayReply): boolean => /text\/html/i.test(typeOf(reply));

function isParsable(body: Buffer): boolean {
  try {
    JSON.parse(body.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

/** Everything of a project that the gateway has no word of its own for. A write is in the journal before it is sent. */
export async function passThrough(exchange: GatewayExchange, path: OtherPath): Promise<Rendered> {
  const { project, workspace, processor, target } = path;
  const place = workspace === undefined ? { project } : { project, workspace };
  const refusal = refuseWithoutRight(exchange.holder, "passthrough", place);
  if (refusal !== undefined) return refuseWith(exchange, refusal);
  if (exchange.method !== "GET") {
    await noteRelayed(exchange.app, {
      project,
      workspace,
      processor,
      method: exchange.method,
      requestId: exchange.requestId,
    });
  }
  return renderReply(exchange, await askAtlas(exchange, { project, target }));
}
