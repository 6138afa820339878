// Create, modify and delete of a processor: what is refused and with which words, and what each leaves behind.
import { expect, it } from "vitest";
import {
  createProcessor,
  deleteProcessor,
  modifyProcessor,
} from "../../../../src/sim/world/processor-edits.js";
import type { Edit } from "../../../../src/sim/world/processor-edits.js";
import { requestStart } from "../../../../src/sim/world/start-stop.js";
import type { Found } from "../../../../src/sim/world/world-lookup.js";
import type { SimProcessor, World } from "../../../../src/sim/world/world-model.js";
import { advanceTo, takeEffects } from "../../../../src/sim/world/world.js";
import {
  ADDRESS,
  alsoHas,
  aWorld,
  CAUSE,
  eventsOf,
  START,
  theProcessor,
  theWorkspace,
} from "../../../support/sim-world.js";
import type { WorldSpec } from "../../../support/sim-world.js";

type Draft = Edit["draft"];

const NOW = START + 5_000;
const SOURCE = { $source: { connectionName: "kafka", topic: "a" } };
const OTHER_SOURCE = { $source: { connectionName: "kafka", topic: "b" } };
const EMIT = { $emit: { connectionName: "__testLog" } };

const edit = (draft: Draft): Edit => ({ draft, cause: CAUSE, now: NOW });
const modify = (world: World, draft: Draft): Found<SimProcessor> =>
  modifyProcessor(world, ADDRESS, edit(draft));
const create = (world: World, draft: Draft, name = "new"): Found<SimProcessor> =>
  createProcessor(world, { ...ADDRESS, processor: name }, edit(draft));
const refusalOf = <T>(outcome: Found<T>): string =>
  outcome.kind === "found" ? "taken" : String(outcome.refusal.parameters.at(-1));
const statusOf = <T>(outcome: Found<T>): number => (outcome.kind === "found" ? 200 : outcome.refusal.status);

it("creates a processor that has never run, under an id of its own", () => {
  const world = aWorld();
  const made = create(world, { pipeline: [SOURCE, EMIT], tier: "SP5", failoverEnabled: true });
  expect(made).toMatchObject({
    kind: "found",
    value: {
      name: "new",
      state: "CREATED",
      createdAt: NOW,
      tier: "SP5",
      failoverEnabled: true,
      pipeline: [SOURCE, EMIT],
      options: null,
      autoscaling: null,
      checkpointAt: null,
      hasEverStarted: false,
      startCount: 0,
    },
  });
  expect(theProcessor(world, "new").id).toMatch(/^[0-9a-f]{24}$/);
  expect(theProcessor(world, "new").id).not.toBe(theProcessor(world).id);
  expect(eventsOf(world)).toEqual([["STREAM_PROCESSOR_CREATED", "tester"]]);
  expect(takeEffects(world)).toEqual([{ requestSeq: 7, at: NOW }]);
});

it.each([
  { reason: "none", options: undefined, stored: null, autoscaling: null },
  { reason: "empty ones", options: {}, stored: null, autoscaling: null },
  {
    reason: "a dead-letter queue",
    options: { dlq: { connectionName: "c", db: "d", coll: "e" } },
    stored: { dlq: { connectionName: "c", db: "d", coll: "e" } },
    autoscaling: null,
  },
  {
    reason: "autoscaling, which is kept apart",
    options: { autoscaling: { enabled: true }, dlq: { db: "d" } },
    stored: { dlq: { db: "d" } },
    autoscaling: { enabled: true },
  },
  {
    reason: "an order to begin fresh, which is not kept",
    options: { resumeFromCheckpoint: false },
    stored: null,
    autoscaling: null,
  },
])("stores the options of a create: $reason", ({ options, stored, autoscaling }) => {
  const world = aWorld();
  create(world, options === undefined ? {} : { options });
  expect(theProcessor(world, "new")).toMatchObject({ options: stored, autoscaling });
});

it.each([
  { reason: "a name that is taken", spec: {}, draft: {}, name: "p", status: 409 },
  {
    reason: "a tier above the maximum",
    spec: { maxTierSize: "SP10" },
    draft: { tier: "SP30" },
    name: "new",
    status: 400,
  },
  {
    reason: "a tier at the maximum",
    spec: { maxTierSize: "SP10" },
    draft: { tier: "SP10" },
    name: "new",
    status: 200,
  },
] as const)("answers a create with $status: $reason", ({ spec, draft, name, status }) => {
  const world = aWorld(spec);
  const before = JSON.stringify(theProcessor(world));
  expect(statusOf(create(world, draft, name))).toBe(status);
  expect(JSON.stringify(theProcessor(world))).toBe(before);
  expect(takeEffects(world)).toHaveLength(status === 200 ? 1 : 0);
});

it.each([
  { verb: "create", ask: (world: World) => createProcessor(world, { ...ADDRESS, workspace: "x" }, edit({})) },
  { verb: "modify", ask: (world: World) => modifyProcessor(world, { ...ADDRESS, workspace: "x" }, edit({})) },
  { verb: "modify", ask: (world: World) => modifyProcessor(world, { ...ADDRESS, processor: "x" }, edit({})) },
  { verb: "delete", ask: (world: World) => deleteProcessor(world, { ...ADDRESS, processor: "x" }, edit({})) },
])("finds nothing to $verb where there is nothing", ({ ask }) => {
  const world = aWorld();
  expect(statusOf(ask(world))).toBe(404);
  expect([takeEffects(world), eventsOf(world)]).toEqual([[], []]);
});

const RUNNING = "cannot modify a running stream processor";

it.each([
  { state: "CREATED", inner: "taken" },
  { state: "STOPPED", inner: "taken" },
  { state: "FAILED", inner: "taken" },
  { state: "STARTED", inner: RUNNING },
  { state: "PROVISIONING", inner: RUNNING },
  { state: "MOVING", inner: RUNNING },
])("modifies $state: $inner", ({ state, inner }) => {
  const world = aWorld({ processor: { state, tier: "SP10" } });
  expect(refusalOf(modify(world, { tier: "SP30" }))).toBe(inner);
  expect(theProcessor(world)).toMatchObject({ state, tier: inner === "taken" ? "SP30" : "SP10" });
});

it("modifies nothing while a start is held", () => {
  const world = aWorld({ processor: { state: "STOPPED" } });
  requestStart(world, ADDRESS, { options: {}, cause: CAUSE, now: START });
  expect(refusalOf(modify(world, { tier: "SP30" }))).toBe(RUNNING);
});

it("answers a PATCH of a running one with 200 where the setting says so, and changes nothing", () => {
  const world = aWorld({ set: ["modifyOfStarted=200"], processor: { state: "STARTED", tier: "SP10" } });
  expect(statusOf(modify(world, { tier: "SP30" }))).toBe(200);
  expect(theProcessor(world).tier).toBe("SP10");
  expect([takeEffects(world), eventsOf(world)]).toEqual([[], []]);
});

interface SourceRow {
  readonly reason: string;
  readonly spec: WorldSpec;
  readonly draft: Draft;
  readonly inner: string;
  readonly checkpointAt: number | null;
}

const STOPPED = { processor: { state: "STOPPED", pipeline: [SOURCE, EMIT] } } as const;
const KEPT = "$source cannot change while resuming from a checkpoint";
const SOURCES: readonly SourceRow[] = [
  {
    reason: "the same source",
    spec: STOPPED,
    draft: { pipeline: [SOURCE] },
    inner: "taken",
    checkpointAt: START,
  },
  {
    reason: "another source, the checkpoint kept",
    spec: STOPPED,
    draft: { pipeline: [OTHER_SOURCE, EMIT] },
    inner: KEPT,
    checkpointAt: START,
  },
  {
    reason: "another source, resumeFromCheckpoint true",
    spec: STOPPED,
    draft: { pipeline: [OTHER_SOURCE], options: { resumeFromCheckpoint: true } },
    inner: KEPT,
    checkpointAt: START,
  },
  {
    reason: "another source, to begin fresh",
    spec: STOPPED,
    draft: { pipeline: [OTHER_SOURCE], options: { resumeFromCheckpoint: false } },
    inner: "taken",
    checkpointAt: null,
  },
  {
    reason: "another source of one that has no checkpoint",
    spec: { processor: { pipeline: [SOURCE] } },
    draft: { pipeline: [OTHER_SOURCE] },
    inner: "taken",
    checkpointAt: null,
  },
  {
    reason: "no pipeline, to begin fresh",
    spec: STOPPED,
    draft: { options: { resumeFromCheckpoint: false } },
    inner: "taken",
    checkpointAt: null,
  },
  {
    reason: "the keys of the source in another order are another source",
    spec: STOPPED,
    draft: { pipeline: [{ $source: { topic: "a", connectionName: "kafka" } }] },
    inner: KEPT,
    checkpointAt: START,
  },
];

it.each(SOURCES)("a PATCH of the pipeline: $reason", ({ spec, draft, inner, checkpointAt }) => {
  const world = aWorld(spec);
  expect(refusalOf(modify(world, draft))).toBe(inner);
  expect(theProcessor(world).checkpointAt).toBe(checkpointAt);
  if (inner !== "taken") expect(theProcessor(world).pipeline).toEqual([SOURCE, EMIT]);
});

interface Patched {
  readonly reason: string;
  readonly had: Partial<SimProcessor>;
  readonly draft: Draft;
  readonly want: Partial<SimProcessor>;
}

const DLQ = { dlq: { db: "old" } };
const PATCHES: readonly Patched[] = [
  { reason: "nothing", had: { tier: "SP10", options: DLQ }, draft: {}, want: { tier: "SP10", options: DLQ } },
  {
    reason: "the tier alone",
    had: { options: DLQ },
    draft: { tier: "SP50" },
    want: { tier: "SP50", options: DLQ },
  },
  {
    reason: "failover off",
    had: { failoverEnabled: true },
    draft: { failoverEnabled: false },
    want: { failoverEnabled: false },
  },
  {
    reason: "another dead-letter queue",
    had: { options: DLQ, autoscaling: { enabled: true } },
    draft: { options: { dlq: { db: "new" } } },
    want: { options: { dlq: { db: "new" } }, autoscaling: { enabled: true } },
  },
  {
    reason: "autoscaling alone",
    had: { options: DLQ },
    draft: { options: { autoscaling: { enabled: true, maxTier: "SP30" } } },
    want: { options: DLQ, autoscaling: { enabled: true, maxTier: "SP30" } },
  },
  {
    reason: "autoscaling reset by null",
    had: { autoscaling: { enabled: true } },
    draft: { options: { autoscaling: null } },
    want: { autoscaling: null },
  },
];

it.each(PATCHES)("a PATCH changes what it names and no more: $reason", ({ had, draft, want }) => {
  const world = aWorld({ processor: { state: "STOPPED", ...had } });
  expect(statusOf(modify(world, draft))).toBe(200);
  expect(theProcessor(world)).toMatchObject({ ...want, state: "STOPPED" });
  expect(eventsOf(world)).toEqual([["STREAM_PROCESSOR_MODIFIED", "tester"]]);
});

it("refuses a tier above the maximum, whatever else the PATCH would do", () => {
  const world = aWorld({ maxTierSize: "SP10", processor: { state: "STOPPED", failoverEnabled: false } });
  expect(statusOf(modify(world, { tier: "SP50", failoverEnabled: true, name: "other" }))).toBe(400);
  expect(theProcessor(world)).toMatchObject({ failoverEnabled: false, name: "p" });
});

it.each([
  { reason: "its own", name: "p", status: 200, names: ["a", "p", "z"] },
  { reason: "a free one", name: "m", status: 200, names: ["a", "m", "z"] },
  { reason: "one that is taken", name: "z", status: 409, names: ["a", "p", "z"] },
])("renames to $reason, and keeps the place in the list", ({ name, status, names }) => {
  const world = aWorld({ processor: { state: "STOPPED" } });
  const { processors } = theWorkspace(world);
  const { id } = theProcessor(world);
  processors.clear();
  for (const one of ["a", "p", "z"]) alsoHas(world, one, { state: "STOPPED" });
  const renamed = theProcessor(world).id;
  expect(statusOf(modify(world, { name }))).toBe(status);
  expect([...processors.keys()]).toEqual(names);
  expect([...processors.values()].map((one) => one.name)).toEqual(names);
  expect([...processors.values()][1]?.id).toBe(renamed);
  expect(renamed).not.toBe(id);
});

it.each(["CREATED", "STARTED", "PROVISIONING", "FAILED"])("deletes one that is %s", (state) => {
  const world = aWorld({ processor: { state } });
  expect(statusOf(deleteProcessor(world, ADDRESS, edit({})))).toBe(200);
  expect(theWorkspace(world).processors.size).toBe(0);
  expect(eventsOf(world)).toEqual([["STREAM_PROCESSOR_DROPPED", "tester"]]);
  expect(takeEffects(world)).toEqual([{ requestSeq: 7, at: NOW }]);
});

it("destroys the checkpoint with the processor: one of the same name begins fresh", () => {
  const world = aWorld({ processor: { state: "STOPPED" } });
  deleteProcessor(world, ADDRESS, edit({}));
  create(world, {}, "p");
  requestStart(world, ADDRESS, { options: {}, cause: CAUSE, now: NOW });
  advanceTo(world, NOW + 10_000);
  expect(theProcessor(world).lastStart?.position).toEqual({ kind: "fresh", at: null });
});
