// :startWith, :start and :stop: a change of Headgate behind Atlas's own endpoint. What is refused before a change
// begins is refused in Atlas's order and words; what a change comes to is said as Atlas would say it. A 200 is a
// promise that the next GET shows it.
import { hasPosition } from "../../domain/start-options.js";
import type { StartOptions } from "../../domain/start-options.js";
import { parseDurationMs } from "../../domain/duration.js";
import { isName } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { actThroughGateway, adopt, findGatewayKnown } from "../../app/gateway/act.js";
import type { GatewayAnswer } from "../../app/gateway/act.js";
import { noteRelayed } from "../../app/gateway/note.js";
import { parseEmptyBody, parseStartBody } from "./bodies.js";
import type { GatewayExchange } from "./exchange.js";
import { refuseWith, refuseWithoutRight } from "./exchange.js";
import type { AtlasError, Rendered } from "./form.js";
import { genericError, renderAccepted, renderError, renderForeignError, validationError } from "./form.js";
import type { ActionPath } from "./paths.js";
import { OWN_CREDENTIALS, askAtlas, renderReply } from "./relays.js";
import { NO_VERSION, isJsonType, resolveMediaType } from "./versions.js";

/** More than any options need. */
const BODY_MAX = 64 * 1024;

interface Action {
  readonly path: ActionPath;
  readonly mediaType: string;
  readonly options: StartOptions | null;
  readonly suspendForMs: number | undefined;
}

export async function act(exchange: GatewayExchange, path: ActionPath): Promise<Rendered> {
  const { project, workspace } = path;
  const right = refuseWithoutRight(exchange.holder, path.verb === "stop" ? "stop" : "restart", {
    project,
    workspace,
  });
  if (right !== undefined) return refuseWith(exchange, right);
  const mediaType = resolveMediaType(path.verb, exchange.headers["accept"]);
  if (mediaType === undefined) return refuseWith(exchange, NO_VERSION);
  const fault = findShapeFault(exchange);
  if (fault !== undefined) return refuseWith(exchange, fault);
  const body = readBody(exchange, path);
  if (body.kind === "refused") return refuseWith(exchange, body.error);
  const rights = findMissingRight(exchange, path, body);
  if (rights !== undefined) return refuseWith(exchange, rights);
  const suspension = readSuspension(exchange);
  if (typeof suspension === "object") return refuseWith(exchange, suspension);
  const action = { path, mediaType, options: body.options, suspendForMs: suspension };
  // Atlas alone knows what to make of these: one request, as it was written.
  if (body.kind === "beyond" || !isName(workspace) || !isName(path.processor))
    return sendOn(exchange, action);
  return actOn(exchange, action);
}

function findShapeFault({ headers, body }: GatewayExchange): AtlasError | undefined {
  if (body.length > BODY_MAX) {
    const detail = `The body is longer than ${String(BODY_MAX)} bytes.`;
    return { status: 413, errorCode: "REQUEST_ENTITY_TOO_LARGE", detail };
  }
  if (body.length === 0 || isJsonType(headers["content-type"])) return undefined;
  const detail = `The media type ${headers["content-type"] ?? ""} is not supported: send application/json.`;
  return { status: 415, errorCode: "UNSUPPORTED_MEDIA_TYPE", detail };
}

function readBody({ body }: GatewayExchange, { verb }: ActionPath): ReturnType<typeof parseStartBody> {
  if (verb === "startWith") return parseStartBody(body);
  const error = parseEmptyBody(body);
  return error === undefined ? { kind: "options", options: null } : { kind: "refused", error };
}

/** What a body asks for beyond a plain start. */
function findMissingRight(
  { holder }: GatewayExchange,
  { project, workspace }: ActionPath,
  body: Exclude<ReturnType<typeof parseStartBody>, { kind: "refused" }>,
): AtlasError | undefined {
  const place = { project, workspace };
  if (body.options !== null && hasPosition(body.options)) {
    const refusal = refuseWithoutRight(holder, "start-fresh", place);
    if (refusal !== undefined) return refusal;
  }
  return body.kind === "beyond" ? refuseWithoutRight(holder, "passthrough", place) : undefined;
}

/** Milliseconds of X-Headgate-Suspend, if the client sent it. */
function readSuspension({ headers }: GatewayExchange): number | AtlasError | undefined {
  const text = headers["x-headgate-suspend"];
  if (text === undefined) return undefined;
  const ms = parseDurationMs(text);
  const description = `"${text.slice(0, 50)}" is not a duration such as 4h`;
  return ms ?? validationError([{ field: "X-Headgate-Suspend", description }]);
}

async function sendOn(exchange: GatewayExchange, { path }: Action): Promise<Rendered> {
  const { project, workspace, processor, target } = path;
  const { app, method, requestId } = exchange;
  await noteRelayed(app, { project, workspace, processor, method, requestId });
  return renderReply(exchange, await askAtlas(exchange, { project, target }));
}

async function actOn(exchange: GatewayExchange, action: Action): Promise<Rendered> {
  const { app, requestId, signal, deadline } = exchange;
  const { project, workspace, processor, verb } = action.path;
  const ref: ProcessorRef = { project, workspace, processor };
  const { suspendForMs, options } = action;
  if (suspendForMs !== undefined) {
    const refusal = refuseWithoutRight(exchange.holder, "suspend", ref);
    if (refusal !== undefined) return refuseWith(exchange, refusal);
  }
  const known = await findGatewayKnown(app, ref);
  if (known === undefined) {
    // Nobody declared it, and no pass has seen it: it may have been created a moment ago.
    const looked = await lookAt(exchange, action.path);
    if (looked !== undefined) return looked;
    await adopt(app, ref);
  }
  const kind = verb === "stop" ? "stop" : "start";
  const waitMs = Math.max(0, deadline - performance.now());
  const answer = await actThroughGateway(
    app,
    { ref, kind, options, suspendForMs, requestId, declared: known?.declared },
    { waitMs, signal },
  );
  return renderAnswer(exchange, action, answer);
}

/** Atlas's own answer if it has no such processor; undefined if it has. */
async function lookAt(exchange: GatewayExchange, path: ActionPath): Promise<Rendered | undefined> {
  const { project, workspace, processor } = path;
  const streams = `/api/atlas/v2/groups/${project}/streams`;
  const target = `${streams}/${encodeURIComponent(workspace)}/processor/${encodeURIComponent(processor)}`;
  const headers = { ...exchange.headers, accept: "application/vnd.atlas.2024-05-30+json" };
  const reply = await askAtlas({ ...exchange, method: "GET", headers }, { project, target });
  return reply.status === 200 ? undefined : renderReply(exchange, reply);
}

async function renderAnswer(
  exchange: GatewayExchange,
  action: Action,
  answer: GatewayAnswer,
): Promise<Rendered> {
  const { query } = exchange;
  const { processor, workspace } = action.path;
  switch (answer.kind) {
    case "done": {
      const accepted = renderAccepted(action.mediaType, query);
      const notice = answer.notice === undefined ? {} : { "x-headgate-notice": answer.notice };
      return { ...accepted, headers: { ...accepted.headers, ...notice } };
    }
    case "refused-by-atlas":
      return renderRefusal(exchange, answer);
    case "wrong-state":
    case "failed":
      return renderError(genericError(processor, answer.text), query);
    case "conflict":
      return renderError(
        { status: 409, errorCode: "STREAM_PROCESSOR_CHANGE_CONFLICT", detail: answer.text },
        query,
      );
    case "not-in-atlas":
      return (await lookAt(exchange, action.path)) ?? renderError(genericError(processor, APPEARED), query);
    case "goes-on":
      return renderError(toTimeout({ workspace, processor }, answer.change), query);
  }
}

const APPEARED = "it was missing a moment ago and is there now: send the request again";

/** Atlas's own words, whatever they are. */
function renderRefusal(
  exchange: GatewayExchange,
  { status, reply, text }: Extract<GatewayAnswer, { readonly kind: "refused-by-atlas" }>,
): Rendered {
  if (status === 401) return refuseWith(exchange, OWN_CREDENTIALS);
  const foreign = reply === null ? undefined : renderForeignError(status, reply, exchange.query);
  return foreign ?? refuseWith(exchange, { status, errorCode: "UNEXPECTED_ERROR", detail: text });
}

/** The form of Atlas's own time-out (docs/atlas.md 1e); the detail says what a client cannot know. */
function toTimeout(
  { workspace, processor }: Pick<ActionPath, "workspace" | "processor">,
  change: string,
): AtlasError {
  return {
    status: 504,
    errorCode: "STREAM_PROCESSOR_TIMEOUT",
    detail:
      `Streams Processor with this name (${workspace}) timed out while processing. Headgate goes on with it ` +
      `(${change}): send the same request again to wait for its answer.`,
    parameters: [workspace, processor],
  };
}
