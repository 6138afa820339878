// The budget of calls to one project: nobody gets more than Atlas gives in any minute, people come first, and what
// Atlas says is believed where it is less.
import { expect, it } from "vitest";
import type { BudgetGrant, CallClass } from "../../src/store/pass/budgets.js";
import { correctBudget, listBudgets, takeCalls } from "../../src/store/pass/budgets.js";
import { PROJECT } from "../support/fleets.js";
import { useDatabase } from "../support/store-rows.js";

const database = useDatabase();
/** docs/atlas.md 6: capacity 1200, refill 500 a minute. */
const CAPACITY = 1_200;
const BURST = 700;
const OTHER = "a".repeat(24);

function take(callClass: CallClass, calls: number, project = PROJECT): Promise<BudgetGrant> {
  return takeCalls(database().store, { project, calls, callClass });
}

/** Takes a hundred at a time until it has to wait; how many it got. */
async function takeAll(callClass: CallClass): Promise<number> {
  for (let taken = 0; ; taken += 100) {
    if ((await take(callClass, 100)).kind === "wait") return taken;
  }
}

async function readTokens(): Promise<number> {
  const [row] = await database().store.query<{ tokens: number }>("select tokens from call_budgets");
  return row?.tokens ?? 0;
}

it("gives passes half of the burst, changes up to a fifth, and people the rest", async () => {
  expect(await takeAll("pass")).toBe(300);
  expect(await takeAll("change")).toBe(200);
  expect(await takeAll("person")).toBe(200);
});

it("never gives more than the burst to any number of callers at once", async () => {
  const grants = await Promise.all(Array.from({ length: 100 }, () => take("person", 10)));
  expect(grants.filter(({ kind }) => kind === "granted")).toHaveLength(BURST / 10);
  expect(await readTokens()).toBeGreaterThanOrEqual(0);
});

it("says how long to wait, and grants then, not before", async () => {
  await takeAll("person");
  const asked = await take("change", 100);
  if (asked.kind !== "wait") throw new Error("the burst was used up");
  expect(asked.waitMs).toBeGreaterThan(20_000);
  await database().advance(asked.waitMs - 3_000);
  expect(await take("change", 100)).toMatchObject({ kind: "wait" });
  await database().advance(3_000);
  expect(await take("change", 100)).toMatchObject({ kind: "granted" });
});

it("tells the database's time of the grant, and asks in one statement", async () => {
  await take("pass", 1);
  await database().advance(3_600_000);
  database().takeStatements();
  const granted = await take("pass", 1);
  expect(database().takeStatements()).toHaveLength(1);
  const [row] = await database().store.query<{ now: number }>("select to_ms(headgate_now()) as now");
  if (granted.kind !== "granted" || row === undefined) throw new Error("the budget was full");
  expect(row.now - granted.at).toBeGreaterThanOrEqual(0);
  expect(row.now - granted.at).toBeLessThan(5_000);
});

it("fills up to the burst only, however long nobody calls", async () => {
  await take("person", 700);
  await database().advance(86_400_000);
  expect(await takeAll("person")).toBe(BURST);
});

it("keeps every window of a minute within what Atlas gives, whoever takes as much as they get", async () => {
  const stepMs = 5_000;
  const taken: number[] = [];
  for (let step = 0; step < 48; step += 1) {
    let got = 0;
    while ((await take("person", 20)).kind === "granted") got += 20;
    taken.push(got);
    await database().advance(step === 20 ? 120_000 : stepMs);
  }
  const steps = 60_000 / stepMs;
  const windows = taken.map((_, start) =>
    taken.slice(start, start + steps).reduce((sum, one) => sum + one, 0),
  );
  expect(Math.max(...windows)).toBeLessThanOrEqual(CAPACITY);
  expect(Math.max(...windows)).toBeGreaterThan(CAPACITY - 200);
});

it("keeps projects apart", async () => {
  await takeAll("person");
  expect(await take("pass", 1, OTHER)).toMatchObject({ kind: "granted" });
});

it("is blocked for everybody for as long as a 429 asks, and for the longest of several", async () => {
  const { store } = database();
  await take("pass", 1);
  await correctBudget(store, { project: PROJECT, retryAfterMs: 30_000 });
  await correctBudget(store, { project: PROJECT, retryAfterMs: 1_000 });
  const asked = await take("person", 1);
  if (asked.kind !== "wait") throw new Error("it is blocked");
  expect(asked.waitMs).toBeGreaterThan(25_000);
  expect(asked.waitMs).toBeLessThanOrEqual(30_000);
  await database().advance(25_000);
  expect(await take("person", 1)).toMatchObject({ kind: "wait" });
  await database().advance(5_000);
  expect(await take("person", 1)).toMatchObject({ kind: "granted" });
});

it("believes Atlas where less is left than it thought, and never where more is", async () => {
  const { store } = database();
  await take("person", 100);
  await correctBudget(store, { project: PROJECT, limit: CAPACITY, remaining: 620 });
  expect(await readTokens()).toBe(120);
  await correctBudget(store, { project: PROJECT, limit: CAPACITY, remaining: 1_199 });
  expect(await readTokens()).toBe(120);
});

it("refills nothing for the time before Atlas spoke on top of what it said", async () => {
  const { store } = database();
  await take("person", BURST);
  await database().advance(60_000);
  await correctBudget(store, { project: PROJECT, remaining: 540 });
  const [budget] = await listBudgets(store);
  expect(budget?.left).toBeGreaterThanOrEqual(40);
  expect(budget?.left).toBeLessThan(300);
  await database().advance(30_000);
  expect((await listBudgets(store))[0]?.left).toBeGreaterThanOrEqual(290);
});

it("takes a lower limit for its own", async () => {
  const { store } = database();
  await take("person", 1);
  await correctBudget(store, { project: PROJECT, limit: 600 });
  await database().advance(3_600_000);
  expect(await takeAll("person")).toBe(100);
});

it("corrects nothing of a project it has never called", async () => {
  await correctBudget(database().store, { project: OTHER, remaining: 1, retryAfterMs: 1_000 });
  expect(await listBudgets(database().store)).toEqual([]);
});
