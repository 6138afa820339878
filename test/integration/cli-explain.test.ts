// `explain`: what an operator reads of one processor before anything has looked, after a look and after a
// change, and of one that no policy names.
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { ZONE_RULES, describeRules } from "../../src/domain/decide/zone-rules.js";
import type { Explanation } from "../../src/app/look/explain.js";
import { planRollback } from "../../src/app/declare/history.js";
import { apply } from "../../src/app/declare/apply.js";
import { requestPass } from "../../src/app/act/pass.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli } from "../support/cli-process.js";
import { PROJECT, aFleet, untilClosed } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText, withoutTemporal } from "../support/policies.js";
import { aRef } from "../support/store-rows.js";

const WORKSPACE = `${PROJECT}/orders`;
const CLICKS = `${WORKSPACE}/clicks`;
const UTC = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
const WHEN = String.raw`${UTC} \(\d+[sm] ago\)`;
const POLICIES = `
project: ${PROJECT}
workspace: orders
defaults: { start: { tier: SP10 }, recovery: { maxAttempts: 7 } }
processors:
  clicks: { state: STARTED, restart: { cron: "0 3 * * *", timezone: Europe/Madrid } }
`;

let loop: TestLoop;
let cli: Cli;
beforeAll(async () => {
  const orders = { clicks: "STARTED", extra: "STARTED" };
  loop = await startLoop({ simulator: { populate: aFleet({ orders }) } });
  cli = openCliInside(loop.variables);
  await applyText(withoutPass("anna"), POLICIES);
  await loop.startWorker();
});
afterAll(async () => {
  cli.remove();
  await loop.stop();
});

/** Writes without asking for a pass. */
function withoutPass(actor: string): TestLoop["app"] {
  return { ...withoutTemporal(loop.app), actor };
}

async function explain(ref: string): Promise<Explanation> {
  const run = await cli.run(["explain", ref, "-o", "json"]);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  return JSON.parse(run.stdout) as Explanation;
}

function toSources({ policy }: Explanation): Readonly<Record<string, string>> {
  return Object.fromEntries((policy?.fields ?? []).map(({ path, from }) => [path, from]));
}

it("tells what is declared, by whom and from where, before anything has looked", async () => {
  const told = await explain(CLICKS);
  expect(told).toMatchObject({
    policy: { version: 1, author: "anna" },
    observed: { at: null, processor: null, isAbsent: false },
    decision: { row: 1, code: "not-observed", since: null },
    zoneRules: describeRules(ZONE_RULES),
    running: null,
    changes: [],
  });
  expect(told.next.map(({ code }) => code)).toEqual(["pass", "slot"]);
  expect(toSources(told)).toMatchObject({
    state: "processor",
    mode: "headgate",
    "start.tier": "defaults",
    "restart.cron": "processor",
    "restart.spread": "headgate",
    "recovery.maxAttempts": "defaults",
    "recovery.stableAfter": "headgate",
  });
});

it("tells after a look what was seen and when, which row decides and why, and what comes next", async () => {
  const why = "the source\nis gone";
  loop.simulator.mutate([
    { op: "crash", project: PROJECT, workspace: "orders", processor: "clicks", errorMsg: why },
  ]);
  await requestPass(loop.app, { isLookOnly: true });
  const { code, stdout, stderr } = await cli.run(["explain", CLICKS]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = [
    `Processor  ${CLICKS}`,
    `Declared   version 1 by anna, ${WHEN}`,
    `Observed   FAILED SP10, ${WHEN}`,
    `Since      FAILED since ${WHEN}, so at the first look`,
    "Error      the source is gone",
    `Drifts     since ${WHEN}`,
    "Position   2\\d{3}-[-\\d:T]+Z, seen \\d+s ago",
    "Class      unknown \\(no rule matches\\): resume",
    "Decided    row 16: declared STARTED, but at rest or FAILED: start",
    `Why        FAILED \\(the source is gone\\), but declared STARTED, since ${WHEN}`,
    "",
    "Conditions",
    "  CONDITION   STATUS  REASON  SINCE",
    `  Ready       false   start   ${WHEN}`,
    `  Synced      false   start   ${WHEN}`,
    `  Recovering  true    start   ${WHEN}`,
    ...["Suspended", "Parked   ", "Stuck    ", "Degraded ", "Missing  "].map(
      (name) => `  ${name}   false   start   -`,
    ),
    "",
    "Policy",
    "  FIELD +VALUE +FROM",
    "  state +STARTED +the processor itself",
    "  mode +enforce +Headgate's default",
    "  start\\.tier +SP10 +the document's defaults",
  ];
  expect(stdout).toMatch(new RegExp(`^${lines.join("\n")}\n`));
  expect(stdout).toMatch(
    new RegExp(
      `\n\nNext\n  AT +IN +WHAT\n(?:  .*\n)*  ${UTC} +\\S+ +the next pass looks at its workspace and starts it: tier SP10, from its checkpoint\n`,
    ),
  );
  expect(stdout).toMatch(new RegExp(`  ${UTC} +\\d+\\S +its schedule restarts it: slot .* Europe/Madrid\n`));
  expect(stdout).toMatch(
    /\n {2}slots by the time zone rules 20\d\d[a-z] \(\S+\)\n\nLast changes\n {2}none\n$/,
  );
});

it("tells the last changes with who, why and outcome, in YAML as in JSON", async () => {
  await requestPass(loop.app, { isLookOnly: false });
  await untilClosed(loop, 1);
  await loop.database.advance(60_000);
  await requestPass(loop.app, { isLookOnly: true });
  const [table, yaml, told] = await Promise.all([
    cli.run(["explain", CLICKS]),
    cli.run(["explain", CLICKS, "-o", "yaml"]),
    explain(CLICKS),
  ]);
  expect(told).toMatchObject({
    observed: { processor: { state: "STARTED", tier: "SP10" }, stateCause: "headgate" },
    decision: { row: 19, code: "as-declared" },
    running: null,
    changes: [{ kind: "start", actor: "headgate", requestedBy: "pass", outcome: "succeeded", posts: 1 }],
  });
  expect(told.next.map(({ code }) => code)).toContain("stable");
  expect((parse(yaml.stdout) as Explanation).changes).toEqual(told.changes);
  expect(table.stdout).toMatch(
    new RegExp(
      `\nLast changes\n  OPENED +KIND +BY +OUTCOME +WHY\n  ${UTC} .* start +headgate +succeeded +FAILED`,
    ),
  );
});

it("keeps the last written source where an equal policy only moved its values", async () => {
  const moved = POLICIES.replace("start: { tier: SP10 }, ", "").replace(
    "STARTED,",
    "STARTED, start: { tier: SP10 },",
  );
  await applyText(withoutPass("ben"), moved);
  const told = await explain(CLICKS);
  expect(told.policy).toMatchObject({ version: 1, author: "anna" });
  expect(toSources(told)["start.tier"]).toBe("defaults");
});

it("says of a version that no file wrote that its sources are not recorded", async () => {
  await applyText(withoutPass("ben"), POLICIES.replace("SP10", "SP30"));
  const ben = withoutPass("ben");
  await apply(ben, await planRollback(ben, aRef("clicks"), 1));
  const { stdout } = await cli.run(["explain", CLICKS]);
  expect(stdout).toContain("Declared   version 3 by ben");
  expect(stdout).toMatch(/\n {2}start\.tier +SP10 +not recorded: no file wrote this version\n/);
});

it("tells of a running change, and of a processor that no policy names", async () => {
  const { store } = loop.database;
  await store.query(
    `insert into changes (project, workspace, processor, kind, requested_by, actor, why, workflow_id, run_id, opened_at)
     values ($1, 'orders', 'clicks', 'stop', 'person', 'cleo', 'an upgrade', 'w', 'r', headgate_now())`,
    [PROJECT],
  );
  const [busy, extra] = await Promise.all([
    cli.run(["explain", CLICKS]),
    cli.run(["explain", `${WORKSPACE}/extra`]),
  ]);
  expect(busy.stdout).toMatch(
    new RegExp(
      `\nDecided    row 3: .*\nWhy        a change is running\nRunning    stop by cleo since ${WHEN}: an upgrade \\([0-9a-f-]{36}\\)\n`,
    ),
  );
  expect(busy.stdout).toMatch(/ stop +cleo +running +an upgrade\n/);
  expect(extra.code).toBe(0);
  expect(extra.stdout).toContain("Declared   nothing: unmanaged\nObserved   STARTED SP10, ");
  expect(extra.stdout).toContain("\nDecided    row 2: no policy names it: unmanaged, nothing is done\n");
  expect(extra.stdout).not.toContain("\nPolicy\n");
});

it("refuses a name that nobody knows, suggesting the nearest", async () => {
  const run = await cli.run(["explain", `${WORKSPACE}/clcks`]);
  expect(run).toEqual({
    code: 1,
    stdout: "",
    stderr: `headgate: no processor ${WORKSPACE}/clcks is declared or was seen in Atlas; did you mean ${CLICKS}?\n`,
  });
});

it("asks Atlas as well, once, where it is told to", async () => {
  const { publicKey, privateKey } = loop.simulator.credentials;
  const variables = {
    MONGODB_ATLAS_CLIENT_ID: "",
    MONGODB_ATLAS_CLIENT_SECRET: "",
    MONGODB_ATLAS_PUBLIC_API_KEY: publicKey,
    MONGODB_ATLAS_PRIVATE_API_KEY: privateKey,
  };
  const asked = loop.simulator.log().length;
  const told = await cli.run(["explain", CLICKS, "--live"], { variables });
  expect(told).toMatchObject({ code: 0, stderr: "" });
  expect(told.stdout).toMatch(
    /\n\nAtlas now\n {2}State +STARTED SP10\n {2}Messages +\d+ in, \d+ out, 0 dead letters\n {2}Last message +\S+ \(\d+s ago\)\n/,
  );
  const calls = loop.simulator
    .log()
    .slice(asked)
    .filter(({ status }) => status !== 401);
  expect(calls.map(({ operation }) => operation)).toEqual(["get"]);

  loop.simulator.mutate({ op: "remove", project: PROJECT, workspace: "orders", processor: "clicks" });
  const gone = await cli.run(["explain", CLICKS, "--live", "-o", "json"], { variables });
  expect(gone).toEqual({
    code: 1,
    stdout: "",
    stderr: `headgate: Atlas at ${loop.simulator.url} has no processor ${CLICKS}\n`,
  });
});
