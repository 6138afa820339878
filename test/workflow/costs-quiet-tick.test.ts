// What a tick costs in which nothing drifts, on the whole stack: history events, LISTs and SQL statements follow the
// workspaces, never the processors. Counted by Temporal's history, the simulator's log and the worker's pool.
import { afterEach, expect, it } from "vitest";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { aQuietFleet, declareQuietFleet } from "../support/quiet-fleets.js";
import type { FleetSize } from "../support/quiet-fleets.js";
import { pauseSchedule } from "../support/schedules.js";

const INTERVAL_MS = 3_600_000;

let loop: TestLoop | undefined;
afterEach(() => loop?.stop());

interface TickCost {
  readonly summary: unknown;
  readonly events: number;
  readonly statements: number;
  /** What the simulator was asked, call by call. */
  readonly calls: readonly string[];
}

/** One tick of whatever is due, as the Schedule starts it. */
async function tick(at: TestLoop): Promise<TickCost> {
  const asked = at.simulator.log().at(-1)?.seq ?? 0;
  at.takeStatements();
  const runs = await at.app.runs();
  const run = await runs.startPass({ workspaces: null, isLookOnly: false });
  const summary = await run.result();
  const { events } = await at.client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
  return {
    summary,
    events: events?.length ?? 0,
    statements: at.takeStatements().length,
    calls: at.simulator.log(asked).map(({ operation }) => operation),
  };
}

/** Declared, seen by one tick, and due again: the next one finds nothing new. */
async function settle(size: FleetSize, positionSampleMs = 2 * INTERVAL_MS): Promise<TestLoop> {
  loop = await startLoop({
    simulator: { populate: aQuietFleet(size) },
    settings: { ...PATIENT, intervalMs: INTERVAL_MS, positionSampleMs },
  });
  await loop.startWorker();
  await pauseSchedule(loop);
  await declareQuietFleet(loop.database.store, size);
  const { summary } = await tick(loop);
  expect(summary).toMatchObject({ observed: size.workspaces, failed: 0, started: 0 });
  await loop.database.advance(INTERVAL_MS);
  return loop;
}

/**
 * Claim, look, decide: 11 events for the first 50 workspaces, and for each further 50 the three of one more activity.
 */
const EVENTS = 11;
const EVENTS_PER_BATCH = 6;
const CLAIM_SIZE = 50;
/** Per workspace: budget, load, store. Per batch: the claim. */
const STATEMENTS_PER_WORKSPACE = 3;
/** Passes that run side by side share statements; how many share one is a matter of chance, never fewer than this. */
const SHARED_BY = 3;

it.each([
  { workspaces: 1, processors: 1, pages: 1 },
  { workspaces: 1, processors: 500, pages: 1 },
  { workspaces: 1, processors: 501, pages: 2 },
  { workspaces: 50, processors: 1, pages: 1 },
  { workspaces: 50, processors: 100, pages: 1 },
  { workspaces: 51, processors: 1, pages: 1 },
  { workspaces: 120, processors: 1, pages: 1 },
])(
  "$workspaces workspaces with $processors processors each cost $pages LISTs a workspace and no more history or SQL",
  async ({ workspaces, processors, pages }) => {
    const cost = await tick(await settle({ workspaces, processors }));
    expect(cost.summary).toEqual({ observed: workspaces, failed: 0, started: 0, alreadyChanging: 0 });
    expect(cost.calls).toEqual(Array(workspaces * pages).fill("list"));
    const batches = Math.ceil(workspaces / CLAIM_SIZE);
    const alone = STATEMENTS_PER_WORKSPACE * workspaces;
    if (workspaces === 1) expect(cost.statements).toBe(alone + batches);
    else expect(cost.statements).toBeLessThanOrEqual(alone / SHARED_BY + batches);
    if (batches === 1) expect(cost.events).toBe(EVENTS);
    else expect(cost.events).toBeLessThanOrEqual(EVENTS + EVENTS_PER_BATCH * (batches - 1));
  },
);

it("a tick that samples positions stores each workspace by itself, and costs nothing else", async () => {
  const size = { workspaces: 50, processors: 2 };
  const at = await settle(size, INTERVAL_MS);
  const cost = await tick(at);
  expect(cost.calls).toEqual(Array(size.workspaces).fill("list"));
  expect(cost.events).toBe(EVENTS);
  const shared = Math.ceil(((STATEMENTS_PER_WORKSPACE - 1) * size.workspaces) / SHARED_BY);
  expect(cost.statements).toBeLessThanOrEqual(size.workspaces + shared + 1);
  const [row] = await at.database.store.query<{ seen: number }>(
    `select count(*)::int as seen from processor_status
     where (position->>'seenAt')::bigint > to_ms(headgate_now()) - $1::bigint`,
    [INTERVAL_MS / 2],
  );
  expect(row?.seen).toBe(size.workspaces * size.processors);
});
