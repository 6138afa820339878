// What a step of a change takes from the project's budget: as many calls as it makes, in the class of who asked.
// Attempts are run as Temporal would, against a simulator and a real Postgres; what was taken is counted where it is
// taken.
import { MockActivityEnvironment } from "@temporalio/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Activities } from "../../activities/contract.js";
import { createActivities } from "../../activities/index.js";
import type { RequestFields } from "../support/request-fields.js";
import type { Simulator } from "../../src/sim/wire/server.js";
import type { BudgetRequest } from "../../src/store/pass/budgets.js";
import { readClock } from "../../src/store/postgres/clock.js";
import { fence, recordAnswer } from "../../src/store/change/fences.js";
import { activityDeps, openAtlas } from "../support/activity-deps.js";
import type { TestAtlas } from "../support/activity-deps.js";
import { aFleet } from "../support/fleets.js";
import { aPolicy, aRef, aRequest, declare, opened, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const REF = aRef("p");
const RUN = { workflowId: "w", runId: "run-1" };
const ATTEMPTS = 20;
/** Short, because an attempt waits for the next look in place. */
const POLL_MS = 200;

let atlas: TestAtlas;
let simulator: Simulator;
let taken: BudgetRequest[] = [];

beforeEach(async () => {
  atlas = await openAtlas({ populate: aFleet({ orders: { p: "STOPPED" } }) });
  ({ simulator } = atlas);
  taken = [];
  await declare(database().store, REF, aPolicy());
});
afterEach(() => atlas.close());

function activities(): Activities {
  const deps = activityDeps(database(), atlas.client);
  const { store } = deps;
  return createActivities({
    ...deps,
    settings: { ...deps.settings, pollMs: POLL_MS },
    store: {
      ...store,
      takeCalls: async (request) => {
        const grant = await store.takeCalls(request);
        if (grant.kind === "granted") taken.push(request);
        return grant;
      },
    },
  });
}

/** One attempt of the start; how it ended. */
async function attempt(): Promise<string> {
  const environment = new MockActivityEnvironment({ workflowExecution: RUN });
  return environment
    .run(() => activities().startWith({ ref: REF, step: "start" }))
    .then(
      () => "done",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
}

/** Calls that reached Atlas and count against the budget of the project. */
const made = (...operations: string[]): number =>
  simulator
    .log()
    .filter(
      ({ operation, project }) =>
        project !== null &&
        operation !== "listRateLimits" &&
        (operations.length === 0 || operations.includes(operation)),
    ).length;
const calls = (): number => taken.reduce((sum, { calls: some }) => sum + some, 0);

const open = (fields: RequestFields = {}): Promise<{ readonly id: string }> =>
  opened(database().store, aRequest(REF, fields), RUN.runId);

/** Twenty attempts, one after the other: how each ended, and how many looks the time they took allows. */
async function attemptForAWhile(): Promise<{ readonly ends: readonly string[]; readonly looks: number }> {
  const { store } = database();
  const begun = await readClock(store);
  const ends: string[] = [];
  for (let round = 0; round < ATTEMPTS; round += 1) {
    ends.push(await attempt());
    await database().advance(POLL_MS / 5);
  }
  return { ends, looks: 1 + Math.ceil(((await readClock(store)) - begun) / POLL_MS) };
}

it("waiting burns no budget: an attempt that finds no observation takes no more calls than it makes", async () => {
  simulator.installFaults({ when: { operation: "list" }, what: { kind: "status", status: 503 } });
  await open();
  const { ends, looks } = await attemptForAWhile();
  expect(new Set(ends)).toEqual(new Set(["waiting for a newer observation"]));
  expect(calls()).toBe(made());
  expect(made("list")).toBeLessThanOrEqual(looks);
});

it("an attempt that waits for a bar takes nothing", async () => {
  await open();
  await database().store.query(
    "update processor_status set barred_until = headgate_now() + interval '1 hour'",
  );
  await attempt();
  const before = calls();
  expect(await attempt()).toContain("barred");
  expect(calls()).toBe(before);
  expect(calls()).toBe(made());
});

it("a start of unknown fate in PROVISIONING is not read by GET every second, but by LIST at the poll interval", async () => {
  const { id: changeId } = await open();
  const { store } = database();
  const judge = () => ({ kind: "post", options: {}, positionKey: null }) as const;
  await fence(store, { runId: RUN.runId, ref: REF, step: "start", attempt: 1, horizonMs: 1, judge });
  await recordAnswer(store, { changeId, ref: REF, step: "start", attempt: 1, fate: "unknown", answer: null });
  simulator.mutate({ op: "set", ...REF, state: "PROVISIONING" });
  await database().advance(1_000);
  const { ends, looks } = await attemptForAWhile();
  expect(ends.every((end) => end.startsWith("waiting for"))).toBe(true);
  expect(made("get")).toBe(0);
  expect(made("list")).toBeLessThanOrEqual(looks);
  expect(calls()).toBe(made());
});

it.each([
  { who: "a bulk request", fields: { requestedBy: "person", isBulk: true }, callClass: "change" },
  { who: "a person's single request", fields: { requestedBy: "person" }, callClass: "person" },
  { who: "a pass's change", fields: {}, callClass: "change" },
] as const)("$who takes its calls as $callClass", async ({ fields, callClass }) => {
  const request = aRequest(REF, { ...fields, policyVersion: 1 });
  const environment = new MockActivityEnvironment({ workflowExecution: RUN });
  expect(await environment.run(() => activities().openChange(request))).toMatchObject({ kind: "open" });
  await attempt();
  expect(taken.length).toBeGreaterThan(1);
  expect(new Set(taken.map((one) => one.callClass))).toEqual(new Set([callClass]));
});
