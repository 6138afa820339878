// Passes that run side by side: how many statements they cost together, and that none waits for another one's rows.
import { beforeEach, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { createLoopStore } from "../../src/store/loop-store.js";
import type { LoopStore } from "../../src/store/loop-store.js";
import { claimDue } from "../../src/store/pass/leases.js";
import type { Claim } from "../../src/store/pass/leases.js";
import { takeCalls } from "../../src/store/pass/budgets.js";
import { listBudgets } from "../../src/store/pass/budgets.js";
import { openStore } from "../../src/store/postgres/pool.js";
import type { Store } from "../../src/store/postgres/pool.js";
import { PROJECT } from "../support/fleets.js";
import { aPass, anObservation } from "../support/passes.js";
import { aPolicy, aRef, declare, useDatabase } from "../support/store-rows.js";

const { intervalMs, leaseMs } = DEFAULT_SETTINGS;
const OTHER_PROJECT = "f".repeat(24);
const WORKSPACES = ["one", "two", "three", "four"];
const database = useDatabase();

let loop: LoopStore;
let statements: string[];
let counted: Store;

beforeEach(async () => {
  for (const workspace of WORKSPACES) {
    await declare(database().store, aRef("p", { project: PROJECT, workspace }), aPolicy({ mode: "observe" }));
  }
  statements = [];
  counted = openStore({
    databaseUrl: database().databaseUrl,
    max: 8,
    onStatement: (text) => statements.push(text),
  });
  loop = createLoopStore(counted, DEFAULT_SETTINGS);
  return () => counted.close();
});

async function claimAll(): Promise<readonly Claim[]> {
  const due = { owner: "a", tickAt: null, limit: 50, intervalMs, leaseMs };
  return (await claimDue(database().store, due)).claims;
}

/** The processor as it is; the first pass over a workspace writes what the next ones find unchanged. */
const SEEN = [anObservation("p", { state: "STARTED" })];

async function claimAllQuiet(): Promise<readonly Claim[]> {
  for (const claim of await claimAll()) await loop.storePass(await aPass(counted, claim, SEEN));
  await database().advance(intervalMs);
  return claimAll();
}

const take = (project: string, calls = 1, callClass: "pass" | "change" = "pass") =>
  loop.takeCalls({ project, calls, callClass });

/** What is left of a project's budget, of 700. */
async function readLeft(project: string): Promise<number | undefined> {
  return (await listBudgets(database().store)).find((one) => one.project === project)?.left;
}

it("loads workspaces asked for side by side in one statement, each its own", async () => {
  const refs = [...WORKSPACES, "nowhere"].map((workspace) => ({ project: PROJECT, workspace }));
  const loaded = await Promise.all(refs.map(loop.loadWorkspace));
  expect(loaded.map((one) => one?.ref.workspace)).toEqual([...WORKSPACES, undefined]);
  expect(loaded.map((one) => one?.processors.map(({ processor }) => processor))).toEqual([
    ...WORKSPACES.map(() => ["p"]),
    undefined,
  ]);
  expect(statements.length).toBe(1);
});

it("stores quiet passes side by side in one statement, and gives every lease back", async () => {
  const claims = await claimAllQuiet();
  const passes = await Promise.all(claims.map((claim) => aPass(database().store, claim, SEEN)));
  statements = [];
  expect(await Promise.all(passes.map(loop.storePass))).toEqual(WORKSPACES.map(() => true));
  expect(statements.length).toBe(1);
  const rows = await database().store.query<{ observed_at: number; lease_token: string | null }>(
    "select to_ms(observed_at) as observed_at, lease_token from workspaces",
  );
  expect(rows).toEqual(passes.map(({ facts }) => ({ observed_at: facts.observedAt, lease_token: null })));
});

it("stores nothing of a quiet pass whose lease was lost, and all of those beside it", async () => {
  const claims = await claimAllQuiet();
  const [lost, ...others] = await Promise.all(claims.map((claim) => aPass(database().store, claim, SEEN)));
  if (lost === undefined) throw new Error("there are four");
  const stolen = { ...lost, claim: { ...lost.claim, token: "00000000-0000-4000-8000-000000000000" } };
  expect(await Promise.all([stolen, ...others].map(loop.storePass))).toEqual([false, true, true, true]);
});

it("keeps a quiet pass waiting for a row that somebody holds, and none beside it", async () => {
  const [held, ...others] = await Promise.all(
    (await claimAllQuiet()).map((claim) => aPass(database().store, claim, SEEN)),
  );
  if (held === undefined) throw new Error("there are four");
  let waiting: Promise<boolean> | undefined;
  await database().store.transaction(async (db) => {
    const { project, workspace } = held.claim.ref;
    await db.query("select from workspaces where project = $1 and workspace = $2 for update", [
      project,
      workspace,
    ]);
    waiting = loop.storePass(held);
    expect(await Promise.all(others.map(loop.storePass))).toEqual([true, true, true]);
  });
  expect(await waiting).toBe(true);
});

it("stores a pass that has news alone, so that its rows are waited for by nobody else", async () => {
  const claims = await claimAllQuiet();
  const news = [anObservation("p", { state: "FAILED" })];
  const passes = await Promise.all(
    claims.map((claim, index) => aPass(database().store, claim, index === 0 ? news : SEEN)),
  );
  statements = [];
  expect(await Promise.all(passes.map(loop.storePass))).toEqual([true, true, true, true]);
  expect(statements.length).toBe(2);
});

it("takes the calls of one project in one sum, and of several in one statement", async () => {
  for (const project of [PROJECT, OTHER_PROJECT]) {
    await takeCalls(database().store, { project, calls: 0, callClass: "pass" });
  }
  const grants = await Promise.all([take(PROJECT, 3), take(OTHER_PROJECT, 5), take(PROJECT, 4)]);
  expect(grants).toMatchObject([{ kind: "granted" }, { kind: "granted" }, { kind: "granted" }]);
  expect(statements.length).toBe(1);
  expect(await Promise.all([readLeft(PROJECT), readLeft(OTHER_PROJECT)])).toEqual([693, 695]);
});

it("lets one of those who share a grant ask for the limits", async () => {
  await takeCalls(database().store, { project: PROJECT, calls: 0, callClass: "pass" });
  await database().advance(2 * 86_400_000);
  const grants = await Promise.all([take(PROJECT), take(PROJECT), take(PROJECT)]);
  expect(grants.map((grant) => grant.kind === "granted" && grant.areLimitsDue)).toEqual([true, false, false]);
});

it("grants what there is to those who ask for less than the sum that is not to be had", async () => {
  await takeCalls(database().store, { project: PROJECT, calls: 0, callClass: "pass" });
  const grants = await Promise.all([take(PROJECT, 300), take(PROJECT, 200)]);
  expect(grants.map(({ kind }) => kind).sort()).toEqual(["granted", "wait"]);
});

it("reserves for those before you also beside one of another class", async () => {
  await takeCalls(database().store, { project: PROJECT, calls: 340, callClass: "pass" });
  const grants = await Promise.all([take(PROJECT, 20, "change"), take(PROJECT, 20, "pass")]);
  expect(grants.map(({ kind }) => kind)).toEqual(["granted", "wait"]);
});

it("makes the budget of a project that has none", async () => {
  expect(await take(PROJECT, 1)).toMatchObject({ kind: "granted", areLimitsDue: true });
  expect(await readLeft(PROJECT)).toBe(699);
});
