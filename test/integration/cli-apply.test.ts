// `apply` and `delete policy`: what they print, what they write, how they end, with and without Temporal and Postgres.
// No worker runs here, so nothing that is declared is carried out.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CliContext } from "../../src/cli/terminal/context.js";
import { runProgram } from "../../src/cli/program.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli } from "../support/cli-process.js";
import { PROJECT } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const REF = `${PROJECT}/orders`;
/** Nothing listens there. */
const CLOSED = "127.0.0.1:1";

let loop: TestLoop;
let cli: Cli;
beforeAll(async () => {
  loop = await startLoop();
  cli = openCliInside({ ...loop.variables, HEADGATE_ACTOR: "anna@laptop" });
});
afterAll(async () => {
  cli.remove();
  await loop.stop();
});

function aFile(processors: string): string {
  return cli.write("orders.yaml", `project: ${PROJECT}\nworkspace: orders\nprocessors:\n${processors}`);
}

interface VersionRow {
  readonly processor: string;
  readonly version: number;
  readonly author: string;
}

function readVersions(): Promise<readonly VersionRow[]> {
  return loop.database.store.query<VersionRow>(
    "select processor, version, author from policy_versions order by processor, version",
  );
}

it("writes nothing in a dry run, and nothing of a faulty file, whose every fault it tells", async () => {
  const sound = await cli.run(["apply", "-f", aFile("  a: {}\n  b: { state: STOPPED }\n"), "--dry-run"]);
  expect(sound).toMatchObject({ code: 0, stdout: `create ${REF}/a\ncreate ${REF}/b\n` });

  const text = `project: ${PROJECT}\nworkspace: orders\nprocesors: {}\nprocessors:\n  a: { state: RUNNING }\n`;
  const faulty = await cli.run(["apply", "-f", cli.write("faulty.yaml", text)]);
  expect(faulty).toMatchObject({ code: 1, stdout: "" });
  expect(faulty.stderr.trim().split("\n")).toEqual([
    expect.stringMatching(/^faulty\.yaml:3: procesors: .*did you mean processors\?$/),
    'faulty.yaml:5: processors.a.state: "RUNNING" is not allowed here; allowed: STARTED or STOPPED',
    "2 faults: nothing was done.",
  ]);
  expect(await readVersions()).toEqual([]);
});

it("declares no position that is still to come, unless that is said", async () => {
  const file = aFile("  a: { start: { startAtOperationTime: 2999-05-04T09:42:00Z } }\n  b: {}\n");
  for (const flags of [["--dry-run"], ["--yes"]]) {
    expect(await cli.run(["apply", "-f", file, ...flags])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^\S+:4: processors\.a\.start\.startAtOperationTime: 2999-05-04T09:42:00Z is still to come; allowed: a time that has passed, or --allow-future\n1 fault: nothing was done\.\n$/,
      ) as string,
    });
  }
  const meant = await cli.run(["apply", "-f", file, "--allow-future", "--dry-run"]);
  expect(meant).toMatchObject({ code: 0, stdout: expect.stringContaining(`create ${REF}/a\n`) as string });
  expect(await readVersions()).toEqual([]);
});

it("writes what is new under the actor's name, and nothing for an equal file", async () => {
  const file = aFile("  a: { start: { tier: SP10 } }\n  b: { state: STOPPED }\n");
  const first = await cli.run(["apply", "-f", file]);
  expect(first).toMatchObject({ code: 0, stdout: `create ${REF}/a\ncreate ${REF}/b\n` });
  expect(first.stderr).toMatch(
    /^2 policies written\.\nA pass has begun: headgate-[0-9a-f]{8}-reconcile\/on-demand\//,
  );
  const versions = await readVersions();
  expect(versions).toEqual([
    { processor: "a", version: 1, author: "anna@laptop" },
    { processor: "b", version: 1, author: "anna@laptop" },
  ]);

  const again = await cli.run(["apply", "-f", file]);
  expect(again).toEqual({ code: 0, stdout: "", stderr: "Declared already as they stand: 2 policies.\n" });
  expect(await readVersions()).toEqual(versions);
});

it("shows what changes, reads standard input, and counts what stays", async () => {
  const text = `project: ${PROJECT}\nworkspace: orders\nprocessors:\n  a: { start: { tier: SP30 } }\n  b: { state: STOPPED }\n`;
  const changed = await cli.run(["apply", "-f", "-"], { input: text });
  expect(changed).toMatchObject({
    code: 0,
    stdout: `change ${REF}/a\n    start.tier: SP10 -> SP30\n`,
  });
  expect(changed.stderr).toContain("Declared already as they stand: 1 policy.");
  expect(changed.stderr).toContain("1 policy written.");
});

it("leaves what a file does not name, and prunes it only where a person said so", async () => {
  const file = aFile("  a: { start: { tier: SP30 } }\n");
  const kept = await cli.run(["apply", "-f", file]);
  expect(kept).toMatchObject({ code: 0, stdout: "" });

  const asked = await cli.run(["apply", "-f", file, "--prune"]);
  expect(asked).toMatchObject({ code: 1, stdout: `delete ${REF}/b\n` });
  expect(asked.stderr).toContain("Nothing was written. Use --yes to apply without being asked.");
  expect(await loop.database.store.query("select 1 from start_policies")).toHaveLength(2);

  const pruned = await cli.run(["apply", "-f", file, "--prune", "--yes"]);
  expect(pruned).toMatchObject({ code: 0, stdout: `delete ${REF}/b\n` });
  expect(await loop.database.store.query("select processor from start_policies")).toEqual([
    { processor: "a" },
  ]);
});

it("asks before a checkpoint is discarded, and says of a time with resume that it is not known", async () => {
  const start = "{ startAtOperationTime: 2026-05-04T09:42:00Z, resumeFromCheckpoint: true }";
  const file = aFile(`  late: { start: ${start} }\n`);
  const asked = await cli.run(["apply", "-f", file]);
  expect(asked.code).toBe(1);
  expect(asked.stdout).toBe(
    `create ${REF}/late\nnote ${REF}/late: its position will be spent by the next start\n`,
  );
  expect(asked.stderr).toContain(`note: orders.yaml:4: ${REF}/late: startAtOperationTime together with`);
  expect((await readVersions()).map(({ processor }) => processor)).not.toContain("late");

  const told = await cli.run(["apply", "-f", file, "--yes"]);
  expect(told.code).toBe(0);
  expect(told.stderr).toContain("1 policy written.");
});

it("asks a person at a terminal once, for everything, and does as they say", async () => {
  const file = `project: ${PROJECT}\nworkspace: orders\nprocessors:\n  fresh: { start: { resumeFromCheckpoint: false } }\n`;
  const questions: string[] = [];
  const ask = (answer: boolean): Promise<number> =>
    runProgram(aTerminalOf(file, { questions, answer }), ["apply", "-f", "orders.yaml", "--prune"]);
  const before = await readVersions();
  expect(await ask(false)).toBe(1);
  expect(await readVersions()).toEqual(before);
  expect(await ask(true)).toBe(0);
  const question =
    "This will delete 2 policies, start 1 processor at a declared position, discarding the checkpoint. Go on?";
  expect(questions).toEqual([question, question]);
  expect(await loop.database.store.query("select processor from start_policies")).toEqual([
    { processor: "fresh" },
  ]);
});

/** This process with a person at its terminal. */
function aTerminalOf(
  file: string,
  person: { readonly questions: string[]; readonly answer: boolean },
): CliContext {
  const unused = (): Promise<never> => Promise.reject(new Error("not for this verb"));
  return {
    terminal: {
      out: () => undefined,
      taken: () => Promise.resolve(true),
      note: () => undefined,
      line: () => undefined,
      isInteractive: true,
      height: 40,
      redraw: () => undefined,
      confirm: (question) => {
        person.questions.push(question);
        return Promise.resolve(person.answer);
      },
    },
    programs: {
      startStack: unused,
      worker: unused,
      serve: unused,
      sim: unused,
      listSimSettings: unused,
      migrate: unused,
      completeNames: unused,
      viewConfig: unused,
      doctor: unused,
      testChannels: unused,
      installTemporal: unused,
    },
    app: () => Promise.resolve(loop.app),
    interruption: () => new AbortController().signal,
    writeFile: () => Promise.reject(new Error("nothing is written here")),
    schemaPath: "",
    readFile: () => Promise.resolve(Buffer.from(file)),
    version: "1.2.3",
    parts: () => ({}),
  };
}

it("asks, and then deletes one policy, once", async () => {
  const unasked = await cli.run(["delete", "policy", `${REF}/fresh`]);
  expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining("Use --yes") as string });
  const deleted = await cli.run(["delete", "policy", `${REF}/fresh`, "--yes"]);
  expect(deleted).toEqual({ code: 0, stdout: "", stderr: `${REF}/fresh: policy deleted\n` });
  const again = await cli.run(["delete", "policy", `${REF}/fresh`]);
  const told = `headgate: no processor ${REF}/fresh is declared or was seen in Atlas\n`;
  expect(again).toEqual({ code: 1, stdout: "", stderr: told });
});

it("reads and declares while Temporal is down, and warns that no pass has begun", async () => {
  const variables = { TEMPORAL_ADDRESS: CLOSED };
  const file = aFile("  a: { start: { tier: SP50 } }\n");
  const [applied, refused] = await Promise.all([
    cli.run(["apply", "-f", file], { variables }),
    cli.run(["reconcile"], { variables }),
  ]);
  expect(applied.code).toBe(0);
  expect(applied.stderr).toContain("1 policy written.");
  expect(applied.stderr).toMatch(
    /warning: Temporal at 127\.0\.0\.1:1 cannot be reached: .*the next tick takes them up/,
  );
  const got = await cli.run(["get", "policies"], { variables });
  expect(got.code).toBe(0);
  expect(got.stdout).toContain("SP50");
  expect(await cli.run(["plan"], { variables })).toMatchObject({ code: 0 });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^headgate: Temporal at 127\.0\.0\.1:1 cannot be reached: [^\n]*\n$/);
});

it("says in one line that Postgres is down, without its password and without a stack", async () => {
  const variables = { DATABASE_URL: `postgres://headgate:hunter2hunter2@${CLOSED}/headgate` };
  for (const args of [["get", "policies"], ["plan"], ["migrate"]]) {
    const run = await cli.run(args, { variables });
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toMatch(
      /^headgate: Postgres at 127\.0\.0\.1:1\/headgate cannot be reached: [^\n]*\n$/,
    );
    expect(run.stderr).not.toContain("hunter2");
  }
});

it("says where it would look for a database, if none is named", async () => {
  const run = await cli.run(["plan"], { variables: { DATABASE_URL: undefined } });
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toContain("DATABASE_URL is not set");
});
