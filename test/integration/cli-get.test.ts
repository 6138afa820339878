// `get`: what each noun shows, what narrows and orders it, a listing that is watched, and one that is
// longer than anybody reads. Everything it shows is written as rows: neither Temporal nor Atlas is there.
import { afterAll, beforeAll, expect, it } from "vitest";
import { ZONE_RULES, describeRules } from "../../src/domain/decide/zone-rules.js";
import { parseAllDocuments } from "yaml";
import { openCliInside } from "../support/cli-inside.js";
import { openCli } from "../support/cli-process.js";
import type { Cli, CliProcess, CliProcesses } from "../support/cli-process.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { PROJECT, until } from "../support/fleets.js";
import { HELD, fillListings } from "../support/listed-fleet.js";

const ORDERS = `${PROJECT}/orders`;
const NIGHTLY = `${PROJECT}/nightly`;

let database: TestDatabase;
let cli: Cli;
/** What watches is ended by a signal, or loses its reader. */
let processes: CliProcesses;
beforeAll(async () => {
  database = await createTestDatabase();
  await fillListings(database.store);
  cli = openCliInside({ DATABASE_URL: database.databaseUrl });
  processes = openCli({ DATABASE_URL: database.databaseUrl });
});
afterAll(async () => {
  cli.remove();
  processes.remove();
  await database.drop();
});

it("gets suspensions: who, what, why, and until when, the next to end first", async () => {
  const run = await cli.run(["get", "suspensions", ORDERS]);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  const [head, first, second, ...rest] = run.stdout.trimEnd().split("\n");
  expect(rest).toEqual([]);
  expect(head).toMatch(/^PROCESSOR +BY +SINCE +UNTIL +OBSERVED +RUNNING +WHY$/);
  expect(first).toMatch(
    /orders\/away +anna +30m ago +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(in (29|30)m\) +STARTED +\S{36} +schema change$/,
  );
  expect(second).toMatch(/orders\/away-long +anna +3h ago +\S+ \(in 48h|2d\) +FAILED +- +schema change$/);
});

it("gets projects and budgets: what holds them, and what they have left", async () => {
  const [projects, budgets] = await Promise.all([
    cli.run(["get", "projects"]),
    cli.run(["get", "budgets", "--sort", "left", "--limit", "3"]),
  ]);
  expect(projects.stdout).toMatch(/^PROJECT +OBSERVED +WORKSPACES +PROCESSORS +DRIFTING +CHANGES +NOTE\n/);
  expect(projects.stdout).toMatch(
    new RegExp(`^${PROJECT} +\\d+s ago +6 +0 +2 +2 +1 workspace braked, 1 workspace failing$`, "m"),
  );
  expect(projects.stdout).toMatch(new RegExp(`^${HELD} .* held for \\d+s: Atlas denies access$`, "m"));
  expect(projects.stdout).toMatch(/^b{24} +never .* Atlas asked for no calls for 60m$/m);
  const lines = budgets.stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^PROJECT +LEFT +CAPACITY +REFILL +USED +BLOCKED$/);
  expect(lines[1]).toMatch(/^e{24} +-\d +1200 +1\/min +\d+s ago +-$/);
  expect(lines[2]).toMatch(/^a{24} +10\d +1200 /);
  expect(lines).toHaveLength(4);
});

interface Slot {
  readonly ref: { readonly processor: string };
  readonly slotLocal: string;
  readonly zoneRules: string;
  readonly firesUtc: string;
  readonly firesAt: number;
}

it("previews the next slots of each schedule, with its zone, and what keeps one from restarting", async () => {
  const [table, json, names] = await Promise.all([
    cli.run(["get", "schedules", NIGHTLY]),
    cli.run(["get", "schedules", NIGHTLY, "--next", "5", "-o", "json"]),
    cli.run(["get", "schedules", NIGHTLY, "--next", "5", "-o", "name", "--condition", "effective", "parked"]),
  ]);
  expect(table.stdout).toMatch(/^PROCESSOR +CRON +TIMEZONE +SPREAD +TRAIN +SLOT +FIRES +UTC +NOTE\n/);
  expect(table.stdout).toMatch(
    /nightly\/effective +0 3 \* \* \* +Europe\/Madrid +- +- +\S+T03:00:00\+0[12]:00 +\S+ +\S+T0[12]:00:00Z$/m,
  );
  for (const why of ["mode observe", "declared STOPPED", "suspended until \\S+Z", "parked"])
    expect(table.stdout).toMatch(new RegExp(` skipped: ${why}$`, "m"));
  const slots = JSON.parse(json.stdout) as readonly Slot[];
  expect(slots).toHaveLength(25);
  const effective = slots.filter(({ ref }) => ref.processor === "effective");
  expect(new Set(effective.map(({ slotLocal }) => slotLocal.slice(0, 10))).size).toBe(5);
  for (const { firesUtc, firesAt } of effective) expect(Date.parse(firesUtc)).toBe(firesAt);
  expect(new Set(slots.map(({ zoneRules }) => zoneRules))).toEqual(new Set([describeRules(ZONE_RULES)]));
  expect(names.stdout).toBe(`${NIGHTLY}/effective\n${NIGHTLY}/given-up\n`);
});

it("narrows by selectors, as words or as an option, by conditions and by time, and orders", async () => {
  const [any, both, changes, policies] = await Promise.all([
    cli.run([
      "get",
      "processors",
      ORDERS,
      "-o",
      "name",
      "--condition",
      "parked",
      "stuck",
      "--sort",
      "name:desc",
    ]),
    cli.run(["get", "processors", `${ORDERS}/c*`, "--selector", `*/orders/st*`, "*/held", "-o", "name"]),
    cli.run(["get", "changes", "--since", "150m", "--condition", "cancelled", "lost", "-o", "json"]),
    cli.run(["get", "policies", "*/declared", "--since", "2099-01-01T00:00:00Z"]),
  ]);
  expect(any).toEqual({ code: 0, stdout: `${ORDERS}/stuck\n${ORDERS}/parked\n`, stderr: "" });
  const names = ["calm", "changing", "stranger", "stuck"].map((name) => `${ORDERS}/${name}`);
  expect(both.stdout).toBe(`${[...names, `${HELD}/held/held`].join("\n")}\n`);
  expect(JSON.parse(changes.stdout)).toMatchObject([{ outcome: "cancelled" }, { outcome: "lost" }]);
  expect(policies).toEqual({ code: 0, stdout: "", stderr: "No policies.\n" });
});

it("refuses a name that nothing is stored under, and suggests the nearest", async () => {
  const runs = await Promise.all([
    cli.run(["get", "processors", `${PROJECT}/ordres`, `${ORDERS}/calm`, `${ORDERS}/parkd`, "-o", "json"]),
    cli.run(["get", "projects", PROJECT.replace("32b6", "32b7")]),
    cli.run(["get", "changes", `${ORDERS}/calm`]),
  ]);
  const told = "is declared or was seen in Atlas; did you mean";
  expect(runs[0]).toEqual({
    code: 1,
    stdout: "",
    stderr:
      `headgate: no workspace ${PROJECT}/ordres ${told} ${ORDERS}?\n` +
      `no processor ${ORDERS}/parkd ${told} ${ORDERS}/parked?\n`,
  });
  expect(runs[1]).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(PROJECT) as string });
  expect(runs[2]).toEqual({ code: 0, stdout: "", stderr: "No changes.\n" });
});

const untilPrinted = (process: CliProcess, text: RegExp): Promise<string> =>
  until(() => Promise.resolve(text.exec(process.printed().stdout)?.[0]));

const setReason = (processor: string, reason: string): Promise<unknown> =>
  database.store.query(
    "update processor_status set reason = $2, reason_since = headgate_now() where processor = $1",
    [processor, reason],
  );

it("watches: the table, then what changed, what is listed no more, and exit 0 at Ctrl-C", async () => {
  const table = processes.start(["get", "processors", ORDERS, "--condition", "stuck", "braked", "--watch"]);
  const json = processes.start(["get", "processors", `${ORDERS}/stuck`, "-w", "-o", "json"]);
  const yaml = processes.start(["get", "changes", "--limit", "1", "-w", "-o", "yaml"]);
  await Promise.all([
    untilPrinted(table, /orders\/stuck .*\n/),
    untilPrinted(json, /\n/),
    untilPrinted(yaml, /runId: \S+\n/),
  ]);
  await setReason("stuck", "PROVISIONING for too long");
  await database.store.query("update processor_status set reason_code = 'start' where processor = 'braked'");
  await Promise.all([
    untilPrinted(table, /orders\/stuck .*PROVISIONING for too long\n/),
    untilPrinted(json, /PROVISIONING for too long.*\n/),
    until(() => Promise.resolve(/listed no more/.exec(table.printed().stderr)?.[0])),
  ]);
  for (const process of [table, json, yaml]) process.interrupt();
  const [tabled, lined, documented] = await Promise.all([table.ended, json.ended, yaml.ended]);

  expect(tabled.code).toBe(0);
  expect(tabled.stderr).toBe(`${ORDERS}/braked: listed no more\n`);
  const names = tabled.stdout.split("\n").map((line) => line.split(" ")[0]);
  expect(names).toEqual(["PROCESSOR", `${ORDERS}/braked`, `${ORDERS}/stuck`, `${ORDERS}/stuck`, ""]);
  expect(lined).toMatchObject({ code: 0, stderr: "" });
  const rows = lined.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly reason: string });
  expect(rows.map(({ reason }) => reason)).toEqual(["stuck", "PROVISIONING for too long"]);
  expect(documented).toMatchObject({ code: 0, stderr: "" });
  expect(parseAllDocuments(documented.stdout)).toHaveLength(1);
});

it("says that there is nothing to watch yet, and shows the first row that comes", async () => {
  const process = processes.start([
    "get",
    "processors",
    `${ORDERS}/calm`,
    "--condition",
    "failed",
    "--watch",
  ]);
  await until(() => Promise.resolve(/No processors yet\.\n/.exec(process.printed().stderr)?.[0]));
  await database.store.query("update processor_status set state = 'FAILED' where processor = 'calm'");
  await untilPrinted(process, /orders\/calm .*FAILED SP10 /);
  process.interrupt();
  const { code, stdout } = await process.ended;
  expect(code).toBe(0);
  expect(stdout.split("\n")).toHaveLength(3);
});

it("prints 10,000 rows, and ends well when its reader has gone after the first: a watch as well", async () => {
  await database.store.query(
    `insert into processor_status (project, workspace, processor, reason_code, reason, reason_since)
     select $1, 'many', 'p-' || n, 'unmanaged', repeat('why ', 40), headgate_now() from generate_series(1, 10000) n`,
    [PROJECT],
  );
  const listing = ["get", "processors", `${PROJECT}/many`];
  const leaving = ["json", "table"].map(async (format) => {
    const process = processes.start([...listing, "--watch", "-o", format]);
    await untilPrinted(process, /\S+\n/);
    process.leave();
    const { code, stderr } = await process.ended;
    return { code, stderr };
  });
  const whole = await cli.run(["get", "processors", "*/many", "-o", "name"]);
  expect(whole.stdout.trimEnd().split("\n")).toHaveLength(10_000);
  expect(await Promise.all(leaving)).toEqual([
    { code: 0, stderr: "" },
    { code: 0, stderr: "" },
  ]);
});
