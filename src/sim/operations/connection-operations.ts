// The operations on a workspace's connections: each takes a call and answers with what the world says. No I/O. One that
// a running processor uses can be neither changed nor deleted (docs/atlas.md 1b, 1e). A password that comes in is
// thrown away before anything is stored or shown.
import { answer, refuse } from "./handler.js";
import type { Call, Handler, Reply } from "./handler.js";
import { connectionBody, modifyConnectionBody, parseBody } from "./bodies.js";
import { addConnection, isInUse } from "../world/connections.js";
import { answerPage } from "./paging.js";
import { connectionInUse, existsAlready, missingConnection } from "../world/refusals.js";
import { changed, placeOf } from "./workspace-operations.js";
import type { SimConnection, SimWorkspace } from "../world/world-model.js";

/** The workspace comes with the connection, because a write needs both. */
type Hit =
  | { readonly kind: "refused"; readonly reply: Reply }
  | { readonly kind: "found"; readonly workspace: SimWorkspace; readonly connection: SimConnection };

/** The connection that the path names, or the 404 of the outermost part of the address that is missing. */
function findConnection(call: Call): Hit {
  const place = placeOf(call);
  if (place.kind === "refused") return place;
  const { workspace } = place;
  const connection = workspace.connections.get(call.resource);
  if (connection !== undefined) return { kind: "found", workspace, connection };
  return { kind: "refused", reply: refuse(missingConnection(call.address, call.resource)) };
}

/** The connection, for a write: refused while a running processor uses it. */
function findFree(call: Call): Hit {
  const hit = findConnection(call);
  if (hit.kind === "refused" || !isInUse(hit.workspace, hit.connection.name)) return hit;
  return { kind: "refused", reply: refuse(connectionInUse(call.address, hit.connection.name)) };
}

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
  const { workspace } = place;
  // Names are taken per workspace; another workspace may have the same one.
  const { name } = body.value;
  if (workspace.connections.has(name)) return refuse(existsAlready("STREAM_CONNECTION", name));
  const connection = addConnection(workspace, body.value);
  changed(call);
  return answer(connection);
};

const getConnection: Handler = (call) => {
  const hit = findConnection(call);
  return hit.kind === "refused" ? hit.reply : answer(hit.connection);
};

const modifyConnection: Handler = (call) => {
  const hit = findFree(call);
  if (hit.kind === "refused") return hit.reply;
  const body = parseBody(call.rawBody, modifyConnectionBody);
  if (body.kind === "refused") return refuse(body.refusal);
  // Fields are replaced whole, not merged inside; name and type are what a connection is known by and stay.
  const { name, type } = hit.connection;
  const connection = addConnection(hit.workspace, { ...hit.connection, ...body.value, name, type });
  changed(call);
  return answer(connection);
};

/** 202 with an empty object (docs/atlas.md 1d), though it is gone at once: nothing here waits for it. */
const deleteConnection: Handler = (call) => {
  const hit = findFree(call);
  if (hit.kind === "refused") return hit.reply;
  hit.workspace.connections.delete(hit.connection.name);
  changed(call);
  return answer({}, 202);
};

/** By the names that the log, fault scripts and routes know them under. */
export const CONNECTION_OPERATIONS = {
  listConnections,
  createConnection,
  getConnection,
  modifyConnection,
  deleteConnection,
} as const;
