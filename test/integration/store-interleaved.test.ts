// No lost update: what somebody writes between another's read and write stays written. Two real transactions each time,
// in the order that loses where a writer overwrites what it had not read. Which rule protects which column:
// ARCHITECTURE.md.
import { beforeEach, expect, it } from "vitest";
import type { Ending, Fate } from "../../src/domain/change/change.js";
import type { FenceVerdict } from "../../src/domain/change/fence.js";
import { NEW_STATUS } from "../../src/domain/status.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { closeChangeRow } from "../../src/store/change/closing.js";
import { releaseBrake } from "../../src/store/people/commands.js";
import { fence, recordAnswer } from "../../src/store/change/fences.js";
import type { Claim } from "../../src/store/pass/leases.js";
import { claimNamed } from "../../src/store/pass/leases.js";
import { readStatuses } from "../../src/store/people/listings/listings.js";
import { storeFailedPass, storePass } from "../../src/store/pass/passes.js";
import type { StoredPass } from "../../src/store/pass/passes.js";
import { aPass, anObservation } from "../support/passes.js";
import { ORDERS, aPolicy, aRef, aRequest, declare, opened, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const { leaseMs, holdRecheckMs, intervalMs } = DEFAULT_SETTINGS;
const KEY = "at:2026-05-04T09:42:00Z:absent";
const HORIZON_MS = 75_000;

/** Enough STARTED that should stop for the brake to hold them. */
const NAMES = Array.from({ length: 12 }, (_, index) => `p-${String(index)}`);

beforeEach(async () => {
  for (const name of NAMES) await declare(database().store, aRef(name), aPolicy({ state: "STOPPED" }));
});

async function claimOne(): Promise<Claim> {
  const [claim] = (await claimNamed(database().store, { owner: "a", leaseMs, refs: [ORDERS] })).claims;
  if (claim === undefined) throw new Error("somebody else holds its lease");
  return claim;
}

/** A pass that has looked and loaded, and has not stored yet. */
const loadPass = async (claim: Claim): Promise<StoredPass> =>
  aPass(
    database().store,
    claim,
    NAMES.map((name) => anObservation(name)),
  );

interface Brake {
  readonly released: Readonly<Record<string, number>>;
  readonly is_braked: boolean;
}

async function readBrake(): Promise<Brake | undefined> {
  const [row] = await database().store.query<Brake>(
    "select brake_released as released, braked_since is not null as is_braked from workspaces",
  );
  return row;
}

const allReleased = Object.fromEntries(NAMES.map((name) => [name, 1]));

it("release-brake is not lost to a pass that loaded before it and stores after it", async () => {
  const { store } = database();
  await storePass(store, await loadPass(await claimOne()));
  expect(await readBrake()).toEqual({ released: {}, is_braked: true });
  const pass = await loadPass(await claimOne());
  expect(await releaseBrake(store, ORDERS, "ana")).toBe(NAMES.length);
  expect(await storePass(store, pass)).toBe(true);
  expect(await readBrake()).toEqual({ released: allReleased, is_braked: false });
});

it("a pass drops the releases it found done, and keeps those that were given while it looked", async () => {
  const { store } = database();
  await store.query("update workspaces set brake_released = '{\"gone\": 1}'");
  const pass = await loadPass(await claimOne());
  await store.query("update workspaces set brake_released = brake_released || '{\"new\": 2}'");
  await storePass(store, pass);
  expect((await readBrake())?.released).toEqual({ new: 2 });
});

it("a due time that `apply` sets is not lost to a pass that is denied meanwhile", async () => {
  const { store } = database();
  const claim = await claimOne();
  await declare(store, aRef("later"), aPolicy());
  const hold = { why: "403: no", recheckMs: 2 * intervalMs };
  await storeFailedPass(store, { claim, error: "atlas.denied: 403", hold });
  const [row] = await store.query<{ is_due: boolean }>(
    "select due_at <= headgate_now() as is_due from workspaces",
  );
  expect(row?.is_due).toBe(true);
});

const REF = aRef("q");
const verdict = (positionKey: string | null): FenceVerdict => ({ kind: "post", options: {}, positionKey });

/** Opens a person's change of `q` and fences its start. */
async function fenceStart(runId: string, positionKey: string | null = null): Promise<string> {
  const { store } = database();
  const { id } = await opened(
    store,
    aRequest(REF, { requestedBy: "person", kind: "start", policyVersion: null }),
    runId,
  );
  const judge = () => verdict(positionKey);
  await fence(store, { runId, ref: REF, step: "start", attempt: 1, horizonMs: HORIZON_MS, judge });
  return id;
}

const answer = async (changeId: string, fate: Fate): Promise<boolean> => {
  const answering = { changeId, ref: REF, step: "start", attempt: 1, fate, answer: null } as const;
  return (await recordAnswer(database().store, answering)) !== undefined;
};

async function cancel(runId: string): Promise<void> {
  const ending: Ending = { outcome: "cancelled", code: "cancelled", text: "by a test" };
  await closeChangeRow(database().store, {
    runId,
    ref: REF,
    holdRecheckMs,
    judge: ({ status }) => ({ status, hold: { kind: "none" }, ending }),
  });
}

const readQ = async (): Promise<typeof NEW_STATUS> =>
  [...(await readStatuses(database().store, [REF])).values()][0] ?? NEW_STATUS;

it.each(["applied", "refused", "limited", "unsent"] as const)(
  "a late answer of a cancelled change (%s) does not lift the bar of the next",
  async (fate) => {
    const first = await fenceStart("run-1", KEY);
    await cancel("run-1");
    await database().advance(HORIZON_MS);
    await fenceStart("run-2", KEY);
    const { barredUntil } = await readQ();
    expect(await answer(first, fate)).toBe(true);
    expect(await readQ()).toMatchObject({ barredUntil, positionsSpent: [KEY] });
  },
);

it("a late answer of a cancelled change lifts its own bar, and gives its position back", async () => {
  const first = await fenceStart("run-1", KEY);
  await cancel("run-1");
  expect((await readQ()).barredUntil).not.toBeNull();
  await answer(first, "refused");
  expect(await readQ()).toMatchObject({ barredUntil: null, positionsSpent: [] });
});
