// What bounds a tick when much is to be done: its history does not grow with the changes it starts, and a workspace
// that somebody else holds keeps no other waiting.
import { afterEach, expect, it } from "vitest";
import { claimDue, giveBack } from "../../src/store/pass/leases.js";
import { listStoredWorkspaces } from "../../src/store/people/listings/listings.js";
import { declareIn } from "../support/changes.js";
import { PROJECT, aFleet, findPosts, many, toNames, until, untilClosed } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";
import { pauseSchedule } from "../support/schedules.js";

let loop: TestLoop | undefined;
afterEach(() => loop?.stop());

const FAILED = 40;

it("more changes than a run may have children pending: a tick has none, and 11 events however many it starts", async () => {
  loop = await startLoop({
    simulator: { populate: aFleet({ outage: many(FAILED, "FAILED") }) },
    settings: { ...PATIENT, capPerWorkspace: FAILED },
  });
  await loop.startWorker();
  await pauseSchedule(loop);
  const declared = toNames(FAILED).map((name) => `${name}: { state: STARTED }`);
  const processors = `{ ${declared.join(", ")} }`;
  const applied = await applyText(
    loop.app,
    `{ project: ${PROJECT}, workspace: outage, processors: ${processors} }`,
  );
  const changes = await untilClosed(loop, FAILED);
  expect(changes).toHaveLength(FAILED);
  const posted = findPosts(loop).map(({ processor }) => processor);
  expect([...posted].sort()).toEqual([...toNames(FAILED)].sort());
  const { workflowId, runId } = applied.pass ?? { workflowId: "", runId: "" };
  const { events } = await loop.client.workflow.getHandle(workflowId, runId).fetchHistory();
  expect(events).toHaveLength(11);
});

it("an apply of more than one batch may start does not wait for the next interval, which is an hour here", async () => {
  const names = ["one", "two", "three"];
  const fleet = Object.fromEntries(names.map((name) => [name, many(5, "FAILED")]));
  loop = await startLoop({
    simulator: { populate: aFleet(fleet) },
    settings: { ...PATIENT, plannedMax: 5 },
  });
  await loop.startWorker();
  await pauseSchedule(loop);
  const processors = `{ ${toNames(5)
    .map((name) => `${name}: { state: STARTED }`)
    .join(", ")} }`;
  const files = names.map(
    (workspace) => `{ project: ${PROJECT}, workspace: ${workspace}, processors: ${processors} }`,
  );
  await applyText(loop.app, files.join("\n---\n"));
  const changes = await untilClosed(loop, 15);
  expect(changes.map(({ outcome }) => outcome)).toEqual(Array(15).fill("succeeded"));
  expect(findPosts(loop)).toHaveLength(15);
});

it("a pass of named workspaces begins each as soon as its lease is had, whoever holds the others", async () => {
  loop = await startLoop({
    simulator: { populate: aFleet({ held: { p: "STARTED" }, free: { p: "STARTED" } }) },
  });
  const { store } = loop.database;
  await declareIn(loop, "held", "{ state: STARTED }");
  const due = { owner: "somebody else", tickAt: null, limit: 1, intervalMs: 60_000, leaseMs: 60_000 };
  const [claim] = (await claimDue(store, due)).claims;
  if (claim === undefined) throw new Error("nothing was due");
  await declareIn(loop, "free", "{ state: STARTED }");
  await loop.startWorker();
  await pauseSchedule(loop);
  const workspaces = ["held", "free"].map((workspace) => ({ project: PROJECT, workspace }));
  const run = await (await loop.app.runs()).startPass({ workspaces, isLookOnly: false });
  const observed = async (workspace: string): Promise<number | null | undefined> =>
    (await listStoredWorkspaces(store, { project: PROJECT, workspace }))[0]?.observedAt;
  await until(async () => (await observed("free")) ?? undefined);
  expect(await observed("held")).toBeNull();
  await giveBack(store, claim);
  expect(await run.result()).toMatchObject({ observed: 2, failed: 0 });
});
