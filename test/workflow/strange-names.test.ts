// A processor in Atlas whose name Headgate cannot say: it is passed over, and the pass goes on for everything beside
// it.
import { afterAll, beforeAll, expect, it } from "vitest";
import { requestPass } from "../../src/app/act/pass.js";
import { listStoredProcessors, listStoredWorkspaces } from "../../src/store/people/listings/listings.js";
import { declareIn, theChangeOf } from "../support/changes.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

let loop: TestLoop;
beforeAll(async () => {
  const strange = { p: "FAILED", "a/b": "STARTED", _hidden: "FAILED", größe: "STOPPED" };
  loop = await startLoop({ simulator: { populate: aFleet({ strange }) } });
  await loop.startWorker();
});
afterAll(() => loop.stop());

it("starts what is declared beside processors that it cannot name", async () => {
  await declareIn(loop, "strange", "{ state: STARTED }");
  expect(await theChangeOf(loop, "strange")).toMatchObject({ kind: "start", outcome: "succeeded" });
  const only = { project: PROJECT, workspace: "strange" };
  expect(await requestPass(loop.app, { only: [only], isLookOnly: true })).toMatchObject({
    observed: 1,
    failed: 0,
  });
  const rows = await listStoredProcessors(loop.database.store, only);
  expect(rows.map(({ ref, state }) => [ref.processor, state])).toEqual([["p", "STARTED"]]);
  expect(await listStoredWorkspaces(loop.database.store, only)).toMatchObject([
    { processors: 1, lastError: null },
  ]);
});
