// How Postgres carries out every statement of the loop on a database of the size that it has to bear: none may read a
// big table from end to end, or more rows than a page only to throw them away.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { judgeFence } from "../../src/domain/change/fence.js";
import { close } from "../../src/domain/change/outcome.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { correctBudget } from "../../src/store/pass/budgets.js";
import { watchClock } from "../../src/store/upkeep/clock-watch.js";
import { claimAtlas } from "../../src/store/installation.js";
import { readFigures } from "../../src/store/figures.js";
import type { IncidentChanges, OpenIncident } from "../../src/domain/incident/judge.js";
import type { Claim } from "../../src/store/pass/leases.js";
import { createLoopStore } from "../../src/store/loop-store.js";
import type { LoopStore } from "../../src/store/loop-store.js";
import { migrate } from "../../src/store/postgres/migrate.js";
import { openStore } from "../../src/store/postgres/pool.js";
import type { Store } from "../../src/store/postgres/pool.js";
import { createRetention } from "../../src/store/upkeep/retention.js";
import { createEmptyDatabase } from "../support/database.js";
import { explainStore } from "../support/explained.js";
import { fillTables } from "../support/full-tables.js";
import { aPass, anObservation } from "../support/passes.js";
import { anOpening, aRequest } from "../support/store-rows.js";

const BIG = new Set(
  "workspaces processor_status start_policies policy_versions changes change_steps journal observations".split(
    " ",
  ),
);
const { intervalMs, leaseMs, pollMs, holdRecheckMs, claimSize } = DEFAULT_SETTINGS;

const FILL_PATIENCE_MS = 180_000;

let database: { readonly databaseUrl: string; readonly drop: () => Promise<void> };
let full: Store;
beforeAll(async () => {
  database = await createEmptyDatabase();
  await migrate({
    databaseUrl: database.databaseUrl,
    folder: fileURLToPath(new URL("../../migrations", import.meta.url)),
  });
  full = openStore({ databaseUrl: database.databaseUrl, max: 2 });
  await claimAtlas(full, "https://atlas.example");
  await fillTables(full);
}, FILL_PATIENCE_MS);
afterAll(async () => {
  await full.close();
  await database.drop();
});

/** Every function of the loop's store, noted when it is called. */
function noteCalls(loop: LoopStore): {
  readonly loop: LoopStore;
  readonly uncalled: () => readonly string[];
} {
  const uncalled = new Set(Object.keys(loop));
  const noted = Object.fromEntries(
    Object.entries(loop).map(([name, call]) => [
      name,
      (...rest: never[]) => {
        uncalled.delete(name);
        return (call as (...given: never[]) => unknown)(...rest);
      },
    ]),
  ) as unknown as LoopStore;
  return { loop: noted, uncalled: () => [...uncalled] };
}

function firstOf(claims: readonly Claim[]): Claim {
  const [first] = claims;
  if (first === undefined) throw new Error("nothing was due");
  return first;
}

async function tick(loop: LoopStore, store: Store): Promise<readonly Claim[]> {
  const due = { limit: claimSize, intervalMs, leaseMs };
  const { tickAt, claims } = await loop.claimDue({ ...due, owner: "a", tickAt: null });
  expect(claims.length).toBe(claimSize);
  await loop.claimDue({ ...due, owner: "b", tickAt });
  await loop.claimDue({ ...due, owner: "a", tickAt });
  const { claims: named } = await loop.claimNamed({
    owner: "a",
    leaseMs,
    refs: claims.map(({ ref }) => ref),
  });
  const [quiet, loud, denied, back] = named;
  if (quiet === undefined || loud === undefined || denied === undefined || back === undefined) {
    throw new Error("its own claims are free to it");
  }
  await loop.takeCalls({ project: quiet.ref.project, calls: 1, callClass: "pass" });
  await loop.takeCalls({ project: quiet.ref.project, calls: 5_000, callClass: "pass" });
  await loop.loadWorkspace(quiet.ref);
  await loop.storePass(await aPass(store, quiet));
  const seen = Array.from({ length: 10 }, (_, n) => anObservation(`p-${String(n)}`, { state: "FAILED" }));
  await loop.storePass({ ...(await aPass(store, loud, seen)), endsHold: true });
  await loop.storeFailedPass({ claim: denied, error: "away", hold: null });
  const { stamp, now = 0, pagesInProject = 0 } = (await loop.loadWorkspace(back.ref)) ?? {};
  const last = { stamp: stamp ?? "", from: 0, until: now + intervalMs, pagesInProject };
  await loop.storeUnchanged({ claim: back, observedAt: now, count: 10, pages: 1, intervalMs, last });
  await loop.giveBack(back);
  return named.slice(4);
}

/** Opened, joined, moved on, and over. */
async function incident(loop: LoopStore, { ref }: Claim): Promise<void> {
  const step = (change: (open: readonly OpenIncident[]) => Partial<IncidentChanges>): Promise<unknown> => {
    const judge = (open: readonly OpenIncident[]): IncidentChanges => {
      return { opened: undefined, joined: undefined, advances: [], ...change(open) };
    };
    return loop.stepIncidents({ ref, judge });
  };
  const outbreak = { scope: { ...ref, connection: null }, why: "down", processors: ["p-0", "p-1", "p-2"] };
  const [one, two, three] = outbreak.processors.map((processor) => ({ ...ref, processor }));
  if (one === undefined || two === undefined || three === undefined) throw new Error("three of them");
  await step(() => ({ opened: outbreak }));
  await step(([open]) => ({
    joined: { id: open?.incident.id ?? "", processors: ["p-3"], widened: outbreak },
  }));
  const moves = { admitted: [one], released: [two], dropped: [three], happenings: [] };
  await step((open) => ({
    advances: open.map(({ incident: at }) => ({ id: at.id, advance: { ...moves, incident: at } })),
  }));
  const closed = { kind: "incident.closed", text: "over" } as const;
  await step((open) => ({
    advances: open.map(({ incident: at }) => {
      return { id: at.id, advance: { ...moves, incident: null, happenings: [closed] } };
    }),
  }));
}

async function change(loop: LoopStore, claim: Claim): Promise<void> {
  const ref = { ...claim.ref, processor: "p-0" };
  const request = aRequest(ref, { isBulk: true, slotAt: 1_000 });
  const opened = await loop.openChangeRow(anOpening(request, "a-run"));
  if (opened.kind === "refused") throw new Error(opened.ending.text);
  const changeId = opened.change.id;
  await loop.giveBack(claim);
  await loop.claimForLook({ ref: claim.ref, owner: "a-run", leaseMs, pollMs, askedAt: null });
  await loop.readSharedObservation(ref);
  await loop.rememberLock({ ref: claim.ref, forMs: 1_000 });
  await loop.rememberPageSize({ ref: claim.ref, pageSize: 250 });
  await loop.recordBefore(changeId, { state: "FAILED", tier: null });
  await loop.readChange("a-run");
  const fence = { runId: "a-run", ref, step: "start", attempt: 1, horizonMs: 1_000 } as const;
  const judge: Parameters<LoopStore["fence"]>[0]["judge"] = (facts) =>
    judgeFence({ ...facts, step: "start", maxTier: undefined });
  expect((await loop.fence({ ...fence, judge })).kind).toBe("post");
  const answer = { changeId, ref, step: "start", attempt: 1, answer: null } as const;
  await loop.recordAnswer({ ...answer, fate: "unknown" });
  await loop.recordAnswer({ ...answer, fate: "refused" });
  const ending = { outcome: "failed", code: "atlas.rejected", text: "400" } as const;
  await loop.closeChangeRow({
    runId: "a-run",
    ref,
    holdRecheckMs,
    judge: (facts) => ({ ...close({ ...facts, ending, seen: null }), ending }),
  });
}

it("reads no table from end to end in any statement of the loop, and throws away no more than a page", async () => {
  const explained = explainStore(full, BIG);
  const { store } = explained;
  const { loop, uncalled } = noteCalls(createLoopStore(store, DEFAULT_SETTINGS));
  const claims = await tick(loop, store);
  await incident(loop, firstOf(claims));
  await change(loop, firstOf(claims));
  const held = claims[1] ?? firstOf(claims);
  await loop.storeFailedPass({
    claim: held,
    error: "denied",
    hold: { why: "403", recheckMs: holdRecheckMs },
  });
  const { project } = held.ref;
  await loop.writeLimits({ project, capacity: 1_000, refillPerMinute: 400, refillStep: 400 });
  await correctBudget(store, { project, remaining: 3 });
  await watchClock(store);
  await watchClock(store);
  expect(uncalled()).toEqual([]);
  expect(explained.count()).toBeGreaterThan(40);
  expect(explained.faults()).toEqual([]);
});

it("reads in retention what has expired, and no more than that", async () => {
  const explained = explainStore(full, BIG);
  expect(await createRetention(explained.store).run(new AbortController().signal)).toBeGreaterThan(20_000);
  expect(explained.faults()).toEqual([]);
});

it("reads for the figures each processor once, and neither history nor journal", async () => {
  // Once a minute. How many are in which condition nobody can say without a look at each; all else is by an index.
  const counted = new Set(["processor_status", "start_policies", "workspaces"]);
  const explained = explainStore(full, new Set([...BIG].filter((table) => !counted.has(table))));
  await readFigures(explained.store);
  expect([explained.count(), explained.faults()]).toEqual([1, []]);
});

it("would find a statement that reads a table from end to end", async () => {
  const explained = explainStore(full, BIG);
  await explained.store.query("select from journal where at < clock_timestamp() - interval '1 year'");
  expect(explained.faults()).toMatchObject([expect.stringMatching(/Scan on journal/)]);
});
