// A bad bulk edit, over the real stack: one wrong line would restart a whole workspace. The brake holds it all back, so
// taking the line back leaves no trace in Atlas; the simulator's log is the judge.
import { afterAll, beforeAll, expect, it } from "vitest";
import { release } from "../../src/app/act/interventions.js";
import { apply, planApply } from "../../src/app/declare/apply.js";
import { pageJournal } from "../../src/app/look/page-listing.js";
import { parsePolicyFiles } from "../../src/policy-file/document.js";
import { listStoredProcessors } from "../../src/store/people/listings/listings.js";
import { effectsOf, passLater, untilClosedIn } from "../support/changes.js";
import { PROJECT, aFleet, many, toNames } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const WORKSPACE = "orders";
const COUNT = 40;

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: { populate: aFleet({ [WORKSPACE]: { ...many(COUNT, "STARTED"), down: "FAILED" } }) },
    settings: PATIENT,
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

async function declareTier(tier: string): Promise<void> {
  // The one that is down has a tier of its own: the edit is not about it.
  const names = [...toNames(COUNT).map((name) => `${name}: {}`), "down: { start: { tier: SP10 } }"].join(
    ", ",
  );
  const text = `{ project: ${PROJECT}, workspace: ${WORKSPACE}, defaults: { start: { tier: ${tier} } }, processors: { ${names} } }`;
  const parsed = parsePolicyFiles([{ name: "edited.yaml", text }]);
  if (parsed.kind === "faulty") throw new Error("the edit is well-formed: that is what makes it bad");
  const plan = await planApply(loop.app, { ...parsed.set, prune: false });
  // As a pipeline applies over HTTP: nobody has seen the plan, so nothing of it is released beforehand.
  await apply(loop.app, { ...plan, isBraked: false });
  await passLater(loop, WORKSPACE);
}

/** Reason -> how many have it. */
async function countReasons(): Promise<Readonly<Record<string, number>>> {
  const found = await listStoredProcessors(loop.database.store, { project: PROJECT, workspace: WORKSPACE });
  const counts: Record<string, number> = {};
  for (const { reasonCode } of found) counts[reasonCode ?? "none"] = (counts[reasonCode ?? "none"] ?? 0) + 1;
  return counts;
}

it("holds every restart of the edit back, and starts what is down all the same", async () => {
  await declareTier("SP10");
  await untilClosedIn(loop, WORKSPACE, 1);
  expect(effectsOf(loop, WORKSPACE)).toEqual(["startWith"]);
  loop.simulator.mutate({ op: "crash", project: PROJECT, workspace: WORKSPACE, processor: "down" });
  await declareTier("SP50");
  // Behind the back-off of the one that is down.
  await passLater(loop, WORKSPACE, 120_000);
  await untilClosedIn(loop, WORKSPACE, 2);
  expect(await countReasons()).toMatchObject({ braked: COUNT });
  expect(effectsOf(loop, WORKSPACE)).toEqual(["startWith", "startWith"]);
});

it("taken back, the edit has restarted nobody", async () => {
  await declareTier("SP10");
  await passLater(loop, WORKSPACE, 120_000);
  const { braked = 0, "as-declared": asDeclared = 0 } = await countReasons();
  expect([braked, asDeclared]).toEqual([0, COUNT + 1]);
  expect(effectsOf(loop, WORKSPACE)).not.toContain("stop");
});

it("meant after all and released, each is restarted once, and the journal names who released it", async () => {
  await declareTier("SP30");
  expect(await countReasons()).toMatchObject({ braked: COUNT });
  expect(await release({ ...loop.app, actor: "ana" }, { project: PROJECT, workspace: WORKSPACE })).toBe(
    COUNT,
  );
  await passLater(loop, WORKSPACE);
  const BEFORE = 2;
  await untilClosedIn(loop, WORKSPACE, BEFORE + COUNT);
  const effects = effectsOf(loop, WORKSPACE);
  expect(effects.filter((operation) => operation === "stop")).toHaveLength(COUNT);
  const selectors = [{ project: PROJECT, workspace: WORKSPACE, processor: "*" }];
  const released: unknown[] = [];
  for await (const rows of pageJournal(loop.app, { selectors, conditions: ["exceptions"] })) {
    released.push(...rows.filter(({ kind }) => kind === "brake.released"));
  }
  expect(released).toMatchObject([
    { actor: "ana", text: `released ${String(COUNT)} processors from the brake` },
  ]);
});
