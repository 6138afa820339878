// A workspace or a policy that cannot be worked with: that is data in its own row, and everything beside it goes on.
import { afterAll, beforeAll, expect, it } from "vitest";
import { requestPass } from "../../src/app/act/pass.js";
import { listStoredWorkspaces } from "../../src/store/people/listings/listings.js";
import { declareIn, passLater, processorIn, theChangeOf } from "../support/changes.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { pauseSchedule } from "../support/schedules.js";

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({
        poisoned: { p: "FAILED" },
        beside: { p: "STARTED" },
        martian: { p: "STARTED" },
        crashed: { p: "STARTED" },
      }),
    },
  });
  await loop.startWorker();
  await pauseSchedule(loop);
});
afterAll(() => loop.stop());

const errorOf = async (workspace: string): Promise<string | null | undefined> =>
  (await listStoredWorkspaces(loop.database.store, { project: PROJECT, workspace }))[0]?.lastError;

it("a statement that fails ends no pass but its own: the cause is in the workspace's row, its neighbour's change starts", async () => {
  const { store } = loop.database;
  await declareIn(loop, "beside", "{ state: STARTED }");
  await store.query(`create function refuse_poisoned() returns trigger language plpgsql as $$
    begin
      if new.workspace = 'poisoned' then raise exception 'this row is poisoned'; end if;
      return new;
    end $$`);
  await store.query(
    "create trigger poisoned before insert or update on processor_status for each row execute function refuse_poisoned()",
  );
  await declareIn(loop, "poisoned", "{ state: STARTED }");
  loop.simulator.mutate({ op: "crash", project: PROJECT, workspace: "beside", processor: "p" });
  await loop.database.advance(1_000);
  const only = ["poisoned", "beside"].map((workspace) => ({ project: PROJECT, workspace }));
  expect(await requestPass(loop.app, { only, isLookOnly: false })).toMatchObject({ observed: 1, failed: 1 });
  expect(await errorOf("poisoned")).toContain("this row is poisoned");
  expect(await errorOf("beside")).toBeNull();
  expect(await theChangeOf(loop, "beside")).toMatchObject({ kind: "start", outcome: "succeeded" });
  await store.query("drop trigger poisoned on processor_status");
  expect(await passLater(loop, "poisoned")).toMatchObject({ observed: 1, failed: 0 });
  expect(await errorOf("poisoned")).toBeNull();
});

it("a zone that this worker does not know is a reason of that processor, not a failure of its workspace", async () => {
  const restart = '{ cron: "0 3 * * *", timezone: UTC }';
  await declareIn(loop, "martian", `{ state: STARTED, restart: ${restart} }`);
  await declareIn(loop, "crashed", `{ state: STARTED, restart: ${restart} }`);
  await loop.database.store.query(
    "update start_policies set restart_timezone = 'Mars/Olympus' where workspace in ('martian', 'crashed')",
  );
  expect(await passLater(loop, "martian")).toMatchObject({ observed: 1, failed: 0 });
  expect(await processorIn(loop, "martian")).toMatchObject({
    reasonCode: "schedule-not-evaluated",
    reason: expect.stringContaining("Mars/Olympus") as string,
  });
});

it("a schedule that cannot be evaluated keeps no processor from being recovered", async () => {
  loop.simulator.mutate({ op: "crash", project: PROJECT, workspace: "crashed", processor: "p" });
  await passLater(loop, "crashed");
  expect(await theChangeOf(loop, "crashed")).toMatchObject({ kind: "start", outcome: "succeeded" });
});
