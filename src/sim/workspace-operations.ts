// The operations on workspaces and their connections, as far as clients of processors need them: read and written, with
// the refusals of atlas-facts 1e. A bulk `processorStatus` of a PATCH is not simulated and says so.
import { answer, refuse } from "./calls.js";
import type { Call, Handler, Reply } from "./calls.js";
import { connectionBody, createWorkspaceBody, modifyWorkspaceBody, parseBody } from "./bodies.js";
import { answerPage } from "./paging.js";
import { existsAlready, invalidRequest } from "./refusals.js";
import { viewWorkspace } from "./views.js";
import { addWorkspace } from "./world.js";
import { recordEffect } from "./moves.js";
import { findProject, findWorkspace } from "./world-lookup.js";
import type { SimProject, SimWorkspace } from "./world-model.js";

type Place =
  | { readonly kind: "refused"; readonly reply: Reply }
  | { readonly kind: "found"; readonly project: SimProject; readonly workspace: SimWorkspace };

function placeOf(call: Call): Place {
  const project = findProject(call.world, call.address.project);
  if (project.kind === "refused") return { kind: "refused", reply: refuse(project.refusal) };
  const workspace = findWorkspace(call.world, call.address);
  if (workspace.kind === "refused") return { kind: "refused", reply: refuse(workspace.refusal) };
  return { kind: "found", project: project.value, workspace: workspace.value };
}

function changed(call: Call): void {
  call.world.revision += 1;
  recordEffect(call.world, call.cause, call.now);
}

const listWorkspaces: Handler = (call) => {
  const project = findProject(call.world, call.address.project);
  if (project.kind === "refused") return refuse(project.refusal);
  const { workspaces } = project.value;
  return answerPage(call, {
    items: workspaces.values(),
    count: workspaces.size,
    view: (workspace) => viewWorkspace(project.value, workspace, false),
  });
};

const getWorkspace: Handler = (call) => {
  const place = placeOf(call);
  if (place.kind === "refused") return place.reply;
  return answer(
    viewWorkspace(place.project, place.workspace, call.query.get("includeConnections") === "true"),
  );
};

const createWorkspace: Handler = (call) => {
  const project = findProject(call.world, call.address.project);
  if (project.kind === "refused") return refuse(project.refusal);
  const body = parseBody(call.rawBody, createWorkspaceBody);
  if (body.kind === "refused") return refuse(body.refusal);
  const { name, streamConfig, dataProcessRegion, failoverRegions = [], connections = [] } = body.value;
  if (project.value.workspaces.has(name)) return refuse(existsAlready("STREAM_TENANT", name));
  const workspace = addWorkspace(call.world, { project: project.value.id, name });
  workspace.tier = streamConfig?.tier ?? workspace.tier;
  workspace.maxTierSize = streamConfig?.maxTierSize ?? null;
  workspace.dataProcessRegion = dataProcessRegion ?? workspace.dataProcessRegion;
  workspace.failoverRegions = failoverRegions;
  for (const connection of connections) workspace.connections.set(connection.name, toReady(connection));
  changed(call);
  return answer(viewWorkspace(project.value, workspace, false));
};

const modifyWorkspace: Handler = (call) => {
  const place = placeOf(call);
  if (place.kind === "refused") return place.reply;
  const body = parseBody(call.rawBody, modifyWorkspaceBody);
  if (body.kind === "refused") return refuse(body.refusal);
  const { streamConfig, failoverRegions, processorStatus } = body.value;
  if (processorStatus !== undefined) return refuse(invalidRequest("processorStatus", "is not simulated"));
  const { workspace } = place;
  workspace.tier = streamConfig?.tier ?? workspace.tier;
  workspace.maxTierSize = streamConfig?.maxTierSize ?? workspace.maxTierSize;
  workspace.failoverRegions = failoverRegions ?? workspace.failoverRegions;
  changed(call);
  return answer(viewWorkspace(place.project, workspace, false));
};

/** 403 STREAM_TENANT_HAS_STREAM_PROCESSORS while it has any (atlas-facts 1e). */
const deleteWorkspace: Handler = (call) => {
  const place = placeOf(call);
  if (place.kind === "refused") return place.reply;
  const { name, processors } = place.workspace;
  if (processors.size > 0) {
    const detail = `Stream instance ${name} has active processors, and cannot be changed.`;
    return refuse({
      status: 403,
      errorCode: "STREAM_TENANT_HAS_STREAM_PROCESSORS",
      detail,
      parameters: [name],
    });
  }
  place.project.workspaces.delete(name);
  changed(call);
  return answer({}, 202);
};

const listConnections: Handler = (call) => {
  const place = placeOf(call);
  if (place.kind === "refused") return place.reply;
  const { connections } = place.workspace;
  return answerPage(call, { items: connections.values(), count: connections.size, view: (one) => one });
};

const createConnection: Handler = (call) => {
  const place = placeOf(call);
  if (place.kind === "refused") return place.reply;
  const body = parseBody(call.rawBody, connectionBody);
  if (body.kind === "refused") return refuse(body.refusal);
  const { connections } = place.workspace;
  if (connections.has(body.value.name)) return refuse(existsAlready("STREAM_CONNECTION", body.value.name));
  const connection = toReady(body.value);
  connections.set(body.value.name, connection);
  changed(call);
  return answer(connection);
};

/** Usable at once, and without its password, which Atlas never echoes (atlas-facts 7). */
function toReady<T extends Record<string, unknown>>(connection: T): T {
  return JSON.parse(
    JSON.stringify({ ...connection, state: "READY" }, (key, value: unknown) =>
      key === "password" ? undefined : value,
    ),
  ) as T;
}

export const WORKSPACE_OPERATIONS = {
  listWorkspaces,
  getWorkspace,
  createWorkspace,
  modifyWorkspace,
  deleteWorkspace,
  listConnections,
  createConnection,
} as const;
