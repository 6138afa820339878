// Reads of a project besides its workspaces: events of stream processors, operational logs, and the rate limits
// in force. Read only. Events are the first of the documented places of a FAILED processor's error (docs/atlas.md 4),
// so a client that wants to say why must come here.
import { gzipSync } from "node:zlib";
import { answer, refuse } from "./handler.js";
import type { Call, Handler } from "./handler.js";
import { isoMoment } from "./bodies.js";
import { answerPage } from "./paging.js";
import { invalidRequest } from "../world/refusals.js";
import type { SimEvent } from "../world/world-model.js";
import { viewEvent } from "./views.js";
import type { JsonObject } from "./views.js";
import { findProject, findWorkspace } from "../world/world-lookup.js";

/** A bound of time from the query; undefined when it is no date. */
function readTime(call: Call, name: string, fallback: number): number | undefined {
  const text = call.query.get(name);
  if (text === null) return fallback;
  // Date.parse alone would read much else, "x 5" among it, as a date of its own choice.
  return isoMoment.safeParse(text).success ? Date.parse(text) : undefined;
}

/** A parameter that may be repeated, comma-separated or both. */
function readList(call: Call, name: string): readonly string[] {
  return call.query.getAll(name).flatMap((text) => text.split(","));
}

/** Newest first; `eventType` repeated or comma-separated, minDate and maxDate inclusive. */
const listEvents: Handler = (call) => {
  const project = findProject(call.world, call.address.project);
  if (project.kind === "refused") return refuse(project.refusal);
  const from = readTime(call, "minDate", Number.NEGATIVE_INFINITY);
  const to = readTime(call, "maxDate", Number.POSITIVE_INFINITY);
  if (from === undefined || to === undefined) {
    const field = from === undefined ? "minDate" : "maxDate";
    return refuse(invalidRequest(field, "must be an ISO 8601 date"));
  }
  const wanted = readList(call, "eventType");
  const unwanted = readList(call, "excludedEventType");
  const isShown = (event: SimEvent): boolean =>
    event.at >= from &&
    event.at <= to &&
    (wanted.length === 0 || wanted.includes(event.eventTypeName)) &&
    !unwanted.includes(event.eventTypeName);
  // Counted behind the filter: totalCount is that of the list asked for.
  const events = project.value.events.filter(isShown).reverse();
  return answerPage(call, {
    items: events,
    count: events.length,
    view: (one) => viewEvent(project.value, one),
  });
};

/** A gzip of one JSON line per event of the workspace; the real format is not public (docs/atlas.md 4). */
const downloadLogs: Handler = (call) => {
  const workspace = findWorkspace(call.world, call.address);
  if (workspace.kind === "refused") return refuse(workspace.refusal);
  const project = findProject(call.world, call.address.project);
  if (project.kind === "refused") return refuse(project.refusal);
  const processor = call.query.get("spName");
  const lines = project.value.events
    .filter((one) => one.instanceName === call.address.workspace)
    .filter((one) => processor === null || one.processorName === processor)
    .map((one) => JSON.stringify(viewEvent(project.value, one)));
  return answer(gzipSync(lines.join("\n")));
};

const STREAMS_SET = "streams_group";

/**
 * The settings as Atlas would report them, so that a client may read its budget instead of assuming it (docs/atlas.md
 * 6). `defaultValue` is null: there is no other value than the one in force.
 */
function viewLimits(call: Call): JsonObject {
  const { settings } = call.world;
  const limit = (value: number): JsonObject => ({ defaultValue: null, value });
  return {
    capacity: limit(settings["rateLimit.capacity"]),
    endpointSetId: STREAMS_SET,
    endpointSetName: "Streams",
    endpoints: STREAMS_ENDPOINTS,
    refillDurationSeconds: limit(Math.ceil(settings["rateLimit.refillMs"] / 1_000)),
    refillRate: limit(settings["rateLimit.refill"]),
    scope: "GROUP",
  };
}

// The endpoints that the bucket counts, as far as anybody asks for them; the real list is longer.
const TENANT = "/api/atlas/v2/groups/{groupId}/streams/{tenantName}";
const STREAMS_ENDPOINTS: readonly JsonObject[] = [
  { method: "GET", path: "/api/atlas/v2/groups/{groupId}/streams" },
  { method: "GET", path: TENANT },
  { method: "GET", path: `${TENANT}/processors` },
  { method: "GET", path: `${TENANT}/processor/{processorName}` },
  { method: "POST", path: `${TENANT}/processor/{processorName}:start` },
  { method: "POST", path: `${TENANT}/processor/{processorName}:startWith` },
  { method: "POST", path: `${TENANT}/processor/{processorName}:stop` },
];

/** Filters by name and endpoint. `groupId` is taken and changes nothing: every project has the same limits. */
const listRateLimits: Handler = (call) => {
  const name = call.query.get("name");
  const endpoint = call.query.get("endpointPath");
  const isShown =
    (name === null || name === "Streams") &&
    (endpoint === null || STREAMS_ENDPOINTS.some((one) => one["path"] === endpoint));
  const sets = isShown ? [viewLimits(call)] : [];
  return answerPage(call, { items: sets, count: sets.length, view: (one) => one });
};

const getRateLimit: Handler = (call) => {
  const id = call.resource;
  if (id === STREAMS_SET) return answer(viewLimits(call));
  const detail = `No rate limit endpoint set with ID ${id} exists.`;
  return refuse({ status: 404, errorCode: "RESOURCE_NOT_FOUND", detail, parameters: [id] });
};

export const PROJECT_OPERATIONS = { listEvents, downloadLogs, listRateLimits, getRateLimit } as const;
