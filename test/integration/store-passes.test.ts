// Passes as the activity makes them: what a quiet one costs in SQL and writes (its workspace's row), whatever the size
// of the fleet, and what a pass that saw something stores beside it.
import { expect, it } from "vitest";
import type { Observation } from "../../src/domain/observation.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { readStatuses } from "../../src/store/people/listings/listings.js";
import { claimDue } from "../../src/store/pass/leases.js";
import type { Claim } from "../../src/store/pass/leases.js";
import { storePass } from "../../src/store/pass/passes.js";
import { useBatches } from "../support/batches.js";
import type { Batches } from "../support/batches.js";
import { PROJECT } from "../support/fleets.js";
import { aPass, anObservation } from "../support/passes.js";
import { aQuietFleet, declareQuietFleet } from "../support/quiet-fleets.js";
import type { FleetSize } from "../support/quiet-fleets.js";
import type { RowPicture } from "../support/store-rows.js";
import { aPolicy, aRef, declare, pictureRows, readJournal, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const { intervalMs, leaseMs } = DEFAULT_SETTINGS;

const openAtlas = useBatches(database);

/** The fleet declared, seen by one pass, and due again: nothing is new to the next pass. */
async function settleFleet(size: FleetSize): Promise<Batches> {
  const opened = await openAtlas({ populate: aQuietFleet(size) });
  await declareQuietFleet(database().store, size);
  expect(await opened.runBatch()).toMatchObject({ observed: size.workspaces, started: 0 });
  await database().advance(intervalMs);
  return opened;
}

/** Per batch: the claim. Per workspace: budget, load, store; of an unchanged one budget and store. */
const PER_BATCH = 1;
const PER_WORKSPACE = 3;
const PER_UNCHANGED = 2;
/** Passes side by side share statements. How many share one is a matter of chance: of fifty never fewer than this. */
const SHARED_BY = 3;

it.each([
  { workspaces: 1, processors: 1 },
  { workspaces: 1, processors: 500 },
  { workspaces: 7, processors: 1 },
  { workspaces: 50, processors: 10 },
])(
  "a quiet pass of $workspaces workspaces with $processors processors each: no more SQL for more processors, and shared by workspaces",
  async ({ workspaces, processors }) => {
    const { simulator: atlas, runBatch } = await settleFleet({ workspaces, processors });
    const asked = atlas.log().length;
    database().takeStatements();
    expect(await runBatch()).toMatchObject({ observed: workspaces, failed: 0, batchesLeft: 0, started: 0 });
    const statements = database().takeStatements().length;
    const alone = PER_WORKSPACE * workspaces;
    if (workspaces === 1) expect(statements).toBe(PER_BATCH + alone);
    else if (workspaces < 50) expect(statements).toBeLessThan(PER_BATCH + alone);
    else expect(statements).toBeLessThanOrEqual(PER_BATCH + alone / SHARED_BY);
    expect(
      atlas
        .log()
        .slice(asked)
        .map(({ operation }) => operation),
    ).toEqual(Array(workspaces).fill("list"));
  },
);

it.each([
  { workspaces: 1, processors: 500 },
  { workspaces: 50, processors: 10 },
])(
  "an unchanged pass of $workspaces workspaces with $processors processors each loads nothing",
  async ({ workspaces, processors }) => {
    const { runBatch } = await settleFleet({ workspaces, processors });
    await runBatch();
    await database().advance(intervalMs);
    database().takeStatements();
    expect(await runBatch()).toMatchObject({ observed: workspaces, failed: 0, started: 0 });
    const statements = database().takeStatements();
    expect(statements.filter((text) => text.includes("json_agg(p) from start_policies"))).toEqual([]);
    if (workspaces === 1) expect(statements.length).toBe(PER_BATCH + PER_UNCHANGED);
    else expect(statements.length).toBeLessThanOrEqual(PER_BATCH + (PER_UNCHANGED * workspaces) / SHARED_BY);
  },
);

function findWritten(before: RowPicture, after: RowPicture): readonly string[] {
  return Object.keys(after).filter((table) => JSON.stringify(before[table]) !== JSON.stringify(after[table]));
}

it("a quiet pass writes its workspace's row and the budget it took, and no other row", async () => {
  const { store } = database();
  const { runBatch } = await settleFleet({ workspaces: 1, processors: 20 });
  const before = await pictureRows(store);
  await runBatch();
  const after = await pictureRows(store);
  expect(findWritten(before, after)).toEqual(["call_budgets", "workspaces"]);
  expect(after["workspaces"]).toHaveLength(1);
});

it.each([
  { what: "went FAILED", fields: { state: "FAILED" }, journal: "state.changed" },
  { what: "changed its tier", fields: { tier: "SP50" }, journal: "reason.changed" },
] as const)(
  "a pass in which one processor $what writes that one's status only, and one observation of it",
  async ({ fields, journal }) => {
    const { store } = database();
    const { simulator: atlas, runBatch, started } = await settleFleet({ workspaces: 1, processors: 20 });
    const before = await pictureRows(store);
    expect(
      atlas.mutate([{ op: "set", project: PROJECT, workspace: "w-1", processor: "p-1", ...fields }]),
    ).toEqual([]);
    expect(await runBatch()).toMatchObject({ started: 1 });
    expect(started().map(({ processor }) => processor)).toEqual(["p-1"]);
    const after = await pictureRows(store);
    expect(findWritten(before, after)).toEqual([
      "call_budgets",
      "journal",
      "observations",
      "processor_status",
      "workspaces",
    ]);
    expect((after["observations"] ?? []).length - (before["observations"] ?? []).length).toBe(1);
    const rewritten = (after["processor_status"] ?? []).filter(
      (row) => !before["processor_status"]?.includes(row),
    );
    expect(rewritten).toHaveLength(1);
    expect(await readJournal(store, journal)).not.toHaveLength(0);
  },
);

async function claimOrders(): Promise<Claim> {
  const claim = { owner: "a", tickAt: null, limit: 50, intervalMs, leaseMs };
  const [one] = (await claimDue(database().store, claim)).claims;
  if (one === undefined) throw new Error("nothing was due");
  return one;
}

it("does not overwrite a status that somebody has written since the pass loaded it, nor journal about it", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  await declare(store, aRef("q"), aPolicy());
  const saw = (state: string): readonly Observation[] => [
    anObservation("p", { state }),
    anObservation("q", { state }),
  ];
  await storePass(store, await aPass(store, await claimOrders(), saw("STARTED")));
  await database().advance(intervalMs);
  const pass = await aPass(store, await claimOrders(), saw("FAILED"));
  await store.query(
    "update processor_status set revision = revision + 1, attempts = 7 where processor = 'p'",
  );
  expect(await storePass(store, pass)).toBe(true);
  const statuses = await readStatuses(store, [aRef("p"), aRef("q")]);
  const states = [...statuses.values()].map(({ observed, attempts }) => [observed?.state, attempts]);
  expect(states).toEqual([
    ["STARTED", 7],
    ["FAILED", 0],
  ]);
  expect(await readJournal(store, "state.changed")).toEqual([
    "not seen -> STARTED",
    "not seen -> STARTED",
    "STARTED -> FAILED",
  ]);
});

it("keeps what it knew of a status through the database and back", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  const observation = anObservation("p", {
    state: "FAILED",
    effectiveTier: "SP30",
    errorMessage: "it broke",
  });
  const pass = await aPass(store, await claimOrders(), [observation]);
  await storePass(store, pass);
  const [stored] = (await readStatuses(store, [aRef("p")])).values();
  expect(stored).toEqual(pass.plan.processors[0]?.status);
  expect(stored?.observed).toEqual(observation);
});
