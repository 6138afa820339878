// What a restart has stopped it owes a start: nothing that may pass, or that somebody can see to, ends that debt. Only
// a newer STOPPED and `changes cancel` do (change-restart.test.ts), and a refusal for good of the old tier too, which
// is told loudly.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { aFleet, until } from "../support/fleets.js";
import {
  callsOf,
  declareIn,
  effectsOf,
  passLater,
  postsOf,
  processorIn,
  stepsIn,
  theChangeOf,
  untilOpen,
  untilPosts,
} from "../support/changes.js";

const refusal = (status: number, errorCode: string, detail: string): object => ({
  kind: "status",
  status,
  errorCode,
  detail,
});
const TENANT_LOCK = refusal(400, "STREAM_PROCESSOR_GENERIC_ERROR", "timed out trying to acquire tenant lock");
const onFirst = (to: number, when: { operation: string; workspace: string }, what: object): object => ({
  when: { ...when, to },
  what,
});
const onStart = (workspace: string, what: object, to = 2): object =>
  onFirst(to, { operation: "startWith", workspace }, what);

const PASSING: readonly (readonly [string, object])[] = [
  ["tenant-lock", TENANT_LOCK],
  ["no-access", refusal(401, "NOT_AUTHORIZED", "No access.")],
  ["unpaid", refusal(402, "NO_PAYMENT_INFORMATION_FOUND", "No payment.")],
  ["forbidden", refusal(403, "USER_UNAUTHORIZED", "No role.")],
  ["not-found", refusal(404, "STREAM_PROCESSOR_NOT_FOUND", "No such processor.")],
  ["conflict", refusal(409, "CONFLICT", "Somebody else is at it.")],
  ["broken", { kind: "status", status: 503 }],
];

let loop: TestLoop;
beforeAll(async () => {
  const running = { p: { state: "STARTED", tier: "SP10" } } as const;
  const names = [...PASSING.map(([name]) => name), "gone", "released", "lost", "reads", "for-good"];
  loop = await startLoop({
    settings: { holdRecheckMs: 1_000 },
    simulator: {
      populate: aFleet(Object.fromEntries(names.map((name) => [name, running]))),
      faults: [
        ...PASSING.map(([name, what]) => onStart(name, what)),
        onStart("for-good", refusal(400, "STREAM_PROCESSOR_GENERIC_ERROR", "the tier is too small"), 9),
        onStart("gone", { kind: "status", status: 500 }, 1),
        onStart("released", { kind: "status", status: 500 }, 1),
        onStart("lost", { kind: "status", status: 500 }, 1),
        onStart("reads", { kind: "status", status: 500 }, 1),
        onFirst(3, { operation: "get", workspace: "reads" }, refusal(403, "USER_UNAUTHORIZED", "No role.")),
      ],
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

const toSP30 = "{ state: STARTED, start: { tier: SP30 } }";

it.each(PASSING)(
  "a restart does not leave it STOPPED after two refusals that pass: %s",
  async (workspace) => {
    await declareIn(loop, workspace, toSP30);
    expect(await theChangeOf(loop, workspace)).toMatchObject({ kind: "restart", outcome: "succeeded" });
    expect(postsOf(loop, workspace).map(({ operation }) => operation)).toEqual([
      "stop",
      "startWith",
      "startWith",
      "startWith",
    ]);
    expect(effectsOf(loop, workspace)).toEqual(["stop", "startWith"]);
    expect((await processorIn(loop, workspace)).attempts).toBe(0);
  },
);

it("a restart does not leave it STOPPED where a look at its start is refused again and again", async () => {
  await declareIn(loop, "reads", toSP30);
  expect(await theChangeOf(loop, "reads")).toMatchObject({ outcome: "succeeded" });
  expect(callsOf(loop, "reads", "get").filter(({ status }) => status === 403)).toHaveLength(3);
  expect(effectsOf(loop, "reads")).toEqual(["stop", "startWith"]);
});

/** From now on, Atlas answers that many LISTs of the workspace as if there were none. */
function hide(workspace: string, lists: number): void {
  const none = refusal(404, "STREAM_TENANT_NOT_FOUND_FOR_NAME", "None.");
  loop.simulator.installFaults(onFirst(lists, { operation: "list", workspace }, none));
}

const untilHidden = (workspace: string): Promise<unknown> =>
  until(() => Promise.resolve(callsOf(loop, workspace, "list").find(({ status }) => status === 404)));

async function untilUnknown(workspace: string): Promise<void> {
  await until(async () => {
    const steps = await stepsIn(loop, workspace);
    return steps.find(({ step, fate }) => step === "start" && fate === "unknown");
  });
}

it("a restart does not leave it STOPPED where Atlas shows no such processor for a while", async () => {
  await declareIn(loop, "gone", toSP30);
  await untilUnknown("gone");
  hide("gone", 2);
  await untilHidden("gone");
  expect(await theChangeOf(loop, "gone")).toMatchObject({ kind: "restart", outcome: "succeeded" });
  expect(effectsOf(loop, "gone")).toEqual(["stop", "startWith"]);
});

it("a newer STOPPED ends the debt also where Atlas shows no such processor", async () => {
  await declareIn(loop, "released", toSP30);
  await untilUnknown("released");
  hide("released", 1_000);
  await untilHidden("released");
  await declareIn(loop, "released", "{ state: STOPPED }");
  expect(await theChangeOf(loop, "released")).toMatchObject({
    kind: "restart",
    outcome: "superseded",
    outcomeCode: "policy-replaced",
  });
  expect(effectsOf(loop, "released")).toEqual(["stop"]);
});

it("a run that takes over what a lost one owes is not ended by a look that shows no such processor", async () => {
  await declareIn(loop, "lost", toSP30);
  await untilUnknown("lost");
  const { id, workflowId, runId } = await untilOpen(loop, "lost");
  await loop.client.workflow.getHandle(workflowId, runId).terminate("a test");
  hide("lost", 3);
  await passLater(loop, "lost", 3_700_000);
  expect(await theChangeOf(loop, "lost")).toMatchObject({ id, kind: "restart", outcome: "succeeded" });
  expect(effectsOf(loop, "lost")).toEqual(["stop", "startWith"]);
});

it("a restart whose old tier is refused for good too ends, and says that it is left STOPPED", async () => {
  await declareIn(loop, "for-good", toSP30);
  await untilPosts(loop, "for-good", 3);
  const change = await theChangeOf(loop, "for-good");
  expect(change).toMatchObject({ outcome: "failed", outcomeCode: "left-stopped" });
  expect(change.outcomeText).toContain("it was stopped and is left so");
  expect(postsOf(loop, "for-good").map(({ body }) => body)).toEqual([
    null,
    { tier: "SP30" },
    { tier: "SP10" },
  ]);
});
