// The JSON of processors, workspaces and events as Atlas shows them (docs/atlas.md 4 and 7). The keys of a
// processor and of a workspace are in alphabetical order, as recorded. Pure; never shows what the schema lacks, unless
// a setting says so: clients must not come to rely on it. A field that is null in the world is absent on the wire.
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

/** How REST encodes dates inside stats is not known (docs/atlas.md 4); clients must take all three. */
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

/** `stats.status` is another, lower-case word than `state` (docs/atlas.md 1a). A Map: a state may be any word. */
const STATS_STATUS: ReadonlyMap<string, string> = new Map([
  ["STARTED", "running"],
  ["FAILED", "error"],
]);

/** A token begins with 82, and the seconds and the count of a cluster's time (docs/atlas.md 4). */
function toToken(at: number): string {
  const toHex = (count: number): string => count.toString(16).padStart(8, "0");
  return `82${toHex(Math.floor(at / 1_000))}${toHex((at % 1_000) + 1)}`;
}

/** A source with a topic is Kafka's; any other reads a change stream, or is a sample, which shows one all the same. */
function readsTopic(stage: unknown): boolean {
  const source: unknown = (stage as { readonly $source?: unknown } | null)?.$source;
  return typeof source === "object" && source !== null && "topic" in source;
}

/**
 * The keys that Terraform's tests expect (docs/atlas.md 4), and the lag. Sizes are made up, with fractions, because
 * Atlas sends floats. A lag of -1 for unknown is a guess.
 */
function viewStats(world: World, target: Target, now: number): JsonObject {
  const { processor } = target;
  const isRunning = processor.state === "STARTED";
  const input = countInput(world, target, now);
  const output = input - Math.floor(input / 50);
  const isOfKafka = processor.pipeline.some(readsTopic);
  const checkpointAt = isOfKafka ? null : checkpointOf(world, processor, now);
  const counts = {
    dlqMessageCount: Math.floor((input * world.settings["stats.dlqPercent"]) / 100),
    dlqMessageSize: 0,
    inputMessageCount: input,
    inputMessageSize: input * 211.5,
    outputMessageCount: output,
    outputMessageSize: output * 180.25,
    stateSize: 0,
  };
  return {
    ...(checkpointAt === null ? {} : { changeStreamState: { _data: toToken(checkpointAt) } }),
    ...(isOfKafka
      ? { kafkaTotalOffsetLag: 0 }
      : { changeStreamTimeDifferenceSecs: isRunning ? world.settings["stats.lagSeconds"] : -1 }),
    ...counts,
    // Messages come in without a pause while it runs.
    ...(processor.startedAt === null ? {} : { lastMessageIn: encodeDate(world, now) }),
    memoryTrackerBytes: isRunning ? 4_194_304 : 0,
    name: processor.name,
    ok: 1,
    operatorStats: [{ ...counts, executionTimeSecs: 0, maxMemoryUsage: 0, name: "SampleDataSourceOperator" }],
    processorId: processor.id,
    scaleFactor: 1,
    status: STATS_STATUS.get(processor.state) ?? "stopping",
  };
}

/** Leaves out what is null: Atlas omits such fields. */
function omitNulls(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** Autoscaling is shown among the options, though it is kept apart from them (docs/atlas.md 2a). */
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

/** A field that no schema names, to see that clients pass over it; its content is of every kind that JSON has. */
export function extraOf(world: World): JsonObject {
  return world.settings["replies.extraFields"] ? { xOfALaterVersion: { since: 2099, values: [null] } } : {};
}

/** What a stale read still shows: the state and tier before the last move; undefined if it knows nothing yet. */
function shownOf(
  { processor }: Target,
  lens: Lens | undefined,
): { readonly state: string; readonly tier: Tier | null } | undefined {
  if (lens?.isStale !== true) return processor;
  // A seeded one has no move behind it, yet was there before: it is shown as it is. A new one was not.
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

/** A workspace (docs/atlas.md 7); `maxTierSize` only if set. */
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

/** An event as Atlas reports it: whole seconds, and the ids of project and organization. */
export function viewEvent(project: SimProject, event: SimEvent): JsonObject {
  const { at, ...rest } = event;
  return {
    created: new Date(at).toISOString().replace(/[.]\d+Z$/, "Z"),
    groupId: project.id,
    orgId: project.orgId,
    ...rest,
  };
}
