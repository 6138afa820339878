// `export`: a fleet of every state becomes policies that change nothing when applied, and only the FAILED
// are started when enforced. Where Atlas cannot be asked: one line that says where, what for and what to do, after one
// call.
import { afterAll, beforeAll, expect, it } from "vitest";
import { recordEvent } from "../../src/sim/world/events.js";
import type { SimulatorOptions } from "../../src/sim/wire/server.js";
import { addProcessor, addWorkspace } from "../../src/sim/world/world.js";
import { correctBudget } from "../../src/store/pass/budgets.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli, CliRun } from "../support/cli-process.js";
import { createTestDatabase } from "../support/database.js";
import { PROJECT, aFleet, findPosts, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { pauseSchedule } from "../support/schedules.js";

const FORBIDDEN = "f".repeat(24);
const LIMITED = "1".repeat(24);
const NOWHERE = "0".repeat(24);
const ORDERS = [
  { name: "running", state: "STARTED", tier: "SP10" },
  { name: "resting", state: "STOPPED", tier: "SP30" },
  { name: "2026", state: "STARTED", tier: "SP30" },
  { name: "fresh", state: "CREATED" },
  { name: "strange", state: "HIBERNATING", tier: "SP10" },
] as const;

const populate: SimulatorOptions["populate"] = (world, now) => {
  aFleet({ "quiet one": { a: "STARTED", b: "STOPPED" } })(world, now);
  const orders = addWorkspace(world, { project: PROJECT, name: "orders" });
  for (const row of ORDERS) addProcessor(world, orders, { createdAt: now, ...row });
  // Why it FAILED stands in the project's events alone, as with Atlas.
  const failed = {
    name: "broken",
    createdAt: now,
    state: "FAILED",
    tier: "SP10",
    errorMsg: "Kafka is gone",
  } as const;
  const about = {
    address: { project: PROJECT, workspace: "orders", processor: "broken" },
    processor: addProcessor(world, orders, failed),
  };
  recordEvent(world, about, { type: "STREAM_PROCESSOR_STATE_IS_FAILED", at: now - 60_000 });
  for (const project of [FORBIDDEN, LIMITED]) addWorkspace(world, { project, name: "w" });
  const scaled = addWorkspace(world, { project: PROJECT, name: "scaled", maxTierSize: "SP50" });
  addProcessor(world, scaled, {
    name: "scales",
    createdAt: now,
    state: "STARTED",
    tier: "SP10",
    effectiveTier: "SP30",
    autoscaling: { enabled: true, minTier: "SP10", maxTier: "SP50" },
    options: { dlq: { connectionName: "lake", db: "errors", coll: "dead" } },
  });
  addProcessor(world, scaled, { name: "un/named", createdAt: now, state: "STARTED", tier: "SP10" });
};

let loop: TestLoop;
let cli: Cli;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate,
      faults: [
        { when: { project: FORBIDDEN }, what: { kind: "status", status: 403, detail: "not yours" } },
        { when: { project: LIMITED }, what: { kind: "status", status: 429, retryAfter: 30 } },
      ],
    },
  });
  const { publicKey, privateKey } = loop.simulator.credentials;
  // Every command line would ask for a token of its own, and Atlas gives ten a minute.
  cli = openCliInside({
    ...loop.variables,
    MONGODB_ATLAS_CLIENT_ID: "",
    MONGODB_ATLAS_CLIENT_SECRET: "",
    MONGODB_ATLAS_PUBLIC_API_KEY: publicKey,
    MONGODB_ATLAS_PRIVATE_API_KEY: privateKey,
  });
  await loop.startWorker();
  await pauseSchedule(loop);
});
afterAll(async () => {
  cli.remove();
  await loop.stop();
});

/** What the simulator was asked by it, tokens and the challenge before a signed call left out. */
async function runAndCount(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<CliRun & { readonly asked: readonly string[] }> {
  const before = loop.simulator.log().length;
  const run = await cli.run(args, { variables });
  const calls = loop.simulator
    .log()
    .slice(before)
    .filter(({ status }) => status !== 401);
  const asked = calls.map(({ operation }) => operation).filter((operation) => operation !== "token");
  return { ...run, asked };
}

const EXPECTED = `project: ${PROJECT}
workspace: orders
defaults:
  mode: observe
processors:
  "2026":
    state: STARTED
    start: { tier: SP30 }
  # FAILED, declared STARTED: Kafka is gone
  broken:
    state: STARTED
    start: { tier: SP10 }
  # CREATED, never started: declared STOPPED.
  fresh:
    state: STOPPED
  resting:
    state: STOPPED
    start: { tier: SP30 }
  running:
    state: STARTED
    start: { tier: SP10 }
  # In the state HIBERNATING, which Headgate does not know: declared STARTED.
  strange:
    state: STARTED
    start: { tier: SP10 }
---
project: ${PROJECT}
workspace: quiet one
defaults:
  mode: observe
  start: { tier: SP10 }
processors:
  a:
    state: STARTED
  b:
    state: STOPPED
---
project: ${PROJECT}
workspace: scaled
defaults:
  mode: observe
processors:
  # Autoscaled from SP10 up to SP50, set to SP10, now on SP30: Atlas chooses the tier, none is declared.
  # Dead letters go to errors.dead of connection lake.
  scales:
    state: STARTED
  # Left out: "un/named", STARTED SP10. Headgate takes 1 to 128 letters, digits, spaces, dots, colons, underscores
  # or hyphens, starting with a letter or digit.
`;

interface PlanDocument {
  readonly changes: number;
  readonly workspaces: readonly {
    readonly processors: readonly {
      readonly ref: { readonly workspace: string; readonly processor: string };
      readonly isChange: boolean;
      readonly decision: { readonly action?: { readonly kind: string } };
    }[];
  }[];
}

it("asks for a project or a workspace where none is known", async () => {
  expect(await runAndCount(["export"])).toEqual({
    code: 2,
    stdout: "",
    stderr:
      "headgate: no project is known yet: name one with --project, or --workspace PROJECT/WORKSPACE\n" +
      "usage: headgate export [options]\n",
    asked: [],
  });
});

it("exports, applies and plans: nothing is to be changed, and enforced only the FAILED one is started", async () => {
  const exported = await cli.run(["export", "--project", PROJECT, "-f", "fleet.yaml"]);
  expect(exported).toEqual({
    code: 0,
    stdout: "",
    stderr:
      `${PROJECT}/orders: 6 processors read\n${PROJECT}/quiet one: 2 processors read\n` +
      `${PROJECT}/scaled: 2 processors read\n` +
      "9 processors of 3 workspaces written to fleet.yaml, 1 left out as comments: their names cannot be declared. " +
      "Next: headgate apply -f fleet.yaml\n",
  });
  const text = cli.read("fleet.yaml");
  expect(text.slice(text.indexOf("\n\n") + 2)).toBe(EXPECTED);
  expect(text).toMatch(/^# yaml-language-server: \$schema=(\.\.\/)+\S+\/dist\/policy\.schema\.json\n/);

  const applied = await cli.run(["apply", "-f", "fleet.yaml"]);
  expect(applied.code).toBe(0);
  expect(applied.stderr).toContain("9 policies written.");
  const planned = await cli.run(["plan", "--refresh", "--detailed-exitcode", "-o", "json"]);
  expect(planned).toMatchObject({ code: 0, stderr: "" });
  expect((JSON.parse(planned.stdout) as PlanDocument).changes).toBe(0);

  cli.write("enforced.yaml", text.replaceAll("mode: observe", "mode: enforce"));
  const enforced = await cli.run(["plan", "-f", "enforced.yaml", "--detailed-exitcode", "-o", "json"]);
  expect(enforced.code).toBe(3);
  const document = JSON.parse(enforced.stdout) as PlanDocument;
  const changes = document.workspaces.flatMap(({ processors }) => processors).filter((one) => one.isChange);
  expect(changes.map(({ ref, decision }) => [ref.workspace, ref.processor, decision.action?.kind])).toEqual([
    ["orders", "broken", "start"],
  ]);
  expect(findPosts(loop)).toEqual([]);
}, 180_000);

/** The pass that an apply asks for may come behind one that a plan asked for. */
async function untilNoPassRuns(): Promise<void> {
  const query = "WorkflowType = 'reconcile' and ExecutionStatus = 'Running'";
  await until(async () => ((await loop.client.workflow.count(query)).count === 0 ? true : undefined));
}

it("takes every project it has policies of where none is named, asking for each thing once", async () => {
  await untilNoPassRuns();
  const whole = await runAndCount(["export"]);
  expect(whole.code).toBe(0);
  expect(whole.stdout.slice(whole.stdout.indexOf("\n\n") + 2)).toBe(EXPECTED);
  expect(whole.asked).toEqual(["listWorkspaces", "list", "listEvents", "list", "list"]);

  const some = await runAndCount(["export", "--workspace", `${PROJECT}/scaled`, `${PROJECT}/quiet one`]);
  expect(some.code).toBe(0);
  expect(some.stdout.match(/^workspace: .*$/gm)).toEqual(["workspace: quiet one", "workspace: scaled"]);
  expect(some.asked).toEqual(["list", "list"]);
});

it("overwrites a file only where told to, and asks nothing before it knows", async () => {
  cli.write("mine.yaml", "mine\n");
  const args = ["export", "--workspace", `${PROJECT}/quiet one`, "-f", "mine.yaml"];
  expect(await runAndCount(args)).toEqual({
    code: 2,
    stdout: "",
    stderr:
      "headgate: mine.yaml exists already: name another file, or overwrite it with --force\nusage: headgate export [options]\n",
    asked: [],
  });
  expect(cli.read("mine.yaml")).toBe("mine\n");
  expect(await cli.run([...args, "--force"])).toMatchObject({ code: 0 });
  expect(cli.read("mine.yaml")).toContain("workspace: quiet one\n");

  const lost = await cli.run([...args.slice(0, 3), "-f", "no/folder.yaml"]);
  expect(lost).toMatchObject({ code: 2, stdout: "" });
  expect(lost.stderr).toContain("headgate: cannot write no/folder.yaml: ENOENT");
});

interface RefusalCase {
  readonly reason: string;
  readonly args: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly code: number;
  readonly says: RegExp;
  readonly asked: readonly string[];
}

const REFUSALS: readonly RefusalCase[] = [
  {
    reason: "a project that is not there",
    args: ["--project", NOWHERE],
    code: 1,
    says: /^headgate: Atlas at http:\S+ has no project 0+, or these credentials may not see it\n$/,
    asked: ["listWorkspaces"],
  },
  {
    reason: "a workspace that is not there",
    args: ["--workspace", `${PROJECT}/order`],
    code: 1,
    says: /^headgate: Atlas at http:\S+ has no workspace \w+\/order; did you mean \w+\/orders\?\n$/,
    asked: ["list", "listWorkspaces"],
  },
  {
    reason: "a role that is missing",
    args: ["--project", FORBIDDEN],
    code: 1,
    says: /^headgate: Atlas at http:\S+ was asked to list the workspaces of project f+: .* 403.*: not yours\. The credentials need the role Project Stream Processing Owner in project f+, and .*\n$/,
    asked: ["listWorkspaces"],
  },
  {
    reason: "too many calls",
    args: ["--project", LIMITED],
    code: 1,
    says: /^headgate: Atlas at http:\S+ takes no calls now: tried once to list .* 429.*\. Try again in 30s; headgate get budgets 1+ shows what is left\n$/,
    asked: ["listWorkspaces"],
  },
  {
    reason: "a secret that is wrong",
    args: ["--project", PROJECT],
    variables: { MONGODB_ATLAS_CLIENT_ID: "mdb_sa_id_1", MONGODB_ATLAS_CLIENT_SECRET: "a-wrong-one" },
    code: 1,
    says: /^headgate: Atlas at http:\S+ was asked to list .* 401.*\. Check MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET.*\n$/,
    asked: [],
  },
  {
    reason: "no credentials",
    args: ["--project", PROJECT],
    variables: { MONGODB_ATLAS_PUBLIC_API_KEY: "", MONGODB_ATLAS_PRIVATE_API_KEY: "" },
    code: 2,
    says: /^headgate: no credentials of Atlas: set MONGODB_ATLAS_CLIENT_ID and .*\n$/,
    asked: [],
  },
  {
    reason: "another Atlas than the tables'",
    args: ["--project", PROJECT],
    variables: { MONGODB_ATLAS_BASE_URL: "https://cloud.example" },
    code: 2,
    says: /^headgate: this database belongs to the Atlas at a simulator on this machine, but MONGODB_ATLAS_BASE_URL says https:\S+: .*\n$/,
    asked: [],
  },
];

it.each(REFUSALS)("says in one line, after one try, what is wrong: $reason", async (row) => {
  const { asked, ...run } = await runAndCount(["export", ...row.args], row.variables);
  expect(run).toMatchObject({ code: row.code, stdout: "" });
  expect(run.stderr).toMatch(row.says);
  expect(asked.filter((operation) => operation !== "listRateLimits")).toEqual(row.asked);
  expect(run.stderr).not.toContain("a-wrong-one");
});

it("does not call at all while the project is blocked", async () => {
  const { store } = loop.database;
  await correctBudget(store, { project: PROJECT, retryAfterMs: 600_000 });
  const { asked, ...run } = await runAndCount(["export", "--project", PROJECT]);
  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toMatch(
    /takes no calls now: .*the project's budget of calls is used up\. Try again in (10m|9m\d+s); /,
  );
  expect(asked).toEqual([]);
});

it("names the address where nobody answers", async () => {
  const database = await createTestDatabase();
  const run = await cli.run(["export", "--project", PROJECT], {
    variables: { DATABASE_URL: database.databaseUrl, MONGODB_ATLAS_BASE_URL: "http://127.0.0.1:1" },
  });
  await database.drop();
  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toMatch(
    /^headgate: Atlas at http:\/\/127\.0\.0\.1:1 cannot be reached: tried once to list the workspaces of project \w+, for 2s at most; .*ECONNREFUSED\)\. Check MONGODB_ATLAS_BASE_URL, HTTPS_PROXY and the network\n$/,
  );
});
