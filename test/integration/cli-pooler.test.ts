// Every verb that reaches Postgres, and a worker, through PgBouncer (Debian's) in transaction mode: no parameter is
// sent that it refuses, and nothing rests on a session. Skips, loudly, if PgBouncer is not there.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CheckFinding } from "../../src/app/doctor/checks.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli } from "../support/cli-process.js";
import { createTestDatabase } from "../support/database.js";
import { PROJECT, aFleet, findPosts } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { startPooler } from "../support/pooler.js";
import type { Pooler } from "../support/pooler.js";

const WORKSPACE = `${PROJECT}/orders`;
const CLICKS = `${WORKSPACE}/clicks`;
const FLEET = `
project: ${PROJECT}
workspace: orders
processors:
  clicks: { start: { startAtOperationTime: 2026-05-04T09:42:00Z } }
  views: {}
`;

let pooler: Pooler | undefined;
let loop: TestLoop | undefined;
let cli: Cli | undefined;
beforeAll(async () => {
  const database = await createTestDatabase();
  pooler = await startPooler(database.databaseUrl, 10);
  if (pooler === undefined) {
    await database.drop();
    return;
  }
  // The tests read around the pooler; whatever is tested goes through it.
  loop = await startLoop({
    database: { ...database, databaseUrl: pooler.url },
    simulator: { populate: aFleet({ orders: { clicks: "FAILED", views: "STARTED" } }) },
  });
  cli = openCliInside(loop.variables);
  cli.write("fleet.yaml", FLEET);
  cli.write("second.yaml", FLEET.replace("views: {}", "views: { mode: observe }"));
  await loop.startWorker();
});
afterAll(async () => {
  cli?.remove();
  await loop?.stop();
  await pooler?.close();
});

/** In this order: each finds what those before it have left. */
const LINES: readonly (readonly string[])[] = [
  ["migrate"],
  ["doctor"],
  ["apply", "-f", "fleet.yaml", "--yes"],
  ["reconcile"],
  ["lint", "-f", "fleet.yaml", "--live"],
  ["diff", "-f", "fleet.yaml"],
  ["plan", "--refresh"],
  ["start", CLICKS, "--wait"],
  ["restart", CLICKS, "--wait", "--yes"],
  ["stop", CLICKS, "--suspend", "1h", "--wait"],
  ["arm", CLICKS, "--yes"],
  ["unsuspend", CLICKS],
  ["suspend", CLICKS, "--for", "1h", "--reason", "a test"],
  ["unpark", CLICKS],
  ["apply", "-f", "second.yaml", "--yes"],
  ["history", `${WORKSPACE}/views`],
  ["rollback", `${WORKSPACE}/views`, "--to", "1", "--yes"],
  ["release-brake", WORKSPACE],
  ["explain", CLICKS],
  ["export", "--project", PROJECT],
  ...[
    "processors",
    "policies",
    "workspaces",
    "changes",
    "journal",
    "schedules",
    "budgets",
    "suspensions",
  ].map((noun) => ["get", noun]),
  ["keys", "create", "ci", "--role", "viewer"],
  ["keys", "rotate", "ci"],
  ["keys", "list"],
  ["keys", "revoke", "ci"],
  ["__complete", "--", "explain", `${WORKSPACE}/`],
  ["delete", "policy", `${WORKSPACE}/views`, "--yes"],
];

it("carries out every verb through PgBouncer in transaction mode", async ({ skip }) => {
  if (cli === undefined || loop === undefined) {
    skip("PgBouncer is not installed");
    return;
  }
  for (const line of LINES) {
    const { code, stdout, stderr } = await cli.run(line);
    // What doctor finds wrong is looked at below.
    // While a pass is still at it there is a drift: diff says so by its code.
    const isFine = code === 0 || (line[0] === "diff" && code === 3);
    if (line[0] !== "doctor")
      expect({ line, isFine, stderr: isFine ? "" : stderr }).toMatchObject({ isFine: true });
    if (line[0] === "__complete") expect(stdout).toContain(CLICKS);
  }
  await followAndCancel(cli);
  expect(new Set(findPosts(loop).map(({ operation }) => operation))).toEqual(new Set(["startWith", "stop"]));
  const { stdout } = await cli.run(["doctor", "-o", "json"]);
  const findings = JSON.parse(stdout) as readonly CheckFinding[];
  for (const name of ["postgres", "migrations", "owner", "observations", "waiting", "budgets", "worker"]) {
    expect(findings.find(({ check }) => check === name)).toMatchObject({ verdict: "ok" });
  }
});

/** One that has ended is followed to its end, and is not there to be cancelled: both have read it by then. */
async function followAndCancel(through: Cli): Promise<void> {
  const { stdout } = await through.run(["get", "changes", CLICKS, "-o", "json"]);
  const [newest] = JSON.parse(stdout) as readonly { readonly id: string }[];
  expect(await through.run(["changes", "follow", newest?.id ?? ""])).toMatchObject({ code: 0 });
  const cancelled = await through.run(["changes", "cancel", newest?.id ?? "", "--yes"]);
  expect(cancelled.code).toBe(1);
  expect(cancelled.stderr).toContain("no open change has the id");
}
