// Lists that do not come in pages of 500: pipelines so long that a page cannot be read, and a count that is never
// right. On a real database and real sockets; the simulator's log says what was called.
import { expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { buildSettings } from "../../src/sim/settings/settings.js";
import type { World } from "../../src/sim/world/world-model.js";
import { addProcessor, addWorkspace } from "../../src/sim/world/world.js";
import { readStatuses } from "../../src/store/people/listings/listings.js";
import { readPageSize, rememberPageSize } from "../../src/store/pass/page-sizes.js";
import { useBatches } from "../support/batches.js";
import type { Batches } from "../support/batches.js";
import { PROJECT, aFleet, toNames } from "../support/fleets.js";
import { ORDERS, aPolicy, aRef, declare, useDatabase } from "../support/store-rows.js";

const { intervalMs } = DEFAULT_SETTINGS;
const DAY_MS = 86_400_000;
const COUNT = 600;
/** Of them 500 are longer than a reply may be, 250 are not. */
const PIPELINE = [{ $source: { connectionName: "s" } }, { $match: { text: "x".repeat(40_000) } }];

const database = useDatabase();
const openAtlas = useBatches(database);

function populateLong(world: World, now: number): void {
  const workspace = addWorkspace(world, { project: PROJECT, name: ORDERS.workspace });
  for (const name of toNames(COUNT)) {
    addProcessor(world, workspace, {
      name,
      createdAt: now - 3_600_000,
      state: "STARTED",
      pipeline: PIPELINE,
    });
  }
}

/** One pass; how many LISTs it called. */
async function pass({ runBatch, simulator }: Batches): Promise<number> {
  const asked = simulator.log().at(-1)?.seq ?? 0;
  expect(await runBatch()).toMatchObject({ observed: 1, failed: 0 });
  await database().advance(intervalMs);
  return simulator.log(asked).filter(({ operation }) => operation === "list").length;
}

it("a workspace whose pages of 500 are longer than a reply may be is observed, and the size that worked is remembered", async () => {
  const { store } = database();
  await declare(store, aRef("p-600"), aPolicy());
  const batches = await openAtlas({ populate: populateLong });
  expect(await pass(batches)).toBe(1 + 3);
  expect((await readStatuses(store, [aRef("p-600")])).values().next().value).toMatchObject({
    observed: { state: "STARTED" },
  });
  expect(await readPageSize(store, ORDERS)).toBe(250);
  expect(await pass(batches)).toBe(3);
});

it("pages grow back once a day, and a size that still does not fit costs one call", async () => {
  const { store } = database();
  await declare(store, aRef("p-600"), aPolicy());
  const batches = await openAtlas({ populate: populateLong });
  await pass(batches);
  await database().advance(DAY_MS);
  expect(await pass(batches)).toBe(3);
  expect(await readPageSize(store, ORDERS)).toBe(500);
  expect(await pass(batches)).toBe(1 + 3);
  expect(await pass(batches)).toBe(3);
});

it("the smallest of several sizes that are remembered at once stays", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  for (const pageSize of [125, 250, 62, 125]) await rememberPageSize(store, { ref: ORDERS, pageSize });
  expect(await readPageSize(store, ORDERS)).toBe(62);
});

it("a count that always says more than there are leaves no list incomplete, and makes absent what is not there", async () => {
  const { store } = database();
  for (const name of ["p-1", "gone"]) await declare(store, aRef(name), aPolicy());
  const batches = await openAtlas({
    populate: aFleet({ orders: { "p-1": "STARTED" } }),
    settings: buildSettings(["list.countAhead=7"]),
  });
  expect(await pass(batches)).toBe(2);
  expect(await pass(batches)).toBe(2);
  const statuses = await readStatuses(store, [aRef("p-1"), aRef("gone")]);
  expect([...statuses.values()].map(({ reason }) => reason?.code)).toEqual(["as-declared", "missing"]);
});
