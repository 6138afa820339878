// A change of one step in one activity: what it costs, and that an attempt goes on wherever an earlier one was cut off.
// Attempts are run as Temporal would, against a simulator and a real Postgres.
import { MockActivityEnvironment } from "@temporalio/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Activities, ChangeMade } from "../../activities/contract.js";
import { createActivities } from "../../activities/index.js";
import type { ChangeRequest } from "../../src/domain/change/requests.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { TIMES } from "../../src/domain/times.js";
import { AppError } from "../../src/base/errors.js";
import { createLoopStore } from "../../src/store/loop-store.js";
import type { LoopStore } from "../../src/store/loop-store.js";
import { fence, recordAnswer } from "../../src/store/change/fences.js";
import { takeCalls } from "../../src/store/pass/budgets.js";
import { claimDue } from "../../src/store/pass/leases.js";
import { listChanges } from "../../src/store/people/listings/listings.js";
import { activityDeps, openAtlas } from "../support/activity-deps.js";
import type { TestAtlas } from "../support/activity-deps.js";
import { aFleet } from "../support/fleets.js";
import type { RequestFields } from "../support/request-fields.js";
import { aPass, anObservation } from "../support/passes.js";
import { aPolicy, aRef, aRequest, declare, opened, useDatabase } from "../support/store-rows.js";
import { storePass } from "../../src/store/pass/passes.js";

const database = useDatabase();
const REF = aRef("p");
const RUN = { workflowId: "w", runId: "run-1" };
const POLL_MS = 200;

let atlas: TestAtlas;
beforeEach(async () => {
  atlas = await openAtlas({ populate: aFleet({ orders: { p: "STOPPED" } }) });
  await declare(database().store, REF, aPolicy());
});
afterEach(() => atlas.close());

function activities(over: Partial<LoopStore> = {}): Activities {
  const deps = activityDeps(database(), atlas.client);
  const store = createLoopStore(database().store, DEFAULT_SETTINGS);
  return createActivities({
    ...deps,
    store: { ...store, ...over },
    settings: { ...deps.settings, pollMs: POLL_MS },
  });
}

/** As a pass has planned it, from the look that it has just stored. */
async function planned(fields: RequestFields = {}): Promise<ChangeRequest> {
  const { store } = database();
  const due = { owner: "a", tickAt: null, limit: 1, intervalMs: 1, leaseMs: 60_000 };
  const [claim] = (await claimDue(store, due)).claims;
  if (claim === undefined) throw new Error("the workspace was due");
  const pass = await aPass(store, claim, [anObservation("p", { state: "STOPPED" })]);
  await storePass(store, pass);
  return aRequest(REF, { policyVersion: 1, plannedFrom: pass.facts.observedAt, ...fields });
}

function attempt(
  request: ChangeRequest,
  { over, leftMs = TIMES.patienceMs }: { readonly over?: Partial<LoopStore>; readonly leftMs?: number } = {},
): Promise<ChangeMade> {
  const environment = new MockActivityEnvironment({
    workflowExecution: RUN,
    scheduleToCloseTimeoutMs: leftMs,
  });
  return environment.run(() => activities(over).makeChange(request));
}

const calls = (): readonly string[] =>
  atlas.simulator
    .log()
    .map(({ operation }) => operation)
    .filter((operation) => operation !== "token" && operation !== "listRateLimits");

const away = (): Promise<never> => Promise.reject(new AppError("store.unavailable", "Postgres is away"));

it("takes what a pass has planned by one POST and one LIST: it begins from the look that the plan rests on", async () => {
  const request = await planned();
  const made = await attempt(request);
  expect(made).toMatchObject({ kind: "closed", ending: { outcome: "succeeded", code: "done" } });
  expect(calls()).toEqual(["startWith", "list"]);
  expect(await listChanges(database().store)).toMatchObject([{ outcome: "succeeded", posts: 1 }]);
});

/**
 * Opening: 9. Look, budget and fence: 2, 1 and 7. Answer: 1. The look behind it: 4, and 2 or 3 to read what it showed.
 * Close: 8.
 */
const STATEMENTS = 35;

it(`costs at most ${String(STATEMENTS)} statements from opening to close`, async () => {
  const request = await planned();
  await takeCalls(database().store, { project: REF.project, calls: 0, callClass: "change" });
  database().takeStatements();
  await attempt(request);
  expect(database().takeStatements().length).toBeLessThanOrEqual(STATEMENTS);
});

it("looks itself if the plan's look is older than a poll interval", async () => {
  const request = await planned();
  await database().advance(POLL_MS + 1);
  expect(await attempt(request)).toMatchObject({ kind: "closed", ending: { outcome: "succeeded" } });
  expect(calls()).toEqual(["list", "startWith", "list"]);
});

it("looks itself for a person, who asks about now", async () => {
  await planned();
  const request = aRequest(REF, { requestedBy: "person", plannedFrom: null });
  expect(await attempt(request)).toMatchObject({ kind: "closed", ending: { outcome: "succeeded" } });
  expect(calls()).toEqual(["list", "startWith", "list"]);
});

it("goes on behind a POST that an earlier attempt made, and makes no second one", async () => {
  const request = await planned();
  await expect(attempt(request, { over: { closeChangeRow: away } })).rejects.toThrow("Postgres is away");
  expect(await attempt(request)).toMatchObject({
    kind: "closed",
    ending: { outcome: "succeeded", code: "done" },
  });
  expect(calls().filter((operation) => operation === "startWith")).toEqual(["startWith"]);
});

it("says how a change ended that an earlier attempt has closed", async () => {
  const request = await planned();
  const first = await attempt(request);
  expect(await attempt(request)).toEqual(first);
  expect(calls().filter((operation) => operation === "startWith")).toEqual(["startWith"]);
});

it("closes with what Atlas refuses", async () => {
  const refusal = { kind: "status", status: 400, errorCode: "VALIDATION_ERROR", detail: "Not this one." };
  atlas.simulator.installFaults({ when: { operation: "startWith" }, what: refusal });
  expect(await attempt(await planned())).toMatchObject({
    kind: "closed",
    ending: { outcome: "failed", code: "atlas.rejected", text: "400 VALIDATION_ERROR: Not this one." },
  });
  expect(await listChanges(database().store)).toMatchObject([{ outcome: "failed" }]);
});

it("closes what has nothing left to do without a call", async () => {
  const request = await planned({ kind: "stop" });
  expect(await attempt(request)).toMatchObject({
    kind: "closed",
    ending: { outcome: "succeeded", code: "already-as-wanted" },
  });
  expect(calls()).toEqual([]);
});

it("writes nothing for what may not open", async () => {
  const request = await planned({ policyVersion: 7 });
  expect(await attempt(request)).toMatchObject({ kind: "refused", ending: { code: "policy-replaced" } });
  expect(await listChanges(database().store)).toEqual([]);
});

it("leaves the steps of a restart to their own activities", async () => {
  atlas.simulator.mutate({ op: "set", ...REF, state: "STARTED" });
  const request = aRequest(REF, { requestedBy: "person", plannedFrom: null, kind: "restart" });
  expect(await attempt(request)).toMatchObject({ kind: "open", steps: ["stop", "start"], owesStart: false });
  expect(calls()).toEqual(["list"]);
});

it("leaves the step to its own activity if half of the time is used up, also one that was begun", async () => {
  const leftMs = TIMES.patienceMs / 2;
  const request = await planned();
  expect(await attempt(request, { leftMs })).toMatchObject({ kind: "open", steps: ["start"] });
  expect(calls()).toEqual([]);
  const [row] = await listChanges(database().store);
  const judge = () => ({ kind: "post", options: {}, positionKey: null }) as const;
  const step = { ref: REF, step: "start", attempt: 1 } as const;
  await fence(database().store, { ...step, runId: RUN.runId, horizonMs: 1, judge });
  await recordAnswer(database().store, { ...step, changeId: row?.id ?? "", fate: "applied", answer: null });
  expect(await attempt(request, { leftMs })).toMatchObject({ kind: "open", steps: ["start"] });
});

it("makes no POST if its row is gone, though an earlier attempt had one", async () => {
  const request = await planned();
  const environment = new MockActivityEnvironment({ workflowExecution: RUN, heartbeatDetails: "had-row" });
  await expect(environment.run(() => activities().makeChange(request))).rejects.toMatchObject({
    type: "ChangeMissing",
  });
  expect(await listChanges(database().store)).toEqual([]);
});

it("makes no POST beside the row of another run", async () => {
  const request = await planned();
  await opened(database().store, aRequest(REF), "another-run");
  expect(await attempt(request)).toMatchObject({ kind: "refused", ending: { code: "change-running" } });
  expect(calls()).toEqual([]);
});
