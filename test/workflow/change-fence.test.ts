// Between a plan and its fence the world goes on: a replaced policy or a suspension supersedes a pass's change before
// it posts anything, and never a person's. The change's own look is slowed down, which holds it open before its fence.
import { afterAll, beforeAll, expect, it } from "vitest";
import { suspend } from "../../src/app/act/interventions.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { aFleet, until } from "../support/fleets.js";
import {
  ask,
  callsOf,
  declareIn,
  onOwnLook,
  passLater,
  postsOf,
  processorIn,
  refOf,
  theChangeOf,
  untilClosedIn,
  untilOpen,
} from "../support/changes.js";

const WORKSPACES = ["replaced", "observed", "suspended", "person", "person-replaced"];

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet(Object.fromEntries(WORKSPACES.map((name) => [name, { p: "FAILED" }]))),
      faults: WORKSPACES.flatMap((workspace) => onOwnLook(workspace, { kind: "delay", ms: 20_000 })),
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

const slowLook = (workspace: string): Promise<unknown> =>
  until(() => Promise.resolve(callsOf(loop, workspace, "list")[1]));

it("is superseded by a newer policy, which the next pass carries out", async () => {
  await declareIn(loop, "replaced", "{ state: STARTED, start: { tier: SP10 } }");
  await untilOpen(loop, "replaced");
  await slowLook("replaced");
  await declareIn(loop, "replaced", "{ state: STARTED, start: { tier: SP30 } }");
  const [first] = await untilClosedIn(loop, "replaced");
  expect(first).toMatchObject({ outcome: "superseded", outcomeCode: "policy-replaced", posts: 0 });
  expect(postsOf(loop, "replaced")).toEqual([]);
  await passLater(loop, "replaced");
  const [newest] = await untilClosedIn(loop, "replaced", 2);
  expect(newest).toMatchObject({ outcome: "succeeded", policyVersion: 2 });
  expect(postsOf(loop, "replaced").map(({ body }) => body)).toEqual([{ tier: "SP30" }]);
});

it("is superseded by mode observe and posts nothing", async () => {
  await declareIn(loop, "observed", "{ state: STARTED }");
  await slowLook("observed");
  await declareIn(loop, "observed", "{ state: STARTED, mode: observe }");
  expect(await theChangeOf(loop, "observed")).toMatchObject({ outcome: "superseded", posts: 0 });
  await passLater(loop, "observed");
  expect((await processorIn(loop, "observed")).reasonCode).toBe("would-start");
  expect(postsOf(loop, "observed")).toEqual([]);
});

it("is superseded by a suspension, which names the running change, and posts nothing", async () => {
  await declareIn(loop, "suspended", "{ state: STARTED }");
  const open = await untilOpen(loop, "suspended");
  await slowLook("suspended");
  const { running } = await suspend(loop.app, { ref: refOf("suspended"), forMs: 3_600_000, why: "a test" });
  expect(running?.id).toBe(open.id);
  expect(await theChangeOf(loop, "suspended")).toMatchObject({
    outcome: "superseded",
    outcomeCode: "suspended",
    posts: 0,
  });
  await passLater(loop, "suspended");
  expect((await processorIn(loop, "suspended")).reasonCode).toBe("suspended");
  expect(postsOf(loop, "suspended")).toEqual([]);
});

it("does not stop a person's change: a suspension binds passes only", async () => {
  await declareIn(loop, "person", "{ state: STARTED, mode: observe }");
  await until(async () => ((await processorIn(loop, "person")).state === null ? undefined : true));
  const asked = await ask(loop, { workspace: "person", kind: "start" });
  await slowLook("person");
  await suspend(loop.app, { ref: refOf("person"), forMs: 3_600_000, why: "a test" });
  await expect(asked.result()).resolves.toMatchObject({ outcome: "succeeded" });
  expect(postsOf(loop, "person")).toHaveLength(1);
});

it("does not stop a person's change: its options stand over a newer policy", async () => {
  await declareIn(loop, "person-replaced", "{ state: STARTED, mode: observe }");
  await until(async () => ((await processorIn(loop, "person-replaced")).state === null ? undefined : true));
  const options = { tier: "SP50" } as const;
  const asked = await ask(loop, { workspace: "person-replaced", kind: "start" }, { options });
  await slowLook("person-replaced");
  await declareIn(loop, "person-replaced", "{ state: STARTED, mode: observe, start: { tier: SP5 } }");
  await expect(asked.result()).resolves.toMatchObject({ outcome: "succeeded" });
  expect(postsOf(loop, "person-replaced").map(({ body }) => body)).toEqual([options]);
});
