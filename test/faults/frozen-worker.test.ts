// A worker frozen in the middle of its work and thawed after another has taken that over does no harm: what it still
// wants to write is refused, and it posts nothing any more.
import { afterEach, expect, it } from "vitest";
import {
  callsOf,
  declareIn,
  effectsOf,
  meets,
  passLater,
  postsOf,
  untilClosedIn,
} from "../support/changes.js";
import { HORIZON_MS, NOTHING_TIMES_OUT, untilCalls } from "../support/crashes.js";
import { aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { pictureRows } from "../support/store-rows.js";
import type { RowPicture } from "../support/store-rows.js";
import { useWorkers } from "../support/worker-process.js";
import type { WorkerProcess } from "../support/worker-process.js";

const HANGS = { kind: "hang" };

let loop: TestLoop;
afterEach(() => loop.stop());
const startWorker = useWorkers();

/** What its log says about runs of one workspace's processor since that length. */
function tellsOf(worker: WorkerProcess, workspace: string, from: number): readonly string[] {
  return worker
    .log()
    .slice(from)
    .split("\n")
    .filter((line) => line.includes(`/${workspace}/p`));
}

/** All that is written about processors and their changes. Looks, their budget and the watch over the clock go on. */
async function pictureHarm(): Promise<RowPicture> {
  const picture = await pictureRows(loop.database.store);
  return { ...picture, workspaces: [], call_budgets: [], installation: [] };
}

it("does no harm when it thaws", async () => {
  const workspaces = ["held", "lost", "opening"];
  loop = await startLoop({
    simulator: {
      populate: aFleet(Object.fromEntries(workspaces.map((name) => [name, { p: "FAILED" }]))),
      faults: [
        meets("startWith", { workspace: "held" }, { kind: "delay", ms: 20_000 }),
        meets("startWith", { workspace: "lost" }, HANGS),
        meets("list", { workspace: "opening", nth: 2 }, HANGS),
      ],
    },
    settings: NOTHING_TIMES_OUT,
  });
  const frozen = await startWorker(loop.variables);
  const isOut = (name: string, operation: string, nth: number): boolean =>
    callsOf(loop, name, operation)[nth - 1]?.finishedAt === null;
  await Promise.all(["lost", "opening"].map((name) => declareIn(loop, name, "{ state: STARTED }")));
  await until(() =>
    Promise.resolve(isOut("lost", "startWith", 1) && isOut("opening", "list", 2) ? true : undefined),
  );
  await declareIn(loop, "held", "{ state: STARTED }");
  await untilCalls(loop, "startWith", () => isOut("held", "startWith", 1));
  frozen.kill("SIGSTOP");
  // The freeze outlasts every lease and horizon. For about a minute the server goes on giving work to the frozen one's
  // open polls: the second worker gets that when its heartbeat is missed.
  await loop.database.advance(HORIZON_MS);
  await startWorker(loop.variables);
  await Promise.all(workspaces.map((name) => untilClosedIn(loop, name)));
  await Promise.all(workspaces.map((name) => passLater(loop, name)));
  const before = await pictureHarm();
  const told = frozen.log().length;
  frozen.kill("SIGCONT");
  await until(() =>
    Promise.resolve(workspaces.every((name) => tellsOf(frozen, name, told).length > 0) ? true : undefined),
  );
  frozen.kill("SIGTERM");
  expect(await frozen.ended).toBe(0);
  expect(await pictureHarm()).toEqual(before);
  expect(workspaces.map((name) => effectsOf(loop, name))).toEqual(workspaces.map(() => ["startWith"]));
  expect(workspaces.map((name) => postsOf(loop, name).length)).toEqual([1, 2, 1]);
});
