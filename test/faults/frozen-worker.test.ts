// A worker frozen in the middle of its work and thawed after another has taken that over does no harm: what it still wants
// to write is refused, and it posts nothing any more.
import { afterEach, expect, it } from "vitest";
import {
  callsOf,
  declareIn,
  effectsOf,
  meets,
  postsOf,
  stepsIn,
  untilClosedIn,
  untilPosts,
} from "../support/changes.js";
import { SHORT_LEASE, untilCalls } from "../support/crashes.js";
import { aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { pictureRows } from "../support/store-rows.js";
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
    // The POST's time-out outlasts the freeze: thawed, it finds its answer and wants to write it down.
    settings: {
      ...SHORT_LEASE,
      readTimeoutMs: 3_500,
      postTimeoutMs: 60_000,
      startHorizonMs: 61_000,
      stopHorizonMs: 61_000,
    },
  });
  const frozen = await startWorker(loop.variables);
  await Promise.all(workspaces.map((name) => declareIn(loop, name, "{ state: STARTED }")));
  await untilPosts(loop, "lost", 0);
  await until(() => {
    const areOut = ["held", "lost"].every((name) => postsOf(loop, name).length === 1);
    return Promise.resolve(areOut && callsOf(loop, "opening", "list").length === 2 ? true : undefined);
  });
  frozen.kill("SIGSTOP");
  await startWorker(loop.variables);
  await Promise.all(["held", "opening"].map((name) => untilClosedIn(loop, name)));
  await until(async () => ((await stepsIn(loop, "lost"))[0]?.fate === null ? true : undefined));
  await untilCalls(loop, "get", (gets) => gets.some(({ workspace }) => workspace === "lost"));
  await loop.database.advance(61_000);
  await untilClosedIn(loop, "lost");
  const before = await pictureRows(loop.database.store);
  const told = frozen.log().length;
  frozen.kill("SIGCONT");
  await until(() =>
    Promise.resolve(workspaces.every((name) => tellsOf(frozen, name, told).length > 0) ? true : undefined),
  );
  frozen.kill("SIGTERM");
  expect(await frozen.ended).toBe(0);
  expect(await pictureRows(loop.database.store)).toEqual(before);
  expect(workspaces.map((name) => effectsOf(loop, name))).toEqual(workspaces.map(() => ["startWith"]));
});
