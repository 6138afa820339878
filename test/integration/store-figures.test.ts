// The fleet in figures: each condition counts what its listing lists, drift is summed by class, and budgets are what is
// left now.
import { afterAll, beforeAll, expect, it } from "vitest";
import { pageProcessors } from "../../src/app/look/page-listing.js";
import { measureFleet } from "../../src/app/fleet-metrics.js";
import { createMetricsRegistry } from "../../src/base/metrics-registry.js";
import { CONDITIONS } from "../../src/domain/tell/listing.js";
import type { Condition } from "../../src/domain/tell/listing.js";
import { readFigures } from "../../src/store/figures.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { fillListings } from "../support/listed-fleet.js";
import { aPolicy, aRef, declare, useDatabase } from "../support/store-rows.js";

let listed: TestDatabase;
beforeAll(async () => {
  listed = await createTestDatabase();
  await fillListings(listed.store);
});
afterAll(() => listed.drop());
const fresh = useDatabase();

it.each(Object.keys(CONDITIONS.processors) as Condition<"processors">[])(
  "counts as %s what the listing lists",
  async (condition) => {
    let count = 0;
    for await (const rows of pageProcessors(listed, { conditions: [condition] })) count += rows.length;
    expect((await readFigures(listed.store)).conditions[condition]).toBe(count);
    expect(count).toBeGreaterThan(0);
  },
);

it("counts what has failed by its class", async () => {
  const { failures } = await readFigures(listed.store);
  expect(failures).toMatchObject({ "out-of-memory": 1, unknown: 1, connection: 0 });
});

it("says what the budgets hold, and what is open and held", async () => {
  const { budget, openChanges, heldProjects } = await readFigures(listed.store);
  const [row] = await listed.store.query<{ open: number; held: number }>(
    `select (select count(*) from changes where outcome is null) as open,
       (select count(*) from projects where held_by is not null) as held`,
  );
  expect({ openChanges, heldProjects }).toEqual({ openChanges: row?.open, heldProjects: row?.held });
  expect(openChanges * heldProjects).toBeGreaterThan(0);
  expect(budget.lowest).toBeLessThan(1);
  expect(budget.calls).toBeGreaterThan(0);
});

it("sums drift by what a processor is declared as", async () => {
  const { store } = fresh();
  for (const [name, policy, seconds] of [
    ["a", aPolicy(), 90],
    ["b", aPolicy(), 30],
    ["c", aPolicy({ state: "STOPPED" }), 7],
    ["d", aPolicy({ mode: "observe" }), 600],
    ["calm", aPolicy(), null],
  ] as const) {
    await declare(store, aRef(name), policy);
    const { project, workspace, processor } = aRef(name);
    await store.query(
      `insert into processor_status (project, workspace, processor, drift_since)
       values ($1, $2, $3, headgate_now() - make_interval(secs => $4))`,
      [project, workspace, processor, seconds],
    );
  }
  const { drift } = await readFigures(store);
  const rounded = Object.entries(drift).map(([name, { seconds, longestSeconds }]) => [
    name,
    Math.round(seconds / 10),
    Math.round(longestSeconds / 10),
  ]);
  expect(Object.fromEntries(rounded.map(([name, ...rest]) => [name, rest]))).toEqual({
    started: [12, 9],
    stopped: [1, 1],
    observed: [60, 60],
  });
});

it("of an empty installation everything is nought, and no budget is lowest", async () => {
  const { store } = fresh();
  const figures = await readFigures(store);
  expect(Object.values(figures.conditions).every((count) => count === 0)).toBe(true);
  expect(figures.budget).toEqual({ calls: 0, lowest: null });
  const { metrics, render } = createMetricsRegistry({ version: "1", role: "worker" });
  measureFleet(metrics, figures);
  const text = await render();
  expect(text).toContain('headgate_processors{condition="parked"} 0');
  expect(text).toContain('headgate_processors_failed{class="checkpoint-lost"} 0');
  expect(text).toContain('headgate_drift_seconds{class="started"} 0');
  expect(text).not.toContain("headgate_budget_lowest_calls");
});
