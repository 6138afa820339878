// What people say beside the policies: a running change joined, met and cancelled; a position armed
// again; the brake released; a suspension that names what runs on. The policies are written without asking for a pass.
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatProcessorRef } from "../../src/domain/refs.js";
import { findOpenChange } from "../../src/store/people/commands.js";
import { listChanges, listStoredProcessors } from "../../src/store/people/listings/listings.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli } from "../support/cli-process.js";
import { PROJECT, aFleet, findPosts, until, untilClosed } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText, withoutTemporal } from "../support/policies.js";

const ORDERS = `${PROJECT}/orders`;
const MANY = `${PROJECT}/many`;
const AT = "2026-05-04T09:42:00Z";
const POLICIES = `
project: ${PROJECT}
workspace: orders
processors:
  busy: {}
  late: { start: { startAtOperationTime: ${AT} } }
---
project: ${PROJECT}
workspace: many
defaults: { state: STOPPED }
processors: { a: , b: , c: , d: }
`;
const FLEET = {
  orders: { busy: "STOPPED", late: "STOPPED" },
  many: { a: "STARTED", b: "STARTED", c: "STARTED", d: "STARTED" },
};

let loop: TestLoop;
let cli: Cli;
beforeAll(async () => {
  loop = await startLoop({
    settings: { brakeCount: 1 },
    simulator: {
      populate: aFleet(FLEET),
      // A start of unknown fate, again and again: a change that runs until somebody ends it.
      faults: [
        { when: { operation: "startWith", processor: "busy" }, what: { kind: "status", status: 503 } },
      ],
    },
  });
  cli = openCliInside({ ...loop.variables, HEADGATE_ACTOR: "anna@laptop" });
  await applyText(withoutTemporal(loop.app), POLICIES);
  await loop.startWorker();
});
afterAll(async () => {
  cli.remove();
  await loop.stop();
});

it("begins a change without waiting, joins an equal one, and names the one that is in the way", async () => {
  const begun = await cli.run(["start", `${ORDERS}/busy`]);
  expect(begun).toMatchObject({ code: 0, stdout: "" });
  expect(begun.stderr).toContain("It goes on without you; headgate get changes shows how it ends.");
  const ref = { project: PROJECT, workspace: "orders", processor: "busy" };
  const { id } = await until(() => findOpenChange(loop.database.store, ref));

  const joined = await cli.run(["start", `${ORDERS}/busy`]);
  expect(joined.code).toBe(0);
  expect(joined.stderr).toContain(`joined the running start of ${ORDERS}/busy`);
  const met = await cli.run(["restart", `${ORDERS}/busy`]);
  expect(met.code).toBe(1);
  expect(met.stderr).toContain(`${ORDERS}/busy is busy with change ${id} (start, by anna@laptop: `);
  expect(met.stderr).toContain(`To end it: headgate changes cancel ${id}\n`);
});

it("suspends at once and names the change that runs on", async () => {
  const run = await cli.run(["suspend", `${ORDERS}/busy`, "--for", "4h", "--reason", "schema change"]);
  const [{ id } = { id: "" }] = await listChanges(loop.database.store);
  expect(run).toEqual({
    code: 0,
    stdout: "",
    stderr: `${ORDERS}/busy: suspended for 4h; a start is running on it; to end it: headgate changes cancel ${id}\n`,
  });
  const got = await cli.run(["get", "processors", `${ORDERS}/busy`, "-o", "json"]);
  expect(JSON.parse(got.stdout)).toMatchObject([{ suspendedBy: "anna@laptop", openChange: id }]);
});

it("asks, and then cancels the change by its id, once", async () => {
  const [{ id } = { id: "" }] = await listChanges(loop.database.store);
  const unasked = await cli.run(["changes", "cancel", id]);
  expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining("Use --yes") as string });
  const cancelled = await cli.run(["changes", "cancel", id, "--yes"]);
  expect(cancelled).toEqual({
    code: 0,
    stdout: "",
    stderr: `${ORDERS}/busy: its start was asked to end\n`,
  });
  const [closed] = await untilClosed(loop, 1);
  expect(closed).toMatchObject({ id, outcome: "cancelled" });
  const again = await cli.run(["changes", "cancel", id]);
  expect(again).toEqual({ code: 1, stdout: "", stderr: `headgate: no open change has the id ${id}\n` });
});

it("arms a position that was spent, but not while it can have no effect", async () => {
  const unasked = await cli.run(["arm", `${ORDERS}/late`]);
  expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining("Use --yes") as string });
  const armed = await cli.run(["arm", `${ORDERS}/late`, "--yes"]);
  expect(armed).toMatchObject({ code: 0, stderr: `${ORDERS}/late: skipped: was armed already\n` });
  const started = await cli.run(["start", `${ORDERS}/late`, "--wait"]);
  expect(started.code).toBe(0);
  expect(findPosts(loop).at(-1)).toMatchObject({ body: { startAtOperationTime: AT } });

  const running = await cli.run(["arm", `${ORDERS}/late`, "--yes"]);
  expect(running.code).toBe(1);
  expect(running.stderr).toContain("is STARTED: a position has no effect while it runs");
  expect(await cli.run(["stop", `${ORDERS}/late`, "--suspend", "1h", "--wait"])).toMatchObject({ code: 0 });
  const again = await cli.run(["arm", `${ORDERS}/late`, "--yes"]);
  expect(again).toMatchObject({
    code: 0,
    stderr: `${ORDERS}/late: starts at its declared position next time\n`,
  });
  const none = await cli.run(["arm", `${ORDERS}/busy`, "--yes"]);
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("declares no position") as string });
});

it("releases what the brake holds, and says where it holds nothing", async () => {
  const stops = (): number => findPosts(loop).filter(({ workspace }) => workspace === "many").length;
  const braked = await cli.run(["reconcile", "--workspace", MANY]);
  expect(braked.stderr).toContain("0 changes started");
  const listed = await cli.run(["get", "workspaces", MANY]);
  expect(listed.stdout).toContain(`4 stops held by the mutation brake: headgate release-brake "${MANY}"`);
  const [one] = await listStoredProcessors(loop.database.store, { project: PROJECT, workspace: "many" });
  if (one === undefined) throw new Error("the workspace has processors");
  const explained = await cli.run(["explain", formatProcessorRef(one.ref)]);
  expect(explained.stdout).toContain(
    `until somebody looks at the 4 stops that the brake holds: headgate release-brake "${MANY}"`,
  );

  const released = await cli.run(["release-brake", MANY]);
  expect(released).toEqual({ code: 0, stdout: "", stderr: `${MANY}: released 4 processors\n` });
  expect(stops()).toBe(0);
  const pass = await cli.run(["reconcile", "--workspace", MANY]);
  expect(pass.stderr).toContain("4 changes started");
  await until(() => Promise.resolve(stops() === 4 ? true : undefined));

  const nothing = await cli.run(["release-brake", ORDERS]);
  expect(nothing).toMatchObject({ code: 0, stderr: `${ORDERS}: the brake held nothing\n` });
  const unknown = await cli.run(["release-brake", `${PROJECT}/nowhere`]);
  expect(unknown).toMatchObject({ code: 1, stdout: "" });
});

it("refuses a processor that nobody declared and Atlas never showed", async () => {
  const [started, suspended] = await Promise.all([
    cli.run(["start", `${ORDERS}/bus`]),
    cli.run(["suspend", `${ORDERS}/bus`, "--for", "1h", "--reason", "x"]),
  ]);
  const told = `headgate: no processor ${ORDERS}/bus is declared or was seen in Atlas; did you mean ${ORDERS}/busy?\n`;
  const refused = { code: 1, stdout: "", stderr: told };
  expect([started, suspended]).toEqual([refused, refused]);
});
