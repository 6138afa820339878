// Bulk requests under the caps: each waits for its place in its own run, without a row and without history; who meets
// it is told so; it is ended by its processor's name. A single person's request needs no place.
import { afterAll, beforeAll, expect, it } from "vitest";
import { requestChange } from "../../src/app/act/change.js";
import type { PersonRequest, RequestedChange } from "../../src/app/act/change.js";
import { cancelChange } from "../../src/app/act/interventions.js";
import { cancelRunning, findAllRunning } from "../../src/app/act/running.js";
import { toChangeWorkflowId } from "../../src/domain/run-names.js";
import type { ProcessorRef } from "../../src/domain/refs.js";
import { findOpenChange } from "../../src/store/people/commands.js";
import { listChanges } from "../../src/store/people/listings/listings.js";
import { PROJECT, aFleet, findPosts, until } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";

let loop: TestLoop;
beforeAll(async () => {
  const state = "FAILED";
  loop = await startLoop({
    settings: { ...PATIENT, startHorizonMs: 600_000, capPerWorkspace: 1 },
    simulator: {
      populate: aFleet({ orders: { holder: state, waits: state, single: state, ended: state } }),
      // A start of unknown fate: it holds the only place until somebody ends it.
      faults: [
        { when: { operation: "startWith", processor: "holder" }, what: { kind: "status", status: 503 } },
      ],
    },
  });
  await loop.startWorker();
  await applyText(
    loop.app,
    `{ project: ${PROJECT}, workspace: orders, defaults: { mode: observe },
       processors: { holder: {}, waits: {}, single: {}, ended: {} } }`,
  );
});
afterAll(() => loop.stop());

const refOf = (processor: string): ProcessorRef => ({ project: PROJECT, workspace: "orders", processor });

function ask(processor: string, asked: Partial<PersonRequest> = {}): Promise<RequestedChange> {
  const request = { ref: refOf(processor), kind: "start", why: "after the outage", options: null } as const;
  return requestChange({ ...loop.app, actor: "ana" }, { ...request, ...asked });
}

const untilWaiting = (processor: string): Promise<unknown> =>
  until(async () => {
    const run = await (await loop.app.runs()).findChange(refOf(processor));
    return run?.isWaitingForPlace === true ? run : undefined;
  });
const changesOf = (processor: string): ReturnType<typeof listChanges> =>
  listChanges(loop.database.store, refOf(processor));

let waiting: RequestedChange;
it("waits for its place without a row, and is joined by its equal", async () => {
  await ask("holder", { isBulk: true });
  await until(() => findOpenChange(loop.database.store, refOf("holder")));
  waiting = await ask("waits", { isBulk: true });
  await untilWaiting("waits");
  expect(await changesOf("waits")).toEqual([]);
  expect(await ask("waits", { isBulk: true })).toMatchObject({
    kind: "joined",
    isWaitingForPlace: true,
    runId: waiting.runId,
  });
});

it("tells a person with another request that it waits, and how to end it", async () => {
  const name = `${PROJECT}/orders/waits`;
  await expect(ask("waits", { options: { tier: "SP30" } })).rejects.toMatchObject({
    code: "request.refused",
    message:
      `${name} is busy with a start that waits for a place under the cap on open changes ` +
      `(by ana: after the outage). To end it: headgate changes cancel ${name}`,
  });
});

it("ends a run that waits by its processor's name, and says in the journal who asked", async () => {
  const ended = await ask("ended", { isBulk: true });
  await untilWaiting("ended");
  const [running, ...others] = await findAllRunning(loop.app, [], [refOf("ended"), refOf("single")]);
  expect(others).toEqual([]);
  expect(running).toMatchObject({ id: null, kind: "start", actor: "ana", isWaitingForPlace: true });
  if (running === undefined) throw new Error("the run was found");
  expect(await cancelRunning({ ...loop.app, actor: "ben" }, running)).toBe(true);
  await expect(ended.result()).resolves.toMatchObject({ outcome: "cancelled" });
  expect(await changesOf("ended")).toEqual([]);
  const lines = await loop.database.store.query(
    "select kind, actor, text from journal where processor = 'ended' and kind like 'change.%'",
  );
  expect(lines).toEqual([
    { kind: "change.cancel-requested", actor: "ben", text: "cancel of start asked for" },
  ]);
  await expect(findAllRunning(loop.app, [], [refOf("ended")])).rejects.toThrow(
    `nothing is running on ${PROJECT}/orders/ended`,
  );
});

it("is lost where its run was terminated before it had a row", async () => {
  const lost = await ask("ended", { isBulk: true });
  await untilWaiting("ended");
  await loop.client.workflow.getHandle(lost.workflowId, lost.runId).terminate("by a test");
  await expect(lost.result()).resolves.toMatchObject({
    outcome: "lost",
    text: "its run ended without an outcome: by a test",
  });
});

it("lets a single request pass by those that wait", async () => {
  const single = await ask("single");
  await expect(single.result()).resolves.toMatchObject({ outcome: "succeeded" });
  expect(await changesOf("waits")).toEqual([]);
});

const EVENTS_OF_A_START = 11;

it("takes the place when it is free; the waiting has cost no event", async () => {
  const { id } = await until(() => findOpenChange(loop.database.store, refOf("holder")));
  await cancelChange(loop.app, id);
  await expect(waiting.result()).resolves.toMatchObject({ outcome: "succeeded" });
  const [change] = await changesOf("waits");
  const [holder] = await changesOf("holder");
  expect(change?.openedAt).toBeGreaterThanOrEqual(holder?.closedAt ?? Infinity);
  const handle = loop.client.workflow.getHandle(
    toChangeWorkflowId(loop.installation.taskQueue, refOf("waits")),
    waiting.runId,
  );
  expect((await handle.describe()).historyLength).toBe(EVENTS_OF_A_START);
  const posts = findPosts(loop).filter(({ processor }) => processor === "waits");
  expect(posts.map(({ effective }) => effective)).toEqual([true]);
});
