// Observations as they are kept: one row where something else was seen or is remembered, and none where a look showed
// nothing new.
import { beforeEach, expect, it } from "vitest";
import type { Observation } from "../../src/domain/observation.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { takeCalls } from "../../src/store/pass/budgets.js";
import { claimDue } from "../../src/store/pass/leases.js";
import { storePass } from "../../src/store/pass/passes.js";
import { commandStatus } from "../../src/store/people/commands.js";
import { createRetention } from "../../src/store/upkeep/retention.js";
import { PROJECT } from "../support/fleets.js";
import { aPass, anObservation } from "../support/passes.js";
import { aPolicy, aRef, declare, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const REF = aRef("p");
const DAY_MS = 86_400_000;

beforeEach(() => declare(database().store, REF, aPolicy({ start: { tier: "SP10" } })));

async function pass(seen: readonly Observation[]): Promise<void> {
  const { store } = database();
  const { intervalMs, leaseMs } = DEFAULT_SETTINGS;
  const [claim] = (await claimDue(store, { owner: "a", tickAt: null, limit: 1, intervalMs, leaseMs })).claims;
  if (claim === undefined) throw new Error("nothing was due");
  await takeCalls(store, { project: PROJECT, calls: 1, callClass: "pass" });
  expect(await storePass(store, await aPass(store, claim, seen))).toBe(true);
  await database().advance(intervalMs);
}

const look = (fields: Partial<Observation>): Promise<void> => pass([anObservation("p", fields)]);

const rows = (): Promise<readonly Record<string, unknown>[]> =>
  database().store.query(
    `select state, tier, error_message as error, autoscaled, absences, remembered->>'attempts' as attempts
     from observations where processor = 'p' order by id`,
  );

const ROW = { state: "STARTED", tier: "SP10", error: null, autoscaled: false, absences: 0, attempts: "0" };

it("keeps a row of the first look and none of the looks that see the same", async () => {
  for (let n = 0; n < 3; n += 1) await look({});
  expect(await rows()).toEqual([ROW]);
});

it.each<{ readonly what: string; readonly fields: Partial<Observation>; readonly row: Partial<typeof ROW> }>([
  { what: "state", fields: { state: "STOPPED" }, row: { state: "STOPPED" } },
  { what: "tier", fields: { tier: "SP30" }, row: { tier: "SP30" } },
  { what: "scaling", fields: { autoscaled: true }, row: { autoscaled: true } },
  { what: "Atlas id", fields: { atlasId: "b".repeat(24) }, row: {} },
])("keeps a row of another $what", async ({ fields, row }) => {
  await look({});
  await look(fields);
  await look(fields);
  expect(await rows()).toEqual([ROW, { ...ROW, ...row }]);
});

it("keeps a row of the text of a failure, and of what a command made of the memory", async () => {
  await look({});
  await look({ state: "FAILED", errorMessage: "no such topic" });
  await look({ state: "FAILED", errorMessage: "another" });
  await commandStatus(database().store, {
    ref: REF,
    actor: "anna",
    kind: "processor.unparked",
    apply: ({ status }) => ({ status: { ...status, attempts: 4, attemptsVersion: 1 }, text: "t" }),
  });
  const failed = { ...ROW, state: "FAILED" };
  expect(await rows()).toEqual([
    ROW,
    { ...failed, error: "no such topic" },
    { ...failed, error: "another" },
    { ...failed, error: "another", attempts: "4" },
  ]);
});

it("keeps a row of the first and of the second list without it, and none of the third", async () => {
  await look({});
  for (let n = 0; n < 3; n += 1) await pass([]);
  expect(await rows()).toMatchObject([{ absences: 0 }, { absences: 1 }, { absences: 2 }]);
});

it("keeps no row of a status that was only made to be locked", async () => {
  const { store } = database();
  await commandStatus(store, { ref: REF, actor: "anna", kind: "processor.unparked", apply: () => undefined });
  expect([await rows(), (await store.query("select from processor_status")).length]).toEqual([[], 1]);
});

it("forgets what held no more 35 days ago, and never the newest of a processor that is known", async () => {
  const { store } = database();
  const states = async (): Promise<readonly unknown[]> => (await rows()).map(({ state }) => state);
  const forget = (): Promise<number> => createRetention(store).run(new AbortController().signal);
  await look({});
  await look({ state: "STOPPED" });
  await database().advance(10 * DAY_MS);
  await look({ state: "STARTED" });
  await database().advance(34 * DAY_MS);
  await forget();
  // It was STOPPED when the time that is kept began.
  expect(await states()).toEqual(["STOPPED", "STARTED"]);
  await database().advance(400 * DAY_MS);
  await forget();
  expect(await states()).toEqual(["STARTED"]);
  await store.query("delete from processor_status");
  await forget();
  expect(await states()).toEqual([]);
});
