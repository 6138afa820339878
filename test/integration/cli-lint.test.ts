// `lint`: what it prints, how it ends, what it mends in a file, and what it asks Atlas with --live.
// Without that it needs neither Postgres nor Temporal nor Atlas: its other runs have no variables at all.
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { openCliInside } from "../support/cli-inside.js";
import { openCli } from "../support/cli-process.js";
import type { Cli } from "../support/cli-process.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const HEAD = `project: ${PROJECT}\nworkspace: orders\nprocessors:\n`;
const NOT_LOOKED_FOR = "not looked for: tier-above-largest (needs --live, to ask Atlas)\n";

let loop: TestLoop;
let alone: Cli;
let cli: Cli;
beforeAll(async () => {
  loop = await startLoop({ simulator: { populate: aFleet({ orders: { a: "STARTED" } }) } });
  cli = openCliInside(loop.variables);
  alone = openCli({});
});
afterAll(async () => {
  cli.remove();
  alone.remove();
  await loop.stop();
});

it("says nothing of a sound file but that, and of one with warnings fails only where that was asked for", async () => {
  const sound = alone.write("sound.yaml", `${HEAD}  a: {}\n`);
  const text = `${HEAD.replace("orders", "clicks")}  a: { restart: { cron: "0 4 1 * 1" }, start: { tier: SP10 } }\n`;
  const doubtful = alone.write("doubtful.yaml", text);
  const [quiet, warned, strict] = await Promise.all([
    alone.run(["lint", "-f", sound]),
    alone.run(["lint", "-f", sound, doubtful]),
    alone.run(["lint", "-f", "-", "--strict"], { input: text }),
  ]);
  expect(quiet).toEqual({ code: 0, stdout: "", stderr: "0 errors, 0 warnings in 1 file.\n" });
  expect(warned).toEqual({
    code: 0,
    stdout:
      `WHERE            LEVEL    RULE                  WHAT${" ".repeat(108)}REMEDY\n` +
      'doubtful.yaml:4  warning  cron-both-day-fields  processors.a.restart.cron: "0 4 1 * 1" sets both day fields: ' +
      "it fires on every day that matches either of them  * for one of the two\n",
    stderr: `${NOT_LOOKED_FOR}0 errors, 1 warning in 2 files.\n`,
  });
  expect(strict).toMatchObject({ code: 1, stderr: `${NOT_LOOKED_FOR}0 errors, 1 warning in 1 file.\n` });
  expect(strict.stdout).toMatch(/^-:4 +warning +cron-both-day-fields /m);
});

interface LintDocument {
  readonly findings: readonly { readonly rule: string; readonly line: number }[];
  readonly fixed: readonly object[];
  readonly skipped: readonly object[];
}

it("prints for programs what is wrong, with apply's own faults among it", async () => {
  const text = `${HEAD}  a: { start: { startAtOperationTime: 2999-01-01T00:00:00Z } }\n  b: { state: RUNNING }\n---\n${HEAD.replace("orders", "clicks")}  c: { start: { startAtOperationTime: 2999-01-01T00:00:00Z } }\n`;
  const file = alone.write("wrong.yaml", text);
  const [json, yaml] = await Promise.all([
    alone.run(["lint", "-f", file, "--oplog", "24h", "-o", "json"]),
    alone.run(["lint", "-f", file, "--oplog", "24h", "-o", "yaml"]),
  ]);
  expect(json).toMatchObject({ code: 1, stderr: "2 errors, 0 warnings in 1 file.\n" });
  const document = JSON.parse(json.stdout) as LintDocument;
  expect(document).toMatchObject({ fixed: [], skipped: [] });
  expect(document.findings.map(({ rule, line }) => [rule, line])).toEqual([
    ["invalid", 5],
    ["position-in-future", 10],
  ]);
  expect(yaml.code).toBe(1);
  expect(parse(yaml.stdout)).toEqual(document);
});

it("mends the file where the answer is certain, says what it did, and leaves the rest to its owner", async () => {
  const before = `# mine
${HEAD}  # first
  a: { start: { tier: SP10, resumeFromCheckpoint: true } }
  b: { state: STOPPED }
  b: { state: STARTED } # really?
  a: { start: { tier: SP10, resumeFromCheckpoint: true } }
`;
  const file = alone.write("mine.yaml", before);
  const looked = await alone.run(["lint", "-f", file]);
  expect(looked).toMatchObject({ code: 1 });
  expect(alone.read(file)).toBe(before);

  const fixed = await alone.run(["lint", "-f", file, "--fix"]);
  expect(fixed.code).toBe(1);
  expect(fixed.stderr).toBe(
    `fixed ${file}:9: processors.a: duplicate-processor\n${NOT_LOOKED_FOR}1 error, 1 warning in 1 file.\n`,
  );
  expect(alone.read(file)).toBe(before.replace(/ {2}a: .*\n$/, ""));

  alone.write(file, alone.read(file).replace("  b: { state: STOPPED }\n", ""));
  const again = await alone.run(["lint", "-f", file, "--fix", "-o", "json"]);
  expect(again.code).toBe(0);
  expect((JSON.parse(again.stdout) as LintDocument).fixed).toEqual([
    { rule: "redundant-resume", file, line: 6, path: "processors.a.start.resumeFromCheckpoint" },
  ]);
  expect(alone.read(file)).toBe(
    `# mine\n${HEAD}  # first\n  a: { start: { tier: SP10 } }\n  b: { state: STARTED } # really?\n`,
  );
});

it("asks Atlas once per workspace where told to", async () => {
  const { simulator } = loop;
  simulator.mutate({ op: "workspace", project: PROJECT, workspace: "orders", maxTierSize: "SP10" });
  const tiers = "  a: { start: { tier: SP30 } }\n  b: { start: { tier: SP10 } }\n";
  const text = `${HEAD}${tiers}---\n${HEAD.replace("orders", "nowhere")}${tiers}`;
  const file = cli.write("live.yaml", text);
  const run = await cli.run(["lint", "-f", file, "--live", "-o", "json"]);
  expect(run).toMatchObject({ code: 1, stderr: "1 error, 1 warning in 1 file.\n" });
  const document = JSON.parse(run.stdout) as LintDocument;
  expect(document.findings).toMatchObject([
    {
      rule: "tier-above-largest",
      line: 4,
      path: "processors.a.start.tier",
      what: "SP30 is larger than SP10, the largest tier of the workspace",
    },
    { rule: "workspace-not-in-atlas", line: 8, what: `Atlas has no workspace ${PROJECT}/nowhere` },
  ]);
  const asked = simulator.log().filter(({ operation }) => operation === "getWorkspace");
  expect(asked.map(({ workspace }) => workspace)).toEqual(["orders", "nowhere"]);
});

it("says in one line where Atlas cannot be asked", async () => {
  const file = alone.write("live.yaml", `${HEAD}  a: {}\n`);
  const run = await alone.run(["lint", "-f", file, "--live"]);
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toMatch(/^headgate: DATABASE_URL is not set, .*\n$/);
});
