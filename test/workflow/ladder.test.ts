// A lost position under a declared ladder, over the real stack: the simulator's log says where each start began, and
// that none went out which nobody had allowed.
import { afterAll, beforeAll, expect, it } from "vitest";
import { approve } from "../../src/app/act/approvals.js";
import { suspend, unapprove } from "../../src/app/act/interventions.js";
import { explain } from "../../src/app/look/explain.js";
import { pageJournal } from "../../src/app/look/page-listing.js";
import { declareIn, passLater, postsOf, processorIn, refOf, untilClosedIn } from "../support/changes.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LOST = "Resume of change stream was not possible, as the resume point may no longer be in the oplog.";

let loop: TestLoop;
beforeAll(async () => {
  const workspaces = ["allowed", "asked", "withdrawn", "denied"].map(
    (name) => [name, { p: "STARTED" }] as const,
  );
  loop = await startLoop({
    simulator: { populate: aFleet(Object.fromEntries(workspaces)) },
    settings: PATIENT,
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

/** Seen as it runs; then FAILED, with the place that its token tells of. Epoch ms of that place. */
async function losePosition(workspace: string): Promise<number> {
  await passLater(loop, workspace);
  const at = Math.floor(Date.now() / 1_000) * 1_000 - 5 * MINUTE_MS;
  loop.simulator.mutate({ op: "crash", ...refOf(workspace), errorMsg: LOST });
  loop.simulator.mutate({ op: "set", ...refOf(workspace), checkpointAt: at });
  await passLater(loop, workspace);
  return at;
}

async function readKinds(workspace: string): Promise<readonly string[]> {
  const selectors = [{ project: PROJECT, workspace, processor: "*" }];
  const kinds: string[] = [];
  for await (const rows of pageJournal(loop.app, { selectors })) kinds.push(...rows.map(({ kind }) => kind));
  return kinds.filter((kind) => kind.startsWith("approval.") || kind.startsWith("rung.")).reverse();
}

/** The bodies of the starts that reached Atlas. */
const bodiesOf = (workspace: string): readonly unknown[] => postsOf(loop, workspace).map(({ body }) => body);

const toTime = (ms: number): string => new Date(ms).toISOString().replace(".000Z", "Z");

it("an allowed rung: started where it was last seen, less the margin, and never from the checkpoint", async () => {
  await declareIn(loop, "allowed", "{ recovery: { ladder: { time: allow, margin: 10m } } }");
  const at = await losePosition("allowed");
  const [change] = await untilClosedIn(loop, "allowed", 1);
  const startsAt = toTime(at - 10 * MINUTE_MS);
  expect(change).toMatchObject({ kind: "start", outcome: "succeeded" });
  expect(change?.why).toContain(`starts at ${startsAt}: replays about`);
  expect(bodiesOf("allowed")).toEqual([{ startAtOperationTime: startsAt, resumeFromCheckpoint: false }]);
  await passLater(loop, "allowed");
  expect(await processorIn(loop, "allowed")).toMatchObject({ state: "STARTED", failureClass: null });
  expect(await readKinds("allowed")).toEqual(["rung.taken"]);
  const { next } = await explain(loop.app, refOf("allowed"));
  expect(next.find(({ code }) => code === "rung")?.text).toContain("its last start took rung time");
});

it("an approval expires: nothing is started with it, and it is asked for again", async () => {
  await declareIn(loop, "asked", "{ recovery: { ladder: { margin: 10m } } }");
  const at = await losePosition("asked");
  const ref = refOf("asked");
  const command = `headgate approve "${PROJECT}/asked/p" --rung time --reason WHY`;
  expect((await processorIn(loop, "asked")).parkedWhy).toContain(command);
  const ana = { ...loop.app, actor: "ana" };
  await suspend(ana, { ref, forMs: 3 * HOUR_MS, why: "the sink is being moved" });
  await approve(ana, { ref, rung: "time", forMs: HOUR_MS, why: "the sink is idempotent" });
  await passLater(loop, "asked", 2 * HOUR_MS);
  await passLater(loop, "asked", 2 * HOUR_MS);
  expect((await processorIn(loop, "asked")).parkedWhy).toContain(command);
  expect(postsOf(loop, "asked")).toEqual([]);
  await approve(ana, { ref, rung: "time", forMs: HOUR_MS, why: "the sink is idempotent" });
  await passLater(loop, "asked");
  const [change] = await untilClosedIn(loop, "asked", 1);
  expect(change?.why).toContain("approved by ana: the sink is idempotent");
  const startAtOperationTime = toTime(at - 10 * MINUTE_MS);
  expect(bodiesOf("asked")).toEqual([{ startAtOperationTime, resumeFromCheckpoint: false }]);
  expect(await readKinds("asked")).toEqual([
    "approval.needed",
    "approval.given",
    "approval.ended",
    "approval.needed",
    "approval.given",
    "rung.taken",
  ]);
});

it("an approval that is taken back starts nothing, and of what is denied there is none", async () => {
  await declareIn(loop, "withdrawn", "{ recovery: { ladder: {} } }");
  await losePosition("withdrawn");
  const ref = refOf("withdrawn");
  await approve(loop.app, { ref, rung: "time", forMs: HOUR_MS, why: "a mistake" });
  expect(await unapprove(loop.app, ref)).toBe(true);
  expect(await unapprove(loop.app, ref)).toBe(false);
  await passLater(loop, "withdrawn");
  expect((await processorIn(loop, "withdrawn")).reasonCode).toBe("parked");
  expect(postsOf(loop, "withdrawn")).toEqual([]);
  await expect(approve(loop.app, { ref, rung: "fresh", forMs: HOUR_MS, why: "no" })).rejects.toThrow(
    "its recovery.ladder denies rung fresh",
  );
});

it("without a ladder there is nothing to approve, and the error says what to do", async () => {
  await declareIn(loop, "denied", "{ state: STARTED }");
  const approving = approve(loop.app, { ref: refOf("denied"), rung: "time", forMs: HOUR_MS, why: "no" });
  await expect(approving).rejects.toThrow(
    /declares no ladder: declare recovery\.ladder, or start it: .* --at TIME/,
  );
  const unknown = { ...refOf("denied"), processor: "q" };
  await expect(approve(loop.app, { ref: unknown, rung: "time", forMs: 1, why: "no" })).rejects.toThrow(
    "no policy names",
  );
});
