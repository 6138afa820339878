// Where a start begins: checkpoint, a time or fresh, by what the options say and by what has become of the checkpoint.
import fc from "fast-check";
import { expect, it } from "vitest";
import { checkpointOf, isPositionLost, toPosition } from "../../../../src/sim/world/checkpoints.js";
import { requestStart, requestStop } from "../../../../src/sim/world/start-stop.js";
import { advanceTo } from "../../../../src/sim/world/world.js";
import { ADDRESS, aWorld, CAUSE, START, theProcessor } from "../../../support/sim-world.js";
import type { WorldSpec } from "../../../support/sim-world.js";
import type { StartOptions } from "../../../../src/sim/world/world-model.js";

const DAY_MS = 86_400_000;
const LATER = START + 46 * DAY_MS;
const TIME = new Date(START - DAY_MS).toISOString();
const stopped = { processor: { state: "STOPPED" } } satisfies WorldSpec;

interface Row {
  readonly reason: string;
  readonly spec: WorldSpec;
  readonly options: StartOptions;
  readonly now: number;
  readonly kind: string;
}

const ROWS: readonly Row[] = [
  { reason: "never started", spec: {}, options: {}, now: START, kind: "fresh" },
  { reason: "stopped", spec: stopped, options: {}, now: START + DAY_MS, kind: "checkpoint" },
  { reason: "stopped 45 days", spec: stopped, options: {}, now: LATER, kind: "fresh" },
  {
    reason: "told to begin fresh",
    spec: stopped,
    options: { resumeFromCheckpoint: false },
    now: START + 1,
    kind: "fresh",
  },
  {
    reason: "told a time",
    spec: stopped,
    options: { startAtOperationTime: TIME },
    now: START + 1,
    kind: "time",
  },
  {
    reason: "told a time, the switch prefers the checkpoint",
    spec: { ...stopped, set: ["position.timeWithCheckpoint=checkpoint"] },
    options: { startAtOperationTime: TIME },
    now: START + 1,
    kind: "checkpoint",
  },
];

it.each(ROWS)("a start begins at $kind: $reason", ({ spec, options, now, kind }) => {
  const world = aWorld(spec);
  requestStart(world, ADDRESS, { options, cause: CAUSE, now });
  advanceTo(world, now + 10_000);
  expect(theProcessor(world).lastStart?.position.kind).toBe(kind);
});

it("takes a checkpoint every interval while it runs, and a last one when it is stopped", () => {
  const world = aWorld({ processor: { state: "STARTED" } });
  expect(checkpointOf(world, theProcessor(world), START + 150_000)).toBe(START + 120_000);
  requestStop(world, ADDRESS, { cause: CAUSE, now: START + 150_000 });
  advanceTo(world, START + 200_000);
  expect(theProcessor(world).checkpointAt).toBe(START + 150_800);
});

it.each([
  { how: "at once", set: [] },
  { how: "after PROVISIONING", set: ["startWith.provisioningMs=5000"] },
])("fails soon after a start from before the oplog, with the server's words: $how", ({ set }) => {
  const world = aWorld({ set, processor: { state: "STOPPED", oplogWindowMs: DAY_MS } });
  requestStart(world, ADDRESS, { options: {}, cause: CAUSE, now: START + 3 * DAY_MS });
  advanceTo(world, START + 3 * DAY_MS + 60_000);
  expect(theProcessor(world)).toMatchObject({ state: "FAILED" });
  expect(theProcessor(world).errorMsg).toContain("ChangeStreamHistoryLost");
});

it("refuses such a start at once when the switch says so", () => {
  const spec = { set: ["oplogLost.answer=400"], processor: { state: "STOPPED", oplogWindowMs: DAY_MS } };
  const verdict = requestStart(aWorld(spec), ADDRESS, { options: {}, cause: CAUSE, now: START + 3 * DAY_MS });
  expect(verdict).toMatchObject({ kind: "refused", refusal: { status: 400 } });
});

it("never has a checkpoint from the future, nor one older than an interval once it ran that long", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300_000 }),
      fc.constantFrom(1, 10, 60),
      fc.nat(10_000_000),
      (interval, timeScale, ranFor) => {
        const set = [`checkpoint.intervalMs=${String(interval)}`];
        const world = aWorld({ set, timeScale, processor: { state: "STARTED" } });
        const now = START + ranFor;
        const taken = checkpointOf(world, theProcessor(world), now) ?? START;
        expect(taken).toBeLessThanOrEqual(now);
        expect(now - taken).toBeLessThan(Math.max(1, Math.ceil(interval / timeScale)));
      },
    ),
  );
});

it("has none before the first interval of a first run is over", () => {
  const world = aWorld();
  requestStart(world, ADDRESS, { options: {}, cause: CAUSE, now: START });
  advanceTo(world, START + 10_000);
  const { startedAt } = theProcessor(world);
  expect(checkpointOf(world, theProcessor(world), (startedAt ?? 0) + 59_999)).toBeNull();
  expect(checkpointOf(world, theProcessor(world), (startedAt ?? 0) + 60_000)).toBe((startedAt ?? 0) + 60_000);
});

it.each([
  { reason: "one millisecond before", age: 45 * DAY_MS - 1, kind: "checkpoint" },
  { reason: "at the very moment", age: 45 * DAY_MS, kind: "fresh" },
])("loses the checkpoint of 45 days of rest: $reason", ({ age, kind }) => {
  const world = aWorld(stopped);
  expect(toPosition(world, theProcessor(world), { options: {}, now: START + age }).kind).toBe(kind);
});

it("rests 45 days of simulated time, not of real time", () => {
  const world = aWorld({ ...stopped, timeScale: 45 });
  const at = (now: number): string => toPosition(world, theProcessor(world), { options: {}, now }).kind;
  expect([at(START + DAY_MS - 1), at(START + DAY_MS)]).toEqual(["checkpoint", "fresh"]);
});

it("keeps the checkpoint of a FAILED one, however long it lies there", () => {
  const world = aWorld({ processor: { state: "FAILED" } });
  expect(toPosition(world, theProcessor(world), { options: {}, now: LATER })).toEqual({
    kind: "checkpoint",
    at: START,
  });
});

it.each([
  {
    reason: "by force, cleared",
    failover: { region: "r", mode: "FORCED", clearCheckpoint: true },
    kind: "fresh",
  },
  { reason: "by force", failover: { region: "r", mode: "FORCED" }, kind: "checkpoint" },
  { reason: "gracefully", failover: { region: "r", mode: "GRACEFUL" }, kind: "checkpoint" },
] as const)("a failover begins $kind: $reason", ({ failover, kind }) => {
  const world = aWorld(stopped);
  expect(toPosition(world, theProcessor(world), { options: { failover }, now: START + 1 }).kind).toBe(kind);
});

it.each([
  {
    reason: "the oplog reaches back for ever",
    window: null,
    kind: "checkpoint",
    age: 900 * DAY_MS,
    isLost: false,
  },
  { reason: "the oldest moment that it has", window: DAY_MS, kind: "time", age: DAY_MS, isLost: false },
  { reason: "a moment before it", window: DAY_MS, kind: "time", age: DAY_MS + 1, isLost: true },
  {
    reason: "a checkpoint counts as a time does",
    window: DAY_MS,
    kind: "checkpoint",
    age: 2 * DAY_MS,
    isLost: true,
  },
  { reason: "what begins fresh needs none", window: 1, kind: "fresh", age: null, isLost: false },
] as const)("a position is lost: $isLost, $reason", ({ window, kind, age, isLost }) => {
  const world = aWorld({ processor: { oplogWindowMs: window } });
  const position = { kind, at: age === null ? null : START - age };
  expect(isPositionLost(world, theProcessor(world), { position, now: START })).toBe(isLost);
});
