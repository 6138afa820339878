// Every start that an `apply` makes needed is posted by the pass which that `apply` asks for: nobody waits for a second
// one, whatever brought the processors to rest and whatever was known of them before.
import { afterAll, beforeAll, expect, it } from "vitest";
import { requestPass } from "../../src/app/act/pass.js";
import { callsOf, meets, postsOf, untilClosedIn } from "../support/changes.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";
import { pauseSchedule } from "../support/schedules.js";

const AT_REST = { failed: "FAILED", created: "CREATED", stopped: "STOPPED", running: "STARTED" };

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    settings: PATIENT,
    simulator: {
      populate: aFleet({ unseen: AT_REST, observed: AT_REST, rested: AT_REST, busy: AT_REST }),
      faults: [meets("list", { workspace: "busy", nth: 2 }, { kind: "delay", ms: 1_000 })],
    },
  });
  await loop.startWorker();
  await pauseSchedule(loop);
});
afterAll(() => loop.stop());

/** Declares all four alike, and awaits the pass that this asks for; its summary. */
async function declareAllIn(workspace: string, policy: string): Promise<unknown> {
  const processors = Object.keys(AT_REST).map((name) => `${name}: ${policy}`);
  const { pass } = await applyText(
    loop.app,
    `{ project: ${PROJECT}, workspace: ${workspace}, processors: { ${processors.join(", ")} } }`,
  );
  if (pass === undefined) throw new Error("apply asked for no pass");
  return loop.client.workflow.getHandle(pass.workflowId, pass.runId).result();
}

const passOf = (workspace: string): ReturnType<typeof requestPass> =>
  requestPass(loop.app, { only: [{ project: PROJECT, workspace }], isLookOnly: false });

/** When the observations were sent that the changes were planned from. */
async function findPlannedFrom(workspace: string): Promise<readonly number[]> {
  const rows = await loop.database.store.query<{ at: number }>(
    "select distinct planned_from as at from changes where workspace = $1",
    [workspace],
  );
  return rows.map(({ at }) => at);
}

/** Three starts that one look at Atlas led to, one POST each. */
async function expectStartsOf(workspace: string): Promise<void> {
  const changes = await untilClosedIn(loop, workspace, 3);
  expect(
    changes.map(({ ref, kind, outcome, posts }) => [ref.processor, kind, outcome, posts]).sort(),
  ).toEqual([
    ["created", "start", "succeeded", 1],
    ["failed", "start", "succeeded", 1],
    ["stopped", "start", "succeeded", 1],
  ]);
  expect(await findPlannedFrom(workspace)).toHaveLength(1);
  expect(postsOf(loop, workspace)).toHaveLength(3);
}

async function expectStartsBy(summary: unknown, workspace: string): Promise<void> {
  expect(summary).toEqual({ observed: 1, failed: 0, started: 3, alreadyChanging: 0 });
  await expectStartsOf(workspace);
}

it("starts what has FAILED, was CREATED or is STOPPED, in a workspace nobody has looked at before", async () => {
  await expectStartsBy(await declareAllIn("unseen", "{ state: STARTED }"), "unseen");
});

it("starts what it has only observed until now", async () => {
  await declareAllIn("observed", "{ state: STARTED, mode: observe }");
  expect(postsOf(loop, "observed")).toEqual([]);
  await expectStartsBy(await declareAllIn("observed", "{ state: STARTED }"), "observed");
});

it("waits no grace for what somebody stopped before it was declared STARTED", async () => {
  await declareAllIn("rested", "{ state: STARTED, mode: observe }");
  for (const processor of ["failed", "created"]) {
    const ref = { project: PROJECT, workspace: "rested", processor };
    expect(loop.simulator.mutate({ op: "set", ...ref, state: "STOPPED" })).toEqual([]);
  }
  await passOf("rested");
  await expectStartsBy(await declareAllIn("rested", "{ state: STARTED }"), "rested");
});

it("needs no second pass either where another one is just looking: one of the two starts them", async () => {
  await declareAllIn("busy", "{ state: STARTED, mode: observe }");
  const other = passOf("busy");
  await until(() => Promise.resolve(callsOf(loop, "busy", "list")[1]));
  expect(await declareAllIn("busy", "{ state: STARTED }")).toMatchObject({ observed: 1, failed: 0 });
  expect(await other).toMatchObject({ observed: 1, failed: 0 });
  await expectStartsOf("busy");
});
