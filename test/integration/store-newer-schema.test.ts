// Today's code against the tables of a newer program: every one has a column more that this program does not know, as
// in a rolling upgrade, where the tables come first. Passes, changes, commands and policies go on as if nothing were
// there.
import { beforeEach, expect, it } from "vitest";
import { judgeFence } from "../../src/domain/change/fence.js";
import { close } from "../../src/domain/change/outcome.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { takeCalls } from "../../src/store/pass/budgets.js";
import { watchClock } from "../../src/store/upkeep/clock-watch.js";
import { closeChangeRow } from "../../src/store/change/closing.js";
import { commandStatus } from "../../src/store/people/commands.js";
import { fence, recordAnswer } from "../../src/store/change/fences.js";
import { createKey } from "../../src/app/access/keys.js";
import { claimKey } from "../../src/store/people/idempotency-keys.js";
import { insertRevokedToken } from "../../src/store/access/callers.js";
import { stepOpenIncidents } from "../../src/store/incidents/stepping.js";
import { claimAtlas } from "../../src/store/installation.js";
import { claimDue } from "../../src/store/pass/leases.js";
import { declareChannels } from "../../src/store/notices.js";
import { listPolicies } from "../../src/store/people/policies.js";
import { readStatuses } from "../../src/store/people/listings/listings.js";
import { storePass } from "../../src/store/pass/passes.js";
import { PROJECT } from "../support/fleets.js";
import { park } from "../support/outbox.js";
import { aPass, anObservation } from "../support/passes.js";
import { aPolicy, aRef, aRequest, declare, opened, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const REF = aRef("p");

async function listTables(): Promise<readonly string[]> {
  const rows = await database().store.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tablename not in ('test_clock', 'schema_migrations')",
  );
  return rows.map(({ name }) => name);
}

beforeEach(async () => {
  for (const table of await listTables()) {
    await database().store.query(
      `alter table ${table} add column newer text not null default 'kept', add column newer_still text`,
    );
  }
});

async function pass(state: string): Promise<void> {
  const { store } = database();
  const { intervalMs, leaseMs } = DEFAULT_SETTINGS;
  const [claim] = (await claimDue(store, { owner: "a", tickAt: null, limit: 1, intervalMs, leaseMs })).claims;
  if (claim === undefined) throw new Error("nothing was due");
  await takeCalls(store, { project: PROJECT, calls: 1, callClass: "pass" });
  expect(await storePass(store, await aPass(store, claim, [anObservation("p", { state })]))).toBe(true);
  await database().advance(intervalMs);
}

async function change(): Promise<void> {
  const { store } = database();
  const { id } = await opened(store, aRequest(REF), "run-1");
  const posted = await fence(store, {
    runId: "run-1",
    ref: REF,
    step: "start",
    attempt: 1,
    horizonMs: 1_000,
    judge: (facts) => judgeFence({ ...facts, step: "start", maxTier: undefined }),
  });
  expect(posted.kind).toBe("post");
  const answer = {
    changeId: id,
    ref: REF,
    step: "start",
    attempt: 1,
    fate: "applied",
    answer: null,
  } as const;
  expect(await recordAnswer(store, answer)).toBeGreaterThan(0);
  const ending = { outcome: "succeeded", code: "succeeded", text: "it runs" } as const;
  const closed = await closeChangeRow(store, {
    runId: "run-1",
    ref: REF,
    holdRecheckMs: 1_000,
    judge: (facts) => ({ ...close({ ...facts, ending, seen: null }), ending }),
  });
  expect(closed?.ending.outcome).toBe("succeeded");
}

it("writes no null into a column it does not know, and leaves what a newer program wrote there", async () => {
  const { store } = database();
  await claimAtlas(store, "https://atlas.example");
  await watchClock(store);
  await declare(store, REF, aPolicy());
  await pass("STARTED");
  for (const table of ["processor_status", "start_policies", "workspaces"]) {
    await store.query(`update ${table} set newer = 'by the newer one', newer_still = 'too'`);
  }
  await pass("FAILED");
  await change();
  await declare(store, REF, aPolicy({ start: { tier: "SP30" } }));
  await commandStatus(store, {
    ref: REF,
    actor: "anna",
    kind: "processor.unparked",
    apply: ({ status }) => ({ status: { ...status, attempts: 0 }, text: "forgotten" }),
  });
  for (const table of ["processor_status", "start_policies", "workspaces"]) {
    const rows = await store.query(`select distinct newer, newer_still from ${table}`);
    expect(rows, table).toEqual([{ newer: "by the newer one", newer_still: "too" }]);
  }
  const [policy] = await listPolicies(store, [REF]);
  expect(policy?.declared.policy.start).toEqual({ tier: "SP30" });
  expect([...(await readStatuses(store, [REF])).values()]).toMatchObject([{ observed: { state: "FAILED" } }]);
});

it("fills every table in that run, so that none goes unproved", async () => {
  const { store } = database();
  await claimAtlas(store, "https://atlas.example");
  await declare(store, REF, aPolicy());
  await pass("FAILED");
  await change();
  await createKey(
    { store, actor: "anna" },
    { name: "ci", role: "viewer", scope: { project: "*", workspace: "*" } },
  );
  await insertRevokedToken(store, { jti: "0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11", expiresAt: 1 });
  await declareChannels(store, ["webhook"], ["processor.parked"]);
  await park(store, ["p"]);
  const scope = { project: PROJECT, workspace: null, connection: null };
  await stepOpenIncidents(store, {
    ref: REF,
    judge: () => ({
      opened: { scope, why: "down", processors: [REF.processor] },
      joined: undefined,
      advances: [],
    }),
  });
  await claimKey(store, { apiKey: "ci", idempotencyKey: "k" }, "hash");
  for (const table of await listTables()) {
    const [first] = await store.query<{ newer: string }>(`select newer from ${table} limit 1`);
    expect(first?.newer, table).toBe("kept");
  }
});
