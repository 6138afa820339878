// What is under way, as processes: runs that wait for a place and who meets them, changes followed and cancelled by id
// and by processor, a suspension that waits. One start of unknown fate holds the only place until it is cancelled.
import { afterAll, beforeAll, expect, it } from "vitest";
import { findOpenChange } from "../../src/store/people/commands.js";
import { listChanges } from "../../src/store/people/listings/listings.js";
import { openCli } from "../support/cli-process.js";
import type { Cli, CliRun } from "../support/cli-process.js";
import { PROJECT, aFleet, until, untilClosed } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText, withoutTemporal } from "../support/policies.js";

const ORDERS = `${PROJECT}/orders`;
const WAITS = "waits for a place under the cap on open changes";

let loop: TestLoop;
let cli: Cli;
let holder = "";
beforeAll(async () => {
  loop = await startLoop({
    settings: { ...PATIENT, startHorizonMs: 600_000, capPerWorkspace: 1 },
    simulator: {
      populate: aFleet({ orders: { busy: "FAILED", "w-1": "FAILED", "w-2": "FAILED", other: "STOPPED" } }),
      faults: [
        { when: { operation: "startWith", processor: "busy" }, what: { kind: "status", status: 503 } },
      ],
    },
  });
  cli = openCli({ ...loop.variables, HEADGATE_ACTOR: "anna@laptop" });
  const processors = "{ busy: {}, w-1: {}, w-2: {} }";
  await applyText(
    withoutTemporal(loop.app),
    `{ project: ${PROJECT}, workspace: orders, processors: ${processors} }`,
  );
  await loop.startWorker();
  await cli.run(["start", `${ORDERS}/busy`, "--reason", "after the outage"]);
  const ref = { project: PROJECT, workspace: "orders", processor: "busy" };
  ({ id: holder } = await until(() => findOpenChange(loop.database.store, ref)));
});
afterAll(async () => {
  cli.remove();
  await loop.stop();
});

const untilWaiting = (processor: string): Promise<unknown> =>
  until(async () => {
    const run = await (
      await loop.app.runs()
    ).findChange({ project: PROJECT, workspace: "orders", processor });
    return run?.isWaitingForPlace === true ? run : undefined;
  });

it("begins many without waiting for them, and joins what it began before", async () => {
  const args = ["start", `${ORDERS}/w-*`, "--no-wait", "--yes"];
  const begun = await cli.run(args);
  expect(begun).toMatchObject({ code: 0, stdout: "" });
  expect(begun.stderr).toContain(`${ORDERS}/w-1: its start has begun\n`);
  expect(begun.stderr).toContain("\n2 processors: 2 done\n");
  expect(begun.stderr).toContain("To see it: headgate get changes --condition running");
  await Promise.all(["w-1", "w-2"].map(untilWaiting));
  const again = await cli.run(args);
  expect(again.code).toBe(0);
  expect(again.stderr).toContain(`${ORDERS}/w-2: joined: the running start\n`);
  expect(again.stderr).toContain("\n2 processors: 2 joined\n");
});

it("says to who meets a run without a row that it waits for a place, and how to end it", async () => {
  const [equal, other, suspended] = await Promise.all([
    cli.run(["start", `${ORDERS}/w-1`]),
    cli.run(["restart", `${ORDERS}/w-1`]),
    cli.run(["suspend", `${ORDERS}/w-1`, "--for", "4h", "--reason", "schema change"]),
  ]);
  const toEnd = `to end it: headgate changes cancel ${ORDERS}/w-1\n`;
  expect(equal).toMatchObject({ code: 0, stdout: "" });
  expect(equal.stderr).toContain(`joined the running start of ${ORDERS}/w-1 (run `);
  expect(equal.stderr).toContain(`\nIt ${WAITS}; ${toEnd}`);
  expect(other).toMatchObject({ code: 1, stdout: "" });
  expect(other.stderr).toContain(`${ORDERS}/w-1 is busy with a start that ${WAITS} (by anna@laptop: `);
  expect(other.stderr).toContain(`To end it: headgate changes cancel ${ORDERS}/w-1\n`);
  expect(suspended).toEqual({
    code: 0,
    stdout: "",
    stderr: `${ORDERS}/w-1: suspended for 4h; a start ${WAITS}; ${toEnd}`,
  });
});

it("leaves a suspension in force and the changes running where its waiting is interrupted", async () => {
  const args = ["suspend", `${ORDERS}/*`, "--for", "4h", "--reason", "schema change", "--wait", "--yes"];
  const run = await cli.run(args, { interruptAt: /Waiting for 3 changes to end/ });
  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toContain(`a start is running on it; to end it: headgate changes cancel ${holder}\n`);
  expect(run.stderr).toMatch(
    /\nDetached: 3 go on without this command\. The suspensions are in force\n4 processors: 1 done\n$/,
  );
  const rows = await loop.database.store.query<{ processor: string }>(
    "select processor from processor_status where suspended_until > headgate_now() order by processor",
  );
  expect(rows.map(({ processor }) => processor)).toEqual(["busy", "other", "w-1", "w-2"]);
});

it("detaches from a change that is followed, and from one that is waited for", async () => {
  const [followed, awaited] = await Promise.all([
    cli.run(["changes", "follow", holder], { interruptAt: /waiting/ }),
    cli.run(["start", `${ORDERS}/busy`, "--wait"], { interruptAt: /FAILED SP10/ }),
  ]);
  expect(followed).toMatchObject({
    code: 1,
    stderr: "Detached: the change goes on without this command.\n",
  });
  expect(awaited).toMatchObject({ code: 1, stdout: "" });
  expect(awaited.stderr).toContain(
    "Detached: the start goes on without this command. To see it: headgate get",
  );
});

/** `printed`: it has printed that text, or ended without. */
function runPrinting(
  args: readonly string[],
  text: string,
): { readonly printed: Promise<unknown>; readonly ended: Promise<CliRun> } {
  let tell = (): void => undefined;
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const onPrinted = (all: string): void => {
    if (all.includes(text)) tell();
  };
  const ended = cli.run(args, { onPrinted });
  return { printed: Promise.race([told, ended]), ended };
}

/** What happened, without the times. */
function toTold({ stdout }: CliRun): readonly string[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}/, ""));
}

it("asks, and then cancels what runs and what waits, while others follow and wait for the end", async () => {
  const unasked = await cli.run(["changes", "cancel", `${ORDERS}/*`]);
  expect(unasked).toMatchObject({ code: 1, stdout: "" });
  expect(unasked.stderr).toContain(`  ${ORDERS}/busy  start by anna@laptop: after the outage\n`);
  expect(unasked.stderr).toContain(
    `  ${ORDERS}/w-2  start by anna@laptop: asked for by a person (${WAITS})\n`,
  );
  expect(unasked.stderr).toContain("Nothing was done. Use --yes");

  const follow = runPrinting(["changes", "follow", holder], "waiting ");
  const suspend = ["suspend", `${ORDERS}/busy`, "--for", "4h", "--reason", "schema change", "--wait"];
  const suspension = runPrinting(suspend, "Waiting for 1 change to end");
  await Promise.all([follow.printed, suspension.printed]);
  const cancelled = await cli.run(["changes", "cancel", holder, `${ORDERS}/*`, "--yes"]);
  expect(cancelled).toMatchObject({ code: 0, stdout: "" });
  expect(cancelled.stderr).toContain(`${ORDERS}/busy: its start was asked to end\n`);
  expect(cancelled.stderr).toMatch(/\n3 processors: 3 done\n$/);

  const [followed, suspended] = await Promise.all([follow.ended, suspension.ended]);
  expect(followed).toMatchObject({ code: 1, stderr: "" });
  const told = toTold(followed);
  expect(told[0]).toBe("opened     start by anna@laptop: after the outage (it was FAILED SP10)");
  expect(told.slice(1, 3)).toEqual(["fenced     start", "posted     start"]);
  expect(told[3]).toMatch(/^answered {3}nothing that could be relied on: 503 /);
  expect(told.at(-1)).toBe("closed     cancelled: cancelled by anna@laptop");
  expect(suspended.code).toBe(0);
  expect(suspended.stderr).toMatch(/: its start has ended: cancelled: cancelled by anna@laptop\n$/);
  expect((await untilClosed(loop, 1)).map(({ id }) => id)).toEqual([holder]);

  const nothing = await cli.run(["changes", "cancel", `${ORDERS}/*`, "--yes"]);
  expect(nothing).toEqual({
    code: 1,
    stdout: "",
    stderr: "headgate: nothing is running on any of these processors\n",
  });
});

it("follows one that succeeded with exit code 0, and none that never was", async () => {
  const started = await cli.run(["start", `${ORDERS}/w-1`, "--wait"]);
  expect(started.code).toBe(0);
  const [{ id } = { id: "" }] = await listChanges(loop.database.store, { limit: 1 });
  const followed = await cli.run(["changes", "follow", id]);
  expect(followed).toMatchObject({ code: 0, stderr: "" });
  expect(toTold(followed).slice(1)).toEqual([
    "fenced     start",
    "posted     start",
    "answered   accepted",
    "closed     succeeded: as asked",
  ]);
  const unknown = await cli.run(["changes", "follow", "nonsense"]);
  expect(unknown).toEqual({
    code: 1,
    stdout: "",
    stderr: "headgate: no change has the id nonsense\n",
  });
});

it("suspends while Temporal is down, and then begins no change of many", async () => {
  const call = { variables: { TEMPORAL_ADDRESS: "127.0.0.1:1" } };
  const [suspended, started] = await Promise.all([
    cli.run(["suspend", `${ORDERS}/w-2`, "--for", "4h", "--reason", "schema change"], call),
    cli.run(["start", `${ORDERS}/*`, "--yes"], call),
  ]);
  const told = `${ORDERS}/w-2: suspended for 4h; whether a change is about to begin is not known: Temporal at 127.0.0.1:1`;
  expect(suspended).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining(told) as string });
  expect(started).toMatchObject({ code: 1, stdout: "" });
  expect(started.stderr).toMatch(
    /\n4 processors were not begun: run the command again\.\nheadgate: Temporal at 127\.0\.0\.1:1 cannot be reached: [^\n]*\n$/,
  );
});

it("deletes the policies of many, and of those only that have one", async () => {
  const unasked = await cli.run(["delete", "policy", `${ORDERS}/*`]);
  expect(unasked).toEqual({
    code: 1,
    stdout: "",
    stderr: `  ${ORDERS}/busy\n  ${ORDERS}/w-1\n  ${ORDERS}/w-2\nNo terminal to ask at: delete the policies of 3 processors? They stay as they are, unmanaged.\nNothing was done. Use --yes to go on without being asked.\n`,
  });
  const deleted = await cli.run(["delete", "policy", `${ORDERS}/*`, "--yes"]);
  expect(deleted.code).toBe(0);
  expect(deleted.stderr).toMatch(/\n3 processors: 3 done\n$/);
  expect(await loop.database.store.query("select processor from start_policies")).toEqual([]);
  const none = await cli.run(["delete", "policy", `${ORDERS}/*`, "--yes"]);
  expect(none).toEqual({
    code: 1,
    stdout: "",
    stderr: "headgate: no policy names any of these processors\n",
  });
});
