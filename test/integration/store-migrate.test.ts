// Migrations on an empty database: run twice, run at once, killed half way. Whoever comes next finds the old schema or
// the new one, never a half of it.
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { migrate } from "../../src/store/postgres/migrate.js";
import { openStore } from "../../src/store/postgres/pool.js";
import type { Store } from "../../src/store/postgres/pool.js";
import { takeNumber } from "../support/database.js";
import { until } from "../support/fleets.js";

const migrations = fileURLToPath(new URL("../../migrations", import.meta.url));
const migrateModule = new URL("../../src/store/postgres/migrate.ts", import.meta.url).href;
const root = fileURLToPath(new URL("../..", import.meta.url));
/** Marks the statement in which a migrator is caught half way; long enough to be caught, short enough to wait for. */
const CAUGHT = "select pg_sleep(2) as half_way";

let databaseUrl: string;
let store: Store;
let slowFolder: string;

beforeEach(async () => {
  const name = `migrate_${String(await takeNumber())}`;
  const admin = openStore({ databaseUrl: inject("databaseUrl"), max: 1 });
  await admin.query(`create database ${name}`);
  await admin.close();
  const url = new URL(inject("databaseUrl"));
  url.pathname = `/${name}`;
  databaseUrl = url.href;
  store = openStore({ databaseUrl, max: 3 });
  slowFolder = mkdtempSync(join(tmpdir(), "headgate-migrations-"));
  cpSync(migrations, slowFolder, { recursive: true });
  writeFileSync(join(slowFolder, "0999_slow.sql"), `-- Up Migration\n${CAUGHT};\n`);
});

afterEach(async () => {
  rmSync(slowFolder, { recursive: true });
  await store.close();
});

async function listTables(): Promise<readonly string[]> {
  const rows = await store.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  );
  return rows.map(({ name }) => name);
}

/** The backend of the migrator that is half way, once there is one. */
function untilHalfWay(): Promise<number> {
  return until(async () => {
    const [row] = await store.query<{ pid: number }>(
      `select pid from pg_stat_activity where state = 'active' and pid <> pg_backend_pid()
         and datname = current_database() and query like '%half_way%'`,
    );
    return row?.pid;
  });
}

it("creates the schema once: a second run applies nothing", async () => {
  const first = await migrate({ databaseUrl, folder: migrations });
  expect(first).toContain("0001_tables");
  const tables = await listTables();
  expect(tables).toEqual(expect.arrayContaining(["start_policies", "changes", "journal", "call_budgets"]));
  expect(await migrate({ databaseUrl, folder: migrations })).toEqual([]);
  expect(await listTables()).toEqual(tables);
});

it("lets eight migrators at once apply every migration once between them", async () => {
  const runs = Array.from({ length: 8 }, () => migrate({ databaseUrl, folder: migrations }));
  const applied = (await Promise.all(runs)).filter((names) => names.length > 0);
  expect(applied).toHaveLength(1);
  const recorded = await store.query<{ name: string }>("select name from schema_migrations");
  expect(recorded.map(({ name }) => name)).toEqual(applied[0]);
});

it("leaves nothing behind when its connection is cut half way, says so, and converges when run again", async () => {
  const running = migrate({ databaseUrl, folder: slowFolder });
  const caught = expect(running).rejects.toMatchObject({ code: "store.unavailable" });
  await store.query("select pg_terminate_backend($1)", [await untilHalfWay()]);
  await caught;
  expect(await listTables()).not.toContain("changes");
  expect(await migrate({ databaseUrl, folder: migrations })).toContain("0001_tables");
  expect(await listTables()).toContain("changes");
});

it("converges after a migrator's process was killed half way", async () => {
  const program = `const { migrate } = await import(${JSON.stringify(migrateModule)});
    await migrate(${JSON.stringify({ databaseUrl, folder: slowFolder })});`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    cwd: root,
    stdio: "ignore",
  });
  const ended = new Promise((resolve) =>
    child.once("exit", (_code, signal) => {
      resolve(signal);
    }),
  );
  await untilHalfWay();
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
  expect(await listTables()).not.toContain("changes");
  expect(await migrate({ databaseUrl, folder: migrations })).toContain("0001_tables");
  expect(await migrate({ databaseUrl, folder: migrations })).toEqual([]);
});

it("says that Postgres cannot be reached where it cannot", async () => {
  const nowhere = new URL(databaseUrl);
  nowhere.port = "1";
  await expect(migrate({ databaseUrl: nowhere.href, folder: migrations })).rejects.toMatchObject({
    code: "store.unavailable",
  });
});
