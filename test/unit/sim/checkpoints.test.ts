// Where a start begins: checkpoint, a time or fresh, by what the options say and by what has become of the checkpoint.
import { expect, it } from "vitest";
import { checkpointOf } from "../../../src/sim/world/checkpoints.js";
import { requestStart, requestStop } from "../../../src/sim/world/requests.js";
import { advanceTo } from "../../../src/sim/world/world.js";
import { ADDRESS, aWorld, CAUSE, START, theProcessor } from "./world-builder.js";
import type { WorldSpec } from "./world-builder.js";
import type { StartOptions } from "../../../src/sim/world/world-model.js";

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
