// The connections of a workspace as data: added without their secrets, and found in use by the pipelines of processors
// that run. Pure.
import type { SimConnection, SimWorkspace } from "./world-model.js";

/** Atlas never echoes a password (docs/atlas.md 7). */
function withoutPassword<T extends Record<string, unknown>>(connection: T): T {
  return JSON.parse(
    JSON.stringify(connection, (key, value: unknown) => (key === "password" ? undefined : value)),
  ) as T;
}

/** Adds or replaces it, READY at once; what GET then shows of it. */
export function addConnection(workspace: SimWorkspace, given: SimConnection): SimConnection {
  const connection = withoutPassword({ ...given, state: "READY" });
  workspace.connections.set(connection.name, connection);
  return connection;
}

/** The built-in sample source that the made-up processors read. */
export function addSampleConnection(workspace: SimWorkspace): void {
  addConnection(workspace, { name: "sample_stream_solar", type: "Sample" });
}

/** True if a running processor's pipeline names it: then it cannot be changed (docs/atlas.md 1b). */
export function isInUse(workspace: SimWorkspace, connection: string): boolean {
  const named = `"connectionName":${JSON.stringify(connection)}`;
  return [...workspace.processors.values()].some(
    ({ state, pipeline }) =>
      (state === "STARTED" || state === "PROVISIONING") && JSON.stringify(pipeline).includes(named),
  );
}
