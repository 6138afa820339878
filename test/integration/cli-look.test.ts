// `plan`, `get` and `reconcile`: what people and programs read of a fleet before and after a pass. The
// policies are written without asking for a pass, so that only the passes of these tests run.
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { correctBudget } from "../../src/store/pass/budgets.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli } from "../support/cli-process.js";
import { PROJECT, aFleet, findPosts, untilClosed } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText, withoutTemporal } from "../support/policies.js";

const WORKSPACE = `${PROJECT}/orders`;
const POLICIES = `
project: ${PROJECT}
workspace: orders
processors:
  clicks: { state: STARTED, start: { tier: SP10 } }
  views: { state: STARTED, start: { tier: SP10 } }
  watched: { mode: observe, state: STARTED }
`;

let loop: TestLoop;
let cli: Cli;
beforeAll(async () => {
  const orders = { clicks: "FAILED", views: "STARTED", watched: "STOPPED", extra: "STARTED" };
  loop = await startLoop({ simulator: { populate: aFleet({ orders }) } });
  cli = openCliInside(loop.variables);
  await applyText(withoutTemporal(loop.app), POLICIES);
  await loop.startWorker();
});
afterAll(async () => {
  cli.remove();
  await loop.stop();
});

interface PlanDocument {
  readonly changes: number;
  readonly workspaces: readonly { readonly processors: readonly { readonly isChange: boolean }[] }[];
}

it("plans nothing before the first observation, and looks only when told to", async () => {
  const blind = await cli.run(["plan", "--detailed-exitcode"]);
  expect(blind.code).toBe(0);
  expect(blind.stderr).toBe(`${WORKSPACE}: observed never\n0 changes to make.\n`);
  expect(loop.simulator.log()).toEqual([]);

  const seen = await cli.run(["plan", "--refresh", "--detailed-exitcode"]);
  expect(seen.code).toBe(3);
  expect(seen.stdout).toMatch(/^PROCESSOR +DECLARED +OBSERVED +PLAN +WHY\n/);
  expect(seen.stdout).toMatch(new RegExp(`${WORKSPACE}/clicks +STARTED SP10 +FAILED SP10 +start +\\S`));
  expect(seen.stdout).toMatch(new RegExp(`${WORKSPACE}/watched .* nothing +would`));
  expect(seen.stdout).not.toContain(`${WORKSPACE}/views`);
  expect(seen.stderr).toMatch(/observed \d+s ago\n1 change to make\.\n$/);
  expect(findPosts(loop)).toEqual([]);
});

it("prints its plan for programs, and with --all also what is right", async () => {
  const [json, yaml, all] = await Promise.all([
    cli.run(["plan", "-o", "json", "--detailed-exitcode"]),
    cli.run(["plan", "-o", "yaml"]),
    cli.run(["plan", "--all"]),
  ]);
  expect([json.code, yaml.code, all.code]).toEqual([3, 0, 0]);
  const document = JSON.parse(json.stdout) as PlanDocument;
  expect(document.changes).toBe(1);
  expect(document.workspaces[0]?.processors.filter(({ isChange }) => isChange)).toHaveLength(1);
  expect((parse(yaml.stdout) as PlanDocument).changes).toBe(1);
  for (const name of ["clicks", "views", "watched", "extra"])
    expect(all.stdout).toContain(`${WORKSPACE}/${name}`);
});

it("plans as if a file had been applied, and writes nothing of it", async () => {
  const file = cli.write("next.yaml", POLICIES.replaceAll("SP10", "SP50"));
  const planned = await cli.run(["plan", "-f", file]);
  expect(planned.code).toBe(0);
  expect(planned.stdout).toMatch(new RegExp(`${WORKSPACE}/views +STARTED SP50 +STARTED SP10 +restart +\\S`));
  expect(planned.stderr).toContain("2 changes to make.");
  const versions = await loop.database.store.query<{ version: number }>(
    "select version from policy_versions",
  );
  expect(versions.map(({ version }) => version)).toEqual([1, 1, 1]);

  const elsewhere = cli.write("elsewhere.yaml", POLICIES.replace("workspace: orders", "workspace: lake"));
  const [whole, one, news, unknown] = await Promise.all([
    cli.run(["plan", "-f", elsewhere]),
    cli.run(["plan", "--workspace", WORKSPACE, "-f", elsewhere]),
    cli.run(["plan", "--workspace", `${PROJECT}/lake`, "-f", elsewhere]),
    cli.run(["plan", "--workspace", `${PROJECT}/order`]),
  ]);
  // A file is about the workspaces that it names.
  expect(whole).toEqual(news);
  expect(one.stdout).toContain(`${WORKSPACE}/clicks`);
  expect(one.stdout).not.toContain(`${PROJECT}/lake`);
  expect(news.stdout).toContain(`${PROJECT}/lake/clicks`);
  expect(news.stdout).not.toContain(WORKSPACE);
  expect(unknown).toEqual({
    code: 1,
    stdout: "",
    stderr: `headgate: no workspace ${PROJECT}/order has policies; did you mean ${WORKSPACE}?\n`,
  });

  // Nobody looks at a workspace that is not declared yet, and so it is not refused.
  const refreshed = await cli.run(["plan", "-f", elsewhere, "--refresh"]);
  expect(refreshed).toEqual(whole);

  const faulty = await cli.run(["plan", "-f", cli.write("faulty.yaml", "- no")]);
  expect(faulty).toMatchObject({ code: 1, stdout: "" });
});

it("warns of slots, with a plan and with an apply, and says so to programs", async () => {
  const member = (name: string, hour: number): string =>
    `  ${name}: { restart: { cron: "0 ${String(hour)} * * *", train: nightly } }\n`;
  const text = `project: ${PROJECT}\nworkspace: lake\nprocessors:\n${member("a", 3)}${member("b", 4)}`;
  const file = cli.write("train.yaml", text);
  const [plan, json, apply] = await Promise.all([
    cli.run(["plan", "-f", file]),
    cli.run(["plan", "-f", file, "-o", "json"]),
    cli.run(["apply", "-f", file, "--dry-run"]),
  ]);
  const warning =
    `the train nightly of ${PROJECT}/lake has different schedules (0 3 * * * UTC, 0 4 * * * UTC): ` +
    "each goes by itself; one cron and one timezone for all of a train";
  expect(plan.stderr).toContain(`warning: ${warning}\n`);
  expect(apply.stderr).toContain(`warning: ${warning}\n`);
  expect(JSON.parse(json.stdout)).toMatchObject({ warnings: [warning] });
});

it("reconciles: a pass now, whose end it tells", async () => {
  const reconciled = await cli.run(["reconcile", "--workspace", WORKSPACE]);
  expect(reconciled).toEqual({
    code: 0,
    stdout: "",
    stderr: "1 workspace observed, 0 failed, 1 change started, 0 already running\n",
  });
  await untilClosed(loop, 1);
  expect(findPosts(loop)).toHaveLength(1);

  const unknown = await cli.run(["reconcile", "--workspace", `${PROJECT}/nowhere`]);
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toBe(`headgate: no workspace ${PROJECT}/nowhere has policies\n`);
});

interface NounCase {
  readonly noun: string;
  readonly head: RegExp;
  readonly row: RegExp;
  readonly count: number;
  /** Of the row that has to look like the document; absent: of the workspace. */
  readonly processor?: string;
  readonly document: object;
}

const NOUN_CASES: readonly NounCase[] = [
  {
    noun: "policies",
    head: /^PROCESSOR +VERSION +STATE +MODE +TIER +RESTART +DECLARED$/m,
    row: /orders\/watched +1 +STARTED +observe +- +- +\d+s ago$/m,
    count: 3,
    processor: "watched",
    document: { declared: { version: 1, policy: { mode: "observe" } } },
  },
  {
    noun: "processors",
    head: /^PROCESSOR +DECLARED +OBSERVED +SINCE +WHY$/m,
    row: /orders\/extra +- +STARTED SP10 +\d+s ago +\S/m,
    count: 4,
    processor: "extra",
    document: { declaredState: null, state: "STARTED", reasonCode: "unmanaged" },
  },
  {
    noun: "workspaces",
    head: /^WORKSPACE +OBSERVED +PROCESSORS +DRIFTING +CHANGES +NOTE$/m,
    row: /orders +\d+s ago +4 +\d+ +0$/m,
    count: 1,
    document: { ref: { project: PROJECT, workspace: "orders" }, processors: 4, openChanges: 0 },
  },
  {
    noun: "changes",
    head: /^ID +PROCESSOR +KIND +BY +OPENED +POSTS +OUTCOME +WHY$/m,
    row: /orders\/clicks +start +\S+ +\d+s ago +1 +succeeded +\S/m,
    count: 1,
    processor: "clicks",
    document: { kind: "start", outcome: "succeeded", stateBefore: "FAILED", posts: 1 },
  },
];

it.each(NOUN_CASES)("gets $noun as a table, as JSON and as YAML", async (noun) => {
  const [table, json, yaml] = await Promise.all([
    cli.run(["get", noun.noun]),
    cli.run(["get", noun.noun, "-o", "json"]),
    cli.run(["get", noun.noun, "-o", "yaml", WORKSPACE]),
  ]);
  expect([table.code, json.code, yaml.code]).toEqual([0, 0, 0]);
  expect(table.stdout).toMatch(noun.head);
  expect(table.stdout).toMatch(noun.row);
  const rows = JSON.parse(json.stdout) as { readonly ref: { readonly processor?: string } }[];
  expect(rows).toHaveLength(noun.count);
  expect(rows.find((row) => row.ref.processor === noun.processor)).toMatchObject(noun.document);
  expect(parse(yaml.stdout)).toEqual(rows);
});

it("gets what was named, as many rows as were asked for, and says where there are none", async () => {
  const [one, limited, none, elsewhere] = await Promise.all([
    cli.run(["get", "processors", `${WORKSPACE}/clicks`, "-o", "json"]),
    cli.run(["get", "policies", "--limit", "2", "-o", "json"]),
    cli.run(["get", "changes", `${WORKSPACE}/views`]),
    cli.run(["get", "workspaces", "0".repeat(24), "-o", "json"]),
  ]);
  expect(JSON.parse(one.stdout)).toHaveLength(1);
  expect(JSON.parse(limited.stdout)).toHaveLength(2);
  expect(none).toEqual({ code: 0, stdout: "", stderr: "No changes.\n" });
  expect(elsewhere).toEqual({
    code: 1,
    stdout: "",
    stderr: `headgate: no project ${"0".repeat(24)} is declared or was seen in Atlas\n`,
  });
});

it("gets the budget of each project, and for how long Atlas holds it back", async () => {
  const table = await cli.run(["get", "budgets"]);
  expect(table.stdout).toMatch(/^PROJECT +LEFT +CAPACITY +REFILL +USED +BLOCKED\n/);
  expect(table.stdout).toMatch(new RegExp(`^${PROJECT} +\\d+ +1200 +500/min +\\S+ ago +-$`, "m"));
  await correctBudget(loop.database.store, { project: PROJECT, retryAfterMs: 7_200_000 });
  const [held, json] = await Promise.all([
    cli.run(["get", "budgets", PROJECT]),
    cli.run(["get", "budgets", PROJECT, "-o", "json"]),
  ]);
  expect(held.stdout).toMatch(/ for 2h$/m);
  expect(JSON.parse(json.stdout)).toMatchObject([
    { project: PROJECT, capacity: 1_200, refillPerMinute: 500, left: expect.any(Number) as number },
  ]);
  expect((await cli.run(["get", "budgets", "0".repeat(24)])).stderr).toBe(
    `headgate: no project ${"0".repeat(24)} is declared or was seen in Atlas\n`,
  );
});
