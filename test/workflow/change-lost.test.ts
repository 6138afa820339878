// Runs that are gone, and rows that are gone: a pass closes what nobody works on any more, takes over what still owes a
// start, and a run without a row ends without a POST.
import { afterAll, beforeAll, expect, it } from "vitest";
import { requestPass } from "../../src/app/act/pass.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import {
  declareIn,
  effectsOf,
  onStart,
  passLater,
  postsOf,
  stepsIn,
  theChangeOf,
  untilClosedIn,
  untilOpen,
} from "../support/changes.js";
import { takeNamespace } from "../support/database.js";
import { startOtherStack } from "../support/workers.js";

const AN_INTERVAL_MS = 3_700_000;
const server500 = (workspace: string): object => onStart(workspace, 1, { kind: "status", status: 500 });

let loop: TestLoop;
let stopWorker: () => Promise<void>;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({
        lost: { p: "CREATED" },
        owed: { p: "STARTED" },
        rowless: { p: "CREATED" },
        moved: { p: "STARTED" },
      }),
      faults: [server500("lost"), server500("owed"), server500("rowless"), server500("moved")],
    },
    // Long enough for a test to step in while a POST's fate is open.
    settings: { startHorizonMs: 8_000 },
  });
  stopWorker = await loop.startWorker();
});
afterAll(() => loop.stop());

/** The open change once its start's fate is unknown: nobody posts for a while. */
async function untilUnknown(workspace: string): ReturnType<typeof untilOpen> {
  await until(async () => {
    const steps = await stepsIn(loop, workspace);
    return steps.find(({ step, fate }) => step === "start" && fate === "unknown");
  });
  return untilOpen(loop, workspace);
}

it("closes a change whose run was terminated as lost, and plans again", async () => {
  await declareIn(loop, "lost", "{ state: STARTED }");
  const { workflowId, runId } = await untilUnknown("lost");
  await loop.client.workflow.getHandle(workflowId, runId).terminate("a test");
  await passLater(loop, "lost", AN_INTERVAL_MS);
  expect(await theChangeOf(loop, "lost")).toMatchObject({
    outcome: "lost",
    outcomeCode: "run-gone",
    posts: 1,
  });
  await passLater(loop, "lost");
  const [newest] = await untilClosedIn(loop, "lost", 2);
  expect(newest).toMatchObject({ outcome: "succeeded", posts: 1 });
  expect(effectsOf(loop, "lost")).toEqual(["startWith"]);
});

it("starts what a lost restart had stopped, under the same row", async () => {
  await declareIn(loop, "owed", "{ state: STARTED, start: { tier: SP30 } }");
  const { id, workflowId, runId } = await untilUnknown("owed");
  await loop.client.workflow.getHandle(workflowId, runId).terminate("a test");
  await passLater(loop, "owed", AN_INTERVAL_MS);
  const change = await theChangeOf(loop, "owed");
  expect(change).toMatchObject({ id, kind: "restart", outcome: "succeeded" });
  expect(change.runId).not.toBe(runId);
  expect(effectsOf(loop, "owed")).toEqual(["stop", "startWith"]);
  expect(postsOf(loop, "owed").at(-1)?.body).toEqual({ tier: "SP30" });
});

it("ends a run whose row does not exist, loudly and without a further POST", async () => {
  await declareIn(loop, "rowless", "{ state: STARTED }");
  const { id, workflowId, runId } = await untilUnknown("rowless");
  await loop.database.store.transaction(async (db) => {
    await db.query("delete from change_steps where change_id = $1", [id]);
    await db.query("delete from changes where id = $1", [id]);
  });
  await expect(loop.client.workflow.getHandle(workflowId, runId).result()).rejects.toMatchObject({
    cause: { cause: { type: "ChangeMissing" } },
  });
  expect(postsOf(loop, "rowless")).toHaveLength(1);
});

it("starts what a restart had stopped where Temporal's data are lost", async () => {
  await declareIn(loop, "moved", "{ state: STARTED, start: { tier: SP30 } }");
  const { id } = await untilUnknown("moved");
  const terminated = untilOpen(loop, "moved").then(({ workflowId }) =>
    loop.client.workflow.getHandle(workflowId).terminate("as good as lost"),
  );
  await Promise.all([terminated, stopWorker()]);
  const elsewhere = await takeNamespace();
  const stack = await startOtherStack({ ...loop.variables, TEMPORAL_NAMESPACE: elsewhere });
  try {
    await loop.database.advance(AN_INTERVAL_MS);
    await requestPass(stack.app, { only: [{ project: PROJECT, workspace: "moved" }], isLookOnly: false });
    expect(await theChangeOf(loop, "moved")).toMatchObject({ id, outcome: "succeeded" });
    expect(effectsOf(loop, "moved")).toEqual(["stop", "startWith"]);
  } finally {
    await stack.stop();
  }
});
