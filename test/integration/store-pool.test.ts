// The door to Postgres: a transaction is all or nothing, and a connection that dies under it is an error with a remedy,
// never the end of the process.
import { expect, it } from "vitest";
import { claimAtlas } from "../../src/store/installation.js";
import { openStore } from "../../src/store/postgres/pool.js";
import { until } from "../support/fleets.js";
import { useDatabase } from "../support/store-rows.js";

const database = useDatabase();

it("rolls back everything where the work throws", async () => {
  const { store } = database();
  const failing = store.transaction(async (db) => {
    await claimAtlas(db, "https://one.example");
    throw new Error("changed its mind");
  });
  await expect(failing).rejects.toThrow("changed its mind");
  expect(await store.query("select from installation")).toHaveLength(0);
});

it("reports a backend that ends inside a transaction as unavailable, writes nothing, and goes on", async () => {
  const { store } = database();
  const cut = store.transaction(async (db) => {
    await claimAtlas(db, "https://one.example");
    const [row] = await db.query<{ pid: number }>("select pg_backend_pid() as pid");
    await store.query("select pg_terminate_backend($1)", [row?.pid]);
    await db.query("select 1");
  });
  await expect(cut).rejects.toMatchObject({ code: "store.unavailable" });
  expect(await store.query("select from installation")).toHaveLength(0);
  await store.transaction((db) => claimAtlas(db, "https://two.example"));
});

it("reports a connection that was seen to die before the next statement as unavailable", async () => {
  const { store } = database();
  const isGone = async (pid: number | undefined): Promise<true | undefined> =>
    (await store.query("select from pg_stat_activity where pid = $1", [pid])).length === 0 ? true : undefined;
  const cut = store.transaction(async (db) => {
    const [row] = await db.query<{ pid: number }>("select pg_backend_pid() as pid");
    await store.query("select pg_terminate_backend($1)", [row?.pid]);
    await until(() => isGone(row?.pid));
    await db.query("select 1");
  });
  await expect(cut).rejects.toMatchObject({ code: "store.unavailable" });
});

it("reports a Postgres that is not there as unavailable", async () => {
  const nowhere = new URL(database().databaseUrl);
  nowhere.port = "1";
  const store = openStore({ databaseUrl: nowhere.href });
  await expect(store.query("select 1")).rejects.toMatchObject({ code: "store.unavailable" });
  await expect(store.transaction((db) => db.query("select 1"))).rejects.toMatchObject({
    code: "store.unavailable",
  });
  await store.close();
});

it("tells every statement to whoever counts them, a transaction's own included", async () => {
  database().takeStatements();
  await database().store.transaction((db) => db.query("select 1"));
  expect(database().takeStatements()).toEqual([expect.stringMatching(/^begin;/), "select 1", "commit"]);
});

it("gives a database to the first Atlas that claims it and to no other", async () => {
  const { store } = database();
  await claimAtlas(store, "https://one.example");
  await claimAtlas(store, "https://one.example");
  await expect(claimAtlas(store, "https://two.example")).rejects.toMatchObject({ code: "config.invalid" });
  expect(await store.query("select atlas from installation")).toEqual([{ atlas: "https://one.example" }]);
});

it("lets one of two Atlases win that claim at once", async () => {
  const { store } = database();
  const names = Array.from({ length: 10 }, (_, index) => `https://atlas-${String(index % 2)}.example`);
  const claims = await Promise.allSettled(names.map((name) => claimAtlas(store, name)));
  const [winner] = await store.query<{ atlas: string }>("select atlas from installation");
  const admitted = names.filter((_, index) => claims[index]?.status === "fulfilled");
  expect(new Set(admitted)).toEqual(new Set([winner?.atlas]));
});
