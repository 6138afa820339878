// Temporal's host dies without a word: whoever asks it gets an error that says so, instead of waiting for an answer
// that never comes, and is answered again when it is back.
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { toChangeWorkflowId } from "../../src/domain/run-names.js";
import { connectClient } from "../../src/temporal/connection.js";
import type { TemporalClient } from "../../src/temporal/connection.js";
import { loadTemporalProfile } from "../../src/temporal/profile.js";
import { createRuns } from "../../src/temporal/runs.js";
import type { RunStarter } from "../../src/temporal/runs.js";
import { takeNamespace } from "../support/database.js";
import { openSilentWay } from "../support/silent-way.js";
import type { SilentWay } from "../support/silent-way.js";
import { aRef } from "../support/store-rows.js";

const installation = { id: "0a0a0a0a", taskQueue: "headgate-0a0a0a0a" };

let way: SilentWay;
let temporal: TemporalClient;
let runs: RunStarter;
beforeEach(async () => {
  const variables = { ...inject("temporal"), TEMPORAL_NAMESPACE: await takeNamespace() };
  const { address } = loadTemporalProfile(variables);
  way = await openSilentWay(`tcp://${address}`);
  const throughWay = { ...variables, TEMPORAL_ADDRESS: new URL(way.url).host };
  temporal = await connectClient(loadTemporalProfile(throughWay));
  runs = createRuns({ client: temporal.client, installation, gatherMs: 1_000 });
});
afterEach(async () => {
  await temporal.close();
  await way.close();
});

const ref = aRef("p");
const asked: readonly (readonly [string, () => Promise<unknown>])[] = [
  ["whether a run is open", () => runs.isOpen(toChangeWorkflowId(installation.taskQueue, ref), "")],
  ["for the run of a processor", () => runs.findChange(ref)],
  ["for a pass", () => runs.requestPass(ref)],
  ["to cancel a run", () => runs.cancelRun("nobody", "")],
];

it.each(asked)("asking a silent Temporal %s ends with an error that names it", async (_what, ask) => {
  expect(await runs.findChange(ref)).toBeUndefined();
  way.fallSilent(true);
  await expect(ask()).rejects.toMatchObject({
    code: "temporal.unavailable",
    message: expect.stringContaining("cannot be reached") as string,
  });
});
