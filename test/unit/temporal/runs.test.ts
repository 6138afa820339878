// Runs: how they are named, started, joined and described. The id of a change's run is the mutex, so that two who ask
// at once get one run; and whoever asks of a run that is gone is told so, unless Temporal is away.
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from "@temporalio/client";
import { expect, it } from "vitest";
import { WAITING_FOR_PLACE } from "../../../src/domain/change/place.js";
import { createRuns } from "../../../src/temporal/runs.js";
import { REF, aRequest } from "../../support/domain-builders.js";
import { INSTALLATION, SCHEDULE_ID, aClient, grpc } from "./answering-client.js";

const runsOf = (workflow: object) =>
  createRuns({ client: aClient({ workflow }), installation: INSTALLATION, gatherMs: 2_000 });
const described = (answer: object | Error) =>
  runsOf({
    getHandle: () => ({
      describe: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
      cancel: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve()),
      terminate: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve()),
    }),
  });
const running = (more: object) => ({
  status: { name: "RUNNING" },
  workflowId: "w",
  runId: "r",
  raw: {},
  ...more,
});
const missing = new WorkflowNotFoundError("none", "w", "r");

it.each([
  {
    reason: "its memo",
    more: { memo: { kind: "stop", actor: "ann", why: "x", options: { tier: "SP2" } } },
    is: { kind: "stop", actor: "ann", why: "x", options: { tier: "SP2" }, isWaitingForPlace: false },
  },
  {
    reason: "no memo, of an older version",
    more: {},
    is: { kind: "change", actor: "headgate", why: "", options: null },
  },
  {
    reason: "an attempt that waits for a place",
    more: {
      raw: {
        pendingActivities: [{}, { lastFailure: { applicationFailureInfo: { type: WAITING_FOR_PLACE } } }],
      },
    },
    is: { isWaitingForPlace: true },
  },
  {
    reason: "an attempt that failed otherwise",
    more: { raw: { pendingActivities: [{ lastFailure: { applicationFailureInfo: { type: "NotYet" } } }] } },
    is: { isWaitingForPlace: false },
  },
])("describes what runs on a processor by $reason", async ({ more, is }) => {
  expect(await described(running(more)).findChange(REF)).toMatchObject({
    workflowId: "w",
    runId: "r",
    ...is,
  });
});

it.each([
  { reason: "none", answer: missing },
  { reason: "one that has ended", answer: { ...running({}), status: { name: "COMPLETED" } } },
])("finds no change if there is $reason", async ({ answer }) => {
  expect(await described(answer).findChange(REF)).toBeUndefined();
  expect(await described(answer).isOpen("w", "r")).toBe(false);
});

it("ends and cancels a run that is gone as if it had been there", async () => {
  await expect(described(missing).endRun("w", "r")).resolves.toBeUndefined();
  await expect(described(missing).cancelRun("w", "r")).resolves.toBeUndefined();
});

it("says that Temporal is away rather than that nothing runs", async () => {
  const away = described(grpc(14));
  for (const asked of [away.findChange(REF), away.isOpen("w", "r"), away.endRun("w", "r")])
    await expect(asked).rejects.toMatchObject({ code: "temporal.unavailable" });
});

const starting = (answer: Error | undefined, started: unknown[][] = []) =>
  runsOf({
    start: (...asked: unknown[]) => {
      started.push(asked);
      const handle = { workflowId: "w", firstExecutionRunId: "r", result: () => Promise.resolve("done") };
      return answer === undefined ? Promise.resolve(handle) : Promise.reject(answer);
    },
  });

it("starts one change per processor, named so that Temporal refuses a second", async () => {
  const started: unknown[][] = [];
  const run = await starting(undefined, started).startChange(aRequest());
  expect(run).toMatchObject({ workflowId: "w", runId: "r" });
  expect(await run?.result()).toBe("done");
  expect(started).toMatchObject([
    [
      "changeProcessor",
      {
        taskQueue: INSTALLATION.taskQueue,
        workflowId: `${INSTALLATION.taskQueue}/processor/${REF.project}/orders/clicks`,
        workflowIdConflictPolicy: "FAIL",
        args: [{ ref: REF, installation: INSTALLATION.id }],
        memo: { kind: "start", actor: "headgate" },
      },
    ],
  ]);
});

it("starts no second change, and throws of everything else", async () => {
  const already = new WorkflowExecutionAlreadyStartedError("there", "w", "changeProcessor");
  expect(await starting(already).startChange(aRequest())).toBeUndefined();
  await expect(starting(grpc(14)).startChange(aRequest())).rejects.toMatchObject({
    code: "temporal.unavailable",
  });
});

it("gathers requested passes of one workspace in one run that starts late", async () => {
  const started: unknown[][] = [];
  await starting(undefined, started).requestPass(REF);
  expect(started).toMatchObject([
    [
      "reconcile",
      {
        workflowId: `${SCHEDULE_ID}/${REF.project}/orders`,
        workflowIdConflictPolicy: "USE_EXISTING",
        startDelay: 2_000,
      },
    ],
  ]);
});
