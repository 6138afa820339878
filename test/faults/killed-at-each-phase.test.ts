// A worker killed at each phase of one start: before there is a change, while it looks, between its fence and its POST,
// with the POST out and whatever becomes of that, right after the answer, while it waits. One effective start each.
import { afterEach, expect, it } from "vitest";
import {
  callsOf,
  declareIn,
  effectsOf,
  meets,
  onOwnLook,
  postsOf,
  stepsIn,
  untilClosedIn,
} from "../support/changes.js";
import { untilCalls } from "../support/crashes.js";
import { aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { killWorker, useWorkers } from "../support/worker-process.js";

const REAL_SECOND = 20_000;
const HORIZON_MS = 16_000;
/** As in production a dead worker is noticed before its POST's horizon, and calls outlast the test's preparations. */
const SETTINGS = {
  startHorizonMs: HORIZON_MS,
  stopHorizonMs: HORIZON_MS,
  postTimeoutMs: 8_000,
  readTimeoutMs: 8_000,
  workspaceDeadlineMs: 9_000,
  leaseMs: 10_000,
};

let loop: TestLoop;
afterEach(() => loop.stop());
const startWorker = useWorkers();

const HANGS = { kind: "hang" };
const NOTHING = { kind: "delay", ms: 0 };

interface Phase {
  readonly workspace: string;
  /** What brings and holds the worker there. */
  readonly faults: readonly object[];
  /** The call in flight at this phase: its operation, and which one of its workspace (1 = first). */
  readonly operation: "list" | "startWith";
  readonly nth: number;
  /** POSTs of it that reach Atlas in the end. */
  readonly posts: number;
}

const PHASES: readonly Phase[] = [
  {
    workspace: "passing",
    faults: [meets("list", { workspace: "passing" }, HANGS)],
    operation: "list",
    nth: 1,
    posts: 1,
  },
  {
    workspace: "opening",
    faults: onOwnLook("opening", HANGS),
    operation: "list",
    nth: 2,
    posts: 1,
  },
  {
    workspace: "lost",
    faults: [meets("startWith", { workspace: "lost" }, HANGS)],
    operation: "startWith",
    nth: 1,
    posts: 2,
  },
  {
    workspace: "applied",
    faults: [meets("startWith", { workspace: "applied" }, { ...HANGS, applies: true })],
    operation: "startWith",
    nth: 1,
    posts: 1,
  },
  {
    workspace: "late",
    faults: [meets("startWith", { workspace: "late" }, { kind: "delay", ms: 13 * REAL_SECOND })],
    operation: "startWith",
    nth: 1,
    posts: 1,
  },
  {
    workspace: "waiting",
    faults: [...onOwnLook("waiting", NOTHING), meets("list", { workspace: "waiting", nth: 3 }, HANGS)],
    operation: "list",
    nth: 3,
    posts: 1,
  },
];
const ANSWERED = "answered";

function isReached({ workspace, operation, nth }: Phase): boolean {
  return callsOf(loop, workspace, operation)[nth - 1]?.finishedAt === null;
}

it.each(["CREATED", "FAILED"])(
  "starts a %s processor once, whatever its worker died of doing",
  async (state) => {
    const workspaces = [...PHASES.map(({ workspace }) => workspace), ANSWERED];
    loop = await startLoop({
      simulator: {
        populate: aFleet(Object.fromEntries(workspaces.map((name) => [name, { p: state }]))),
        faults: PHASES.flatMap(({ faults }) => faults),
      },
      settings: SETTINGS,
    });
    const worker = await startWorker(loop.variables);
    await Promise.all(PHASES.map(({ workspace }) => declareIn(loop, workspace, "{ state: STARTED }")));
    await until(() => Promise.resolve(PHASES.every(isReached) ? true : undefined));
    await declareIn(loop, ANSWERED, "{ state: STARTED }");
    await untilCalls(loop, "startWith", (starts) =>
      starts.some((start) => start.workspace === ANSWERED && start.finishedAt !== null),
    );
    worker.kill("SIGKILL");
    expect(PHASES.filter((phase) => !isReached(phase))).toEqual([]);
    await worker.ended;
    await startWorker(loop.variables);
    const closed = await Promise.all(workspaces.map((workspace) => untilClosedIn(loop, workspace)));
    expect(closed.map((changes) => changes.map(({ outcome }) => outcome))).toEqual(
      workspaces.map(() => ["succeeded"]),
    );
    expect(workspaces.map((workspace) => effectsOf(loop, workspace))).toEqual(
      workspaces.map(() => ["startWith"]),
    );
    const posts = workspaces.map((workspace) => [workspace, postsOf(loop, workspace).length]);
    expect(posts).toEqual([...PHASES.map((phase) => [phase.workspace, phase.posts]), [ANSWERED, 1]]);
  },
);

it("starts once where the worker died between the fence and the POST", async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({ fenced: { p: "FAILED" } }),
      // Its token is refused, so that nothing was done yet, and the next one does not come.
      faults: [
        meets("startWith", { workspace: "fenced" }, { kind: "status", status: 401 }),
        { when: { operation: "token", nth: 2 }, what: HANGS },
      ],
    },
    settings: { ...SETTINGS, startHorizonMs: 9_000 },
  });
  const worker = await startWorker(loop.variables);
  await declareIn(loop, "fenced", "{ state: STARTED }");
  await untilCalls(loop, "token", (tokens) => tokens.length === 2);
  await killWorker(worker);
  expect(await stepsIn(loop, "fenced")).toMatchObject([{ step: "start", attempt: 1, fate: null }]);
  expect(effectsOf(loop, "fenced")).toEqual([]);
  await startWorker(loop.variables);
  const changes = await untilClosedIn(loop, "fenced");
  expect(changes).toMatchObject([{ outcome: "succeeded" }]);
  expect(effectsOf(loop, "fenced")).toEqual(["startWith"]);
});
