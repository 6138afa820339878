// Why a processor FAILED, where Atlas's list does not say: one look into the project's events when it is news, nothing
// ever after; and the limits of a project, asked for once a day. Counted in the simulator's log.
import { afterAll, beforeAll, expect, it } from "vitest";
import { requestPass } from "../../src/app/act/pass.js";
import { listStoredProcessors } from "../../src/store/people/listings/listings.js";
import { callsOf, passLater, theChangeOf, untilClosedIn } from "../support/changes.js";
import { PROJECT, aFleet, many, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";
import { pictureRows } from "../support/store-rows.js";

const OTHER = "b".repeat(24);
const WORKSPACES = ["one", "long-failed", "stopped", "unread"] as const;

let loop: TestLoop;
beforeAll(async () => {
  const fleet = Object.fromEntries(WORKSPACES.map((workspace) => [workspace, many(3, "STARTED")]));
  const populate = aFleet({ ...fleet, acted: { p: "STARTED" } });
  const populateOther = aFleet({ orders: { p: "STARTED" }, returns: { p: "STARTED" } }, OTHER);
  loop = await startLoop({
    simulator: {
      populate: (world, now) => {
        populate(world, now);
        populateOther(world, now);
      },
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

/** Declares all of a workspace's processors STARTED and waits for the pass that applying asks for. */
async function watch(workspace: string, project = PROJECT): Promise<void> {
  const policies = workspace === "acted" || project === OTHER ? ["p"] : ["p-1", "p-2", "p-3"];
  const mode = workspace === "acted" ? "enforce" : "observe";
  const processors = policies.map((name) => `${name}: { state: STARTED, mode: ${mode} }`).join(", ");
  await applyText(
    loop.app,
    `{ project: ${project}, workspace: ${workspace}, processors: { ${processors} } }`,
  );
  await until(async () => {
    const found = await listStoredProcessors(loop.database.store, { project, workspace });
    return found.every(({ observedAt }) => observedAt !== null) ? true : undefined;
  });
}

const crash = (workspace: string, processor: string, errorMsg: string): readonly string[] =>
  loop.simulator.mutate([{ op: "crash", project: PROJECT, workspace, processor, errorMsg }]);

const countCalls = (operation: string): number =>
  loop.simulator.log().filter((entry) => entry.operation === operation).length;

async function reasonsOf(workspace: string): Promise<Readonly<Record<string, string | null>>> {
  const rows = await loop.database.store.query<{ processor: string; why: string | null }>(
    "select processor, error_message as why from processor_status where workspace = $1",
    [workspace],
  );
  return Object.fromEntries(rows.map(({ processor, why }) => [processor, why]));
}

/** Passes of one workspace: how many calls for events, and which tables' rows they wrote. */
async function passAndCount(
  workspace: string,
): Promise<{ readonly events: number; readonly written: readonly string[] }> {
  const { store } = loop.database;
  const [events, before] = [countCalls("listEvents"), await pictureRows(store)];
  expect(await passLater(loop, workspace)).toMatchObject({ observed: 1, failed: 0 });
  const after = await pictureRows(store);
  const written = Object.keys(after).filter((table) => before[table]?.join() !== after[table]?.join());
  return { events: countCalls("listEvents") - events, written };
}

const QUIET = { events: 0, written: ["call_budgets", "workspaces"] };

it("looks a reason up with one call for the whole workspace, and then never again", async () => {
  await watch("one");
  expect(await passAndCount("one")).toEqual(QUIET);
  crash("one", "p-1", "invalid auth");
  crash("one", "p-2", "no such topic");
  const first = await passAndCount("one");
  expect(first.events).toBe(1);
  expect(first.written).toContain("processor_status");
  expect(await reasonsOf("one")).toEqual({ "p-1": "invalid auth", "p-2": "no such topic", "p-3": null });
  expect(await passAndCount("one")).toEqual(QUIET);
  expect(await passAndCount("one")).toEqual(QUIET);
});

it("takes the newest of several failures of one processor, and of this workspace only", async () => {
  await watch("long-failed");
  crash("long-failed", "p-1", "the first time");
  loop.simulator.mutate([
    { op: "start", project: PROJECT, workspace: "long-failed", processor: "p-1", by: "ann@example.com" },
  ]);
  crash("long-failed", "p-1", "the second time");
  crash("one", "p-3", "of another workspace");
  expect((await passAndCount("long-failed")).events).toBe(1);
  expect(await reasonsOf("long-failed")).toMatchObject({ "p-1": "the second time", "p-3": null });
});

it("asks once who stopped what is declared to run, and gives no reason where nothing FAILED", async () => {
  await watch("stopped");
  const where = { project: PROJECT, workspace: "stopped", processor: "p-1" };
  loop.simulator.mutate([{ op: "stop", ...where, by: "ann@example.com" }]);
  const pass = await passAndCount("stopped");
  expect(pass.written).toContain("processor_status");
  expect(pass.events).toBe(1);
  expect(await reasonsOf("stopped")).toMatchObject({ "p-1": null });
  expect((await passAndCount("stopped")).events).toBe(0);
});

it("goes on without a reason where events may not be read, and does not ask again for the same failure", async () => {
  await watch("unread");
  const rule = { id: "no-events", when: { operation: "listEvents" } };
  loop.simulator.installFaults([
    { ...rule, what: { kind: "status", status: 403, errorCode: "USER_UNAUTHORIZED" } },
  ]);
  crash("unread", "p-1", "nobody will know");
  expect((await passAndCount("unread")).events).toBe(1);
  expect(await reasonsOf("unread")).toMatchObject({ "p-1": null });
  expect(await passAndCount("unread")).toEqual(QUIET);
  loop.simulator.installFaults([], true);
  const [held] = await loop.database.store.query("select held_why from projects where held_why is not null");
  expect(held).toBeUndefined();
});

it("tells the reason with the change that comes of it", async () => {
  await watch("acted");
  crash("acted", "p", "Location77175: broker down");
  await passLater(loop, "acted");
  await untilClosedIn(loop, "acted");
  const change = await theChangeOf(loop, "acted");
  expect(change).toMatchObject({ kind: "start", outcome: "succeeded", stateBefore: "FAILED" });
  expect(change.why).toContain("Location77175: broker down");
  expect(callsOf(loop, "acted", "startWith")).toHaveLength(1);
});

it("asks for the limits once per project and day, whatever is looked at", async () => {
  const before = countCalls("listRateLimits");
  expect(before).toBe(1);
  await watch("orders", OTHER);
  await watch("returns", OTHER);
  for (let pass = 0; pass < 3; pass += 1) await requestPass(loop.app, { isLookOnly: true });
  expect(countCalls("listRateLimits")).toBe(2);
  await loop.database.advance(25 * 3_600_000);
  for (let pass = 0; pass < 2; pass += 1) await requestPass(loop.app, { isLookOnly: true });
  expect(countCalls("listRateLimits")).toBe(4);
});
