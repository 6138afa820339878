// The world as JSON and back, for the state file and the admin path. Pure. Maps become arrays in their order, which is
// the order of lists; planned transitions keep theirs, also among equals. A snapshot never holds settings or
// credentials: those belong to the process that reads it. Effects that nobody has collected are left out with the log
// they belong to.
import type { SimSettings } from "../settings/settings-table.js";
import type {
  SimConnection,
  SimEvent,
  SimProcessor,
  SimProject,
  SimWorkspace,
  Transition,
  World,
} from "./world-model.js";
import { createWorld } from "./world.js";

/** The fields by subtraction: one added to the model is stored without a change here. */
type FlatWorkspace = Omit<SimWorkspace, "connections" | "processors"> & {
  readonly connections: readonly SimConnection[];
  readonly processors: readonly SimProcessor[];
};

interface FlatProject {
  readonly id: string;
  readonly orgId: string;
  readonly workspaces: readonly FlatWorkspace[];
  readonly events: readonly SimEvent[];
}

/** JSON. `randomPosition` is where the seed's sequence stands: the copy draws what the original would have drawn. */
export interface WorldSnapshot {
  readonly randomPosition: number;
  readonly projects: readonly FlatProject[];
  readonly planned: readonly Transition[];
}

/** The world as it is; shares its objects, so whoever keeps it for later must turn it into text first. */
export function toSnapshot(world: World): WorldSnapshot {
  return {
    randomPosition: world.random.position,
    projects: [...world.projects.values()].map(flattenProject),
    planned: world.queue.toList(),
  };
}

/** Field by field, unlike a workspace: a Map that the model gains must not end as `{}` in the file. */
function flattenProject(project: SimProject): FlatProject {
  return {
    id: project.id,
    orgId: project.orgId,
    events: project.events,
    workspaces: [...project.workspaces.values()].map((workspace) => ({
      ...workspace,
      connections: [...workspace.connections.values()],
      processors: [...workspace.processors.values()],
    })),
  };
}

/** The world a snapshot was taken of, under these settings. The snapshot's objects become the world's own. */
export function fromSnapshot(
  snapshot: WorldSnapshot,
  options: { readonly settings: SimSettings; readonly timeScale: number },
): World {
  // The position is a seed like any other: the next draw is the one that would have come.
  const world = createWorld({ ...options, seed: snapshot.randomPosition });
  for (const flat of snapshot.projects) {
    const workspaces = flat.workspaces.map((one): [string, SimWorkspace] => [
      one.name,
      {
        ...one,
        connections: new Map(one.connections.map((connection) => [connection.name, connection])),
        processors: new Map(one.processors.map((processor) => [processor.name, processor])),
      },
    ]);
    const project = {
      id: flat.id,
      orgId: flat.orgId,
      workspaces: new Map(workspaces),
      events: [...flat.events],
    };
    world.projects.set(flat.id, project);
  }
  // In the order of the list: the queue numbers equals by when they are pushed.
  for (const planned of snapshot.planned) world.queue.push(orphan(planned));
  return world;
}

/** The log that the request stood in is gone: its effect must not mark an entry of the new one. */
function orphan(planned: Transition): Transition {
  const { step } = planned;
  if (step.kind !== "start" && step.kind !== "stop") return planned;
  return { ...planned, step: { ...step, cause: { ...step.cause, requestSeq: null } } };
}
