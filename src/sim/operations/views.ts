// What Atlas shows of the world: the JSON of processors, workspaces and events, keys in alphabetical order as recorded
// (docs/atlas.md 4 and 7). Pure; never shows what the schema lacks, unless a setting says so.
import { checkpointOf } from "../world/checkpoints.js";
import { countInput, span } from "../world/moves.js";
import type { SimEvent, SimProject, SimWorkspace, World } from "../world/world-model.js";
import type { Tier } from "../world/tiers.js";
import type { Target } from "../world/world-lookup.js";

export type JsonObject = Record<string, unknown>;

/** How a fault bends a read: another state word, or the world before the last move. */
export interface Lens {
  readonly state?: string;
  readonly isStale?: boolean;
}

function encodeDate(world: World, at: number): unknown {
  switch (world.settings["stats.dateEncoding"]) {
    case "epoch":
      return at;
    case "extended":
      return { $date: new Date(at).toISOString() };
    default:
      return new Date(at).toISOString();
  }
}

const STATS_STATUS: Readonly<Record<string, string>> = { STARTED: "running", FAILED: "error" };

function viewStats(world: World, target: Target, now: number): JsonObject {
  const { processor } = target;
  const isRunning = processor.state === "STARTED";
  const input = countInput(world, target, now);
  const output = input - Math.floor(input / 50);
  const checkpointAt = checkpointOf(world, processor, now);
  const counts = {
    dlqMessageCount: 0,
    dlqMessageSize: 0,
    inputMessageCount: input,
    inputMessageSize: input * 211.5,
    outputMessageCount: output,
    outputMessageSize: output * 180.25,
    stateSize: 0,
  };
  return {
    ...(checkpointAt === null
      ? {}
      : { changeStreamState: { _data: `82${checkpointAt.toString(16).padStart(16, "0")}` } }),
    changeStreamTimeDifferenceSecs: isRunning ? 1 : -1,
    ...counts,
    ...(processor.startedAt === null ? {} : { lastMessageIn: encodeDate(world, now) }),
    memoryTrackerBytes: isRunning ? 4_194_304 : 0,
    name: processor.name,
    ok: 1,
    operatorStats: [{ ...counts, executionTimeSecs: 0, maxMemoryUsage: 0, name: "SampleDataSourceOperator" }],
    processorId: processor.id,
    scaleFactor: 1,
    status: STATS_STATUS[processor.state] ?? "stopping",
  };
}

/** Leaves out what is null: Atlas omits such fields. */
function omitNulls(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function viewOptions({ processor }: Target): JsonObject | null {
  const { autoscaling } = processor;
  const options = {
    ...(autoscaling === null ? {} : { autoscaling: omitNulls({ ...autoscaling }) }),
    ...processor.options,
  };
  return Object.keys(options).length === 0 ? null : options;
}

/** True while a read does not know a new processor yet. */
function isHidden(world: World, { processor }: Target, now: number): boolean {
  const { "create.hiddenMs": hiddenMs } = world.settings;
  return hiddenMs > 0 && now - processor.createdAt < span(world, hiddenMs);
}

function extraOf(world: World): JsonObject {
  return world.settings["replies.extraFields"] ? { xOfALaterVersion: { since: 2099, values: [null] } } : {};
}

/** What a stale read still shows: the state and tier before the last move; undefined where it knows nothing yet. */
function shownOf(
  { processor }: Target,
  lens: Lens | undefined,
): { readonly state: string; readonly tier: Tier | null } | undefined {
  if (lens?.isStale !== true) return processor;
  if (processor.before === null && !processor.hasEverStarted) return undefined;
  return processor.before ?? processor;
}

/** A processor as GET, list, create and PATCH show it; undefined where a read does not know it yet. */
export function viewProcessor(
  world: World,
  target: Target,
  how: {
    readonly now: number;
    readonly lens?: Lens | undefined;
    /** In the reply to a create or PATCH. */
    readonly isWrite?: boolean;
  },
): JsonObject | undefined {
  const { processor } = target;
  const shown = shownOf(target, how.lens);
  if (shown === undefined || (how.isWrite !== true && isHidden(world, target, how.now))) return undefined;
  return omitNulls({
    _id: processor.id,
    effectiveTier: processor.effectiveTier,
    errorMsg: world.settings["errorMsg.shown"] ? processor.errorMsg : null,
    failoverEnabled: processor.failoverEnabled,
    name: processor.name,
    options: viewOptions(target),
    pipeline: processor.pipeline,
    state: how.lens?.state ?? shown.state,
    stats: processor.hasEverStarted ? viewStats(world, target, how.now) : null,
    tier: shown.tier,
    ...extraOf(world),
  });
}

/** A workspace (docs/atlas.md 7); `maxTierSize` only where set. */
export function viewWorkspace(
  world: World,
  { project, workspace }: { readonly project: SimProject; readonly workspace: SimWorkspace },
  withConnections = false,
): JsonObject {
  const { region } = workspace.dataProcessRegion;
  const host = region.toLowerCase().replaceAll("_", "-");
  return {
    _id: workspace.id,
    ...(withConnections ? { connections: [...workspace.connections.values()] } : {}),
    dataProcessRegion: workspace.dataProcessRegion,
    failoverRegions: workspace.failoverRegions,
    groupId: project.id,
    hostnames: [`atlas-stream-${workspace.id}-simul.${host}.a.query.mongodb.invalid`],
    name: workspace.name,
    streamConfig: {
      ...(workspace.maxTierSize === null ? {} : { maxTierSize: workspace.maxTierSize }),
      tier: workspace.tier,
    },
    ...extraOf(world),
  };
}

export function viewEvent(project: SimProject, event: SimEvent): JsonObject {
  const { at, ...rest } = event;
  return {
    created: new Date(at).toISOString().replace(/[.]\d+Z$/, "Z"),
    groupId: project.id,
    orgId: project.orgId,
    ...rest,
  };
}
