// `history` and `rollback`: who wrote what, and the way back. One pass has looked before the tests; then
// no worker runs, so nothing that is declared is carried out.
import { afterAll, beforeAll, expect, it } from "vitest";
import { requestPass } from "../../src/app/act/pass.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli } from "../support/cli-process.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText, withoutTemporal } from "../support/policies.js";
import { aRef, declare } from "../support/store-rows.js";

const WORKSPACE = `${PROJECT}/orders`;
const CLICKS = `${WORKSPACE}/clicks`;
const LATE = `${WORKSPACE}/late`;
const HEAD = `project: ${PROJECT}\nworkspace: orders\nprocessors:\n`;
const UTC = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;

let loop: TestLoop;
let cli: Cli;
beforeAll(async () => {
  const orders = { clicks: "STARTED", late: "STOPPED" };
  loop = await startLoop({ simulator: { populate: aFleet({ orders }) } });
  cli = openCliInside({ ...loop.variables, HEADGATE_ACTOR: "cleo@laptop" });
  await write(
    "anna",
    "  clicks: { start: { tier: SP10 } }\n  late: { start: { resumeFromCheckpoint: false } }\n",
  );
  const stopWorker = await loop.startWorker();
  await requestPass(loop.app, { isLookOnly: true });
  await stopWorker();
  await write(
    "ben",
    '  clicks: { mode: observe, start: { tier: SP30 }, restart: { cron: "0 3 * * *" } }\n  late: {}\n',
  );
  await declare(loop.database.store, aRef("clicks"), null);
});
afterAll(async () => {
  cli.remove();
  await loop.stop();
});

/** Written without asking for a pass. */
async function write(actor: string, processors: string): Promise<void> {
  await applyText({ ...withoutTemporal(loop.app), actor }, HEAD + processors);
}

interface VersionRow {
  readonly version: number;
  readonly author: string;
  readonly isGone: boolean;
  readonly tier: string | null;
  readonly isFromFile: boolean;
}

/** Of one processor, oldest first. */
function readVersions(processor: string): Promise<readonly VersionRow[]> {
  return loop.database.store.query<VersionRow>(
    `select version, author, after is null as "isGone", after->'start'->>'tier' as tier,
       written is not null as "isFromFile"
     from policy_versions where processor = $1 order by version`,
    [processor],
  );
}

it("tells the versions of a policy that was deleted, newest first, field by field", async () => {
  const { code, stdout, stderr } = await cli.run(["history", CLICKS]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  const when = `${UTC} +\\d+[sm] ago`;
  const told = [
    /^VERSION +WRITTEN +AGE +BY +CHANGE$/,
    new RegExp(`^3 +${when} +tester +deleted$`),
    new RegExp(`^2 +${when} +ben +mode: enforce -> observe$`),
    /^ +start\.tier: SP10 -> SP30$/,
    /^ +restart\.cron: \(absent\) -> 0 3 \* \* \*$/,
    /^ +restart\.timezone: \(absent\) -> UTC$/,
    /^ +restart\.spread: \(absent\) -> 0s$/,
    /^ +restart\.catchUp: \(absent\) -> 2h$/,
    new RegExp(`^1 +${when} +anna +created$`),
    /^ +state: STARTED$/,
    /^ +mode: enforce$/,
    /^ +start\.tier: SP10$/,
  ];
  expect(lines).toEqual(told.map((line) => expect.stringMatching(line) as string));
});

it("tells under a version who started with other options than it declares", async () => {
  await loop.database.store.query(
    `insert into changes (project, workspace, processor, kind, requested_by, actor, why, policy_version, workflow_id,
       run_id, opened_at, closed_at, outcome, outcome_code, outcome_text, request)
     select $1, 'orders', 'clicks', 'start', 'person', 'deployer', 'gateway', 1, 'w', 'r' || tier, headgate_now(),
       headgate_now(), 'succeeded', 'done', 't', jsonb_build_object('options', jsonb_build_object('tier', tier))
     from unnest(array['SP10', 'SP30']) tier`,
    [PROJECT],
  );
  const { stdout } = await cli.run(["history", CLICKS]);
  const told = stdout.split("\n").filter((line) => line.includes("one-off"));
  expect(told).toEqual([
    expect.stringMatching(new RegExp(`^ +one-off by deployer, ${UTC}: start with tier SP30 \\(gateway\\)$`)),
  ]);
});

it("prints versions for programs, as many as were asked for", async () => {
  const run = await cli.run(["history", CLICKS, "--limit", "2", "-o", "json"]);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(run.stdout)).toMatchObject([
    { version: 3, kind: "deleted", author: "tester", sameAs: null, changes: [] },
    {
      version: 2,
      kind: "changed",
      author: "ben",
      changes: [
        { path: "mode", before: "enforce", after: "observe" },
        { path: "start.tier", before: "SP10", after: "SP30" },
        {},
        {},
        {},
        {},
      ],
    },
  ]);
});

it("refuses what was never declared, suggesting the nearest name, and versions there are not", async () => {
  const [typo, stranger, unknown] = await Promise.all([
    cli.run(["history", `${WORKSPACE}/click`]),
    cli.run(["rollback", `${PROJECT}/elsewhere/something-else`, "--to", "1"]),
    cli.run(["rollback", CLICKS, "--to", "9", "--yes"]),
  ]);
  const refused = { code: 1, stdout: "" };
  const never = (name: string): string => `headgate: no policy of ${name} was ever declared`;
  expect(typo).toEqual({
    ...refused,
    stderr: `${never(`${WORKSPACE}/click`)}; did you mean ${CLICKS}?\n`,
  });
  expect(stranger).toEqual({ ...refused, stderr: `${never(`${PROJECT}/elsewhere/something-else`)}\n` });
  expect(unknown).toEqual({
    ...refused,
    stderr: `headgate: the policy of ${CLICKS} has no version 9: it has versions 1 to 3\n`,
  });
});

it("writes nothing where the policy stands so already, in a dry run, and where nobody agrees", async () => {
  const before = await readVersions("clicks");
  const equal = await cli.run(["rollback", CLICKS, "--to", "3"]);
  const already = `${CLICKS} stands as version 3 already: nothing was written.\n`;
  expect(equal).toEqual({ code: 0, stdout: "", stderr: already });
  const dry = await cli.run(["rollback", CLICKS, "--to", "1", "--dry-run"]);
  expect(dry).toEqual({ code: 0, stdout: `create ${CLICKS}\n`, stderr: "" });

  const asked = await cli.run(["rollback", LATE, "--to", "1"]);
  const cost = /; starts fresh: skips what happened since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/;
  expect(asked.stdout).toMatch(cost);
  expect({ ...asked, stdout: asked.stdout.replace(cost, "\n") }).toEqual({
    code: 1,
    stdout:
      `change ${LATE}\n    start.resumeFromCheckpoint: (absent) -> false\n` +
      `note ${LATE}: its position will be spent by the next start\n` +
      `then start ${LATE}: STOPPED, but declared STARTED\n`,
    stderr:
      "No terminal to ask at: This will start 1 processor at a declared position, discarding the checkpoint. Go on?\n" +
      "Nothing was written. Use --yes to apply without being asked.\n",
  });
  expect(await readVersions("clicks")).toEqual(before);
  expect(await readVersions("late")).toHaveLength(2);
});

it("declares a deleted policy again, as a new version of the actor that no file wrote", async () => {
  const observed = await cli.run(["rollback", CLICKS, "--to", "2"]);
  expect(observed).toMatchObject({ code: 0, stdout: `create ${CLICKS}\n` });
  expect(observed.stderr).toMatch(
    /^1 policy written\.\nA pass has begun: headgate-[0-9a-f]{8}-reconcile\/on-demand\//,
  );
  expect((await readVersions("clicks")).at(-1)).toEqual({
    version: 4,
    author: "cleo@laptop",
    isGone: false,
    tier: "SP30",
    isFromFile: false,
  });
  const first = await cli.run(["rollback", CLICKS, "--to", "1"]);
  expect(first.code).toBe(0);
  expect(first.stdout).toContain("    start.tier: SP30 -> SP10\n    restart.cron: 0 3 * * * -> (absent)\n");
});

it("asks before it restarts what runs, and names the older version that a version equals", async () => {
  await write("ben", "  clicks: { start: { tier: SP50 } }\n");
  await write("ben", "  clicks: { start: { tier: SP10 } }\n");
  const asked = await cli.run(["rollback", CLICKS, "--to", "6"]);
  expect(asked).toMatchObject({
    code: 1,
    stdout:
      `change ${CLICKS}\n    start.tier: SP10 -> SP50\n` +
      `then restart ${CLICKS}: runs on SP10, but declared SP50\n`,
  });
  const { stdout } = await cli.run(["history", CLICKS, "-o", "json"]);
  expect(JSON.parse(stdout)).toMatchObject([
    { version: 7, sameAs: 5 },
    { version: 6, sameAs: null },
    { version: 5, sameAs: 1, author: "cleo@laptop" },
    { version: 4, sameAs: 2, kind: "created" },
    {},
    {},
    {},
  ]);
});

it("keeps a spent position spent", async () => {
  const { store } = loop.database;
  await store.query("update processor_status set positions_spent = '{fresh}' where processor = 'late'");
  const run = await cli.run(["rollback", LATE, "--to", "1"]);
  expect(run.code).toBe(0);
  expect(run.stdout).toContain(`note ${LATE}: its position was spent before: the next start resumes`);
  expect(await store.query("select positions_spent from processor_status where processor = 'late'")).toEqual([
    { positions_spent: ["fresh"] },
  ]);
});

it("deletes where the version deleted, asking first", async () => {
  const asked = await cli.run(["rollback", CLICKS, "--to", "3"]);
  expect(asked).toMatchObject({ code: 1, stdout: `delete ${CLICKS}\n` });
  const told = await cli.run(["rollback", CLICKS, "--to", "3", "--yes"]);
  expect(told).toMatchObject({ code: 0, stdout: `delete ${CLICKS}\n` });
  expect((await readVersions("clicks")).at(-1)).toMatchObject({ version: 8, isGone: true });
  expect(await loop.database.store.query("select processor from start_policies")).toEqual([
    { processor: "late" },
  ]);
});
