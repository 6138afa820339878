// Writes the histories that replay.test.ts replays: one per path of each workflow, by running the real thing. Run by
// hand (see record.config.ts); histories already committed are what running workflows look like, so replace them only
// for a reason. Those named `change-` are of before one activity made a change of one step, `children-` of before
// activities started changes: nothing records them any more.
import { readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cancelChange } from "../../src/app/act/interventions.js";
import type { WorkspaceRef } from "../../src/domain/refs.js";
import type { ChangeListing } from "../../src/store/people/listings/listings.js";
import {
  declareIn,
  onOwnLook,
  onStart,
  passLater,
  refOf,
  stepsIn,
  theChangeOf,
  untilOpen,
  untilPosts,
} from "../support/changes.js";
import { PROJECT, aFleet, toNames, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { aRequest } from "../support/store-rows.js";

const FOLDER = fileURLToPath(new URL("./histories/", import.meta.url));
const TO_SP30 = "{ state: STARTED, start: { tier: SP30 } }";
const refused = { kind: "status", status: 400, errorCode: "VALIDATION_ERROR", detail: "Not this tier." };
const server500 = { kind: "status", status: 500 };

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({
        start: { p: "FAILED" },
        stop: { p: "STARTED" },
        restart: { p: "STARTED" },
        settled: { p: "FAILED" },
        refused: { p: "FAILED" },
        fallback: { p: "STARTED" },
        cancelled: { p: "CREATED" },
        "cancelled-owed": { p: "STARTED" },
        superseded: { p: "FAILED" },
        resumed: { p: "STARTED" },
        rowless: { p: "CREATED" },
        ...Object.fromEntries(toNames(51, "w").map((name) => [name, { p: "STARTED" }])),
      }),
      faults: [
        onStart("refused", 1, refused),
        onStart("fallback", 1, refused),
        onStart("cancelled", 1, server500),
        onStart("cancelled-owed", 1, server500),
        onStart("resumed", 1, server500),
        onStart("rowless", 1, server500),
        ...["superseded", "settled"].flatMap((workspace) =>
          onOwnLook(workspace, { kind: "delay", ms: 20_000 }),
        ),
      ],
    },
    settings: { startHorizonMs: 5_000, claimSize: 20 },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

/** Says nothing of this machine: no stack, no process (`number@host`, also in the names of sticky queues). */
function withoutOrigin(key: string, value: unknown): unknown {
  if (key === "stackTrace") return "";
  return typeof value === "string" && /^\d+@/.test(value) ? "headgate" : value;
}

async function record(name: string, run: { workflowId: string; runId: string }): Promise<void> {
  const handle = loop.client.workflow.getHandle(run.workflowId, run.runId);
  await handle.result().catch(() => undefined);
  const history = JSON.parse(historyToJSON(await handle.fetchHistory())) as unknown;
  const text = JSON.stringify({ workflowId: run.workflowId, history }, withoutOrigin, 1);
  writeFileSync(`${FOLDER}${name}.json`, `${text}\n`);
}

async function startPass(workspaces: readonly WorkspaceRef[] | null): Promise<{
  readonly workflowId: string;
  readonly runId: string;
  readonly summary: unknown;
}> {
  const runs = await loop.app.runs();
  const run = await runs.startPass({ workspaces, isLookOnly: false });
  return { workflowId: run.workflowId, runId: run.runId, summary: await run.result() };
}

const inProject = (workspace: string): WorkspaceRef => ({ project: PROJECT, workspace });
const untilSlowLook = (workspace: string): Promise<unknown> =>
  until(() => {
    const log = loop.simulator.log();
    return Promise.resolve(log.filter((one) => one.workspace === workspace && one.operation === "list")[1]);
  });
const untilUnknown = (workspace: string): Promise<unknown> =>
  until(async () => (await stepsIn(loop, workspace)).find(({ fate }) => fate === "unknown"));

it.each([
  ["start", "{ state: STARTED }", { kind: "start", outcome: "succeeded" }],
  ["stop", "{ state: STOPPED }", { kind: "stop", outcome: "succeeded" }],
  ["restart", TO_SP30, { kind: "restart", outcome: "succeeded", posts: 2 }],
  ["refused", "{ state: STARTED }", { kind: "start", outcome: "failed", posts: 1 }],
  ["fallback", TO_SP30, { kind: "restart", outcome: "failed", posts: 3 }],
])("records change %s", async (workspace, policy, ending) => {
  await declareIn(loop, workspace, policy);
  const change: ChangeListing = await theChangeOf(loop, workspace);
  expect(change).toMatchObject(ending);
  await record(`made-${workspace}`, change);
});

it("records a change with nothing left to do", async () => {
  await declareIn(loop, "settled", "{ state: STARTED }");
  await untilOpen(loop, "settled");
  loop.simulator.mutate({ op: "start", ...refOf("settled") });
  const change = await theChangeOf(loop, "settled");
  expect(change).toMatchObject({ outcomeCode: "already-as-wanted" });
  await record("made-settled", change);
});

it("records a superseded change", async () => {
  await declareIn(loop, "superseded", "{ state: STARTED }");
  await untilSlowLook("superseded");
  await declareIn(loop, "superseded", "{ state: STARTED, mode: observe }");
  const change = await theChangeOf(loop, "superseded");
  expect(change).toMatchObject({ outcome: "superseded" });
  await record("made-superseded", change);
});

it.each([
  ["cancelled", "{ state: STARTED }", 1],
  ["cancelled-owed", TO_SP30, 2],
])("records change %s", async (workspace, policy, posts) => {
  await declareIn(loop, workspace, policy);
  await untilPosts(loop, workspace, posts);
  await cancelChange(loop.app, (await untilOpen(loop, workspace)).id);
  const change = await theChangeOf(loop, workspace);
  expect(change).toMatchObject({ outcome: "cancelled" });
  await record(`made-${workspace}`, change);
});

it("records a refused opening and a run without a row", async () => {
  const runs = await loop.app.runs();
  await declareIn(loop, "rowless", "{ state: STARTED }");
  await untilUnknown("rowless");
  const open = await untilOpen(loop, "rowless");
  await loop.database.store.query("delete from change_steps where change_id = $1", [open.id]);
  await loop.database.store.query("delete from changes where id = $1", [open.id]);
  await record("made-rowless", open);
  const refusal = await runs.startChange(
    aRequest(refOf("rowless"), { why: "a plan under a policy that is replaced", policyVersion: 999 }),
  );
  if (refusal === undefined) throw new Error("a run is in the way");
  await expect(refusal.result()).resolves.toMatchObject({ outcome: "superseded", changeId: null });
  await record("made-not-opened", refusal);
});

it("records the owed start of a lost restart", async () => {
  await declareIn(loop, "resumed", TO_SP30);
  await untilUnknown("resumed");
  const lost = await untilOpen(loop, "resumed");
  await loop.client.workflow.getHandle(lost.workflowId, lost.runId).terminate("recorded");
  await passLater(loop, "resumed", 3_700_000);
  const change = await theChangeOf(loop, "resumed");
  expect(change).toMatchObject({ outcome: "succeeded" });
  await record("made-resumed", change);
});

it("records a tick that finds nothing to do, of one workspace", async () => {
  const tick = await startPass([inProject("stop")]);
  expect(tick.summary).toMatchObject({ observed: 1, started: 0, alreadyChanging: 0 });
  await record("tick-quiet", tick);
});

it("records a tick of named workspaces, in several batches", async () => {
  const named = toNames(51, "w");
  for (const workspace of named) await declareIn(loop, workspace, "{ state: STARTED }");
  const run = await loop.client.workflow.start("reconcile", {
    workflowId: "headgate-reconcile/named",
    taskQueue: loop.installation.taskQueue,
    args: [{ workspaces: named.map(inProject), isLookOnly: false, lanes: 2 }],
  });
  expect(await run.result()).toMatchObject({ observed: 51, failed: 0 });
  await record("tick-named", { workflowId: run.workflowId, runId: run.firstExecutionRunId });
});

it("records a tick of all due workspaces, in several batches", async () => {
  await loop.database.advance(7_200_000);
  const tick = await startPass(null);
  expect(tick.summary).toMatchObject({ failed: 0 });
  await record("tick-batches", tick);
});

it("has written every history", () => {
  expect(readdirSync(FOLDER).length).toBeGreaterThanOrEqual(19);
});
