// The simulated Atlas as a whole: made empty, filled, and advanced to a moment, which applies every transition due by
// then at its own time. Pure: no I/O, clock or platform randomness; `now` is an argument, so that a run can be had
// again. Five files have to do with a change of a processor, each with one part:
// - moves.ts: what a state leaves behind when it changes; asks no questions. Starts, stops and mutations end in it
// - start-stop.ts: start and stop as a client asks for them; refuses, holds, plans the move for later
// - processor-edits.ts: create, PATCH and delete as a client asks for them; refuses, or takes effect at once
// - mutations.ts: what nobody asks the API for: tests, Atlas itself, a person at the console; never refused by state
// - operations/handler.ts: what an operation is handed and hands back; changes nothing
import { applyStart, applyStop, enterStarted, fail, planOwnRestart, provision } from "./moves.js";
import type { SimSettings } from "../settings/settings-table.js";
import { TransitionQueue } from "./transition-queue.js";
import type {
  Effect,
  SimProcessor,
  SimProject,
  SimWorkspace,
  Step,
  Transition,
  World,
} from "./world-model.js";
import { findTarget } from "./world-lookup.js";
import type { Target } from "./world-lookup.js";
import type { Tier } from "./tiers.js";
import { drawHex } from "./random.js";

/** Empty. `seed` decides every draw; `timeScale` is how many simulated milliseconds pass in a real one. */
export function createWorld(options: {
  readonly settings: SimSettings;
  readonly seed: number;
  readonly timeScale: number;
}): World {
  return {
    settings: options.settings,
    timeScale: options.timeScale,
    projects: new Map(),
    queue: new TransitionQueue(),
    random: { position: options.seed | 0 },
    effects: [],
    revision: 0,
  };
}

/** True for the states a start may leave (docs/atlas.md 1b). */
export function isStartable(processor: SimProcessor): boolean {
  return processor.state === "STOPPED" || processor.state === "CREATED" || processor.state === "FAILED";
}

/** Adds a project, or finds the one with this id. It draws from the seed only for a new one. */
function addProject(world: World, id: string): SimProject {
  const present = world.projects.get(id);
  if (present !== undefined) return present;
  const project: SimProject = { id, orgId: drawHex(world.random, 24), workspaces: new Map(), events: [] };
  world.projects.set(id, project);
  world.revision += 1;
  return project;
}

/** A workspace to be; the project is made with it if there is none. */
export interface WorkspaceSeed {
  readonly project: string;
  readonly name: string;
  readonly tier?: Tier | undefined;
  readonly maxTierSize?: Tier | undefined;
}

/** Adds a workspace (default tier SP10 and no maximum, docs/atlas.md 2c), replacing a namesake. */
export function addWorkspace(world: World, seed: WorkspaceSeed): SimWorkspace {
  const workspace: SimWorkspace = {
    id: drawHex(world.random, 24),
    name: seed.name,
    tier: seed.tier ?? "SP10",
    maxTierSize: seed.maxTierSize ?? null,
    dataProcessRegion: { cloudProvider: "AWS", region: "VIRGINIA_USA" },
    failoverRegions: [],
    connections: new Map(),
    processors: new Map(),
    pendingStarts: 0,
  };
  addProject(world, seed.project).workspaces.set(seed.name, workspace);
  world.revision += 1;
  return workspace;
}

/** Fields a processor may be made with; the rest is that of a new one, CREATED. */
export type ProcessorSeed = { readonly name: string; readonly createdAt: number } & Partial<
  Omit<SimProcessor, "id" | "name" | "createdAt" | "pending" | "generation">
>;

const PIPELINE: readonly unknown[] = [
  { $source: { connectionName: "sample_stream_solar" } },
  { $emit: { connectionName: "__testLog" } },
];

/** Adds a processor under a fresh id, replacing a namesake. */
export function addProcessor(world: World, workspace: SimWorkspace, seed: ProcessorSeed): SimProcessor {
  const {
    "processor.crashAfterMs": crashAfterMs,
    "processor.oplogWindowMs": oplogWindowMs,
    "processor.messagesPerSecond": messagesPerSecond,
  } = world.settings;
  const processor: SimProcessor = {
    pipeline: PIPELINE,
    options: null,
    state: "CREATED",
    tier: null,
    effectiveTier: null,
    autoscaling: null,
    failoverEnabled: null,
    region: null,
    // One that is seeded in a state looks as if it had moved there when it was made: it has run before unless it is
    // CREATED, and then it has a checkpoint of that moment.
    startedAt: seed.state === "STARTED" ? seed.createdAt : null,
    stoppedAt: seed.state === "STOPPED" ? seed.createdAt : null,
    hasEverStarted: seed.state !== undefined && seed.state !== "CREATED",
    checkpointAt: seed.state === undefined || seed.state === "CREATED" ? null : seed.createdAt,
    errorMsg: null,
    crashAfterMs: crashAfterMs === 0 ? null : crashAfterMs,
    oplogWindowMs: oplogWindowMs === 0 ? null : oplogWindowMs,
    messagesPerSecond,
    inputCount: 0,
    before: null,
    startCount: 0,
    lastStart: null,
    ...seed,
    id: drawHex(world.random, 24),
    // Behind the seed: an operation in progress and the count of lives are never a caller's to choose.
    pending: null,
    generation: 0,
  };
  workspace.processors.set(seed.name, processor);
  world.revision += 1;
  return processor;
}

/**
 * For a world that was just populated: what Atlas will do by itself to the processors that run. A world from a snapshot
 * must not pass here: it has its restarts in its queue, and would get each of them twice.
 */
export function planOwnRestarts(world: World, now: number): void {
  for (const project of world.projects.values()) {
    for (const workspace of project.workspaces.values()) {
      for (const processor of workspace.processors.values()) {
        const address = { project: project.id, workspace: workspace.name, processor: processor.name };
        if (processor.state === "STARTED") planOwnRestart(world, { address, workspace, processor }, now);
      }
    }
  }
}

/**
 * Applies every transition due by `now`, each at its own moment, with what those plan in turn. Calling it twice changes
 * nothing more, and one leap ends in the same world as many steps. It ends: own restarts, which repeat themselves,
 * lie at least a millisecond further on each time.
 */
export function advanceTo(world: World, now: number): void {
  for (;;) {
    const due = world.queue.popDue(now);
    if (due === undefined) return;
    applyTransition(world, due);
  }
}

/** The effects since the last call, oldest first. */
export function takeEffects(world: World): readonly Effect[] {
  const { effects } = world;
  world.effects = [];
  return effects;
}

function applyTransition(world: World, due: Transition): void {
  world.revision += 1;
  const hit = findTarget(world, due.address);
  // The place is given back before anything is looked up: a start whose processor was deleted meanwhile must not keep
  // it for ever. A namesake made meanwhile has another id and gets nothing of what was planned for the old one.
  if (endsStart(due.step)) releaseStartPlace(world, due);
  if (hit.kind === "refused" || hit.value.processor.id !== due.processorId) return;
  applyStep(world, hit.value, due);
}

function applyStep(world: World, target: Target, due: Transition): void {
  const { step, at } = due;
  const { processor } = target;
  // A start or stop was asked for and happens whatever came between, if the state still takes it. All the rest was
  // planned for one life of the processor: a move since then has ended that life, and with it what was to follow.
  const isSameLife = processor.generation === due.generation;
  switch (step.kind) {
    case "start":
      processor.pending = null;
      if (isStartable(processor)) applyStart(world, target, { ...step, at });
      return;
    case "stop":
      processor.pending = null;
      if (processor.state !== "STOPPED") applyStop(world, target, { at, cause: step.cause });
      return;
    case "provisioned":
      if (isSameLife) endProvisioning(world, target, { ...step, at });
      return;
    case "fail":
      if (isSameLife) fail(world, target, { at, errorMsg: step.errorMsg });
      return;
    case "abandon":
      processor.pending = null;
      return;
    case "own-restart":
      if (isSameLife) restartByItself(world, target, at);
  }
}

/** Through PROVISIONING back to STARTED; nobody stands in the events for it (docs/atlas.md 1a, 3). */
function restartByItself(world: World, target: Target, at: number): void {
  const forMs = world.settings["ownRestart.provisioningMs"];
  provision(world, target, { at, forMs, then: "STARTED" });
}

function endProvisioning(
  world: World,
  target: Target,
  step: Extract<Step, { kind: "provisioned" }> & { readonly at: number },
): void {
  if (step.then === "FAILED") fail(world, target, step);
  else enterStarted(world, target, step);
}

/** A start ends with its effect, or with Atlas's giving it up. */
const endsStart = (step: Step): boolean =>
  step.kind === "start" || (step.kind === "abandon" && step.what === "start");

function releaseStartPlace(world: World, due: Transition): void {
  const workspace = world.projects.get(due.address.project)?.workspaces.get(due.address.workspace);
  if (workspace !== undefined && workspace.pendingStarts > 0) workspace.pendingStarts -= 1;
}
