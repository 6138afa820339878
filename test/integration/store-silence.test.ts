// A Postgres that does not answer: behind somebody's lock, behind a host that died without a word, behind a pool in
// use. Every wait ends and says what was waited for, and the next statement finds its way without a restart.
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Outage } from "../../src/store/postgres/outages.js";
import { openStore } from "../../src/store/postgres/pool.js";
import type { Store, StoreOptions } from "../../src/store/postgres/pool.js";
import { until } from "../support/fleets.js";
import { openSilentWay } from "../support/silent-way.js";
import type { SilentWay } from "../support/silent-way.js";
import { useDatabase } from "../support/store-rows.js";

const SIZE = 4;
const database = useDatabase();
let way: SilentWay;
let store: Store;
let outages: Outage[];
let waits: string[];

beforeEach(async () => {
  outages = [];
  waits = [];
  way = await openSilentWay(database().databaseUrl);
  store = open({});
});

afterEach(async () => {
  await store.close();
  await way.close();
});

function open(options: Partial<StoreOptions>): Store {
  return openStore({
    databaseUrl: way.url,
    max: SIZE,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 1_000,
    onOutage: (outage) => {
      outages.push(outage);
    },
    onWait: (text) => {
      waits.push(text);
    },
    ...options,
  });
}

const fill = (): Promise<unknown> =>
  Promise.all(Array.from({ length: SIZE }, () => store.query("select pg_sleep(0.05)")));

const SILENT = /did not carry out a statement: no answer for 1s\. A lock may hold it up/;

it("takes a connection that fell silent for dead, and with it those that are as old", async () => {
  await fill();
  expect(way.count()).toBe(SIZE);
  way.fallSilent(false);
  await expect(store.query("select 1")).rejects.toThrow(SILENT);
  expect(await store.query("select 1 as one")).toEqual([{ one: 1 }]);
  await fill();
  // And one on which the statement was called off.
  expect(way.count()).toBe(2 * SIZE + 1);
});

it("ends a transaction whose connection falls silent once, without a wait for its rollback", async () => {
  const silenced = store.transaction(async (db) => {
    await db.query("select 1");
    way.fallSilent(false);
    await db.query("select 2");
  });
  await expect(silenced).rejects.toThrow(SILENT);
  expect(await store.transaction((db) => db.query("select 1 as one"))).toEqual([{ one: 1 }]);
});

it("lets those who wait for a place have it when silent connections are thrown away", async () => {
  await store.close();
  store = open({ connectTimeoutMs: 10_000 });
  await fill();
  way.fallSilent(false);
  const asked = Array.from({ length: 3 * SIZE }, () => store.query("select 1 as one"));
  const answers = await Promise.allSettled(asked);
  const failed = answers.filter(({ status }) => status === "rejected");
  expect(failed).toHaveLength(SIZE);
});

it("tells begin and end of an outage once each", async () => {
  await fill();
  way.fallSilent(true);
  await Promise.allSettled(Array.from({ length: SIZE }, () => store.query("select 1")));
  await expect(store.query("select 1")).rejects.toThrow(/cannot be reached: tried once, for 1s at most/);
  await expect(store.query("select 1")).rejects.toThrow(/cannot be reached/);
  way.restore();
  await until(async () => {
    await store.query("select 1");
    return outages.length > 1 ? true : undefined;
  });
  await store.query("select 1");
  expect(outages).toEqual([
    { kind: "lost", why: expect.stringMatching(/cannot be reached/) as string },
    { kind: "back", lastedMs: expect.any(Number) as number },
  ]);
});

it("ends behind somebody's table lock with a word, and leaves nothing waiting in the server", async () => {
  await database().store.transaction(async (db) => {
    await db.query("lock table installation in access exclusive mode");
    const waiting =
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    await expect(store.query("select from installation")).rejects.toThrow(SILENT);
    const inside = store.transaction((other) => other.query("select from installation"));
    await expect(inside).rejects.toThrow(/did not carry out a statement/);
    await until(async () => ((await db.query(waiting)).length === 0 ? true : undefined));
  });
  expect(await store.query("select from installation")).toEqual([]);
  expect(outages).toEqual([]);
});

it("says what a statement waits for while it waits", async () => {
  const patient = open({ statementTimeoutMs: 60_000 });
  try {
    await database().store.transaction(async (db) => {
      await db.query("lock table installation in access exclusive mode");
      const waited = patient.query("select from installation");
      await until(() => Promise.resolve(waits[0]));
      await db.query("rollback");
      expect(await waited).toEqual([]);
    });
    expect(waits).toEqual([expect.stringMatching(/^Waiting for Postgres at \S+\/test_\d+, 1m at most/)]);
  } finally {
    await patient.close();
  }
});

it("does not call a pool in use a Postgres that cannot be reached", async () => {
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const users = Array.from({ length: SIZE }, () => store.transaction(() => held));
  await expect(store.query("select 1")).rejects.toThrow(
    /^no connection to Postgres at \S+ is free: all 4 are in use, for 1s now\. Run the command again in a while$/,
  );
  release?.();
  await Promise.all(users);
  expect(outages).toEqual([]);
});

it("calls a pool whose connections are all being made in vain a Postgres that cannot be reached", async () => {
  way.fallSilent(true);
  const asked = Array.from({ length: 2 * SIZE }, () => store.query("select 1"));
  for (const answer of await Promise.allSettled(asked))
    expect(answer).toMatchObject({
      reason: { message: expect.stringMatching(/cannot be reached/) as string },
    });
});

it("names a standby, and looks for the primary by a new connection", async () => {
  await fill();
  const { databaseUrl } = database();
  const name = new URL(databaseUrl).pathname.slice(1);
  // What a failover looks like from here: a session that may only read, until somebody else stands at that address.
  await database().store.query(`alter database ${name} set default_transaction_read_only = on`);
  await store.close();
  store = open({});
  await fill();
  const claim = (): Promise<unknown> => store.query("insert into installation (atlas) values ('x')");
  await expect(claim()).rejects.toMatchObject({
    code: "store.unavailable",
    message: expect.stringMatching(/is a standby, which may only be read: cannot execute INSERT/) as string,
  });
  const before = way.count();
  await database().store.query(`alter database ${name} reset default_transaction_read_only`);
  await claim();
  expect(way.count()).toBe(before + 1);
  expect(outages.map(({ kind }) => kind)).toEqual(["lost"]);
});
