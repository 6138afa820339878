// A budget that is used up holds changes and passes back and breaks neither: nothing goes out before it is time, the
// waiting costs no slot and no history, and everything then happens once.
import { afterAll, beforeAll, expect, it } from "vitest";
import { requestPass } from "../../src/app/act/pass.js";
import { toChangeWorkflowId } from "../../src/domain/run-names.js";
import { correctBudget, listBudgets } from "../../src/store/pass/budgets.js";
import { listStoredProcessors, listStoredWorkspaces } from "../../src/store/people/listings/listings.js";
import { ask, declareIn, postsOf, readAheadMs, refOf, theChangeOf } from "../support/changes.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

let loop: TestLoop;
beforeAll(async () => {
  const populate = aFleet({ asked: { p: "STOPPED" }, refused: { p: "STOPPED" }, looked: { p: "STOPPED" } });
  loop = await startLoop({ simulator: { populate } });
  await loop.startWorker();
});
afterAll(() => loop.stop());

async function watch(workspace: string): Promise<void> {
  await declareIn(loop, workspace, "{ state: STARTED, mode: observe }");
  await until(async () => {
    const [found] = await listStoredProcessors(loop.database.store, { project: PROJECT, workspace });
    return found?.observedAt ?? undefined;
  });
}

/** By Atlas's word; until when (epoch ms of the simulator's clock). */
async function block(ms: number): Promise<number> {
  const { store } = loop.database;
  await correctBudget(store, { project: PROJECT, retryAfterMs: ms });
  const [budget] = await listBudgets(store);
  return (budget?.blockedUntil ?? 0) - (await readAheadMs(loop));
}

interface Attempted {
  readonly attempt: number;
  readonly category: string;
}

/** The activities of a change's run, as its history has them. */
async function attemptsOf(workspace: string): Promise<readonly Attempted[]> {
  const { events } = await loop.client.workflow
    .getHandle(toChangeWorkflowId(loop.installation.taskQueue, refOf(workspace)))
    .fetchHistory();
  return (events ?? []).flatMap(({ activityTaskStartedEventAttributes: started }) =>
    started === undefined || started === null
      ? []
      : [
          {
            attempt: started.attempt ?? 0,
            category: String(started.lastFailure?.applicationFailureInfo?.category ?? "none"),
          },
        ],
  );
}

/** ApplicationErrorCategory of Temporal's API. */
const BENIGN = "1";

it("holds a person's change back until the budget is open, by benign retries, and then carries it out once", async () => {
  await watch("asked");
  const openAt = await block(10_000);
  await ask(loop, { workspace: "asked", kind: "start" });
  expect(await theChangeOf(loop, "asked")).toMatchObject({ kind: "start", outcome: "succeeded", posts: 1 });
  const posts = postsOf(loop, "asked");
  expect(posts).toHaveLength(1);
  expect(posts[0]?.at).toBeGreaterThanOrEqual(openAt);
  const early = loop.simulator
    .log()
    .filter(({ at, project }) => project !== null && at < openAt && at > openAt - 3_000);
  expect(early).toEqual([]);
  const attempts = await attemptsOf("asked");
  const retried = attempts.filter(({ attempt }) => attempt > 1);
  expect(retried.length).toBeGreaterThan(0);
  expect(retried.map(({ category }) => category)).toEqual(retried.map(() => BENIGN));
});

it("obeys a 429 of a start: nothing more goes out for as long as it asks, then the start goes out again", async () => {
  await watch("refused");
  loop.simulator.installFaults([
    {
      id: "too-many",
      when: { operation: "startWith", workspace: "refused", nth: 1 },
      what: { kind: "status", status: 429, errorCode: "RATE_LIMITED", retryAfter: 3 },
    },
  ]);
  await ask(loop, { workspace: "refused", kind: "start" });
  expect(await theChangeOf(loop, "refused")).toMatchObject({ outcome: "succeeded" });
  const [first, second, ...more] = postsOf(loop, "refused");
  expect([first?.status, second?.status, more]).toEqual([429, 200, []]);
  const pauseMs = (second?.at ?? 0) - (first?.finishedAt ?? 0);
  expect(pauseMs).toBeGreaterThanOrEqual(3_000 - 200);
  const between = loop.simulator
    .log()
    .filter(
      ({ at, isBudgeted }) =>
        isBudgeted && at > (first?.finishedAt ?? 0) + 200 && at < (first?.at ?? 0) + 2_900,
    );
  expect(between).toEqual([]);
});

it("lets a pass that may not look say so, and the next one find everything as it is", async () => {
  await watch("looked");
  const only = { project: PROJECT, workspace: "looked" };
  await block(60_000);
  expect(await requestPass(loop.app, { only: [only], isLookOnly: false })).toMatchObject({
    observed: 0,
    failed: 1,
  });
  const [held] = await listStoredWorkspaces(loop.database.store, only);
  expect(held?.lastError).toContain("budget");
  expect(held?.heldWhy).toBeNull();
  await loop.database.advance(61_000);
  expect(await requestPass(loop.app, { only: [only], isLookOnly: false })).toMatchObject({
    observed: 1,
    failed: 0,
    started: 0,
  });
  const [open] = await listStoredWorkspaces(loop.database.store, only);
  expect(open?.lastError).toBeNull();
});
