// Scripted changes from outside the API: what a script may say, what each does to the world, and that none of them
// counts as the effect of a request.
import fc from "fast-check";
import { expect, it } from "vitest";
import { ZodError } from "zod";
import { applyMutation, parseMutations } from "../../../../src/sim/world/mutations.js";
import type { SimProcessor, World } from "../../../../src/sim/world/world-model.js";
import { advanceTo, takeEffects } from "../../../../src/sim/world/world.js";
import {
  ADDRESS,
  aWorld,
  eventsOf,
  SIM_PROJECT,
  START,
  theProcessor,
  theProject,
  theWorkspace,
} from "../../../support/sim-world.js";
import type { WorldSpec } from "../../../support/sim-world.js";

const NOW = START + 90_000;
const PLACE = { project: SIM_PROJECT, workspace: "orders" };

/** Parses and applies a script; the texts of what could not be applied. */
function run(world: World, ...script: readonly object[]): readonly string[] {
  const faults = parseMutations(script).map((one) => applyMutation(world, one, NOW));
  return faults.filter((fault) => fault !== null);
}

interface Row {
  readonly reason: string;
  readonly spec: WorldSpec;
  readonly script: object;
  readonly want: Partial<SimProcessor>;
}

const started = { processor: { state: "STARTED", tier: "SP10" } } as const;
const stopped = { processor: { state: "STOPPED", tier: "SP10" } } as const;

const ROWS: readonly Row[] = [
  {
    reason: "set: a state",
    spec: started,
    script: { op: "set", state: "STOPPED" },
    want: { state: "STOPPED", stoppedAt: NOW, startedAt: null },
  },
  {
    reason: "set: a state that nobody knows",
    spec: started,
    script: { op: "set", state: "MOVING" },
    want: { state: "MOVING" },
  },
  {
    reason: "set: FAILED with its error",
    spec: started,
    script: { op: "set", state: "FAILED", errorMsg: "no broker" },
    want: { state: "FAILED", errorMsg: "no broker" },
  },
  {
    reason: "set: an error alone",
    spec: { processor: { state: "FAILED", errorMsg: "old" } },
    script: { op: "set", errorMsg: "new" },
    want: { state: "FAILED", errorMsg: "new" },
  },
  {
    reason: "set: fields, the state left alone",
    spec: started,
    script: { op: "set", tier: "SP50", crashAfterMs: 5, oplogWindowMs: 6, messagesPerSecond: 7 },
    want: {
      state: "STARTED",
      startedAt: START,
      tier: "SP50",
      crashAfterMs: 5,
      oplogWindowMs: 6,
      messagesPerSecond: 7,
    },
  },
  {
    reason: "set: null takes a field away",
    spec: { processor: { tier: "SP10", crashAfterMs: 5, checkpointAt: START } },
    script: { op: "set", tier: null, crashAfterMs: null, checkpointAt: null },
    want: { tier: null, crashAfterMs: null, checkpointAt: null },
  },
  {
    reason: "set: times win over what the state would set",
    spec: started,
    script: { op: "set", state: "STOPPED", stoppedAt: START - 5, checkpointAt: START - 6 },
    want: { state: "STOPPED", stoppedAt: START - 5, checkpointAt: START - 6 },
  },
  {
    reason: "set: autoscaling",
    spec: stopped,
    script: { op: "set", autoscaling: { enabled: true, minTier: "SP5" }, effectiveTier: "SP30" },
    want: { autoscaling: { enabled: true, minTier: "SP5" }, effectiveTier: "SP30" },
  },
  {
    reason: "crash: with the words given",
    spec: started,
    script: { op: "crash", errorMsg: "out of memory" },
    want: { state: "FAILED", errorMsg: "out of memory" },
  },
  {
    reason: "crash: with words of its own",
    spec: started,
    script: { op: "crash" },
    want: { state: "FAILED", errorMsg: "Stream processor failed" },
  },
  {
    reason: "provision",
    spec: started,
    script: { op: "provision", forMs: 1_000 },
    want: { state: "PROVISIONING", startedAt: null, checkpointAt: START + 60_000 },
  },
  {
    reason: "autoscale: effectiveTier moves, tier stays",
    spec: started,
    script: { op: "autoscale", to: "SP30" },
    want: {
      state: "PROVISIONING",
      tier: "SP10",
      effectiveTier: "SP30",
      autoscaling: { enabled: true, maxTier: "SP50" },
    },
  },
  {
    reason: "start: by somebody, with a tier",
    spec: stopped,
    script: { op: "start", by: "anna", tier: "SP30" },
    want: { state: "STARTED", startedAt: NOW, tier: "SP30", startCount: 1 },
  },
  {
    reason: "start: without a tier",
    spec: stopped,
    script: { op: "start" },
    want: { state: "STARTED", startedAt: NOW, tier: "SP10" },
  },
  {
    reason: "stop",
    spec: started,
    script: { op: "stop" },
    want: { state: "STOPPED", stoppedAt: NOW, checkpointAt: NOW },
  },
];

it.each(ROWS)("$reason", ({ spec, script, want }) => {
  const world = aWorld(spec);
  const { revision } = world;
  expect(run(world, { ...ADDRESS, ...script })).toEqual([]);
  expect(theProcessor(world)).toMatchObject(want);
  expect(world.revision).toBeGreaterThan(revision);
  expect(takeEffects(world)).toEqual([]);
});

it.each([
  { script: { op: "crash" }, events: [["STREAM_PROCESSOR_STATE_IS_FAILED", undefined]] },
  { script: { op: "start", by: "anna" }, events: [["STREAM_PROCESSOR_STARTED", "anna"]] },
  { script: { op: "stop" }, events: [["STREAM_PROCESSOR_STOPPED", "somebody@example.com"]] },
  { script: { op: "autoscale", to: "SP30" }, events: [["STREAM_PROCESSOR_AUTOSCALE_INITIATED", undefined]] },
  { script: { op: "set", state: "FAILED" }, events: [] },
  { script: { op: "provision", forMs: 5 }, events: [] },
  { script: { op: "remove" }, events: [] },
])("$script.op leaves in the events: $events", ({ script, events }) => {
  const world = aWorld(started);
  run(world, { ...ADDRESS, ...script });
  expect(eventsOf(world)).toEqual(events);
});

it.each([
  { reason: "from the effective one", had: { tier: "SP10", effectiveTier: "SP30" }, from: "SP30" },
  { reason: "from its own", had: { tier: "SP5" }, from: "SP5" },
  { reason: "from the workspace's", had: {}, from: "SP10" },
] as const)("names in the event the tier that autoscaling left: $reason", ({ had, from }) => {
  const world = aWorld({ processor: { state: "STARTED", ...had } });
  run(world, { op: "autoscale", ...ADDRESS, to: "SP50" });
  expect(theProject(world).events[0]).toMatchObject({ fromTier: from, toTier: "SP50", reason: "memory" });
  advanceTo(world, NOW + 5_000);
  expect(theProcessor(world).state).toBe("STARTED");
});

it.each([
  { then: undefined, state: "STARTED" },
  { then: "STARTED", state: "STARTED" },
  { then: "FAILED", state: "FAILED" },
])("provisions, then $state", ({ then, state }) => {
  const world = aWorld(started);
  run(world, { op: "provision", ...ADDRESS, forMs: 3_000, ...(then === undefined ? {} : { then }) });
  advanceTo(world, NOW + 3_000);
  expect(theProcessor(world).state).toBe(state);
});

it("adds a processor with fields of its own, and replaces a namesake", () => {
  const world = aWorld(started);
  const { id } = theProcessor(world);
  const pipeline = [{ $source: { connectionName: "x" } }];
  expect(run(world, { op: "add", ...ADDRESS, state: "STOPPED", tier: "SP50", pipeline })).toEqual([]);
  expect(theProcessor(world)).toMatchObject({ state: "STOPPED", createdAt: NOW, tier: "SP50", pipeline });
  expect(theProcessor(world).id).not.toBe(id);
  run(world, { op: "add", ...ADDRESS, processor: "q" });
  expect(theProcessor(world, "q")).toMatchObject({ state: "CREATED", hasEverStarted: false });
});

it("removes a processor, and a workspace with all that it holds", () => {
  const world = aWorld(started);
  expect(run(world, { op: "remove", ...ADDRESS })).toEqual([]);
  expect(theWorkspace(world).processors.size).toBe(0);
  expect(run(world, { op: "remove-workspace", ...PLACE })).toEqual([]);
  expect(theProject(world).workspaces.size).toBe(0);
});

it.each([
  {
    reason: "made",
    place: { project: "f".repeat(24), workspace: "new" },
    fields: {},
    want: { tier: "SP10", maxTierSize: null },
  },
  {
    reason: "given a tier",
    place: PLACE,
    fields: { tier: "SP30" },
    want: { tier: "SP30", maxTierSize: "SP30" },
  },
  {
    reason: "given a maximum",
    place: PLACE,
    fields: { maxTierSize: "SP50" },
    want: { tier: "SP10", maxTierSize: "SP50" },
  },
  {
    reason: "freed of its maximum",
    place: PLACE,
    fields: { maxTierSize: null },
    want: { maxTierSize: null },
  },
])("a workspace is $reason", ({ place, fields, want }) => {
  const world = aWorld({ maxTierSize: "SP30" });
  expect(run(world, { op: "workspace", ...place, ...fields })).toEqual([]);
  const workspace = world.projects.get(place.project)?.workspaces.get(place.workspace);
  expect(workspace).toMatchObject(want);
  expect(workspace?.processors.size).toBe(place === PLACE ? 1 : 0);
});

const NOBODY = { processor: "nobody" };

it.each([
  {
    reason: "project",
    script: { op: "crash", ...ADDRESS, project: "f".repeat(24) },
    fault: "No group with ID",
  },
  {
    reason: "workspace",
    script: { op: "stop", ...ADDRESS, workspace: "x" },
    fault: "Stream instance for project",
  },
  {
    reason: "workspace to add to",
    script: { op: "add", ...ADDRESS, workspace: "x" },
    fault: "Stream instance",
  },
  {
    reason: "workspace to remove",
    script: { op: "remove-workspace", ...PLACE, workspace: "x" },
    fault: "Stream instance",
  },
  { reason: "processor", script: { op: "start", ...ADDRESS, ...NOBODY }, fault: "with name nobody" },
  {
    reason: "processor to remove",
    script: { op: "remove", ...ADDRESS, ...NOBODY },
    fault: "with name nobody",
  },
])("says what is not there, and does the rest: $reason", ({ script, fault }) => {
  const world = aWorld(started);
  const faults = run(world, script, { op: "crash", ...ADDRESS });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(fault);
  expect(theProcessor(world).state).toBe("FAILED");
});

it.each([
  { reason: "an unknown op", script: { op: "explode", ...ADDRESS } },
  { reason: "no op", script: { ...ADDRESS } },
  { reason: "no processor", script: { op: "crash", ...PLACE } },
  { reason: "an unknown field", script: { op: "stop", ...ADDRESS, why: "x" } },
  { reason: "an unknown tier", script: { op: "set", ...ADDRESS, tier: "SP99" } },
  { reason: "a negative span", script: { op: "provision", ...ADDRESS, forMs: -1 } },
  { reason: "no span", script: { op: "provision", ...ADDRESS } },
  {
    reason: "an end that is no state of it",
    script: { op: "provision", ...ADDRESS, forMs: 1, then: "STOPPED" },
  },
  { reason: "no tier to scale to", script: { op: "autoscale", ...ADDRESS } },
  { reason: "a state that is no text", script: { op: "set", ...ADDRESS, state: 7 } },
  { reason: "a processor for a workspace", script: { op: "remove-workspace", ...ADDRESS } },
  { reason: "not an object", script: "stop" },
])("refuses a script as a whole: $reason", ({ script }) => {
  expect(() => parseMutations([{ op: "crash", ...ADDRESS }, script])).toThrow(ZodError);
});

it("reads one mutation as a list of one", () => {
  expect(parseMutations({ op: "crash", ...ADDRESS })).toEqual(parseMutations([{ op: "crash", ...ADDRESS }]));
  expect(parseMutations([])).toEqual([]);
});

it("sets a state twice as it sets it once, whatever the state", () => {
  fc.assert(
    fc.property(fc.constantFrom("CREATED", "STARTED", "STOPPED", "FAILED", "MOVING"), (state) => {
      const [once, twice] = [aWorld(started), aWorld(started)];
      run(once, { op: "set", ...ADDRESS, state });
      run(twice, { op: "set", ...ADDRESS, state }, { op: "set", ...ADDRESS, state });
      const { state: one, startedAt, stoppedAt, inputCount } = theProcessor(once);
      expect(theProcessor(twice)).toMatchObject({ state: one, startedAt, stoppedAt, inputCount });
    }),
  );
});
