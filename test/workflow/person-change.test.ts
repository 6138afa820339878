// A person's start, stop or restart beside everything else that goes on: it joins its equal, takes the place of a
// pass's change that has posted nothing, and is otherwise told who is in the way and how to end it.
import { afterAll, beforeAll, expect, it } from "vitest";
import { cancelChange } from "../../src/app/act/interventions.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import {
  ask,
  callsOf,
  declareIn,
  effectsOf,
  passLater,
  postsOf,
  processorIn,
  refOf,
  theChangeOf,
  untilClosedIn,
  untilOpen,
  untilPosts,
  onOwnLook,
} from "../support/changes.js";

const delayed = { kind: "delay", ms: 10_000 };

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({
        joins: { p: "FAILED" },
        differs: { p: "FAILED" },
        supersedes: { p: "FAILED" },
        against: { p: "STARTED" },
        "one-off": { p: { state: "STARTED", tier: "SP10" } },
        running: { p: "STARTED" },
        cancels: { p: "CREATED" },
        crowd: { p: "FAILED" },
      }),
      faults: [
        { when: { operation: "startWith", workspace: "joins", nth: 1 }, what: delayed },
        { when: { operation: "startWith", workspace: "differs", nth: 1 }, what: delayed },
        ...onOwnLook("supersedes", { kind: "delay", ms: 20_000 }),
        {
          when: { operation: "startWith", workspace: "cancels", nth: 1 },
          what: { kind: "status", status: 500 },
        },
      ],
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

const firstCall = (workspace: string, operation: string, nth = 1): Promise<unknown> =>
  until(() => Promise.resolve(callsOf(loop, workspace, operation)[nth - 1]));
const untilSeen = (workspace: string): Promise<unknown> =>
  until(async () => ((await processorIn(loop, workspace)).state === null ? undefined : true));

it("joins an equal change that runs, and gets its result", async () => {
  await declareIn(loop, "joins", "{ state: STARTED }");
  await firstCall("joins", "startWith");
  const open = await untilOpen(loop, "joins");
  const asked = await ask(loop, { workspace: "joins", kind: "start" });
  expect(asked).toMatchObject({ kind: "joined", runId: open.runId });
  await expect(asked.result()).resolves.toMatchObject({ outcome: "succeeded" });
  expect(postsOf(loop, "joins")).toHaveLength(1);
});

it("is refused beside a different change, with its id, its reason and how to cancel it", async () => {
  await declareIn(loop, "differs", "{ state: STARTED }");
  await firstCall("differs", "startWith");
  const { id, why } = await untilOpen(loop, "differs");
  const options = { tier: "SP50" } as const;
  const refused = expect(ask(loop, { workspace: "differs", kind: "start" }, { options })).rejects;
  await refused.toMatchObject({
    code: "request.refused",
    message: `${PROJECT}/differs/p is busy with change ${id} (start, by headgate: ${why}). To end it: headgate changes cancel ${id}`,
  });
  expect(await theChangeOf(loop, "differs")).toMatchObject({ outcome: "succeeded" });
});

it("supersedes a pass's change that has fenced nothing", async () => {
  await declareIn(loop, "supersedes", "{ state: STARTED }");
  await untilOpen(loop, "supersedes");
  await firstCall("supersedes", "list", 2);
  const options = { tier: "SP30" } as const;
  const asked = await ask(loop, { workspace: "supersedes", kind: "start" }, { options });
  expect(asked.kind).toBe("started");
  await expect(asked.result()).resolves.toMatchObject({ outcome: "succeeded" });
  const [mine, passes] = await untilClosedIn(loop, "supersedes", 2);
  expect(mine).toMatchObject({ requestedBy: "person", actor: "ana", posts: 1 });
  expect(passes).toMatchObject({ requestedBy: "pass", outcome: "superseded", posts: 0 });
  expect(passes?.outcomeText).toContain("ana");
  expect(postsOf(loop, "supersedes").map(({ body }) => body)).toEqual([options]);
});

it("stops against the declaration only with a suspension, and passes then leave it alone", async () => {
  await declareIn(loop, "against", "{ state: STARTED }");
  await untilSeen("against");
  await expect(ask(loop, { workspace: "against", kind: "stop" })).rejects.toThrow(/--suspend/);
  expect(postsOf(loop, "against")).toEqual([]);
  const asked = await ask(loop, { workspace: "against", kind: "stop" }, { suspendForMs: 3_600_000 });
  await expect(asked.result()).resolves.toMatchObject({ outcome: "succeeded" });
  await passLater(loop, "against");
  expect(await processorIn(loop, "against")).toMatchObject({ state: "STOPPED", reasonCode: "suspended" });
  await passLater(loop, "against", 3_600_000);
  expect(await untilClosedIn(loop, "against", 2)).toMatchObject([{ kind: "start" }, { kind: "stop" }]);
});

it("keeps a one-off tier, also over a recovery, until a new version", async () => {
  await declareIn(loop, "one-off", "{ state: STARTED, start: { tier: SP10 } }");
  await untilSeen("one-off");
  const asked = await ask(loop, { workspace: "one-off", kind: "restart" }, { options: { tier: "SP30" } });
  await expect(asked.result()).resolves.toMatchObject({ outcome: "succeeded" });
  expect(await passLater(loop, "one-off")).toMatchObject({ started: 0 });
  loop.simulator.mutate({ op: "crash", ...refOf("one-off") });
  await passLater(loop, "one-off");
  await untilClosedIn(loop, "one-off", 2);
  expect(postsOf(loop, "one-off").at(-1)?.body).toEqual({ tier: "SP30" });
  await declareIn(loop, "one-off", "{ state: STARTED, start: { tier: SP5 } }");
  await passLater(loop, "one-off", 120_000);
  const [newest] = await untilClosedIn(loop, "one-off", 3);
  expect(newest).toMatchObject({ kind: "restart", requestedBy: "pass", outcome: "succeeded" });
  expect(postsOf(loop, "one-off").at(-1)?.body).toEqual({ tier: "SP5" });
});

it("starts nothing that runs: told so, and told to restart where it brings options", async () => {
  await declareIn(loop, "running", "{ state: STARTED }");
  await untilSeen("running");
  const plain = await ask(loop, { workspace: "running", kind: "start" });
  await expect(plain.result()).resolves.toMatchObject({
    outcome: "succeeded",
    code: "already-as-wanted",
  });
  const tiered = await ask(loop, { workspace: "running", kind: "start" }, { options: { tier: "SP30" } });
  await expect(tiered.result()).resolves.toMatchObject({ outcome: "failed", code: "wrong-state" });
  expect(effectsOf(loop, "running")).toEqual([]);
});

it("cancels a change by its id, before its next POST", async () => {
  await declareIn(loop, "cancels", "{ state: STARTED }");
  await untilPosts(loop, "cancels", 1);
  const { id } = await untilOpen(loop, "cancels");
  await cancelChange({ ...loop.app, actor: "ana" }, id);
  expect(await theChangeOf(loop, "cancels")).toMatchObject({
    outcome: "cancelled",
    outcomeText: "cancelled by ana",
    posts: 1,
  });
  expect(await cancelChange(loop.app, id)).toBeUndefined();
  expect(await cancelChange(loop.app, "nonsense")).toBeUndefined();
});

it("makes one change of the same request by many people at once", async () => {
  await declareIn(loop, "crowd", "{ state: STARTED, mode: observe }");
  await untilSeen("crowd");
  const people = ["ana", "ben", "eva", "leo"];
  const asked = await Promise.all(
    people.map((actor) => ask(loop, { workspace: "crowd", kind: "start" }, { actor })),
  );
  expect(asked.map(({ kind }) => kind).sort()).toEqual(["joined", "joined", "joined", "started"]);
  const results = await Promise.all(asked.map((one) => one.result()));
  expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(["succeeded"]));
  expect(await theChangeOf(loop, "crowd")).toMatchObject({ posts: 1 });
  expect(effectsOf(loop, "crowd")).toEqual(["startWith"]);
});
