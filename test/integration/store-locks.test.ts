// Everybody at once: passes, applies and changes of the same workspaces lock the same rows. They wait for one another
// in one order, so that nobody is ever killed by a deadlock; only a conflict of versions may turn somebody away.
import { expect, it } from "vitest";
import type { Ending } from "../../src/domain/change/change.js";
import type { WorkspaceRef } from "../../src/domain/refs.js";
import { DEFAULT_RECOVERY } from "../../src/domain/policy.js";
import { NEW_STATUS } from "../../src/domain/status.js";
import { closeChangeRow } from "../../src/store/change/closing.js";
import { fence } from "../../src/store/change/fences.js";
import { claimDue, claimNamed } from "../../src/store/pass/leases.js";
import { openChangeRow } from "../../src/store/change/opening.js";
import { listPolicies, writePolicies } from "../../src/store/people/policies.js";
import { storePass } from "../../src/store/pass/passes.js";
import { aPass, anObservation } from "../support/passes.js";
import { ORDERS, aPolicy, aRef, aRequest, anOpening, declare, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const ROUNDS = 60;
const SHORT_LEASE_MS = 5;
const KEYS = ["kafka-eu", "kafka-us"];
const WORKSPACES: readonly WorkspaceRef[] = Array.from({ length: 30 }, (_, index) => ({
  ...ORDERS,
  workspace: `w-${String(index)}`,
}));

/** The same list in another order for every round: begun elsewhere, every second time backwards. */
function reorder<Item>(items: readonly Item[], round: number): readonly Item[] {
  const start = (round * 7) % items.length;
  const turned = [...items.slice(start), ...items.slice(0, start)];
  return round % 2 === 0 ? turned : turned.reverse();
}

async function claimByName(owner: string, round: number): Promise<void> {
  await claimNamed(database().store, { owner, leaseMs: SHORT_LEASE_MS, refs: reorder(WORKSPACES, round) });
}

async function passDue(owner: string, round: number): Promise<void> {
  const { store } = database();
  const due = { owner, tickAt: null, limit: 20, intervalMs: 1_000_000_000, leaseMs: SHORT_LEASE_MS };
  const { claims } = await claimDue(store, due);
  const state = round % 2 === 0 ? "FAILED" : "STARTED";
  for (const claim of claims.slice(0, 3)) {
    const pass = await aPass(store, claim, [anObservation("p", { state }), anObservation("q", { state })]);
    await storePass(store, { ...pass, endsHold: round % 3 === 0 });
  }
}

async function applyToMany(_owner: string, round: number): Promise<void> {
  const { store } = database();
  const concurrencyKey = KEYS[round % KEYS.length] ?? "";
  const after = aPolicy({
    concurrencyKey,
    recovery: { ...DEFAULT_RECOVERY, maxAttempts: 1 + (round % 900) },
  });
  const stored = reorder(await listPolicies(store), round).slice(0, 12);
  const writes = stored.map(({ ref, declared }) => ({ ref, before: declared, after }));
  await writePolicies(store, { author: "tester", writes, releasesBrake: true, intervalMs: 60_000 });
}

async function changeOne(owner: string, round: number): Promise<void> {
  const { store } = database();
  const [workspace = ORDERS] = reorder(WORKSPACES, round);
  const ref = aRef("p", workspace);
  const runId = `${owner}/${String(round)}`;
  const judge = () => ({ kind: "post", options: {}, positionKey: null }) as const;
  const ending: Ending = { outcome: "failed", code: "test", text: "a test" };
  const hold = round % 2 === 0 ? ({ kind: "hold", why: "a test" } as const) : ({ kind: "release" } as const);
  // Bulk, so that it takes the lock of its policy's concurrency key as well.
  await openChangeRow(store, anOpening(aRequest(ref, { requestedBy: "person", isBulk: true }), runId));
  await fence(store, { runId, ref, step: "start", attempt: 1, horizonMs: 1, judge });
  await closeChangeRow(store, {
    runId,
    ref,
    holdRecheckMs: 1,
    judge: () => ({ ending, status: NEW_STATUS, hold }),
  });
}

/** Does its work round by round; what turned it away. */
async function runRounds(
  owner: string,
  work: (owner: string, round: number) => Promise<void>,
): Promise<readonly unknown[]> {
  const reasons: unknown[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    await work(owner, round).catch((reason: unknown) => reasons.push(reason));
  }
  return reasons;
}

it("ends no pass, no apply and no change by a deadlock, with sixteen at work on the same rows", async () => {
  for (const workspace of WORKSPACES) await declare(database().store, aRef("p", workspace), aPolicy());
  const kinds = [claimByName, passDue, applyToMany, changeOne];
  const workers = Array.from({ length: 16 }, (_, index) => ({
    owner: `o-${String(index)}`,
    kind: index % 4,
  }));
  const turnedAway = await Promise.all(
    workers.map(({ owner, kind }) => runRounds(owner, kinds[kind] ?? claimByName)),
  );
  const others = turnedAway
    .flat()
    .filter((reason) => !(reason instanceof Error && "code" in reason && reason.code === "store.conflict"));
  expect(others).toEqual([]);
});
