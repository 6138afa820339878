// Leases: who may claim a workspace, when it is due again, and what an outlived token may still write (nothing).
import { beforeEach, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { readClock } from "../../src/store/postgres/clock.js";
import { listStoredWorkspaces } from "../../src/store/people/listings/listings.js";
import { claimDue, claimForLook, claimNamed } from "../../src/store/pass/leases.js";
import type { ClaimResult } from "../../src/store/pass/leases.js";
import { aPass } from "../support/passes.js";
import {
  ORDERS,
  aPolicy,
  aRef,
  declare,
  opened,
  aRequest,
  pictureRows,
  useDatabase,
} from "../support/store-rows.js";
import { storeFailedPass, storePass } from "../../src/store/pass/passes.js";

const { intervalMs, leaseMs, pollMs, holdRecheckMs } = DEFAULT_SETTINGS;
const PAYMENTS = { ...ORDERS, workspace: "payments" };
const database = useDatabase();

beforeEach(async () => {
  await declare(database().store, aRef("p"), aPolicy());
});

function claim(
  owner: string,
  fields: { readonly tickAt?: number; readonly limit?: number } = {},
): Promise<ClaimResult> {
  return claimDue(database().store, { owner, tickAt: null, limit: 50, intervalMs, leaseMs, ...fields });
}

async function claimOne(owner: string): Promise<ClaimResult["claims"][number]> {
  const [one] = (await claim(owner)).claims;
  if (one === undefined) throw new Error("nothing was due");
  return one;
}

async function readDue(): Promise<number> {
  const [row] = await listStoredWorkspaces(database().store);
  return row?.dueAt ?? 0;
}

it("claims a workspace due now, and sets it due one interval after the tick, not after the claim", async () => {
  const now = await readClock(database().store);
  const { claims, tickAt, left } = await claim("a", { tickAt: now - 5_000 });
  expect(claims.map(({ ref }) => ref)).toEqual([ORDERS]);
  expect({ tickAt, left }).toEqual({ tickAt: now - 5_000, left: 0 });
  expect(await readDue()).toBe(now - 5_000 + intervalMs);
  expect(claims[0]?.dueAt).toBe(await readDue());
});

it.each([
  { ahead: intervalMs / 2 - 1, claimed: 1, reason: "60 s stay 60 s although the tick comes a little early" },
  { ahead: intervalMs / 2, claimed: 0, reason: "the next tick is nearer to it" },
  { ahead: intervalMs, claimed: 0, reason: "it is due a whole interval later" },
])("claims $claimed of a workspace due $ahead ms after the tick: $reason", async ({ ahead, claimed }) => {
  const due = await readDue();
  expect((await claim("a", { tickAt: due - ahead })).claims).toHaveLength(claimed);
});

it("gives a held workspace to nobody else, and to the next one once the lease is over", async () => {
  await claim("a");
  await database().advance(leaseMs - 5_000);
  expect(await claim("b")).toMatchObject({ claims: [], left: 0 });
  expect(await claimNamed(database().store, { owner: "b", leaseMs, refs: [ORDERS] })).toEqual({
    claims: [],
    held: [ORDERS],
  });
  await database().advance(5_001);
  expect((await claim("b")).claims).toHaveLength(1);
});

it("gives each of 120 due workspaces to exactly one of 12 claimers at once", async () => {
  const { store } = database();
  for (let number = 1; number < 120; number += 1) {
    await declare(store, aRef("p", { ...ORDERS, workspace: `w-${String(number)}` }), aPolicy());
  }
  for (let round = 1; round <= 5; round += 1) {
    const owners = Array.from({ length: 12 }, (_, index) => `${String(round)}/${String(index)}`);
    const results = await Promise.all(owners.map((owner) => claim(owner, { limit: 20 })));
    const names = results.flatMap(({ claims }) => claims.map(({ ref }) => ref.workspace));
    expect(new Set(names).size).toBe(names.length);
    await database().advance(intervalMs + leaseMs);
  }
});

it("says how many due workspaces it left to others", async () => {
  for (const workspace of ["b", "c", "d"])
    await declare(database().store, aRef("p", { ...ORDERS, workspace }), aPolicy());
  expect(await claim("a", { limit: 3 })).toMatchObject({ claims: [{}, {}, {}], left: 1 });
  expect(await claim("b", { limit: 3 })).toMatchObject({ claims: [{}], left: 0 });
});

it("writes a new token at every take-over, also by one's own retry, and the old one stores nothing", async () => {
  const { store } = database();
  const first = await claimOne("a");
  const second = await claimOne("a");
  expect(second.token).not.toBe(first.token);
  const before = await pictureRows(store);
  expect(await storePass(store, await aPass(store, first))).toBe(false);
  await storeFailedPass(store, {
    claim: first,
    error: "too late",
    hold: { why: "denied", recheckMs: holdRecheckMs },
  });
  expect(await pictureRows(store)).toEqual(before);
  expect(await storePass(store, await aPass(store, second))).toBe(true);
});

it("does not replace an observation by an older one", async () => {
  const { store } = database();
  const slow = await aPass(store, await claimOne("a"));
  await database().advance(leaseMs + intervalMs);
  expect(await storePass(store, await aPass(store, await claimOne("b")))).toBe(true);
  await database().advance(intervalMs);
  const late = { ...slow, claim: await claimOne("c") };
  const before = await pictureRows(store);
  expect(await storePass(store, late)).toBe(false);
  expect(await pictureRows(store)).toEqual(before);
});

it("keeps a due time that was changed while the pass ran, and otherwise moves it by the new interval", async () => {
  const { store } = database();
  const first = await claimOne("a");
  await declare(store, aRef("q"), aPolicy());
  const dueByApply = await readDue();
  await storePass(store, { ...(await aPass(store, first)), intervalMs: 2 * intervalMs });
  expect(await readDue()).toBe(dueByApply);
  const second = await claimOne("a");
  await storePass(store, { ...(await aPass(store, second)), intervalMs: 3 * intervalMs });
  expect(await readDue()).toBe(second.dueAt + intervalMs);
});

it("claims named workspaces due or not, and never waits for one that it does not have", async () => {
  const { store } = database();
  await storePass(store, await aPass(store, await claimOne("a")));
  const { claims, held } = await claimNamed(store, { owner: "b", leaseMs, refs: [ORDERS, PAYMENTS] });
  expect(claims.map(({ ref }) => ref)).toEqual([ORDERS]);
  expect(held).toEqual([]);
});

it("lets any number of claimers name the same workspaces in any order: one gets each", async () => {
  const { store } = database();
  const names = Array.from({ length: 12 }, (_, index) => `w-${String(index)}`);
  for (const workspace of names) await declare(store, aRef("p", { ...ORDERS, workspace }), aPolicy());
  const refs = names.map((workspace) => ({ ...ORDERS, workspace }));
  const orders = Array.from({ length: 16 }, (_, index) => [
    ...refs.slice(index % 12),
    ...refs.slice(0, index % 12),
  ]);
  const results = await Promise.all(
    orders.map((wanted, index) =>
      claimNamed(store, { owner: String(index), leaseMs, refs: index % 2 === 0 ? wanted : wanted.reverse() }),
    ),
  );
  expect(
    results
      .flatMap(({ claims }) => claims)
      .map(({ ref }) => ref.workspace)
      .sort(),
  ).toEqual([...names].sort());
});

it("gives the lease for one look to one of ten waiting changes, and to none within a poll interval", async () => {
  const { store } = database();
  const look = (owner: number) =>
    claimForLook(store, { ref: ORDERS, owner: String(owner), leaseMs, pollMs, askedAt: null });
  const claims = (await Promise.all(Array.from({ length: 10 }, (_, index) => look(index)))).filter(
    (one) => one !== undefined,
  );
  expect(claims).toHaveLength(1);
  const [mine] = claims;
  if (mine === undefined) throw new Error("checked above");
  const due = await readDue();
  await storePass(store, await aPass(store, mine));
  expect(await readDue()).toBe(due);
  expect(await look(11)).toBeUndefined();
  await database().advance(pollMs + 1);
  expect(await look(12)).toBeDefined();
});

it("gives no lease for a look within a poll interval of one that failed", async () => {
  const { store } = database();
  const look = (owner: string) => claimForLook(store, { ref: ORDERS, owner, leaseMs, pollMs, askedAt: null });
  const mine = await look("a");
  if (mine === undefined) throw new Error("nobody has looked before");
  await storeFailedPass(store, { claim: mine, error: "atlas.unavailable", hold: null });
  expect(await look("b")).toBeUndefined();
  await database().advance(pollMs + 1);
  expect(await look("c")).toBeDefined();
});

it("claims no workspace without policies and without open changes, and does not meet it again in every claim", async () => {
  const { store } = database();
  await declare(store, aRef("p"), null);
  expect(await claim("a")).toMatchObject({ claims: [], left: 0 });
  expect(await readDue()).toBeGreaterThan((await readClock(store)) + 3_500_000);
  await declare(store, aRef("p"), aPolicy());
  expect((await claim("a")).claims).toHaveLength(1);
});

it("claims a workspace without policies while a change is open there: its look makes it due within an interval", async () => {
  const { store } = database();
  await declare(store, aRef("p"), null);
  await claim("a");
  await opened(store, aRequest(aRef("p"), { requestedBy: "person", policyVersion: null }), "run-1");
  const look = await claimForLook(store, { ref: ORDERS, owner: "run-1", leaseMs, pollMs, askedAt: null });
  if (look === undefined) throw new Error("nobody has looked before");
  await storePass(store, await aPass(store, look));
  await database().advance(intervalMs);
  expect((await claim("a")).claims).toHaveLength(1);
});

it("takes its own claims first: the retry of a batch goes on with them and takes no others in their place", async () => {
  const { store } = database();
  for (const workspace of ["b", "c", "d", "e"])
    await declare(store, aRef("p", { ...ORDERS, workspace }), aPolicy());
  const first = await claim("a", { limit: 2 });
  const retry = await claim("a", { limit: 2 });
  expect(retry.claims.map(({ ref }) => ref.workspace).sort()).toEqual(
    first.claims.map(({ ref }) => ref.workspace).sort(),
  );
  expect((await claim("a", { limit: 3 })).claims).toHaveLength(3);
});

it("counts what is left in the first claim of a tick only", async () => {
  const { store } = database();
  for (const workspace of ["b", "c", "d", "e"])
    await declare(store, aRef("p", { ...ORDERS, workspace }), aPolicy());
  const { tickAt, left } = await claim("a", { limit: 1 });
  expect(left).toBe(4);
  expect(await claim("b", { limit: 1, tickAt })).toMatchObject({ claims: [{}], left: 0 });
});

it("puts off what belongs to a held project until its re-check, and makes it due when the hold ends before", async () => {
  const { store } = database();
  await declare(store, aRef("p", PAYMENTS), aPolicy());
  const [one, ...rest] = (await claim("a", { limit: 1 })).claims;
  if (one === undefined || rest.length > 0) throw new Error("one was asked for");
  await storeFailedPass(store, {
    claim: one,
    error: "atlas.denied",
    hold: { why: "401", recheckMs: holdRecheckMs },
  });
  expect(await claim("b")).toMatchObject({ claims: [], left: 0 });
  const due = async (): Promise<readonly number[]> => {
    const now = await readClock(store);
    return (await listStoredWorkspaces(store)).map(
      ({ dueAt }) => Math.round((dueAt - now) / 10_000) * 10_000,
    );
  };
  expect(await due()).toEqual([holdRecheckMs, holdRecheckMs]);
  const {
    claims: [named],
  } = await claimNamed(store, { owner: "c", leaseMs, refs: [one.ref] });
  if (named === undefined) throw new Error("its lease is free");
  await storePass(store, { ...(await aPass(store, named)), endsHold: true });
  expect((await claim("d")).claims).toHaveLength(1);
});

it("claims nothing of a project held by a LIST until the re-check, and ends the hold when a LIST passes", async () => {
  const { store } = database();
  const hold = { why: "401: no access", recheckMs: holdRecheckMs };
  await storeFailedPass(store, { claim: await claimOne("a"), error: "atlas.denied", hold });
  await database().advance(holdRecheckMs - 5_000);
  expect((await claim("a")).claims).toEqual([]);
  await database().advance(5_001);
  await storePass(store, { ...(await aPass(store, await claimOne("a"))), endsHold: true });
  expect(await listStoredWorkspaces(store)).toMatchObject([{ heldWhy: null, lastError: null }]);
});
