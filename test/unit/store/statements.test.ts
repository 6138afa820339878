// Every statement of the loop, as text: as many parameters as it names, and the time from `headgate_now()` alone, which
// tests replace and an index can serve. What the statements do is tested with a real Postgres.
import { expect, it } from "vitest";
import { correctBudget, takeCalls, takeCallsAtOnce, writeLimits } from "../../../src/store/pass/budgets.js";
import { claimDue, claimForLook, claimNamed, giveBack } from "../../../src/store/pass/leases.js";
import { readPageSize, rememberPageSize } from "../../../src/store/pass/page-sizes.js";
import { loadWorkspaces } from "../../../src/store/pass/loading.js";
import { storeQuietPasses } from "../../../src/store/pass/quiet-passes.js";
import { readSharedObservations } from "../../../src/store/pass/shared-observation.js";
import { readLoop, readWaiting } from "../../../src/store/checkup.js";
import { readFollowed } from "../../../src/store/change/following.js";
import {
  findClient,
  findDigestKey,
  findTokenHolder,
  insertRevokedToken,
  noteKeyUse,
  readSigningSecret,
} from "../../../src/store/access/callers.js";
import {
  findNamedKey,
  insertKey,
  listKeyNames,
  revokeKeyRow,
  rotateKeyRow,
} from "../../../src/store/access/api-keys.js";
import { claimAtlas, readAtlasName } from "../../../src/store/installation.js";
import {
  findDeclared,
  findOpenChange,
  isKnown,
  listOpenChanges,
} from "../../../src/store/people/commands.js";
import { listPolicies } from "../../../src/store/people/policies.js";
import { readStanding } from "../../../src/store/people/standing.js";
import { findVersion, listVersions } from "../../../src/store/people/versions.js";
import type { Db } from "../../../src/store/postgres/pool.js";
import { readChange, recordBefore } from "../../../src/store/rows/change-rows.js";
import { REF } from "../../support/domain-builders.js";
import { numbersTo, placeholdersOf, recordingDb } from "./recorded-db.js";

const SECRETS = { clientSecretHash: "h", ha1Md5: "m", ha1Sha256: "s" };
const KEY = {
  name: "ci",
  role: "viewer",
  scope: { project: "*", workspace: "*" },
  clientId: "c",
  publicKey: "p",
  secrets: SECRETS,
} as const;
const CLAIM = { ref: REF, token: "t", dueAt: 1, pages: 1, pageSize: 500 };

/** What is called, and how many statements it costs if no row is there. */
const CALLS: readonly (readonly [string, number, (db: Db) => Promise<unknown>])[] = [
  ["claimDue", 1, (db) => claimDue(db, { owner: "o", tickAt: null, limit: 5, intervalMs: 1, leaseMs: 1 })],
  ["claimNamed", 1, (db) => claimNamed(db, { owner: "o", leaseMs: 1, refs: [REF] })],
  [
    "claimForLook",
    1,
    (db) => claimForLook(db, { ref: REF, owner: "o", leaseMs: 1, pollMs: 1, askedAt: null }),
  ],
  ["giveBack", 1, (db) => giveBack(db, CLAIM)],
  ["rememberPageSize", 1, (db) => rememberPageSize(db, { ref: REF, pageSize: 4 })],
  ["readPageSize", 1, (db) => readPageSize(db, REF)],
  ["loadWorkspaces", 1, (db) => loadWorkspaces(db, [REF], { brakeWindowMs: 1, incidentWindowMs: 1 }).next()],
  ["readSharedObservations", 1, (db) => readSharedObservations(db, [REF])],
  [
    "takeCallsAtOnce",
    1,
    (db) => takeCallsAtOnce(db, [{ project: REF.project, calls: 1, callClass: "pass" }]),
  ],
  ["storeQuietPasses", 1, (db) => storeQuietPasses(db, [])],
  ["takeCalls, refused", 2, (db) => takeCalls(db, { project: REF.project, calls: 1, callClass: "pass" })],
  [
    "writeLimits",
    1,
    (db) => writeLimits(db, { project: REF.project, capacity: 9, refillPerMinute: 3, refillStep: 1 }),
  ],
  ["correctBudget", 1, (db) => correctBudget(db, { project: REF.project, remaining: 3 })],
  ["readChange", 1, (db) => readChange(db, "run")],
  ["recordBefore", 1, (db) => recordBefore(db, "7", { state: "FAILED", tier: null })],
  ["readFollowed", 1, (db) => readFollowed(db, "7")],
  ["readLoop", 1, (db) => readLoop(db)],
  ["readWaiting", 1, (db) => readWaiting(db)],
  ["claimAtlas", 1, (db) => claimAtlas(db, "https://cloud.mongodb.com")],
  ["readAtlasName", 1, (db) => readAtlasName(db)],
  ["findDeclared", 1, (db) => findDeclared(db, REF)],
  ["isKnown", 1, (db) => isKnown(db, REF)],
  ["listOpenChanges", 1, (db) => listOpenChanges(db)],
  ["findOpenChange", 1, (db) => findOpenChange(db, REF)],
  ["listPolicies", 1, (db) => listPolicies(db, [REF])],
  ["readStanding", 1, (db) => readStanding(db, REF)],
  ["listVersions", 1, (db) => listVersions(db, REF, 5)],
  ["insertKey", 1, (db) => insertKey(db, KEY, "anna")],
  ["findNamedKey", 1, (db) => findNamedKey(db, { name: "ci" })],
  ["rotateKeyRow", 1, (db) => rotateKeyRow(db, { id: "7", secrets: SECRETS }, "anna")],
  ["revokeKeyRow", 1, (db) => revokeKeyRow(db, { id: "7" }, "anna")],
  ["listKeyNames", 1, (db) => listKeyNames(db)],
  [
    "findTokenHolder",
    1,
    (db) => findTokenHolder(db, { clientId: "c", generation: 1, jti: "j", expiresAt: 9 }),
  ],
  ["findDigestKey", 1, (db) => findDigestKey(db, "p")],
  ["findClient", 1, (db) => findClient(db, "c")],
  ["noteKeyUse", 1, (db) => noteKeyUse(db, "7")],
  ["insertRevokedToken", 1, (db) => insertRevokedToken(db, { jti: "j", expiresAt: 9 })],
  ["readSigningSecret", 1, (db) => readSigningSecret(db)],
  ["findVersion", 1, (db) => findVersion(db, REF, 5)],
];

it.each(CALLS)(
  "%s costs %i, hands over what it names, and asks headgate_now() for the time",
  async (...row) => {
    const [, cost, ask] = row;
    const db = recordingDb();
    // Those that always get a row from Postgres say that it is missing; the statement has been sent by then.
    await ask(db).catch((error: unknown) => {
      expect(String(error)).toMatch(/^Error: (the (claim|query) answers one row|signing_secret has no row)$/);
    });
    expect(db.sent).toHaveLength(cost);
    for (const { text, values } of db.sent) {
      expect(placeholdersOf(text)).toEqual(numbersTo(values.length));
      expect(text).not.toMatch(
        /(?<!headgate_)\bnow\(\)|current_timestamp|clock_timestamp|statement_timestamp/,
      );
    }
  },
);

it.each([
  { callClass: "person" as const, reserved: 0 },
  { callClass: "change" as const, reserved: 0.2 },
  { callClass: "pass" as const, reserved: 0.5 },
])("leaves $reserved of the burst to those before a $callClass", async ({ callClass, reserved }) => {
  const granted = recordingDb([[/^insert into call_budgets/, [{ at: 5, are_limits_due: false }]]]);
  const request = { project: REF.project, calls: 3, callClass };
  expect(await takeCalls(granted, request)).toEqual({ kind: "granted", at: 5, areLimitsDue: false });
  expect(granted.sent.map(({ values }) => values)).toEqual([[REF.project, 3, reserved]]);
});

it.each([
  { reason: "as the row says", rows: [{ wait_ms: 4_200 }], waitMs: 4_200 },
  { reason: "a second if the row went away meanwhile", rows: [], waitMs: 1_000 },
])("waits for a budget $reason", async ({ rows, waitMs }) => {
  const db = recordingDb([[/wait_ms/, rows]]);
  const request = { project: REF.project, calls: 1, callClass: "pass" as const };
  expect(await takeCalls(db, request)).toEqual({ kind: "wait", waitMs });
});

it("hands a 429 that tells of its wait alone over as no news of what is left", async () => {
  const db = recordingDb();
  await correctBudget(db, { project: REF.project, retryAfterMs: 9 });
  expect(db.sent[0]?.values).toEqual([REF.project, null, null, 9]);
});

it.each([
  { reason: "nobody has said yet, and we did", rows: [{ atlas: "https://a" }], refused: false },
  { reason: "another Atlas was first", rows: [{ atlas: "https://b" }], refused: true },
])("claims the tables for an Atlas: $reason", async ({ rows, refused }) => {
  const claim = claimAtlas(recordingDb([[/installation/, rows]]), "https://a");
  if (refused) await expect(claim).rejects.toMatchObject({ code: "config.invalid" });
  else await expect(claim).resolves.toBeUndefined();
});

it.each([
  { reason: "the version and a newer one", rows: [3, 5], newest: 5, found: true },
  { reason: "only a newer one", rows: [5], newest: 5, found: false },
  { reason: "never declared", rows: [], newest: 0, found: false },
])("finds version 3: $reason", async ({ rows, newest, found }) => {
  const versions = rows.map((version) => ({ version, after: null }));
  const db = recordingDb([[/policy_versions/, versions]]);
  expect(await findVersion(db, REF, 3)).toEqual({ newest, found: found ? { after: null } : undefined });
});
