// The JSON that Atlas shows of the world: which fields when, under which name, and how a fault bends a read.
import fc from "fast-check";
import { expect, it } from "vitest";
import { viewEvent, viewProcessor, viewWorkspace } from "../../../../src/sim/operations/views.js";
import type { JsonObject, Lens } from "../../../../src/sim/operations/views.js";
import { addSampleConnection } from "../../../../src/sim/world/connections.js";
import { recordEvent } from "../../../../src/sim/world/events.js";
import { fail, moveState } from "../../../../src/sim/world/moves.js";
import type { SimProcessor, World } from "../../../../src/sim/world/world-model.js";
import {
  aWorld,
  START,
  theProcessor,
  theProject,
  theTarget,
  theWorkspace,
} from "../../../support/sim-world.js";
import type { WorldSpec } from "../../../support/sim-world.js";

const NOW = START + 100_000;

function view(world: World, lens?: Lens, now = NOW): JsonObject | undefined {
  return viewProcessor(world, theTarget(world), { now, lens });
}
function statsOf(world: World, now = NOW): JsonObject {
  return (view(world, undefined, now)?.["stats"] ?? {}) as JsonObject;
}
const keysOf = (shown: object | undefined): string => Object.keys(shown ?? {}).join(" ");
const sorted = (keys: string): string => keys.split(" ").sort().join(" ");

interface Row {
  readonly reason: string;
  readonly spec: WorldSpec;
  readonly keys: string;
}

const FULL: Partial<SimProcessor> = {
  state: "STARTED",
  tier: "SP10",
  effectiveTier: "SP30",
  failoverEnabled: true,
  errorMsg: "hidden",
  options: { dlq: { db: "d" } },
};

const ROWS: readonly Row[] = [
  { reason: "one that never ran", spec: {}, keys: "_id name pipeline state" },
  {
    reason: "one that runs",
    spec: { processor: { state: "STARTED", tier: "SP10" } },
    keys: "_id name pipeline state stats tier",
  },
  {
    reason: "one with everything",
    spec: { processor: FULL },
    keys: "_id effectiveTier failoverEnabled name options pipeline state stats tier",
  },
  {
    reason: "a failed one: its error is no part of the schema",
    spec: { processor: { state: "FAILED", errorMsg: "no broker" } },
    keys: "_id name pipeline state stats",
  },
  {
    reason: "a failed one, if the setting shows its error",
    spec: { set: ["errorMsg.shown=true"], processor: { state: "FAILED", errorMsg: "no broker" } },
    keys: "_id errorMsg name pipeline state stats",
  },
  {
    reason: "a later version's",
    spec: { set: ["replies.extraFields=true"] },
    keys: "_id name pipeline state xOfALaterVersion",
  },
];

it.each(ROWS)("shows of $reason: $keys", ({ spec, keys }) => {
  const shown = keysOf(view(aWorld(spec)));
  expect(shown).toBe(keys);
  expect(shown).toBe(sorted(shown));
});

it("leaves out whatever is null", () => {
  const world = aWorld({ processor: FULL });
  Object.assign(theProcessor(world), {
    tier: null,
    effectiveTier: null,
    failoverEnabled: null,
    options: null,
  });
  expect(Object.values(view(world) ?? {})).not.toContain(null);
});

it.each([
  { reason: "none", had: {}, options: undefined },
  { reason: "a dead-letter queue", had: { options: { dlq: { db: "d" } } }, options: { dlq: { db: "d" } } },
  {
    reason: "autoscaling, its nulls left out",
    had: { autoscaling: { enabled: true, minTier: null, maxTier: "SP30" } },
    options: { autoscaling: { enabled: true, maxTier: "SP30" } },
  },
  {
    reason: "both",
    had: { autoscaling: { enabled: false }, options: { dlq: { db: "d" } } },
    options: { autoscaling: { enabled: false }, dlq: { db: "d" } },
  },
] as const)("shows options: $reason", ({ had, options }) => {
  expect(view(aWorld({ processor: had }))?.["options"]).toEqual(options);
});

it("shows the statistics that Terraform was recorded to read, as plain numbers", () => {
  const stats = statsOf(aWorld({ processor: { state: "STARTED", messagesPerSecond: 10 } }));
  expect(stats).toMatchObject({
    ok: 1,
    name: "p",
    status: "running",
    scaleFactor: 1,
    inputMessageCount: 1_000,
    inputMessageSize: 211_500,
    outputMessageCount: 980,
    outputMessageSize: 176_645,
    dlqMessageCount: 0,
    stateSize: 0,
    memoryTrackerBytes: 4_194_304,
    changeStreamTimeDifferenceSecs: 1,
  });
  expect(stats["operatorStats"]).toMatchObject([
    { name: "SampleDataSourceOperator", inputMessageCount: 1_000 },
  ]);
});

/** The keys that were seen over REST (docs/atlas.md 4), without the dates and the lag of other documents. */
const SEEN =
  "changeStreamState dlqMessageCount dlqMessageSize inputMessageCount inputMessageSize memoryTrackerBytes name ok " +
  "operatorStats outputMessageCount outputMessageSize processorId scaleFactor stateSize status";

it("has statistics from the first start on, also once it is stopped, and they stand still then", () => {
  const world = aWorld({ processor: { messagesPerSecond: 10 } });
  const target = theTarget(world);
  expect(view(world)).not.toHaveProperty("stats");
  moveState(world, target, { state: "STARTED", at: START });
  const running = statsOf(world, START + 65_000);
  moveState(world, target, { state: "STOPPED", at: START + 65_000 });
  const [stopped, later] = [statsOf(world, START + 65_000), statsOf(world, START + 3_600_000)];
  expect(Object.keys(stopped)).toEqual(expect.arrayContaining(SEEN.split(" ")));
  expect(stopped["inputMessageCount"]).toBe(650);
  // Its last checkpoint, from which vendor scripts take the token of a stopped processor.
  expect(stopped["changeStreamState"]).toEqual(running["changeStreamState"]);
  expect([stopped["status"], stopped["memoryTrackerBytes"]]).toEqual(["stopping", 0]);
  expect(later).toEqual(stopped);
});

it("shows no statistics of one that was stopped before its first start, and those of a seeded one", () => {
  const world = aWorld({});
  moveState(world, theTarget(world), { state: "STOPPED", at: START });
  expect(view(world)).not.toHaveProperty("stats");
  expect(view(aWorld({ processor: { state: "STOPPED" } }))).toHaveProperty("stats");
});

it.each([
  { state: "STARTED", status: "running", lag: 1, hasLast: true },
  { state: "STOPPED", status: "stopping", lag: -1, hasLast: false },
  { state: "FAILED", status: "error", lag: -1, hasLast: false },
  { state: "PROVISIONING", status: "stopping", lag: -1, hasLast: false },
  { state: "MOVING", status: "stopping", lag: -1, hasLast: false },
  { state: "constructor", status: "stopping", lag: -1, hasLast: false },
])("says $status in the statistics of one that is $state", ({ state, status, lag, hasLast }) => {
  const stats = statsOf(aWorld({ processor: { state } }));
  expect([stats["status"], stats["changeStreamTimeDifferenceSecs"], "lastMessageIn" in stats]).toEqual([
    status,
    lag,
    hasLast,
  ]);
});

it("puts out less than it reads in, and never less than before", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(1_000_000), fc.nat(500), (one, more, messagesPerSecond) => {
      const world = aWorld({ processor: { state: "STARTED", messagesPerSecond } });
      const [early, late] = [statsOf(world, START + one), statsOf(world, START + one + more)];
      expect(Number(early["outputMessageCount"])).toBeLessThanOrEqual(Number(early["inputMessageCount"]));
      expect(Number(early["outputMessageCount"])).toBeGreaterThanOrEqual(0);
      expect(Number(late["outputMessageCount"])).toBeGreaterThanOrEqual(Number(early["outputMessageCount"]));
    }),
  );
});

it.each([
  { encoding: "iso", want: "2026-06-01T00:01:40.000Z" },
  { encoding: "epoch", want: NOW },
  { encoding: "extended", want: { $date: "2026-06-01T00:01:40.000Z" } },
])("encodes dates inside the statistics as $encoding", ({ encoding, want }) => {
  const world = aWorld({ set: [`stats.dateEncoding=${encoding}`], processor: { state: "STARTED" } });
  expect(statsOf(world)["lastMessageIn"]).toEqual(want);
});

it("shows another resume token with each checkpoint, in the order of time", () => {
  const world = aWorld({ processor: { state: "STARTED" } });
  const tokenAt = (now: number): string =>
    (statsOf(world, now)["changeStreamState"] as { _data: string })._data;
  const tokens = [START, START + 59_999, START + 60_000, START + 600_000].map(tokenAt);
  expect(tokens[0]).toMatch(/^82[0-9a-f]{16}$/);
  expect(tokens[1]).toBe(tokens[0]);
  expect([...new Set(tokens)]).toEqual([...new Set(tokens)].sort());
  expect(new Set(tokens).size).toBe(3);
});

it.each([0, 999, 61_001])(
  "begins a resume token with the seconds of its checkpoint: %i ms later",
  (laterMs) => {
    const world = aWorld({ processor: { state: "STOPPED", checkpointAt: START + laterMs } });
    const { _data: token } = statsOf(world)["changeStreamState"] as { _data: string };
    expect(parseInt(token.slice(2, 10), 16)).toBe(Math.floor((START + laterMs) / 1_000));
  },
);

it("shows no place in a change stream where the source is a topic of Kafka", () => {
  const pipeline = [{ $source: { connectionName: "kafka", topic: "clicks" } }];
  const stats = statsOf(aWorld({ processor: { state: "STARTED", pipeline } }), START + 60_000);
  expect(stats).toMatchObject({ kafkaTotalOffsetLag: 0, inputMessageCount: expect.any(Number) as number });
  expect(Object.keys(stats).filter((key) => key.startsWith("changeStream"))).toEqual([]);
});

it("has no resume token where there is no checkpoint", () => {
  const world = aWorld({ processor: { state: "STARTED", checkpointAt: null } });
  expect(statsOf(world, START + 1)).not.toHaveProperty("changeStreamState");
});

it.each([
  { reason: "not yet over", age: 1_999, isKnown: false },
  { reason: "over", age: 2_000, isKnown: true },
])(
  "hides a new processor from reads for a while, $reason, and never from its own create",
  ({ age, isKnown }) => {
    const world = aWorld({ set: ["create.hiddenMs=10000"], timeScale: 5 });
    const now = START + age;
    expect(view(world, undefined, now) !== undefined).toBe(isKnown);
    expect(viewProcessor(world, theTarget(world), { now, isWrite: true })).toMatchObject({ name: "p" });
  },
);

interface Stale {
  readonly reason: string;
  readonly spec: WorldSpec;
  readonly moves: readonly string[];
  readonly want: JsonObject | undefined;
}

const STALE: readonly Stale[] = [
  { reason: "just created: not known yet", spec: {}, moves: [], want: undefined },
  { reason: "created, then started", spec: {}, moves: ["STARTED"], want: { state: "CREATED" } },
  {
    reason: "moved twice: one move back, no further",
    spec: { processor: { state: "STOPPED", tier: "SP10" } },
    moves: ["STARTED", "FAILED"],
    want: { state: "STARTED", tier: "SP10" },
  },
  {
    reason: "never moved since it was seeded",
    spec: { processor: { state: "STARTED", tier: "SP30" } },
    moves: [],
    want: { state: "STARTED", tier: "SP30" },
  },
];

it.each(STALE)("a stale read: $reason", ({ spec, moves, want }) => {
  const world = aWorld(spec);
  for (const state of moves) moveState(world, theTarget(world), { state, at: NOW });
  const shown = view(world, { isStale: true });
  if (want === undefined) expect(shown).toBeUndefined();
  else expect(shown).toMatchObject(want);
});

it("shows the tier of before the last move in a stale read", () => {
  const world = aWorld({ processor: { state: "STOPPED", tier: "SP10" } });
  moveState(world, theTarget(world), { state: "STARTED", at: NOW });
  theProcessor(world).tier = "SP50";
  expect(view(world, { isStale: true })).toMatchObject({ state: "STOPPED", tier: "SP10" });
  expect(view(world)).toMatchObject({ state: "STARTED", tier: "SP50" });
});

it.each(["PAUSED", "", "constructor"])(
  "shows the word %j of a scripted fault, and leaves the world alone",
  (state) => {
    const world = aWorld({ processor: { state: "STARTED" } });
    expect(view(world, { state })?.["state"]).toBe(state);
    expect(theProcessor(world).state).toBe("STARTED");
  },
);

it.each([
  {
    reason: "with a maximum",
    spec: { maxTierSize: "SP30" },
    streamConfig: { maxTierSize: "SP30", tier: "SP10" },
  },
  { reason: "without", spec: {}, streamConfig: { tier: "SP10" } },
] as const)("shows a workspace $reason", ({ spec, streamConfig }) => {
  const world = aWorld(spec);
  const [project, workspace] = [theProject(world), theWorkspace(world)];
  const shown = viewWorkspace(world, { project, workspace });
  expect(shown).toEqual({
    _id: workspace.id,
    dataProcessRegion: { cloudProvider: "AWS", region: "VIRGINIA_USA" },
    failoverRegions: [],
    groupId: project.id,
    hostnames: [`atlas-stream-${workspace.id}-simul.virginia-usa.a.query.mongodb.invalid`],
    name: "orders",
    streamConfig,
  });
  expect(keysOf(shown)).toBe(sorted(keysOf(shown)));
});

it("shows the connections of a workspace to who asks for them", () => {
  const world = aWorld();
  const at = { project: theProject(world), workspace: theWorkspace(world) };
  addSampleConnection(at.workspace);
  expect(viewWorkspace(world, at)).not.toHaveProperty("connections");
  expect(viewWorkspace(world, at, true)["connections"]).toEqual([
    { name: "sample_stream_solar", state: "READY", type: "Sample" },
  ]);
});

it("shows an event in whole seconds, with what it is about and why", () => {
  const world = aWorld({ processor: { state: "STARTED" } });
  fail(world, theTarget(world), { at: NOW + 999, errorMsg: "no broker" });
  recordEvent(world, theTarget(world), {
    type: "STREAM_PROCESSOR_AUTOSCALE_INITIATED",
    at: NOW,
    fromTier: "SP10",
    toTier: "SP30",
  });
  const project = theProject(world);
  const [failed, scaled] = project.events.map((one) => viewEvent(project, one));
  expect(failed).toMatchObject({
    created: "2026-06-01T00:01:40Z",
    groupId: project.id,
    orgId: project.orgId,
    eventTypeName: "STREAM_PROCESSOR_STATE_IS_FAILED",
    instanceName: "orders",
    processorName: "p",
    processorState: "FAILED",
    processorErrorMsg: "no broker",
  });
  expect(failed).not.toHaveProperty("at");
  expect(scaled).toMatchObject({ fromTier: "SP10", toTier: "SP30" });
});

it("records nothing for a project that is gone", () => {
  const world = aWorld();
  const target = theTarget(world);
  const { events } = theProject(world);
  recordEvent(world, { ...target, address: { ...target.address, project: "x" } }, { type: "T", at: NOW });
  expect(events).toEqual([]);
});
