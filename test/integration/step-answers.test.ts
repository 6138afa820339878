// An answer of Atlas that the worker knows, and that Postgres is not there to take: it is kept until it can be written,
// and never asked for again. One attempt, as Temporal would run it, against a simulator and a real Postgres.
import { ApplicationFailure } from "@temporalio/common";
import { MockActivityEnvironment } from "@temporalio/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createActivities } from "../../activities/index.js";
import { AppError } from "../../src/base/errors.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { createLoopStore } from "../../src/store/loop-store.js";
import { activityDeps, openAtlas } from "../support/activity-deps.js";
import type { TestAtlas } from "../support/activity-deps.js";
import { aFleet } from "../support/fleets.js";
import { aPolicy, aRef, aRequest, declare, opened, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const REF = aRef("p");
const RUN = { workflowId: "w", runId: "run-1" };

let atlas: TestAtlas;
beforeEach(async () => {
  atlas = await openAtlas({ populate: aFleet({ orders: { p: "FAILED" } }) });
  await declare(database().store, REF, aPolicy());
  await opened(database().store, aRequest(REF), RUN.runId);
});
afterEach(() => atlas.close());

/** The store, away for the first answers it is handed. */
function aStoreAway(times: number): ReturnType<typeof createLoopStore> {
  const store = createLoopStore(database().store, DEFAULT_SETTINGS);
  let left = times;
  return {
    ...store,
    recordAnswer: (answer) => {
      left -= 1;
      return left < 0
        ? store.recordAnswer(answer)
        : Promise.reject(new AppError("store.unavailable", "Postgres is away"));
    },
  };
}

/** On a busy machine the observation may be too old when it is looked at: then another attempt begins, as always. */
async function untilEnded<Result>(
  environment: MockActivityEnvironment,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (;;) {
    try {
      return await environment.run(attempt);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.type !== "NotYet") throw error;
    }
  }
}

it("a refusal that Postgres was not there to take is written when it is back, and not asked for by another POST", async () => {
  const refusal = { kind: "status", status: 400, errorCode: "VALIDATION_ERROR", detail: "Not this one." };
  atlas.simulator.installFaults({ when: { operation: "startWith" }, what: refusal });
  const deps = activityDeps(database(), atlas.client);
  const settings = { ...deps.settings, pollMs: 50 };
  const activities = createActivities({ ...deps, store: aStoreAway(3), settings });
  const environment = new MockActivityEnvironment({ workflowExecution: RUN });
  await expect(
    untilEnded(environment, () => activities.startWith({ ref: REF, step: "start" })),
  ).rejects.toThrow("Not this one.");
  expect(atlas.simulator.log().filter(({ operation }) => operation === "startWith")).toHaveLength(1);
  expect(await database().store.query("select fate, posts from change_steps")).toEqual([
    { fate: "refused", posts: 1 },
  ]);
});
