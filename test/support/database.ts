// A database of one's own, copied from the migrated template, with a clock that a test moves. The clock goes on
// ticking: what polls for time to pass must not wait for ever.
import { inject } from "vitest";
import { openStore } from "../../src/store/postgres/pool.js";
import type { Store } from "../../src/store/postgres/pool.js";

export const TEMPLATE = "headgate_template";

export interface TestDatabase {
  readonly databaseUrl: string;
  readonly store: Store;
  /** Every statement since the last call, in order: what tests count. */
  takeStatements(): readonly string[];
  /** Moves headgate_now() forward, for every connection at once. */
  advance(ms: number): Promise<void>;
  drop(): Promise<void>;
}

/** The next number of this run: for names that no other test has. */
export function takeNumber(): Promise<number> {
  return takeNext("test_numbers");
}

/**
 * One of the namespaces that were made at the start of the run. Counted apart: there are fewer of them than databases.
 */
export async function takeNamespace(): Promise<string> {
  return `test-${String(await takeNext("test_namespaces"))}`;
}

async function takeNext(sequence: "test_numbers" | "test_namespaces"): Promise<number> {
  const admin = openStore({ databaseUrl: inject("databaseUrl"), max: 1 });
  try {
    const [row] = await admin.query<{ number: number }>("select nextval($1::regclass) as number", [sequence]);
    return row?.number ?? 0;
  } finally {
    await admin.close();
  }
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const { databaseUrl, drop } = await createDatabase(`template ${TEMPLATE}`);
  return openTestDatabase(databaseUrl, drop);
}

/** Without a table. */
export function createEmptyDatabase(): Promise<Pick<TestDatabase, "databaseUrl" | "drop">> {
  return createDatabase("");
}

async function createDatabase(options: string): Promise<Pick<TestDatabase, "databaseUrl" | "drop">> {
  const name = `test_${String(await takeNumber())}`;
  // Copied as files: page by page through the log, which is the default, costs twice as much.
  await asAdmin(`create database ${name} ${options} strategy file_copy`);
  const url = new URL(inject("databaseUrl"));
  url.pathname = `/${name}`;
  return { databaseUrl: url.href, drop: () => asAdmin(`drop database ${name} with (force)`) };
}

/** A migrated database, given a test's clock; `remove` is what drops it. */
export async function openTestDatabase(
  databaseUrl: string,
  remove: () => Promise<void>,
): Promise<TestDatabase> {
  let statements: string[] = [];
  const store = openStore({
    databaseUrl,
    max: 20,
    onStatement: (text) => {
      statements.push(text);
    },
  });
  await installClock(store);
  await rename(store);
  return {
    databaseUrl,
    store,
    takeStatements: () => {
      const taken = statements;
      statements = [];
      return taken;
    },
    advance: async (ms) => {
      await store.query("update test_clock set ahead_ms = ahead_ms + $1", [ms]);
    },
    drop: async () => {
      await store.close();
      await remove();
    },
  };
}

async function asAdmin(statement: string): Promise<void> {
  const admin = openStore({ databaseUrl: inject("databaseUrl"), max: 1 });
  try {
    await admin.query(statement);
  } finally {
    await admin.close();
  }
}

/** The template's id would be that of every database. */
async function rename(store: Store): Promise<void> {
  await store.query(
    `update installation_names set id = made.id, task_queue = 'headgate-' || made.id
     from (select substr(gen_random_uuid()::text, 1, 8) as id) made`,
  );
}

async function installClock(store: Store): Promise<void> {
  await store.query("create table test_clock (ahead_ms bigint not null)");
  await store.query("insert into test_clock values (0)");
  await store.query(
    `create or replace function headgate_now() returns timestamptz language sql stable as $$
       select date_trunc('milliseconds', statement_timestamp()) + (select ahead_ms from test_clock) * interval '1 ms'
     $$`,
  );
}
