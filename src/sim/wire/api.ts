// The way of one request through Atlas: route, identity, budget, version, then fault and world. The order is that of
// the real thing as far as known: an unsigned half of a digest exchange costs nothing and does nothing (docs/atlas.md
// 5). Every request has an entry in the log before anything is decided about it, whatever becomes of it.
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
/** The token endpoint is not among them: it knows no project, version or budget. */
const HANDLERS: Readonly<Record<ApiOperation, Handler>> = {
  ...PROCESSOR_OPERATIONS,
  ...WORKSPACE_OPERATIONS,
  ...CONNECTION_OPERATIONS,
  ...PROJECT_OPERATIONS,
};

/**
 * Opens the request's entry in the log at the moment the world is settled to. Bodies of mutations are kept as sent; a
 * form is not, because it holds a secret.
 */
function openEntry(context: SimContext, exchange: Exchange, match: RouteMatch): LogEntry {
  const { method, rawBody } = exchange;
  const place = match.kind === "route" ? match : { project: null, workspace: null, processor: null };
  const { project, workspace, processor } = place;
  const operation = match.kind === "route" ? match.operation : "unknown";
  const entry = context.log.open({ at: context.settle(), method, operation, project, workspace, processor });
  // Comes once, whether the answer left whole or the caller went away; only then is it known whether the caller has the
  // answer.
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
  // The url as sent, percent-encoding and all: a digest is signed over exactly that.
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
  // Behind the identity: who is not known learns nothing about paths.
  const refusal = refuseRoute(match, exchange.path);
  if (match.kind !== "route" || refusal !== undefined) {
    sendRefusal({ exchange, entry }, refusal ?? notRouted(404, exchange.path));
    return;
  }
  await serveRoute(context, { exchange, entry, route: match, by: identity.by });
}

/** The answer to a path that leads nowhere, or whose project id has not the form of one. That errorCode is a guess. */
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

/** A request whose sender is known and whose path leads somewhere. */
interface Routed {
  readonly exchange: Exchange;
  readonly entry: LogEntry;
  readonly route: Route;
  readonly by: string;
}

/** Atlas may retire a version past its sunset, or go on serving it: a switch (docs/atlas.md 6). */
function refuseVersion(context: SimContext, version: Version, now: number): Refusal | undefined {
  if (version.kind === "none") return invalidVersion();
  const { sunset, mediaType } = version;
  const isGone = sunset !== null && now >= Date.parse(sunset);
  return isGone && context.world.settings["versions.afterSunset"] === "410"
    ? goneVersion(mediaType)
    : undefined;
}

/**
 * Draws on the budget, then resolves the version; undefined if the request was refused and answered here. In this order
 * a call with a wrong version costs a token: that is a guess, and the dearer one for clients.
 */
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
    // Whatever comes of it: the token is spent, and tests count what a client has spent.
    entry.isBudgeted = true;
    headers = draw.headers;
  }
  const version = resolveVersion(exchange.req.headers.accept, row.versions);
  const refusal = refuseVersion(context, version, entry.at);
  if (version.kind === "none" || refusal !== undefined) {
    sendRefusal(routed, { ...(refusal ?? invalidVersion()), headers });
    return undefined;
  }
  // From here on the request is Atlas's to carry out: faults meet only what is admitted.
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

/** Only an admitted request counts for the rules of a fault script. */
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
  // Called once, at the moment the fault says: a token that is never issued must not count.
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
  // As an operation like any other, so that every kind of fault meets the token endpoint too.
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

/** The fields of a call that a token request has not. */
const NO_CALL = {
  address: { project: "", workspace: "", processor: "" },
  resource: "",
  cause: { requestSeq: null, by: "" },
} as const;
