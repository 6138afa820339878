// `start`, `stop` and `restart` against a simulated Atlas: what they ask, what they print, how they end,
// and whose name the change bears. The policies are written without asking for a pass.
import { afterAll, beforeAll, expect, it } from "vitest";
import { listChanges } from "../../src/store/people/listings/listings.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli } from "../support/cli-process.js";
import { PROJECT, aFleet, findPosts } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText, withoutTemporal } from "../support/policies.js";

const WORKSPACE = `${PROJECT}/orders`;
const POLICIES = `
project: ${PROJECT}
workspace: orders
processors:
  clicks: { start: { tier: SP10 } }
  refused: {}
`;
const FLEET = {
  orders: { clicks: "FAILED", refused: "STOPPED", unmanaged: "STARTED" },
  resting: { views: "STOPPED" },
};
const NO_CONNECTION = "The connection of the pipeline does not exist.";

let loop: TestLoop;
let cli: Cli;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet(FLEET),
      faults: [
        {
          when: { operation: "startWith", processor: "refused" },
          what: { kind: "status", status: 400, errorCode: "STREAM_PROCESSOR_GENERIC", detail: NO_CONNECTION },
        },
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

async function findNewest(processor: string): Promise<object | undefined> {
  const [newest] = await listChanges(loop.database.store, {
    project: PROJECT,
    workspace: "orders",
    processor,
    limit: 1,
  });
  return newest;
}

it("starts one and waits, under the actor's name and with the reason that was given", async () => {
  const run = await cli.run(["start", `${WORKSPACE}/clicks`, "--wait", "--reason", "after the outage"]);
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/^succeeded: \S/);
  expect(run.stderr).toMatch(new RegExp(`^began the start of ${WORKSPACE}/clicks \\(run \\S+\\)\n`));
  expect(await findNewest("clicks")).toMatchObject({
    actor: "anna@laptop",
    requestedBy: "person",
    why: "after the outage",
    outcome: "succeeded",
  });
  expect(findPosts(loop).at(-1)).toMatchObject({ operation: "startWith", body: { tier: "SP10" } });
});

it("asks before it discards a checkpoint, and does with --yes what was said", async () => {
  const before = findPosts(loop).length;
  for (const flags of [["--no-resume"], ["--at", "2026-05-04T09:42:00Z"]]) {
    const asked = await cli.run(["restart", `${WORKSPACE}/clicks`, ...flags]);
    expect(asked).toEqual({
      code: 1,
      stdout: "",
      stderr:
        `No terminal to ask at: restart ${WORKSPACE}/clicks? This discards the checkpoint.\n` +
        "Nothing was done. Use --yes to go on without being asked.\n",
    });
  }
  expect(findPosts(loop)).toHaveLength(before);

  const flags = ["--no-resume", "--tier", "SP30", "--yes", "--wait"];
  const told = await cli.run(["restart", `${WORKSPACE}/clicks`, ...flags]);
  expect(told.code).toBe(0);
  expect(
    findPosts(loop)
      .slice(before)
      .map(({ operation, body }) => ({ operation, body })),
  ).toMatchObject([
    { operation: "stop" },
    { operation: "startWith", body: { tier: "SP30", resumeFromCheckpoint: false } },
  ]);
});

it("ends with Atlas's own words where a start is refused, and forgets the attempt when told to", async () => {
  const run = await cli.run(["start", `${WORKSPACE}/refused`, "--wait"]);
  expect(run.code).toBe(1);
  expect(run.stdout).toMatch(/^failed: /);
  expect(run.stdout).toContain(NO_CONNECTION);
  const first = await cli.run(["unpark", `${WORKSPACE}/refused`]);
  expect(first).toEqual({
    code: 0,
    stdout: "",
    stderr: `${WORKSPACE}/refused: is tried again by the next pass\n`,
  });
  const second = await cli.run(["unpark", `${WORKSPACE}/refused`]);
  expect(second).toEqual({ code: 0, stdout: "", stderr: `${WORKSPACE}/refused: skipped: was not parked\n` });
});

it("asks before it approves what discards a checkpoint, and names what is typed wrong", async () => {
  const asked = await cli.run(["approve", `${WORKSPACE}/clicks`, "--rung", "fresh", "--reason", "a drill"]);
  expect(asked).toEqual({
    code: 1,
    stdout: "",
    stderr:
      `No terminal to ask at: approve rung fresh of ${WORKSPACE}/clicks? ` +
      "The next start may discard the checkpoint, and what happened since is never read.\n" +
      "Nothing was done. Use --yes to go on without being asked.\n",
  });
  const wrong = await cli.run(["approve", `${WORKSPACE}/clicks`, "--rung", "first", "--reason", "a drill"]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('"first" is not a rung: one of resume, time, fresh.');
  const refused = await cli.run([
    "approve",
    `${WORKSPACE}/clicks`,
    "--rung",
    "resume",
    "--reason",
    "no",
    "--yes",
  ]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("declares no ladder: declare recovery.ladder, or start it");
  const none = await cli.run(["unapprove", `${WORKSPACE}/clicks`]);
  expect(none).toEqual({ code: 0, stdout: "", stderr: `${WORKSPACE}/clicks: skipped: had no approval\n` });
});

it("takes no position that is still to come, unless that is said", async () => {
  const before = findPosts(loop).length;
  const at = "2999-05-04T09:42:00Z";
  for (const verb of ["start", "restart"]) {
    const refused = await cli.run([verb, `${WORKSPACE}/clicks`, "--at", at, "--yes"]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(
      /^headgate: --at 2999-05-04T09:42:00Z is still to come, and Atlas starts from what has passed: give a time that has passed, or add --allow-future\n/,
    );
  }
  // Said twice, it is only asked about as every position is.
  const meant = await cli.run(["start", `${WORKSPACE}/clicks`, "--at", at, "--allow-future"]);
  expect(meant).toMatchObject({ code: 1, stderr: expect.stringContaining("Use --yes") as string });
  expect(findPosts(loop)).toHaveLength(before);
});

it("does not start against the declaration, unless it is to leave it alone for a while", async () => {
  const policy = `project: ${PROJECT}\nworkspace: resting\nprocessors: { views: { state: STOPPED } }\n`;
  await applyText(loop.app, policy);
  const views = `${PROJECT}/resting/views`;
  for (const verb of ["start", "restart"]) {
    const refused = await cli.run([verb, views]);
    expect(refused).toEqual({
      code: 1,
      stdout: "",
      stderr:
        `headgate: ${views} is declared STOPPED: the next pass would stop it again. ` +
        "Add --suspend FOR (for example --suspend 4h), or declare it STARTED\n",
    });
  }
  const started = await cli.run(["start", views, "--suspend", "4h", "--wait"]);
  expect(started).toMatchObject({ code: 0, stdout: expect.stringMatching(/^succeeded: /) as string });
  expect(await cli.run(["reconcile", "--workspace", `${PROJECT}/resting`])).toMatchObject({ code: 0 });
  const posts = findPosts(loop).filter(({ workspace }) => workspace === "resting");
  expect(posts.map(({ operation }) => operation)).toEqual(["startWith"]);
});

it("does not stop against the declaration, unless it is to leave it alone for a while", async () => {
  const refused = await cli.run(["stop", `${WORKSPACE}/clicks`]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("is declared STARTED: the next pass would start it again. Add --suspend");
  expect(findPosts(loop).at(-1)?.operation).toBe("startWith");

  const stopped = await cli.run(["stop", `${WORKSPACE}/clicks`, "--suspend", "4h", "--wait"]);
  expect(stopped.code).toBe(0);
  expect(stopped.stdout).toMatch(/^succeeded: /);
  const [row] = await loop.database.store.query(
    "select suspended_by from processor_status where processor = 'clicks'",
  );
  expect(row).toEqual({ suspended_by: "anna@laptop" });
  const pass = await cli.run(["reconcile", "--workspace", WORKSPACE]);
  expect(pass.code).toBe(0);
  const clicks = findPosts(loop).filter(({ processor }) => processor === "clicks");
  expect(clicks.at(-1)?.operation).toBe("stop");

  const first = await cli.run(["unsuspend", `${WORKSPACE}/clicks`]);
  expect(first).toEqual({ code: 0, stdout: "", stderr: `${WORKSPACE}/clicks: no longer suspended\n` });
  const second = await cli.run(["unsuspend", `${WORKSPACE}/clicks`]);
  expect(second).toEqual({
    code: 0,
    stdout: "",
    stderr: `${WORKSPACE}/clicks: skipped: was not suspended\n`,
  });
});

it("stops an unmanaged processor without more ado", async () => {
  const run = await cli.run(["stop", `${WORKSPACE}/unmanaged`, "--wait"]);
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/^succeeded: /);
});
