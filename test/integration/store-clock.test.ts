// The database's clock: read after a lock by a statement of its own; and what becomes of the tables when it goes back,
// as it may at a failover.
import { beforeEach, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { lockProcessor } from "../../src/store/rows/change-rows.js";
import { watchClock } from "../../src/store/upkeep/clock-watch.js";
import { claimAtlas } from "../../src/store/installation.js";
import { claimDue } from "../../src/store/pass/leases.js";
import type { Claim } from "../../src/store/pass/leases.js";
import { readClock } from "../../src/store/postgres/clock.js";
import { listStoredWorkspaces } from "../../src/store/people/listings/listings.js";
import { takeCalls } from "../../src/store/pass/budgets.js";
import { storePass } from "../../src/store/pass/passes.js";
import { PROJECT, until } from "../support/fleets.js";
import { aPass, anObservation } from "../support/passes.js";
import { aPolicy, aRef, declare, readJournal, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const { intervalMs, leaseMs } = DEFAULT_SETTINGS;
const HOUR_MS = 3_600_000;

beforeEach(async () => {
  await claimAtlas(database().store, "https://atlas.example");
  await declare(database().store, aRef("p"), aPolicy());
});

async function claim(owner: string): Promise<readonly Claim[]> {
  const due = { owner, tickAt: null, limit: 50, intervalMs, leaseMs };
  return (await claimDue(database().store, due)).claims;
}

async function passOnce(owner: string, state: string): Promise<boolean> {
  const { store } = database();
  const [mine] = await claim(owner);
  if (mine === undefined) return false;
  return storePass(store, await aPass(store, mine, [anObservation("p", { state })]));
}

const readState = async (): Promise<string | undefined> => {
  const [row] = await database().store.query<{ state: string }>("select state from processor_status");
  return row?.state;
};

it("is read after the lock of a processor, not before the wait for it", async () => {
  const { store } = database();
  let unlock: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (unlock = resolve));
  let releasedAt = 0;
  const holder = store.transaction(async (db) => {
    await lockProcessor(db, aRef("p"));
    await held;
    releasedAt = await readClock(db);
  });
  const waiter = store.transaction((db) => lockProcessor(db, aRef("p")));
  await until(async () => {
    const waiting = await store.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return waiting.length > 0 ? true : undefined;
  });
  await database().advance(intervalMs);
  unlock();
  await holder;
  expect((await waiter).now).toBeGreaterThanOrEqual(releasedAt);
});

it("that went back is noticed, journalled once, and its workspaces are observed again", async () => {
  const { store } = database();
  expect(await passOnce("a", "STARTED")).toBe(true);
  await database().advance(intervalMs);
  await claim("b");
  expect(await watchClock(store)).toBe(0);
  await database().advance(-HOUR_MS);
  expect(await claim("c")).toEqual([]);
  const answers = await Promise.all([watchClock(store), watchClock(store), watchClock(store)]);
  expect(answers.filter((ms) => ms > 0)).toHaveLength(1);
  expect(Math.max(...answers)).toBeGreaterThan(HOUR_MS - intervalMs);
  expect(await readJournal(store, "clock.went-back")).toHaveLength(1);
  expect(await store.query("select from workspaces where last_error_at is not null")).toEqual([]);
  expect(await passOnce("c", "FAILED")).toBe(true);
  expect(await readState()).toBe("FAILED");
  expect(await watchClock(store)).toBe(0);
});

it("that went back leaves no position dated ahead: a newer look would not count", async () => {
  const { store } = database();
  expect(await passOnce("a", "STARTED")).toBe(true);
  const position = { at: 1, seenAt: await readClock(store) };
  await store.query("update processor_status set position = $1", [JSON.stringify(position)]);
  await watchClock(store);
  await database().advance(-HOUR_MS);
  await watchClock(store);
  const [row] = await store.query<{ position: typeof position }>("select position from processor_status");
  expect(row?.position.at).toBe(1);
  expect(row?.position.seenAt).toBeLessThanOrEqual(await readClock(store));
});

it("that went back leaves no budget empty for as long", async () => {
  const { store } = database();
  const call = { project: PROJECT, calls: 1, callClass: "pass" } as const;
  expect(await takeCalls(store, call)).toMatchObject({ kind: "granted" });
  await watchClock(store);
  await database().advance(-HOUR_MS);
  expect(await takeCalls(store, call)).toMatchObject({ kind: "wait" });
  await watchClock(store);
  expect(await takeCalls(store, call)).toMatchObject({ kind: "granted" });
});

it("that went back does not refuse an observation whose lease is ours: what is stored lies ahead of the clock", async () => {
  const { store } = database();
  const [mine] = await claim("a");
  if (mine === undefined) throw new Error("nothing was due");
  await store.query("update workspaces set observed_at = headgate_now() + interval '1 hour'");
  expect(await storePass(store, await aPass(store, mine))).toBe(true);
  const [row] = await listStoredWorkspaces(store);
  expect(row?.observedAt).toBeLessThanOrEqual(await readClock(store));
});
