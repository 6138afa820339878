// The first five minutes of a stranger: `npm start -- --once` in a fresh copy, then the other verbs against a stack
// that runs, a second start in the same folder, and the end of it all with nothing left behind.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readClock } from "../../src/store/postgres/clock.js";
import { openStore } from "../../src/store/postgres/pool.js";
import { findUnprinted, openShell, parsePage } from "../support/guide-page.js";
import { openHeadgate } from "../support/headgate-process.js";
import type { Headgate } from "../support/headgate-process.js";
import { copyProject } from "../support/project-copy.js";
import type { ProjectCopy } from "../support/project-copy.js";
import { until } from "../support/fleets.js";

interface FleetDocument {
  readonly converged: boolean;
  readonly processors: readonly Readonly<
    Record<"processor" | "was" | "declared" | "now" | "did" | "standing", string>
  >[];
}

let copy: ProjectCopy;
let headgate: Headgate;
beforeAll(() => {
  copy = copyProject();
  headgate = openHeadgate(copy.folder);
});
afterAll(() => {
  copy.remove();
});

const run = (...args: readonly string[]): ReturnType<Headgate["run"]> => headgate.run(...args);

const WANTED: readonly (readonly [processor: string, want: Readonly<Record<string, string>>, why: string])[] =
  [
    ["orders/orders-to-lake", { was: "FAILED SP10", now: "STARTED SP10", did: "start succeeded" }, "FAILED"],
    [
      "orders/basket-sessions",
      { was: "STOPPED SP10", now: "STARTED SP10", did: "start succeeded" },
      "STOPPED",
    ],
    ["orders/inventory-sync", { was: "CREATED", now: "STARTED SP10", did: "start succeeded" }, "CREATED"],
    [
      "orders/fraud-scores",
      { was: "STARTED SP10", now: "STARTED SP30", did: "restart succeeded" },
      "wrong tier",
    ],
    ["orders/shipping-events", { was: "PROVISIONING SP10", now: "STARTED SP10", did: "" }, "PROVISIONING"],
    ["orders/invoice-feed", { was: "STARTED SP10", now: "STARTED SP10", did: "" }, "already right"],
    ["orders/tmp-debug-anna", { declared: "-", now: "STARTED SP10", did: "" }, "unmanaged"],
    ["orders/coupons-archive", { now: "not in Atlas", did: "" }, "missing"],
    ["orders/refunds-audit", { now: "FAILED SP10", standing: "refused" }, "refused with 400"],
    [
      "orders/loyalty-points",
      { now: "STARTED SP10", did: "start succeeded (3 POSTs)" },
      "three attempts because of 500s",
    ],
    ["orders/price-history", { now: "STOPPED SP10", did: "stop succeeded" }, "declared STOPPED"],
  ];

it("brings the sample fleet to its policies and ends by itself", async () => {
  const { code, stdout, stderr } = await run("dev", "--once", "-o", "json").ended;
  expect(code, stderr).toBe(0);
  const fleet = JSON.parse(stdout) as FleetDocument;
  expect(fleet.converged).toBe(true);
  expect(fleet.processors.length).toBeGreaterThanOrEqual(40);
  for (const [processor, want, why] of WANTED) {
    const row = fleet.processors.find((one) => one.processor.endsWith(processor));
    expect(row, why).toMatchObject(want);
  }
  expect(headgate.findLeftovers()).toEqual([]);
});

it("serves the other verbs from a second terminal, and ends whole on Ctrl-C", async () => {
  const dev = run("dev");
  const stackFile = join(copy.folder, ".headgate", "stack.json");
  await until(() => Promise.resolve(exists(stackFile) ? true : undefined));
  const second = await run("dev").ended;
  expect(second.code).toBe(1);
  expect(second.stderr).toContain("a stack runs in this folder already");
  await until(async () => {
    const { stdout } = await run("get", "processors", "-o", "json").ended;
    return (JSON.parse(stdout) as unknown[]).length === 45 ? true : undefined;
  });
  const plan = await until(async () => {
    const { stdout } = await run("plan", "-o", "json").ended;
    const { changes } = JSON.parse(stdout) as { changes: number };
    return changes <= 1 ? changes : undefined;
  });
  expect(plan).toBeLessThanOrEqual(1);
  await followReadme(stackFile);
  const newest = await closeConnections(stackFile);
  // It lives through it: the loop observes again, and the stack still ends as it should.
  await until(async () => {
    const { stdout } = await run("get", "workspaces", "-o", "json").ended;
    const rows = JSON.parse(stdout) as { observedAt: number | null }[];
    return rows.some(({ observedAt }) => (observedAt ?? 0) > newest) ? true : undefined;
  });
  dev.child.kill("SIGINT");
  expect((await dev.ended).code).toBe(0);
  expect(headgate.findLeftovers()).toEqual([]);
});

it("ends what a killed supervisor left running, and says so", async () => {
  const dev = run("dev");
  await until(() => Promise.resolve(exists(join(copy.folder, ".headgate", "stack.json")) ? true : undefined));
  dev.child.kill("SIGKILL");
  await dev.ended;
  expect(headgate.findLeftovers().length).toBeGreaterThan(0);
  const again = await run("dev", "--once").ended;
  expect(again.stderr).toContain("Ended what a killed stack had left running");
  expect(again.code, again.stderr).toBe(0);
  expect(headgate.findLeftovers()).toEqual([]);
});

it("refuses data that lack a part, and starts over with --fresh", async () => {
  rmSync(join(copy.folder, ".headgate", "temporal"), { recursive: true });
  const refused = await run("dev", "--once").ended;
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("those of temporal are missing");
  const fresh = await run("dev", "--once", "--fresh").ended;
  expect(fresh.code, fresh.stderr).toBe(0);
});

it("is what `npm start` runs", () => {
  const { scripts } = JSON.parse(readFileSync(join(copy.folder, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  expect(scripts["start"]).toBe("node dist/src/bin/headgate.js dev");
  expect(
    execFileSync(process.execPath, ["dist/src/bin/headgate.js", "--help"], { cwd: copy.folder }).toString(),
  ).toContain("Usage: headgate");
});

/** The first session of the README: what it shows is what is printed. */
async function followReadme(stackFile: string): Promise<void> {
  const variables = JSON.parse(readFileSync(stackFile, "utf8")) as Record<string, string>;
  const shell = openShell(variables, join(copy.folder, "dist", "src", "bin", "headgate.js"));
  try {
    const steps = parsePage(
      readFileSync(join(copy.folder, "README.md"), "utf8").replaceAll("npx headgate", "headgate"),
    );
    expect(steps.filter(({ kind }) => kind === "command").length).toBeGreaterThan(4);
    for (const step of steps) {
      if (step.kind === "file") shell.write(step.name, step.text);
      if (step.kind === "event") await untilClosed();
      if (step.kind !== "command") continue;
      const { code, printed } = await shell.run(step.line);
      expect(code, `${step.line} printed:\n${printed}`).toBe(step.code);
      expect(findUnprinted(step.shown, printed), `${step.line} printed:\n${printed}`).toEqual([]);
    }
  } finally {
    shell.remove();
  }
}

/** No change is open any more, and there was one that the session asked for. */
async function untilClosed(): Promise<void> {
  await until(async () => {
    const { stdout } = await run("get", "changes", "*/orders/invoice-feed", "-o", "json").ended;
    const changes = JSON.parse(stdout) as { closedAt: number | null }[];
    return changes.length > 0 && changes.every(({ closedAt }) => closedAt !== null) ? true : undefined;
  });
}

/** Ends every connection to the stack's Postgres, as its restart does; the database's time. */
async function closeConnections(stackFile: string): Promise<number> {
  const { DATABASE_URL } = JSON.parse(readFileSync(stackFile, "utf8")) as { DATABASE_URL: string };
  const store = openStore({ databaseUrl: DATABASE_URL, max: 1 });
  try {
    await store.query("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()");
    return await readClock(store);
  } finally {
    await store.close();
  }
}

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
