// Random walks: whatever is asked of the world, in whatever order, its invariants hold; an equal seed gives an equal
// world; and a world that was stored in the middle goes on as the one that was not.
import fc from "fast-check";
import { expect, it } from "vitest";
import { buildSettings } from "../../../../src/sim/settings/settings.js";
import { applyMutation, parseMutations } from "../../../../src/sim/world/mutations.js";
import {
  createProcessor,
  deleteProcessor,
  modifyProcessor,
} from "../../../../src/sim/world/processor-edits.js";
import { requestStart, requestStop } from "../../../../src/sim/world/start-stop.js";
import { TIERS } from "../../../../src/sim/world/tiers.js";
import type { SimProcessor, World } from "../../../../src/sim/world/world-model.js";
import { fromSnapshot, toSnapshot } from "../../../../src/sim/world/world-snapshot.js";
import type { WorldSnapshot } from "../../../../src/sim/world/world-snapshot.js";
import { advanceTo, takeEffects } from "../../../../src/sim/world/world.js";
import { ADDRESS, alsoHas, aWorld, START, theProject, theWorkspace } from "../../../support/sim-world.js";

const NAMES = ["p", "q", "r"] as const;
const STATES = ["CREATED", "STARTED", "STOPPED", "FAILED", "PROVISIONING"];
const SET = [
  "startWith.holdMinMs=0",
  "startWith.holdMaxMs=9000",
  "operation.timeoutMs=6000",
  "startWith.provisioningMs=700",
  "ownRestart.everyMs=40000",
  "ownRestart.provisioningMs=3000",
  "tenantLock.parallelStarts=2",
  "stopOfFailed=stops",
] as const;

type Act =
  | {
      readonly kind: "start";
      readonly name: string;
      readonly tier: (typeof TIERS)[number];
      readonly isFresh: boolean;
    }
  | { readonly kind: "stop" | "create" | "delete"; readonly name: string }
  | { readonly kind: "modify"; readonly name: string; readonly newName: string }
  | { readonly kind: "mutate"; readonly name: string; readonly op: string }
  | { readonly kind: "wait"; readonly ms: number };

const name = fc.constantFrom(...NAMES);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constant("start" as const),
    name,
    tier: fc.constantFrom(...TIERS),
    isFresh: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom("stop" as const, "create" as const, "delete" as const), name }),
  fc.record({ kind: fc.constant("modify" as const), name, newName: name }),
  fc.record({
    kind: fc.constant("mutate" as const),
    name,
    op: fc.constantFrom("crash", "start", "stop", "autoscale"),
  }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 15_000 }) }),
);
const walk = fc.array(act, { maxLength: 40 });
const fate = fc.constantFrom("operation.afterTimeout=finishes", "operation.afterTimeout=is-dropped");

interface Walker {
  readonly world: World;
  now: number;
  seq: number;
}

function aWalker(set: readonly string[]): Walker {
  const world = aWorld({ set: [...SET, ...set], maxTierSize: "SP30", processor: { crashAfterMs: 20_000 } });
  alsoHas(world, "q", { state: "STARTED", tier: "SP10" });
  return { world, now: START, seq: 0 };
}

function take(walker: Walker, one: Act): void {
  const { world, now } = walker;
  if (one.kind === "wait") {
    walker.now += one.ms;
    advanceTo(world, walker.now);
    return;
  }
  const address = { ...ADDRESS, processor: one.name };
  const cause = { requestSeq: (walker.seq += 1), by: "walker" };
  switch (one.kind) {
    case "start": {
      const { tier } = one;
      requestStart(world, address, { options: { tier, resumeFromCheckpoint: !one.isFresh }, cause, now });
      return;
    }
    case "stop":
      requestStop(world, address, { cause, now });
      return;
    case "create":
      createProcessor(world, address, { draft: {}, cause, now });
      return;
    case "delete":
      deleteProcessor(world, address, { cause, now });
      return;
    case "modify":
      modifyProcessor(world, address, { draft: { name: one.newName }, cause, now });
      return;
    case "mutate":
      for (const wanted of parseMutations({
        op: one.op,
        ...address,
        ...(one.op === "autoscale" ? { to: "SP30" } : {}),
      }))
        applyMutation(world, wanted, now);
  }
}

const processorsOf = (world: World): readonly SimProcessor[] => [...theWorkspace(world).processors.values()];

/** What must be true of every processor at every moment. */
function judge({ world, now }: Walker): void {
  for (const one of processorsOf(world)) {
    expect(STATES).toContain(one.state);
    expect(one.startedAt === null).toBe(one.state !== "STARTED");
    expect(one.stoppedAt === null).toBe(one.state !== "STOPPED");
    expect(one.errorMsg === null).toBe(one.state !== "FAILED");
    expect(one.checkpointAt ?? now).toBeLessThanOrEqual(now);
    expect(one.startedAt ?? now).toBeLessThanOrEqual(now);
    if (one.state === "CREATED")
      expect([one.startCount, one.lastStart, one.hasEverStarted]).toEqual([0, null, false]);
  }
  const held = processorsOf(world).filter((one) => one.pending === "start").length;
  const { pendingStarts, processors } = theWorkspace(world);
  expect(pendingStarts).toBeGreaterThanOrEqual(held);
  expect(pendingStarts).toBeLessThanOrEqual(2);
  expect([...processors.keys()]).toEqual(processorsOf(world).map((one) => one.name));
}

it("keeps every processor in a state that is known, with the times that go with it", () => {
  fc.assert(
    fc.property(walk, fate, (acts, set) => {
      const walker = aWalker([set]);
      for (const one of acts) {
        take(walker, one);
        judge(walker);
      }
    }),
  );
});

it("gives each request one effect at most, in order of time, and never before it was asked", () => {
  fc.assert(
    fc.property(walk, fate, (acts, set) => {
      const walker = aWalker([set]);
      const askedAt = new Map<number, number>();
      for (const one of acts) {
        const before = walker.seq;
        take(walker, one);
        if (walker.seq > before) askedAt.set(walker.seq, walker.now);
      }
      advanceTo(walker.world, walker.now + 100_000);
      const effects = takeEffects(walker.world);
      expect(new Set(effects.map((one) => one.requestSeq)).size).toBe(effects.length);
      for (const { requestSeq, at } of effects) {
        expect(at).toBeGreaterThanOrEqual(askedAt.get(requestSeq) ?? Number.POSITIVE_INFINITY);
      }
    }),
  );
});

it("counts up only: revision, lives and starts", () => {
  fc.assert(
    fc.property(walk, (acts) => {
      const walker = aWalker([]);
      let seen = new Map<string, SimProcessor>();
      let { revision } = walker.world;
      for (const one of acts) {
        take(walker, one);
        expect(walker.world.revision).toBeGreaterThanOrEqual(revision);
        revision = walker.world.revision;
        for (const { id, generation, startCount, inputCount } of processorsOf(walker.world)) {
          const last = seen.get(id);
          expect(generation).toBeGreaterThanOrEqual(last?.generation ?? 0);
          expect(startCount).toBeGreaterThanOrEqual(last?.startCount ?? 0);
          expect(inputCount).toBeGreaterThanOrEqual(last?.inputCount ?? 0);
        }
        seen = new Map(processorsOf(walker.world).map((each) => [each.id, { ...each }]));
      }
    }),
  );
});

it("comes to rest: once every hold is over nothing is pending and no place is taken", () => {
  fc.assert(
    fc.property(walk, fate, (acts, set) => {
      const walker = aWalker([set]);
      for (const one of acts) take(walker, one);
      advanceTo(walker.world, walker.now + 10_000);
      expect(processorsOf(walker.world).filter((one) => one.pending !== null)).toEqual([]);
      expect(theWorkspace(walker.world).pendingStarts).toBe(0);
    }),
  );
});

it("leaves nothing in the queue that is already due", () => {
  fc.assert(
    fc.property(walk, (acts) => {
      const walker = aWalker([]);
      for (const one of acts) take(walker, one);
      advanceTo(walker.world, walker.now);
      for (const { at } of walker.world.queue.toList()) expect(at).toBeGreaterThan(walker.now);
      const once = JSON.stringify(toSnapshot(walker.world));
      advanceTo(walker.world, walker.now);
      expect(JSON.stringify(toSnapshot(walker.world))).toBe(once);
    }),
  );
});

it("reaches the same world in one leap as in small steps", () => {
  fc.assert(
    fc.property(walk, fc.integer({ min: 1, max: 7_000 }), (acts, step) => {
      const [leaping, stepping] = [aWalker([]), aWalker([])];
      for (const one of acts) {
        take(leaping, one);
        take(stepping, one);
      }
      const end = leaping.now + 60_000;
      advanceTo(leaping.world, end);
      for (let now = stepping.now; now < end; now += step) advanceTo(stepping.world, now);
      advanceTo(stepping.world, end);
      expect(toSnapshot(stepping.world)).toEqual(toSnapshot(leaping.world));
    }),
    { numRuns: 50 },
  );
});

it("is the same world for the same seed and the same walk", () => {
  fc.assert(
    fc.property(walk, fate, (acts, set) => {
      const [one, two] = [aWalker([set]), aWalker([set])];
      for (const each of acts) {
        take(one, each);
        take(two, each);
      }
      expect(JSON.stringify(toSnapshot(one.world))).toBe(JSON.stringify(toSnapshot(two.world)));
    }),
    { numRuns: 50 },
  );
});

it("goes on from a snapshot as the world goes on of which it was taken", () => {
  fc.assert(
    fc.property(walk, walk, fate, (before, after, set) => {
      const walker = aWalker([set]);
      for (const one of before) take(walker, one);
      const stored = JSON.parse(JSON.stringify(toSnapshot(walker.world))) as WorldSnapshot;
      const settings = buildSettings([...SET, set]);
      const copy = { ...walker, world: fromSnapshot(stored, { settings, timeScale: 1 }) };
      for (const one of after) {
        take(walker, one);
        take(copy, one);
      }
      const withoutCauses = (world: World): string =>
        JSON.stringify(toSnapshot(world)).replaceAll(/"requestSeq":(null|\d+)/g, "");
      expect(withoutCauses(copy.world)).toBe(withoutCauses(walker.world));
    }),
    { numRuns: 50 },
  );
});

it("keeps of the events the newest, as many as the setting says and a fifth more at most", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 60 }), (kept, crashes) => {
      const world = aWorld({ set: [`events.kept=${String(kept)}`] });
      for (let index = 0; index < crashes; index += 1) {
        const [crash] = parseMutations({ op: "crash", ...ADDRESS, errorMsg: String(index) });
        if (crash !== undefined) applyMutation(world, crash, START + index);
      }
      const { events } = theProject(world);
      expect(events.length).toBeLessThanOrEqual(kept * 1.2);
      expect(events.length).toBeGreaterThanOrEqual(Math.min(kept, crashes));
      expect(events.map((one) => one.processorErrorMsg)).toEqual(
        Array.from({ length: events.length }, (_, index) => String(crashes - events.length + index)),
      );
      expect(new Set(events.map((one) => one.id)).size).toBe(events.length);
    }),
  );
});
