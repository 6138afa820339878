// Headgate behind PgBouncer in transaction mode: nothing rests on a session. Skips, loudly, where PgBouncer is not
// there.
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { migrate } from "../../src/store/postgres/migrate.js";
import { openStore } from "../../src/store/postgres/pool.js";
import { createEmptyDatabase } from "../support/database.js";
import { until } from "../support/fleets.js";
import { startPooler } from "../support/pooler.js";
import type { Pooler } from "../support/pooler.js";

const folder = fileURLToPath(new URL("../../migrations", import.meta.url));

let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
let pooler: Pooler | undefined;

beforeEach(async ({ skip }) => {
  database = await createEmptyDatabase();
  pooler = await startPooler(database.databaseUrl, 5);
  if (pooler === undefined) skip("PgBouncer is not installed");
});

afterEach(async () => {
  await pooler?.close();
  await database.drop();
});

const byPooler = (): string => pooler?.url ?? "";

it("migrates once for two at once, and a direct run after them finds no lock", async () => {
  const runs = await Promise.all([1, 2].map(() => migrate({ databaseUrl: byPooler(), folder })));
  const applied = runs.filter((names) => names.length > 0);
  expect(applied).toHaveLength(1);
  expect(applied[0]).toContain("0001_tables");
  expect(await migrate({ databaseUrl: byPooler(), folder })).toEqual([]);
  expect(await migrate({ databaseUrl: database.databaseUrl, folder })).toEqual([]);
});

it("asks, writes and lists page by page, and leaves no setting behind in a session that others get", async () => {
  await migrate({ databaseUrl: byPooler(), folder });
  const store = openStore({ databaseUrl: byPooler(), max: 20, statementTimeoutMs: 1_234 });
  try {
    const insert = "insert into installation (atlas) values ('x')";
    await store.transaction((db) => db.query(insert));
    expect(await store.query("select atlas from installation where atlas = $1", ["x"])).toHaveLength(1);
    const rows = [];
    for await (const page of store.pages({ text: "select generate_series(1, 1200) as n", values: [] }))
      rows.push(...page);
    expect(rows).toHaveLength(1_200);
    const settings = await Promise.all(
      Array.from({ length: 20 }, () =>
        store.query("select current_setting('statement_timeout') as it, pg_sleep(0.05)"),
      ),
    );
    expect(new Set(settings.flat().map((row) => (row as { it: string }).it))).toEqual(new Set(["0"]));
  } finally {
    await store.close();
  }
});

it("calls off through the pooler a statement behind a lock", async () => {
  await migrate({ databaseUrl: byPooler(), folder });
  const direct = openStore({ databaseUrl: database.databaseUrl, max: 1 });
  const store = openStore({ databaseUrl: byPooler(), max: 2, statementTimeoutMs: 500 });
  try {
    await direct.transaction(async (db) => {
      await db.query("lock table installation in access exclusive mode");
      await expect(store.query("select from installation")).rejects.toThrow(/no answer for/);
      const waiting =
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
      await until(async () => ((await db.query(waiting)).length === 0 ? true : undefined));
    });
  } finally {
    await Promise.all([store.close(), direct.close()]);
  }
});
