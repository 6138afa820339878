// Policies in the database: versions are only ever added, a write against an outdated reading writes nothing, and an
// equal file writes nothing either.
import { expect, it } from "vitest";
import { AppError } from "../../src/base/errors.js";
import type { AppDeps } from "../../src/app/deps.js";
import type { Policy, Recovery } from "../../src/domain/policy.js";
import { DEFAULT_RECOVERY } from "../../src/domain/policy.js";
import { DEFAULT_LADDER } from "../../src/domain/rungs.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { createLogger } from "../../src/base/logger.js";
import { listPolicies, writePolicies } from "../../src/store/people/policies.js";
import type { PolicyWrite } from "../../src/store/people/policies.js";
import { PROJECT } from "../support/fleets.js";
import { applyText } from "../support/policies.js";
import { aPolicy, aRef, declare, pictureRows, readJournal, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const RESTART = { cron: "0 3 * * *", timezone: "Europe/Madrid", spreadMs: 0, catchUpMs: 7_200_000 };

const FILE = `
project: ${PROJECT}
workspace: orders
defaults: { mode: enforce, start: { tier: SP10 } }
processors:
  clicks-to-lake:
    state: STARTED
    start: { startAtOperationTime: 2026-05-04T09:42:00Z, tier: SP30 }
    restart: { spread: 30m, timezone: Europe/Madrid, cron: "0 3 * * *", catchUp: 2h }
    recovery: { stoppedGrace: 5m, maxAttempts: 30, backoff: { max: 1h, initial: 1m, factor: 2 } }
  idle: { state: STOPPED }
`;

function anApp(): AppDeps {
  return {
    store: database().store,
    runs: () => Promise.reject(new AppError("temporal.unavailable", "Temporal is down")),
    atlas: () => Promise.reject(new AppError("config.invalid", "nothing here asks Atlas")),
    settings: DEFAULT_SETTINGS,
    actor: "tester",
    log: createLogger("silent"),
  };
}

const write = (writes: readonly PolicyWrite[], releasesBrake = false): Promise<void> =>
  writePolicies(database().store, { author: "tester", writes, releasesBrake, intervalMs: 60_000 });

async function readVersions(): Promise<readonly object[]> {
  return database().store.query(
    `select processor, version, author, before is null as "isNew", after is null as "isGone"
     from policy_versions order by version, processor`,
  );
}

async function readOne(processor = "p"): Promise<PolicyWrite["before"]> {
  return (await listPolicies(database().store)).find(({ ref }) => ref.processor === processor)?.declared;
}

it("writes what was declared and reads it back as it was, with its version, workspace and journal", async () => {
  const { store } = database();
  const policy = aPolicy({ start: { tier: "SP30", resumeFromCheckpoint: false }, restart: RESTART });
  await declare(store, aRef("p"), policy);
  const declared = await readOne();
  expect(declared).toMatchObject({ version: 1, policy });
  expect(declared?.restartSince).toBeGreaterThanOrEqual(declared?.declaredAt ?? Infinity);
  expect(await readVersions()).toEqual([
    { processor: "p", version: 1, author: "tester", isNew: true, isGone: false },
  ]);
  expect(await readJournal(store, "policy.written")).toEqual(["version 1"]);
  expect(await store.query("select from workspaces where due_at <= headgate_now()")).toHaveLength(1);
});

it("keeps before and after of every version", async () => {
  const { store } = database();
  const [first, second] = [aPolicy(), aPolicy({ state: "STOPPED" })];
  await declare(store, aRef("p"), first);
  await declare(store, aRef("p"), second);
  await declare(store, aRef("p"), null);
  expect(await store.query("select before, after from policy_versions order by version")).toEqual([
    { before: null, after: first },
    { before: first, after: second },
    { before: second, after: null },
  ]);
});

it.each(["update policy_versions set author = 'x'", "delete from policy_versions"])(
  "refuses to rewrite history: %s",
  async (statement) => {
    await declare(database().store, aRef("p"), aPolicy());
    await expect(database().store.query(statement)).rejects.toThrow("append-only");
  },
);

it("goes on numbering after delete and recreation", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  await declare(store, aRef("p"), null);
  expect(await readOne()).toBeUndefined();
  await declare(store, aRef("p"), aPolicy());
  expect((await readOne())?.version).toBe(3);
  expect(await readVersions()).toMatchObject([{ isNew: true }, { isGone: true }, { isNew: true }]);
  expect(await readJournal(store, "policy.deleted")).toEqual(["version 2"]);
});

it.each([
  { reason: "it was read before somebody else's write", makes: (before: PolicyWrite["before"]) => before },
  { reason: "it was read as absent", makes: () => undefined },
])("conflicts and writes nothing, not even its other policies: $reason", async ({ makes }) => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  const before = makes(await readOne());
  await declare(store, aRef("p"), aPolicy({ state: "STOPPED" }));
  const rows = await pictureRows(store);
  const other: PolicyWrite = { ref: aRef("new"), before: undefined, after: aPolicy() };
  const late = write([other, { ref: aRef("p"), before, after: aPolicy({ mode: "observe" }) }]);
  await expect(late).rejects.toMatchObject({
    code: "store.conflict",
    message: expect.stringContaining(`${PROJECT}/orders/p (version 2`) as string,
  });
  expect(await pictureRows(store)).toEqual(rows);
});

it.each(["deletion", "recreation"])("conflicts with a %s meanwhile", async (kind) => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  const before = await readOne();
  await declare(store, aRef("p"), null);
  if (kind === "recreation") await declare(store, aRef("p"), aPolicy());
  const rows = await pictureRows(store);
  await expect(write([{ ref: aRef("p"), before, after: null }])).rejects.toMatchObject({
    code: "store.conflict",
  });
  expect(await pictureRows(store)).toEqual(rows);
});

it("lets one of twenty writers of the same new policies win", async () => {
  const refs = ["a", "b", "c"].map((name) => aRef(name));
  const writes = refs.map((ref) => ({ ref, before: undefined, after: aPolicy() }));
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => write(index % 2 === 0 ? writes : [...writes].reverse())),
  );
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const reasons = results.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  for (const reason of reasons) expect(reason).toMatchObject({ code: "store.conflict" });
  expect(await readVersions()).toHaveLength(3);
});

it.each([
  { changes: "start", fields: { start: { tier: "SP50" } } as const, keeps: true },
  { changes: "state", fields: { state: "STOPPED" } as const, keeps: true },
  { changes: "recovery", fields: { recovery: { ...DEFAULT_RECOVERY, maxAttempts: 3 } }, keeps: true },
  { changes: "cron", fields: { restart: { ...RESTART, cron: "0 4 * * *" } }, keeps: false },
  { changes: "spread", fields: { restart: { ...RESTART, spreadMs: 60_000 } }, keeps: false },
  { changes: "timezone", fields: { restart: { ...RESTART, timezone: "UTC" } }, keeps: false },
])("a new $changes keeps the time the restart block was declared: $keeps", async ({ fields, keeps }) => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy({ restart: RESTART }));
  const before = await readOne();
  await database().advance(60_000);
  await declare(store, aRef("p"), aPolicy({ restart: RESTART, ...fields }));
  const after = await readOne();
  expect(after?.declaredAt).toBeGreaterThan(before?.declaredAt ?? 0);
  expect((after?.restartSince ?? 0) < (after?.declaredAt ?? 0)).toBe(keeps);
  if (keeps) expect(after?.restartSince).toBe(before?.restartSince);
});

it("knows an unchanged restart block in the order in which the database gives its fields back", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy({ restart: RESTART }));
  const before = await readOne();
  await database().advance(60_000);
  const [row] = await store.query<{ after: Policy }>("select after from policy_versions");
  if (row === undefined) throw new Error("no version");
  expect(Object.keys(row.after.restart ?? {})).not.toEqual(Object.keys(RESTART));
  await declare(store, aRef("p"), { ...row.after, mode: "observe" });
  expect(await readOne()).toMatchObject({ version: 2, restartSince: before?.restartSince });
});

it("counts a restart block that was taken out and put back as declared anew", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy({ restart: RESTART }));
  await declare(store, aRef("p"), aPolicy());
  expect((await readOne())?.restartSince).toBeUndefined();
  await database().advance(60_000);
  await declare(store, aRef("p"), aPolicy({ restart: RESTART }));
  const declared = await readOne();
  expect(declared?.restartSince).toBeGreaterThanOrEqual(declared?.declaredAt ?? Infinity);
});

it("writes two thousand policies of one workspace at once: they share its row, however long the write takes", async () => {
  const refs = Array.from({ length: 2_000 }, (_, index) => aRef(`p-${String(index)}`));
  await write(refs.map((ref) => ({ ref, before: undefined, after: aPolicy() })));
  expect(await readVersions()).toHaveLength(2_000);
  expect(await database().store.query("select from workspaces")).toHaveLength(1);
});

it("releases the written versions from the brake where a person has confirmed them", async () => {
  await write(
    ["p", "q"].map((name) => ({ ref: aRef(name), before: undefined, after: aPolicy() })),
    true,
  );
  const [row] = await database().store.query("select brake_released from workspaces");
  expect(row).toEqual({ brake_released: { p: 1, q: 1 } });
});

it("keeps what the file wrote with the version it made, and nothing for one that no file wrote", async () => {
  const { store } = database();
  await applyText(anApp(), FILE);
  await declare(store, aRef("idle"), aPolicy());
  const rows = await store.query(
    "select processor, version, written from policy_versions order by processor, version",
  );
  const defaults = { mode: "enforce", start: { tier: "SP10" } };
  expect(rows).toMatchObject([
    { processor: "clicks-to-lake", version: 1, written: { defaults, own: { restart: { spread: "30m" } } } },
    { processor: "idle", version: 1, written: { defaults, own: { state: "STOPPED" } } },
    { processor: "idle", version: 2, written: null },
  ]);
});

it("writes nothing at all when an equal file is applied, whatever its order and defaults", async () => {
  const { store } = database();
  await applyText(anApp(), FILE);
  const rows = await pictureRows(store);
  await database().advance(60_000);
  expect(await applyText(anApp(), FILE)).toEqual({});
  const merged = FILE.replace("defaults: { mode: enforce, start: { tier: SP10 } }\n", "")
    .replace(
      "idle: { state: STOPPED }",
      "idle: { start: { tier: SP10 }, state: STOPPED, mode: enforce, gateway: { stop: allow }, concurrencyKey: null }",
    )
    .replace("30m", "1800s");
  expect(await applyText(anApp(), merged)).toEqual({});
  expect(await pictureRows(store)).toEqual(rows);
});

it("writes a version only of the processors whose effective policy an apply changes, and warns with Temporal down", async () => {
  await applyText(anApp(), FILE);
  const restartSince = (await readOne("clicks-to-lake"))?.restartSince;
  await database().advance(60_000);
  const applied = await applyText(anApp(), FILE.replace("tier: SP30", "tier: SP50"));
  expect(applied.warning).toContain("Temporal is down");
  expect(await readOne("clicks-to-lake")).toMatchObject({ version: 2, restartSince });
  expect(await readOne("idle")).toMatchObject({ version: 1 });
});

it("deletes what a pruning file no longer contains, in the workspaces it names only", async () => {
  const app = anApp();
  await applyText(app, FILE);
  await applyText(app, FILE.replace("workspace: orders", "workspace: payments"));
  const without = FILE.replace("  idle: { state: STOPPED }\n", "");
  expect(await applyText(app, without)).toEqual({});
  await applyText(app, without, true);
  const left = (await listPolicies(app.store)).map(({ ref }) => `${ref.workspace}/${ref.processor}`);
  expect(left).toEqual(["orders/clicks-to-lake", "payments/clicks-to-lake", "payments/idle"]);
});

it.each<Pick<Policy, "gateway">>([
  {},
  { gateway: { stop: "refuse" } },
  { gateway: { stop: "suspend", forMs: 5_400_000 } },
])("reads a gateway rule back as it was declared: %j", async (rule) => {
  await declare(database().store, aRef("p"), aPolicy(rule));
  expect((await readOne())?.policy).toStrictEqual(aPolicy(rule));
  // Whatever was declared before, the next version stands by itself.
  await declare(database().store, aRef("p"), aPolicy({ mode: "observe" }));
  expect((await readOne())?.policy).not.toHaveProperty("gateway");
});

it("reads a concurrency key back as it was declared", async () => {
  const keyed = aPolicy({ concurrencyKey: "kafka-eu" });
  await declare(database().store, aRef("p"), keyed);
  expect((await readOne())?.policy).toStrictEqual(keyed);
  await declare(database().store, aRef("p"), aPolicy({ mode: "observe" }));
  expect((await readOne())?.policy).not.toHaveProperty("concurrencyKey");
});

it.each<Partial<Recovery>>([
  {
    rules: [
      { code: 286, class: "checkpoint-lost" },
      { pattern: "(?i)broker eu", class: "connection" },
    ],
  },
  { classes: { "out-of-memory": { action: "climb", ceiling: "SP30", stepBackAfterMs: 5_400_000 } } },
  {
    ladder: { ...DEFAULT_LADDER, fresh: "allow", maxGapMs: 60_000 },
    classes: { unknown: { action: "ladder" } },
  },
  { classes: { "invalid-pipeline": { action: "resume" }, connection: { action: "wait" } } },
])("reads what it says of failures back as it was declared: %j", async (fields) => {
  const policy = aPolicy({ recovery: { ...DEFAULT_RECOVERY, ...fields } });
  await declare(database().store, aRef("p"), policy);
  expect((await readOne())?.policy).toStrictEqual(policy);
  await declare(database().store, aRef("p"), aPolicy());
  expect((await readOne())?.policy).toStrictEqual(aPolicy());
});

it("reads a train back as it was declared", async () => {
  const inTrain = aPolicy({ restart: { ...RESTART, train: "nightly" } });
  await declare(database().store, aRef("p"), inTrain);
  expect((await readOne())?.policy).toStrictEqual(inTrain);
  await declare(database().store, aRef("p"), aPolicy({ restart: RESTART }));
  expect((await readOne())?.policy).toStrictEqual(aPolicy({ restart: RESTART }));
});

it("takes the row of an older program, which knows no gateway rules, for a policy without one", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  await store.query(
    `insert into start_policies (project, workspace, processor, version, declared_at, state, mode, backoff_initial_ms,
       backoff_factor, backoff_max_ms, max_attempts, stable_after_ms, stopped_grace_ms)
     select project, workspace, 'q', version, declared_at, state, mode, backoff_initial_ms, backoff_factor,
       backoff_max_ms, max_attempts, stable_after_ms, stopped_grace_ms from start_policies`,
  );
  expect((await readOne("q"))?.policy).toStrictEqual(aPolicy());
});

const nonsense: readonly { readonly what: string; readonly fields: object }[] = [
  { what: "a state Atlas has but nobody may declare", fields: { state: "FAILED" } },
  { what: "a mode that does not exist", fields: { mode: "maybe" } },
  { what: "a tier that does not exist", fields: { start: { tier: "SP31" } } },
  { what: "a time without a zone", fields: { start: { startAtOperationTime: "2026-05-04T09:42:00" } } },
  { what: "a cron of four fields", fields: { restart: { ...RESTART, cron: "0 3 * *" } } },
  { what: "a train that is none", fields: { restart: { ...RESTART, train: "night train" } } },
  { what: "a negative spread", fields: { restart: { ...RESTART, spreadMs: -1 } } },
  { what: "half a restart block", fields: { restart: { cron: "0 3 * * *", timezone: "UTC", spreadMs: 0 } } },
  { what: "no attempts", fields: { recovery: { ...DEFAULT_RECOVERY, maxAttempts: 0 } } },
  {
    what: "a back-off that shrinks",
    fields: { recovery: { ...DEFAULT_RECOVERY, backoff: { initialMs: 2, factor: 2, maxMs: 1 } } },
  },
  { what: "a gateway rule that does not exist", fields: { gateway: { stop: "maybe" } } },
  { what: "a concurrency key that is none", fields: { concurrencyKey: "kafka eu" } },
  { what: "a suspension without a time", fields: { gateway: { stop: "suspend" } } },
  { what: "a suspension of nothing", fields: { gateway: { stop: "suspend", forMs: 0 } } },
];

it.each(nonsense)("the tables themselves refuse $what", async ({ fields }) => {
  const after = { ...aPolicy(), ...fields };
  await expect(write([{ ref: aRef("p"), before: undefined, after }])).rejects.toMatchObject({
    code: expect.stringMatching(/^23/) as string,
  });
  expect(await readVersions()).toEqual([]);
});

it.each([
  { what: "a project that is no Atlas id", ref: { ...aRef("p"), project: "ABC" } },
  { what: "a name with a slash", ref: aRef("a/b") },
  { what: "an empty name", ref: aRef("") },
])("the tables themselves refuse $what", async ({ ref }) => {
  await expect(write([{ ref, before: undefined, after: aPolicy() }])).rejects.toMatchObject({
    code: "23514",
  });
});

it.each([
  "insert into changes (project, workspace, processor, kind, requested_by, actor, why, workflow_id, run_id, opened_at) values ($1, 'w', 'p', 'start', 'pass', 'a', 'no version', 'w', 'r', headgate_now())",
  "insert into changes (project, workspace, processor, kind, requested_by, actor, why, workflow_id, run_id, opened_at, outcome) values ($1, 'w', 'p', 'start', 'person', 'a', 'an outcome, but open', 'w', 'r', headgate_now(), 'failed')",
  "insert into processor_status (project, workspace, processor, suspended_by) values ($1, 'w', 'p', 'nobody knows until when')",
  "insert into processor_status (project, workspace, processor, attempts) values ($1, 'w', 'p', -1)",
  "insert into projects (project, held_why) values ($1, 'held by nothing')",
  "insert into call_budgets (project, capacity, refill_per_minute, tokens, refilled_at) values ($1, 0, 1, 1, headgate_now())",
])("the tables themselves refuse half-truths: %s", async (statement) => {
  await expect(database().store.query(statement, [PROJECT])).rejects.toMatchObject({ code: "23514" });
});
