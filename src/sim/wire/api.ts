// The way of one request through Atlas: route, identity, budget, version, then fault and world. The order is that of
// the real thing as far as known: an unsigned half of a digest exchange costs nothing and does nothing.
import { parseJson } from "../operations/bodies.js";
import type { Handler } from "../operations/handler.js";
import { answer } from "../operations/handler.js";
import { CONNECTION_OPERATIONS } from "../operations/connection-operations.js";
import { send } from "./exchange.js";
import type { Exchange } from "./exchange.js";
import { runAdmitted, sendRefusal } from "./fault-flow.js";
import type { Admitted } from "./fault-flow.js";
import { toJsonOutgoing } from "./outgoing.js";
import { PROCESSOR_OPERATIONS } from "../operations/processor-operations.js";
import { PROJECT_OPERATIONS } from "../operations/project-operations.js";
import { invalidRequest, notRouted } from "../world/refusals.js";
import type { Refusal } from "../world/refusals.js";
import type { LogEntry } from "./request-log.js";
import { matchRoute, OPERATIONS } from "./routes.js";
import type { Operation, Route, RouteMatch } from "./routes.js";
import type { SimContext } from "./sim-context.js";
import { goneVersion, invalidVersion, resolveVersion } from "./versions.js";
import type { Version } from "./versions.js";
import { WORKSPACE_OPERATIONS } from "../operations/workspace-operations.js";

type ApiOperation = Exclude<Operation, "token" | "revoke">;
const HANDLERS: Readonly<Record<ApiOperation, Handler>> = {
  ...PROCESSOR_OPERATIONS,
  ...WORKSPACE_OPERATIONS,
  ...CONNECTION_OPERATIONS,
  ...PROJECT_OPERATIONS,
};

function openEntry(context: SimContext, exchange: Exchange, match: RouteMatch): LogEntry {
  const { method, rawBody } = exchange;
  const place = match.kind === "route" ? match : { project: null, workspace: null, processor: null };
  const { project, workspace, processor } = place;
  const operation = match.kind === "route" ? match.operation : "unknown";
  const entry = context.log.open({ at: context.settle(), method, operation, project, workspace, processor });
  exchange.res.on("close", () => {
    if (!exchange.res.writableFinished) entry.droppedReply = true;
    context.log.close(entry, context.clock.now());
  });
  const isForm = operation === "token" || operation === "revoke";
  if (isForm || method === "GET") return entry;
  const body = parseJson(rawBody);
  entry.body = body.kind === "parsed" ? (body.value ?? null) : null;
  return entry;
}

/** Serves one request of the API or of the token endpoint. */
export async function serveApi(context: SimContext, exchange: Exchange): Promise<void> {
  const match = matchRoute(exchange.method, exchange.path);
  const entry = openEntry(context, exchange, match);
  if (match.kind === "route" && (match.operation === "token" || match.operation === "revoke")) {
    await serveOAuth(context, { exchange, entry }, match);
    return;
  }
  const { headers, method, url } = { ...exchange, headers: exchange.req.headers };
  const identity = context.auth.identify({
    authorization: headers.authorization,
    method,
    url,
    now: entry.at,
  });
  if (identity.kind === "refused") {
    sendRefusal({ exchange, entry }, identity.refusal);
    return;
  }
  const refusal = refuseRoute(match, exchange.path);
  if (match.kind !== "route" || refusal !== undefined) {
    sendRefusal({ exchange, entry }, refusal ?? notRouted(404, exchange.path));
    return;
  }
  await serveRoute(context, { exchange, entry, route: match, by: identity.by });
}

function refuseRoute(match: RouteMatch, path: string): Refusal | undefined {
  switch (match.kind) {
    case "none":
      return notRouted(404, path);
    case "wrong-method":
      return notRouted(405, path);
    case "bad-encoding":
      return invalidRequest("path", "is not percent-encoded properly");
    case "route":
      if (match.project === null || /^[a-f0-9]{24}$/.test(match.project)) return undefined;
      return {
        status: 400,
        errorCode: "INVALID_GROUP_ID",
        detail: `An invalid group ID ${match.project} was specified.`,
        parameters: [match.project],
      };
  }
}

interface Routed {
  readonly exchange: Exchange;
  readonly entry: LogEntry;
  readonly route: Route;
  readonly by: string;
}

function refuseVersion(context: SimContext, version: Version, now: number): Refusal | undefined {
  if (version.kind === "none") return invalidVersion();
  const { sunset, mediaType } = version;
  const isGone = sunset !== null && now >= Date.parse(sunset);
  return isGone && context.world.settings["versions.afterSunset"] === "410"
    ? goneVersion(mediaType)
    : undefined;
}

function admit(context: SimContext, routed: Routed): Admitted | undefined {
  const { exchange, entry, route, by } = routed;
  const row = OPERATIONS[route.operation];
  let headers: Readonly<Record<string, string>> = {};
  if (row.isBudgeted && route.project !== null) {
    const draw = context.limits.draw(route.project, exchange.path, entry.at);
    if (draw.kind === "refused") {
      sendRefusal(routed, draw.refusal);
      return undefined;
    }
    entry.isBudgeted = true;
    headers = draw.headers;
  }
  const version = resolveVersion(exchange.req.headers.accept, row.versions);
  const refusal = refuseVersion(context, version, entry.at);
  if (version.kind === "none" || refusal !== undefined) {
    sendRefusal(routed, { ...(refusal ?? invalidVersion()), headers });
    return undefined;
  }
  const { project, workspace, processor, resource } = route;
  return {
    exchange,
    entry,
    headers: { ...headers, ...version.headers },
    mediaType: version.mediaType,
    handler: HANDLERS[route.operation as ApiOperation],
    call: {
      world: context.world,
      address: { project: project ?? "", workspace: workspace ?? "", processor: processor ?? "" },
      resource: resource ?? "",
      query: exchange.query,
      href: exchange.href,
      rawBody: exchange.rawBody,
      cause: { requestSeq: entry.seq, by },
    },
  };
}

async function serveRoute(context: SimContext, routed: Routed): Promise<void> {
  const admitted = admit(context, routed);
  if (admitted !== undefined) await runAdmitted(context, admitted, context.faults.match(routed.route));
}

/** Token and revoke: no identity before, no version; faults may meet them under their own operation names. */
async function serveOAuth(
  context: SimContext,
  of: { readonly exchange: Exchange; readonly entry: LogEntry },
  route: Route,
): Promise<void> {
  const { exchange, entry } = of;
  const request = {
    authorization: exchange.req.headers.authorization,
    form: new URLSearchParams(exchange.rawBody),
    address: exchange.req.socket.remoteAddress ?? "",
    now: entry.at,
  };
  const { oauth } = context.auth;
  const serve = (): ReturnType<typeof oauth.issue> =>
    route.operation === "token" ? oauth.issue(request) : oauth.revoke(request);
  const fault = context.faults.match(route);
  if (fault === undefined) {
    const served = serve();
    entry.status = served.status;
    entry.errorCode = served.errorCode;
    entry.applied = served.status === 200;
    send(exchange, toJsonOutgoing(served.status, served.body));
    return;
  }
  const handler: Handler = () => {
    const served = serve();
    return { ...answer({ ...served.body }, served.status), isApplied: served.status === 200 };
  };
  const call = {
    ...NO_CALL,
    ...context,
    query: exchange.query,
    href: exchange.href,
    rawBody: exchange.rawBody,
  };
  await runAdmitted(
    context,
    { exchange, entry, headers: {}, mediaType: "application/json", handler, call },
    fault,
  );
}

const NO_CALL = {
  address: { project: "", workspace: "", processor: "" },
  resource: "",
  cause: { requestSeq: null, by: "" },
} as const;
