// `start` over many as a process: all are begun, the caps hold whoever asked, Ctrl-C ends the command and none of the
// changes. Judged by the changes' rows and by the calls that reached the simulator. The processors have no policy: no
// pass helps.
import { afterAll, beforeAll, expect, it } from "vitest";
import { listChanges, listStoredProcessors } from "../../src/store/people/listings/listings.js";
import type { ChangeListing } from "../../src/store/people/listings/listings.js";
import { openCli } from "../support/cli-process.js";
import type { Cli } from "../support/cli-process.js";
import { PROJECT, aFleet, findPosts, many, toNames, until } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";

const COUNT = 120;
const CAP = 10;
const ORDERS = `${PROJECT}/orders`;
const LONG = 300_000;

let loop: TestLoop;
let cli: Cli;
beforeAll(async () => {
  loop = await startLoop({
    settings: { ...PATIENT, pollMs: 500, capPerWorkspace: CAP },
    simulator: { populate: aFleet({ orders: { ...many(COUNT, "FAILED"), watched: "STOPPED" } }) },
  });
  cli = openCli({ ...loop.variables, HEADGATE_ACTOR: "anna@laptop" });
  await loop.startWorker();
  // A workspace is looked at where one of its processors has a policy.
  const watched = "{ watched: { state: STOPPED } }";
  await applyText(loop.app, `{ project: ${PROJECT}, workspace: orders, processors: ${watched} }`);
  await until(async () =>
    (await listStoredProcessors(loop.database.store)).length > COUNT ? true : undefined,
  );
});
afterAll(async () => {
  cli.remove();
  await loop.stop();
});

/** The most that were open at one moment: at the opening of one of them. */
function findMostOpen(changes: readonly ChangeListing[]): number {
  const openAt = (at: number): number =>
    changes.filter(({ openedAt, closedAt }) => openedAt <= at && (closedAt ?? Infinity) > at).length;
  return Math.max(...changes.map(({ openedAt }) => openAt(openedAt)));
}

const readChanges = (): Promise<readonly ChangeListing[]> => listChanges(loop.database.store);

it("asks before it touches many, and lists them", async () => {
  const run = await cli.run(["start", `${ORDERS}/p-*`]);
  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toContain(`  ${ORDERS}/p-1\n`);
  expect(run.stderr).toMatch(
    /\n {2}and 80 more\nNo terminal to ask at: start 120 processors\?\nNothing was done\. Use --yes to go on without being asked\.\n$/,
  );
  expect(await readChanges()).toEqual([]);
});

/** Each group ends where the next begins: `[^]*` in its place would try every way to share the text out. */
const TWENTY_ENDED = /(?:: as asked\n(?:(?!: as asked\n)[^])*){20}/;

it(
  "begins all 120 and detaches at Ctrl-C: the others go on under the cap, and each is started once",
  async () => {
    const file = cli.write("names.txt", `${ORDERS}/p-*  # after the outage\n`);
    const args = ["start", "-f", file, "--yes", "--reason", "after the outage"];
    const run = await cli.run(args, { interruptAt: TWENTY_ENDED });
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toContain(`Waiting for ${String(COUNT)} changes to end; Ctrl-C leaves them to go on.`);
    const [, goOn = ""] = /Detached: (\d+) go on without this command\./.exec(run.stderr) ?? [];
    const ended = COUNT - Number(goOn);
    expect(ended).toBeGreaterThanOrEqual(20);
    expect(ended).toBeLessThan(COUNT);
    expect(run.stderr).toContain("To see it: headgate get changes --condition running");
    expect(run.stderr).toMatch(new RegExp(`\n120 processors: ${String(ended)} done\n$`));

    const changes = await until(async () => {
      const all = await readChanges();
      return all.length === COUNT && all.every(({ closedAt }) => closedAt !== null) ? all : undefined;
    });
    expect(findMostOpen(changes)).toBe(CAP);
    const told = changes.map(({ outcome, actor, why }) => ({ outcome, actor, why }));
    const same = { outcome: "succeeded", actor: "anna@laptop", why: "after the outage" };
    expect(told).toEqual(Array(COUNT).fill(same));
    const effective = findPosts(loop).filter((post) => post.effective);
    expect(effective.map(({ processor }) => processor).sort()).toEqual([...toNames(COUNT)].sort());
    const processors = await listStoredProcessors(loop.database.store);
    const started = processors.filter(({ state }) => state === "STARTED");
    expect(started).toHaveLength(COUNT);
  },
  LONG,
);

it("ends with a summary: done and skipped with the reason", async () => {
  loop.simulator.mutate({ op: "crash", project: PROJECT, workspace: "orders", processor: "p-11" });
  const run = await cli.run(["start", `${ORDERS}/p-1`, `${ORDERS}/p-11*`, "--yes"]);
  expect(run).toMatchObject({ code: 0, stdout: "" });
  expect(run.stderr).toContain(`${ORDERS}/p-11: as asked\n`);
  expect(run.stderr).toContain(`${ORDERS}/p-1: skipped: already STARTED\n`);
  expect(run.stderr).toMatch(/\n12 processors: 1 done, 11 skipped\n$/);
});

it("says of each what failed, and fails", async () => {
  const run = await cli.run(["start", `${ORDERS}/p-1`, `${ORDERS}/p-2`, "--tier", "SP30", "--yes"]);
  expect(run.code).toBe(1);
  expect(run.stderr).toContain(`${ORDERS}/p-2: failed: is STARTED: use restart to give it other options\n`);
  expect(run.stderr).toMatch(/\n2 processors: 2 failed\n$/);
});
