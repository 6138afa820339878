// The operations on workspaces, as far as clients of processors need them: read and written, with the refusals of
// docs/atlas.md 1e. What is taken and not simulated must say so rather than answer 200: a bulk `processorStatus` of a
// PATCH is refused. The exception is the region of a PATCH, which is taken and changes nothing.
import type { z } from "zod";
import { answer, refuse } from "./handler.js";
import type { Call, Handler, Reply } from "./handler.js";
import { createWorkspaceBody, modifyWorkspaceBody, parseBody } from "./bodies.js";
import { addConnection, addSampleConnection } from "../world/connections.js";
import { answerPage } from "./paging.js";
import { existsAlready, invalidRequest } from "../world/refusals.js";
import { viewWorkspace } from "./views.js";
import { addWorkspace } from "../world/world.js";
import { recordEffect } from "../world/moves.js";
import { findProject, findWorkspace } from "../world/world-lookup.js";
import type { SimProject, SimWorkspace } from "../world/world-model.js";

type Place =
  | { readonly kind: "refused"; readonly reply: Reply }
  | { readonly kind: "found"; readonly project: SimProject; readonly workspace: SimWorkspace };

/** The project and workspace that the path names, or the 404 of the outermost one that is missing. */
export function placeOf(call: Call): Place {
  const project = findProject(call.world, call.address.project);
  if (project.kind === "refused") return { kind: "refused", reply: refuse(project.refusal) };
  const workspace = findWorkspace(call.world, call.address);
  if (workspace.kind === "refused") return { kind: "refused", reply: refuse(workspace.refusal) };
  return { kind: "found", project: project.value, workspace: workspace.value };
}

/** Notes that the request changed the world now. Every write calls it once, behind its last refusal. */
export function changed(call: Call): void {
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
    view: (workspace) => viewWorkspace(call.world, { project: project.value, workspace }),
  });
};

const getWorkspace: Handler = (call) => {
  const place = placeOf(call);
  if (place.kind === "refused") return place.reply;
  return answer(viewWorkspace(call.world, place, call.query.get("includeConnections") === "true"));
};

type WorkspaceDraft = z.infer<typeof createWorkspaceBody>;

/**
 * The body of a create over a new workspace. `maxTierSize` and the failover regions are what the body says or none;
 * connections are READY at once, without their passwords.
 */
function applyDraft(workspace: SimWorkspace, draft: WorkspaceDraft): void {
  workspace.tier = draft.streamConfig?.tier ?? workspace.tier;
  workspace.maxTierSize = draft.streamConfig?.maxTierSize ?? null;
  workspace.dataProcessRegion = draft.dataProcessRegion ?? workspace.dataProcessRegion;
  workspace.failoverRegions = draft.failoverRegions ?? [];
  for (const connection of draft.connections ?? []) addConnection(workspace, connection);
  if (draft.sampleConnections?.solar === true) addSampleConnection(workspace);
}

/** The body is judged before the name is taken, so that a refused create makes nothing. */
function create(call: Call, withSamples: boolean): Reply {
  const project = findProject(call.world, call.address.project);
  if (project.kind === "refused") return refuse(project.refusal);
  const body = parseBody(call.rawBody, createWorkspaceBody);
  if (body.kind === "refused") return refuse(body.refusal);
  const { name } = body.value;
  if (project.value.workspaces.has(name)) return refuse(existsAlready("STREAM_TENANT", name));
  const workspace = addWorkspace(call.world, { project: project.value.id, name });
  applyDraft(workspace, withSamples ? { sampleConnections: { solar: true }, ...body.value } : body.value);
  changed(call);
  return answer(viewWorkspace(call.world, { project: project.value, workspace }));
}

const createWorkspace: Handler = (call) => create(call, false);

/** As the Go SDK and the MCP server make theirs: with the sample source unless the body says otherwise. */
const createSampleWorkspace: Handler = (call) => create(call, true);

const modifyWorkspace: Handler = (call) => {
  const place = placeOf(call);
  if (place.kind === "refused") return place.reply;
  const body = parseBody(call.rawBody, modifyWorkspaceBody);
  if (body.kind === "refused") return refuse(body.refusal);
  // Refused before anything is written: half of a PATCH would be worse than none.
  const { streamConfig, failoverRegions, processorStatus } = body.value;
  if (processorStatus !== undefined) return refuse(invalidRequest("processorStatus", "is not simulated"));
  const { workspace } = place;
  // Absent and null leave a field as it is; there is no way to take a maximum away by PATCH.
  workspace.tier = streamConfig?.tier ?? workspace.tier;
  workspace.maxTierSize = streamConfig?.maxTierSize ?? workspace.maxTierSize;
  workspace.failoverRegions = failoverRegions ?? workspace.failoverRegions;
  changed(call);
  return answer(viewWorkspace(call.world, place));
};

/** 403 STREAM_TENANT_HAS_STREAM_PROCESSORS while it has any (docs/atlas.md 1e). */
const deleteWorkspace: Handler = (call) => {
  const place = placeOf(call);
  if (place.kind === "refused") return place.reply;
  // Also of processors at rest: Atlas says "active" (docs/atlas.md 1e), and which ones it counts is a guess.
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

export const WORKSPACE_OPERATIONS = {
  listWorkspaces,
  getWorkspace,
  createWorkspace,
  createSampleWorkspace,
  modifyWorkspace,
  deleteWorkspace,
} as const;
