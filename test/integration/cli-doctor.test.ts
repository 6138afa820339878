// `doctor`: everything sound; each part missing in turn; what waits for a person. It writes nothing.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CheckFinding } from "../../src/app/doctor/checks.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli } from "../support/cli-process.js";
import { createEmptyDatabase, createTestDatabase, takeNamespace } from "../support/database.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";
import { scheduleOf } from "../support/schedules.js";

const FORBIDDEN = "f".repeat(24);
const POLICY = `
project: ${PROJECT}
workspace: orders
processors: { clicks, views }
`;

let loop: TestLoop;
let cli: Cli;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({ orders: { clicks: "STARTED", views: "STARTED" } }),
      faults: [
        {
          when: { project: FORBIDDEN, later: true },
          what: { kind: "status", status: 403, detail: "not yours" },
        },
      ],
    },
  });
  cli = openCliInside(loop.variables);
  await loop.startWorker();
  await applyText(loop.app, POLICY);
  await until(async () => {
    const [row] = await loop.database.store.query("select from workspaces where observed_at is not null");
    return row;
  });
});
afterAll(async () => {
  cli.remove();
  await loop.stop();
});

/** By check; -o json. */
async function examine(
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<{ readonly code: number | null; readonly of: Readonly<Record<string, CheckFinding>> }> {
  const { code, stdout } = await cli.run(["doctor", "-o", "json"], { variables });
  const findings = JSON.parse(stdout) as readonly CheckFinding[];
  return { code, of: Object.fromEntries(findings.map((finding) => [finding.check, finding])) };
}

it("finds everything sound, line by line, and writes nothing", async () => {
  const before = await readAll();
  const { code, stdout, stderr } = await cli.run(["doctor"]);
  expect(stdout.split("\n").map((line) => line.replace(/\d+(\.\d+)+|\d+s|\d+m|:\d+/g, "N"))).toEqual([
    "ok       node: Node.js N",
    expect.stringMatching(/^ok {7}rules: time zone rules 20\d\d[a-z] \((moment-timezone|Node)\), of 20\S+$/),
    "ok       configuration: every setting is valid",
    expect.stringMatching(/^ok {7}postgres: Postgres N at [^/@]+\/test_\S+, as \w+$/),
    expect.stringMatching(/^ok {7}migrations: all \d+ applied$/),
    "ok       owner: the tables belong to a simulator on this machine",
    expect.stringMatching(
      /^ok {7}observations: 1 workspace observed in time; the newest observation: \S+ ago$/,
    ),
    "ok       waiting: nothing is held, braked or parked",
    "ok       notices: no channel is configured: nobody is told of what needs a person",
    expect.stringMatching(/^ok {7}budgets: 1 project; least left: \d+ of 1200 calls$/),
    "ok       zones: no restart schedule is declared",
    expect.stringMatching(/^ok {7}temporal: Temporal N at \S+$/),
    expect.stringMatching(/^ok {7}namespace: \S+; ended runs are kept for \S+$/),
    "ok       search attributes: none to register: Headgate finds its runs by their ids",
    expect.stringMatching(/^ok {7}schedule: headgate-[0-9a-f]{8}-reconcile has not fired yet, next in \S+$/),
    expect.stringMatching(/^ok {7}worker: 1 worker; \S+ asked for work N ago$/),
    expect.stringMatching(/^ok {7}atlas: credentials are set for http:\/\/\S+; 1 project to ask for$/),
    `ok       project ${PROJECT}: 1 workspace; may read the 2 processors of ${PROJECT}/orders, and so start and stop them`,
    "skipped  server: not looked at: HEADGATE_SERVER_URL does not say where it is",
    "",
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "Nothing is wrong; 0 warnings.\n" });
  expect(await readAll()).toEqual(before);
});

/** All but what every call takes from the budget. */
async function readAll(): Promise<unknown> {
  return loop.database.store.query(
    "select (select count(*) from policy_versions) as v, (select count(*) from changes) as c, (select count(*) from journal) as j, i.atlas from installation i",
  );
}

it("tells each part that is not there, and goes on with the others", async () => {
  const { code, of } = await examine({
    DATABASE_URL: "postgres://someone:hidden-word@127.0.0.1:1/headgate",
    TEMPORAL_NAMESPACE: "nobody-made-this",
  });
  expect(code).toBe(1);
  expect(of["postgres"]).toMatchObject({
    verdict: "wrong",
    remedy: expect.stringContaining("DATABASE_URL") as string,
  });
  expect(of["postgres"]?.found).toContain("127.0.0.1:1");
  expect(of["migrations"]).toMatchObject({ verdict: "skipped", found: "not looked at: postgres is wrong" });
  expect(of["temporal"]).toMatchObject({ verdict: "ok" });
  expect(of["namespace"]).toMatchObject({
    verdict: "wrong",
    found: "Temporal has no namespace nobody-made-this",
  });
  expect(of["schedule"]?.verdict).toBe("skipped");
  expect(of["atlas"]?.found).toBe("not looked at: its budget is in Postgres, and postgres is wrong");
  expect(JSON.stringify(of)).not.toContain("hidden-word");
});

it("tells of a Temporal that does not answer", async () => {
  const { code, of } = await examine({ TEMPORAL_ADDRESS: "127.0.0.1:1" });
  expect(code).toBe(1);
  expect(of["temporal"]).toMatchObject({ verdict: "wrong" });
  expect(of["temporal"]?.found).toContain("127.0.0.1:1");
  expect(of["worker"]?.verdict).toBe("skipped");
  expect(of["budgets"]?.verdict).toBe("ok");
});

it("tells of every fault of the configuration, and looks at nothing else", async () => {
  const { code, of } = await examine({ HEADGATE_POLL: "often", HEADGATE_LOG_LEVEL: "loud" });
  expect(code).toBe(1);
  expect(of["configuration"]?.found).toContain('HEADGATE_POLL: "often" is not');
  expect(of["configuration"]?.found).toContain('HEADGATE_LOG_LEVEL: "loud" is not');
  expect(Object.values(of).filter(({ verdict }) => verdict === "skipped")).toHaveLength(16);
});

it("tells of a database without tables, and of credentials that are not set", async () => {
  const database = await createEmptyDatabase();
  try {
    const { code, of } = await examine({ DATABASE_URL: database.databaseUrl });
    expect(code).toBe(1);
    expect(of["migrations"]).toEqual({
      check: "migrations",
      verdict: "wrong",
      found: "this database has no Headgate tables",
      remedy: "run headgate migrate",
    });
  } finally {
    await database.drop();
  }
  const unset = { MONGODB_ATLAS_CLIENT_ID: "", MONGODB_ATLAS_CLIENT_SECRET: "" };
  const { of } = await examine(unset);
  expect(of["atlas"]?.found).toMatch(/^no credentials of Atlas: set MONGODB_ATLAS_CLIENT_ID/);
  expect(of[`project ${PROJECT}`]).toBeUndefined();
});

it("tells which migrations are missing, and of those that are newer than it", async () => {
  const database = await createTestDatabase();
  try {
    const variables = { DATABASE_URL: database.databaseUrl };
    await database.store.query("insert into schema_migrations (name, run_on) values ('0999_later', now())");
    const newer = await examine(variables);
    expect(newer.of["migrations"]).toMatchObject({
      verdict: "wrong",
      found: "applied by a newer version: 0999_later",
    });
    expect(newer.of["atlas"]?.verdict).toBe("skipped");
    await database.store.query("delete from schema_migrations where name like '0003%'");
    const older = await examine(variables);
    expect(older.of["migrations"]).toMatchObject({
      verdict: "wrong",
      found: "not applied: 0003_written_policies",
      remedy: "run headgate migrate",
    });
  } finally {
    await database.drop();
  }
});

it("claims no database, and finds neither schedule nor worker where none ever ran", async () => {
  const database = await createTestDatabase();
  try {
    const { code, of } = await examine({
      DATABASE_URL: database.databaseUrl,
      TEMPORAL_NAMESPACE: await takeNamespace(),
    });
    expect(code).toBe(1);
    expect(of["owner"]?.found).toBe("belongs to no Atlas yet: the first worker or export says which");
    expect(of["observations"]?.verdict).toBe("warning");
    expect(of["schedule"]?.found).toMatch(
      /^no schedule headgate-[0-9a-f]{8}-reconcile: nothing starts a pass$/,
    );
    expect(of["worker"]?.found).toBe("nobody asks for work: no pass and no change goes on");
    expect(await database.store.query("select * from installation")).toEqual([]);
  } finally {
    await database.drop();
  }
});

it("tells of a paused schedule, of what waits for a person, and of a project that is refused", async () => {
  const { store } = loop.database;
  const schedule = scheduleOf(loop);
  await schedule.pause("release freeze");
  await store.query(
    "insert into projects (project, held_why, held_by, held_since, recheck_at) values ($1, 'no right', 'list', headgate_now(), headgate_now() + interval '1 hour')",
    [FORBIDDEN],
  );
  await store.query("update workspaces set braked_since = headgate_now()");
  await store.query(
    "update processor_status set parked_version = 1, parked_why = 'gave up' where processor = 'views'",
  );
  const { code, of } = await examine();
  expect(code).toBe(1);
  expect(of["schedule"]).toMatchObject({
    verdict: "wrong",
    found: `${schedule.scheduleId} is paused (release freeze): no pass starts by itself`,
    remedy: `temporal schedule toggle --unpause --schedule-id ${schedule.scheduleId}`,
  });
  expect(of["waiting held"]?.found).toBe(`${FORBIDDEN}: no right`);
  expect(of["waiting braked"]?.found).toBe(
    `${PROJECT}/orders: too many unscheduled stops and tier restarts at once`,
  );
  expect(of["waiting parked"]).toMatchObject({
    verdict: "warning",
    found: "1 processor parked: Headgate gave up on it",
  });
  expect(of[`project ${FORBIDDEN}`]).toMatchObject({ verdict: "wrong" });
  expect(of[`project ${FORBIDDEN}`]?.found).toContain("Project Stream Processing Owner");
  expect(of[`project ${PROJECT}`]?.verdict).toBe("ok");
  await schedule.unpause();
});

it("compares the zones in use with Postgres's, old names and other spellings among them", async () => {
  const restart = '{ restart: { cron: "0 3 * * *", timezone: ZONE } }';
  const named = (zone: string): string => restart.replace("ZONE", zone);
  await applyText(
    loop.app,
    `project: ${PROJECT}\nworkspace: orders\nprocessors:\n  clicks: ${named("europe/madrid")}\n  views: ${named("Japan")}\n`,
  );
  const { of } = await examine();
  // Nobody has changed these two since 2010, so every Postgres agrees.
  expect(of["zones"]).toMatchObject({
    verdict: "ok",
    found: "2 time zones in use; Postgres has the same offsets for the next 13 months",
  });
});
