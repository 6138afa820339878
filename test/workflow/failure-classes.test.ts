// What is done about a failure by its class, over the real stack: out of memory climbs one tier and steps back, an
// invalid pipeline is parked at once, whether the processor FAILED of it or the start was refused for it.
import { afterAll, beforeAll, expect, it } from "vitest";
import { arm, unpark } from "../../src/app/act/interventions.js";
import { classifyStored } from "../../src/app/look/classify.js";
import { pageJournal } from "../../src/app/look/page-listing.js";
import { explain } from "../../src/app/look/explain.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import {
  callsOf,
  declareIn,
  effectsOf,
  passLater,
  postsOf,
  processorIn,
  refOf,
  theChangeOf,
  untilClosedIn,
} from "../support/changes.js";

const HOUR_MS = 3_600_000;
const OOM = "Stream processor failed: (418) StreamProcessorWorkerOutOfMemory";
const INVALID = "Stream processor failed: (420) StreamProcessorInvalidOptions";
const REFUSAL = "IDLUnknownField: BSON field '$source.x' is an unknown field.";

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({
        climbs: { p: "STARTED" },
        invalid: { p: "STARTED" },
        lost: { p: "STARTED" },
        refused: { p: "FAILED" },
      }),
      faults: [
        {
          when: { operation: "startWith", workspace: "refused" },
          what: {
            kind: "status",
            status: 400,
            errorCode: "STREAM_PROCESSOR_GENERIC_ERROR",
            detail: `Streams Processor with this name (p) had a problem occur: ${REFUSAL}`,
          },
        },
      ],
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

/** Seen as it runs, and then FAILED. */
async function crash(workspace: string, errorMsg: string): Promise<void> {
  await passLater(loop, workspace);
  loop.simulator.mutate({ op: "crash", ...refOf(workspace), errorMsg });
  await passLater(loop, workspace);
}

async function readKinds(workspace: string): Promise<readonly string[]> {
  const selectors = [{ project: PROJECT, workspace, processor: "*" }];
  const kinds: string[] = [];
  for await (const rows of pageJournal(loop.app, { selectors })) kinds.push(...rows.map(({ kind }) => kind));
  return kinds.filter((kind) => kind.includes("climb")).reverse();
}

it("out of memory: starts one tier up, stays there for the declared while, and steps back", async () => {
  const climb = "{ out-of-memory: { ceiling: SP30, stepBackAfter: 4h } }";
  await declareIn(loop, "climbs", `{ start: { tier: SP10 }, recovery: { classes: ${climb} } }`);
  await crash("climbs", OOM);
  expect(await untilClosedIn(loop, "climbs", 1)).toMatchObject([{ kind: "start", outcome: "succeeded" }]);
  await passLater(loop, "climbs");
  expect(await processorIn(loop, "climbs")).toMatchObject({
    state: "STARTED",
    tier: "SP30",
    failureClass: null,
  });
  // Three hours in, the larger tier is no drift.
  await passLater(loop, "climbs", 3 * HOUR_MS);
  expect(effectsOf(loop, "climbs")).toEqual(["startWith"]);
  await passLater(loop, "climbs", 2 * HOUR_MS);
  const [newest] = await untilClosedIn(loop, "climbs", 2);
  expect(newest).toMatchObject({ kind: "restart", outcome: "succeeded" });
  await passLater(loop, "climbs");
  expect(await processorIn(loop, "climbs")).toMatchObject({ state: "STARTED", tier: "SP10" });
  expect(effectsOf(loop, "climbs")).toEqual(["startWith", "stop", "startWith"]);
  expect(await readKinds("climbs")).toEqual(["tier.climbed", "climb.ended"]);
});

it("an invalid pipeline: parked at once, with the command that unparks it, and tried once when it is given", async () => {
  await declareIn(loop, "invalid", "{ state: STARTED }");
  await crash("invalid", INVALID);
  expect(postsOf(loop, "invalid")).toEqual([]);
  expect(await processorIn(loop, "invalid")).toMatchObject({
    reasonCode: "parked",
    failureClass: "invalid-pipeline",
    parkedWhy:
      `invalid-pipeline (pipeline): another attempt cannot help; last: ${INVALID}; ` +
      `once it is mended: headgate unpark "${PROJECT}/invalid/p"`,
  });
  const { failure } = await explain(loop.app, refOf("invalid"));
  expect(failure).toMatchObject({
    class: "invalid-pipeline",
    rule: "pipeline",
    action: "wait",
    isNews: true,
  });
  expect(await classifyStored(loop.app, refOf("invalid"))).toMatchObject({
    text: INVALID,
    told: { class: "invalid-pipeline", why: "code 420" },
  });
  await unpark(loop.app, refOf("invalid"));
  await passLater(loop, "invalid");
  expect(await theChangeOf(loop, "invalid")).toMatchObject({ kind: "start", outcome: "succeeded" });
});

it("a start that is refused for the pipeline is not asked for again", async () => {
  await declareIn(loop, "refused", "{ state: STARTED }");
  // It had FAILED before the policy was there: one start is tried.
  expect(await theChangeOf(loop, "refused")).toMatchObject({ outcome: "failed" });
  await passLater(loop, "refused", 2 * HOUR_MS);
  await passLater(loop, "refused", 2 * HOUR_MS);
  expect(callsOf(loop, "refused", "startWith")).toHaveLength(1);
  const { reasonCode, parkedWhy } = await processorIn(loop, "refused");
  expect(reasonCode).toBe("parked");
  expect(parkedWhy).toMatch(
    /^invalid-pipeline \(pipeline\): another attempt cannot help; last: .*IDLUnknownField/,
  );
});

it("a lost checkpoint is never answered by a fresh start: it waits until somebody arms the declared position", async () => {
  const at = "2026-05-04T09:42:00Z";
  await declareIn(loop, "lost", `{ start: { startAtOperationTime: ${at} } }`);
  await crash(
    "lost",
    "Resume of change stream was not possible, as the resume point may no longer be in the oplog.",
  );
  await passLater(loop, "lost", 2 * HOUR_MS);
  expect(postsOf(loop, "lost")).toEqual([]);
  expect(await processorIn(loop, "lost")).toMatchObject({
    reasonCode: "parked",
    failureClass: "checkpoint-lost",
  });
  expect(await arm(loop.app, refOf("lost"))).toBe(true);
  await passLater(loop, "lost");
  await theChangeOf(loop, "lost");
  expect(postsOf(loop, "lost")).toMatchObject([{ body: { startAtOperationTime: at } }]);
});
