// What people are told comes next: decided facts in, codes and times out. The facts are decided by the table itself, so
// that a prospect that contradicts it shows.
import { expect, it } from "vitest";
import { decide } from "../../../src/domain/decide/decision-table.js";
import type { Facts } from "../../../src/domain/decide/decision.js";
import type { Policy } from "../../../src/domain/policy.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import type { Approval } from "../../../src/domain/rungs.js";
import { findProspects } from "../../../src/domain/tell/prospects.js";
import type { Prospect, ProspectFacts } from "../../../src/domain/tell/prospect.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import {
  HOUR_MS,
  MINUTE_MS,
  NOW,
  REF,
  aDeclared,
  aStatus,
  anObservation,
  someFacts,
} from "../../support/domain-builders.js";

const DUE = NOW + 30_000;
const SPREAD = 30 * MINUTE_MS;
const RESTART = { cron: "0 3 * * *", timezone: "Europe/Madrid", spreadMs: SPREAD, catchUpMs: HOUR_MS };
/** 3:00 in Madrid, the night after NOW. */
const SLOT = Date.UTC(2026, 5, 2, 1);
const FAILED = anObservation({ state: "FAILED" });

function look(fields: Partial<Facts>, around: Partial<ProspectFacts> = {}): readonly Prospect[] {
  const facts = someFacts(fields);
  const { declared, status, now } = facts;
  const decision = decide(facts);
  const isChange = decision.action !== undefined;
  const settings = DEFAULT_SETTINGS;
  return findProspects({
    ref: REF,
    now,
    declared,
    status,
    decision,
    isChange,
    hold: null,
    braked: { stops: 0, restarts: 0 },
    dueAt: DUE,
    turn: null,
    settings,
    ...around,
  });
}

const toTimes = (prospects: readonly Prospect[]): object =>
  Object.fromEntries(prospects.map(({ code, at }) => [code, at]));

it("is the next pass alone where all is as declared, and nothing where nobody looks", () => {
  expect(look({})).toEqual([{ code: "pass", at: DUE, text: "the next pass looks at its workspace" }]);
  expect(look({ declared: undefined }, { dueAt: null })).toEqual([
    { code: "unmanaged", at: null, text: "nothing, until a policy names it" },
  ]);
});

interface DeedCase {
  readonly deed: string;
  readonly facts: Partial<Facts>;
}

const POSITION = { tier: "SP10", startAtOperationTime: "2026-05-04T09:42:00Z" } as const;
const DEEDS: readonly DeedCase[] = [
  { deed: "starts it: tier SP10, from its checkpoint", facts: { observation: FAILED } },
  {
    deed: "starts it: Atlas's default tier, fresh",
    facts: {
      observation: FAILED,
      declared: aDeclared({ policy: { start: { resumeFromCheckpoint: false } } }),
    },
  },
  {
    deed: "starts it: tier SP10, from 2026-05-04T09:42:00Z",
    facts: { observation: FAILED, declared: aDeclared({ policy: { start: POSITION } }) },
  },
  { deed: "stops it", facts: { declared: aDeclared({ policy: { state: "STOPPED" } }) } },
  {
    deed: "restarts it: tier SP10, from its checkpoint",
    facts: { observation: anObservation({ tier: "SP30" }) },
  },
];

it.each(DEEDS)("says that the next pass $deed", ({ deed, facts }) => {
  expect(look(facts)[0]?.text).toBe(`the next pass looks at its workspace and ${deed}`);
});

it("says what mode enforce would do, and nothing of a change that a pass would not open", () => {
  const [would] = look({ observation: FAILED, declared: aDeclared({ policy: { mode: "observe" } }) });
  expect(would?.text).toBe(
    "the next pass looks at its workspace; with mode enforce it starts it: tier SP10, from its checkpoint",
  );
  const [held] = look({ observation: FAILED }, { isChange: false });
  expect(held?.text).toBe("the next pass looks at its workspace");
});

it.each([
  { windowMs: 24 * HOUR_MS, at: NOW + 22 * HOUR_MS, text: /oplog rolls past its position/ },
  { windowMs: 2_400 * HOUR_MS, at: NOW + 45 * 24 * HOUR_MS - HOUR_MS, text: /Atlas forgets its checkpoint/ },
])("tells until when it can resume, with an oplog of $windowMs ms", ({ windowMs, at, text }) => {
  const observation = anObservation({ state: "STOPPED" });
  const status = aStatus({
    observed: observation,
    stateSince: NOW - HOUR_MS,
    position: { at: NOW - 2 * HOUR_MS, seenAt: NOW - HOUR_MS },
  });
  const declared = aDeclared({ policy: { recovery: { ...DEFAULT_RECOVERY, oplogWindowMs: windowMs } } });
  const found = look({ declared, observation, status }).find(({ code }) => code === "checkpoint");
  expect(found?.at).toBe(at);
  expect(found?.text).toMatch(text);
});

interface WaitCase {
  readonly code: string;
  readonly at: number | null;
  readonly facts: Partial<Facts>;
}

const BACKED_OFF = {
  attempts: 4,
  attemptsVersion: 3,
  nextAttemptAt: NOW + 8 * MINUTE_MS,
  lastFailure: "no",
};
const APPROVAL: Approval = { rung: "time", by: "jane", why: "a drill", version: 3, until: NOW + HOUR_MS };

const WAITS: readonly WaitCase[] = [
  { code: "running", at: null, facts: { hasOpenChange: true } },
  {
    code: "settled",
    at: NOW - 5_000 + DEFAULT_SETTINGS.settleMs,
    facts: { status: aStatus({ lastCloseAt: NOW - 5_000 }) },
  },
  { code: "barred", at: NOW + 50_000, facts: { status: aStatus({ barredUntil: NOW + 50_000 }) } },
  {
    code: "suspended",
    at: NOW + HOUR_MS,
    facts: { status: aStatus({ suspended: { by: "anna", why: "migration", until: NOW + HOUR_MS } }) },
  },
  {
    code: "stuck",
    at: NOW - MINUTE_MS + DEFAULT_SETTINGS.stuckMs,
    facts: {
      observation: anObservation({ state: "PROVISIONING" }),
      status: aStatus({ stateSince: NOW - MINUTE_MS }),
    },
  },
  { code: "missing", at: null, facts: { observation: undefined, status: aStatus({ absences: 2 }) } },
  {
    code: "backed-off",
    at: NOW + 8 * MINUTE_MS,
    facts: { observation: FAILED, status: aStatus(BACKED_OFF) },
  },
  {
    code: "grace",
    at: NOW - MINUTE_MS + 5 * MINUTE_MS,
    facts: {
      observation: anObservation({ state: "STOPPED" }),
      status: aStatus({ stateSince: NOW - MINUTE_MS, stateCause: "elsewhere" }),
    },
  },
  {
    code: "parked",
    at: null,
    facts: { observation: FAILED, status: aStatus({ parked: { version: 3, why: "gave up" } }) },
  },
  {
    code: "stable",
    at: NOW - MINUTE_MS + 30 * MINUTE_MS,
    facts: { status: aStatus({ attempts: 2, attemptsVersion: 3, stateSince: NOW - MINUTE_MS }) },
  },
  {
    code: "one-off",
    at: null,
    facts: { status: aStatus({ oneOff: { start: { tier: "SP50" }, version: 3 } }) },
  },
  {
    code: "climb",
    at: NOW + HOUR_MS - MINUTE_MS,
    facts: {
      observation: anObservation({ tier: "SP30" }),
      status: aStatus({
        observed: anObservation({ tier: "SP30" }),
        stateSince: NOW - MINUTE_MS,
        climbed: { tier: "SP30", version: 3, at: NOW - HOUR_MS, stepBackAfterMs: HOUR_MS, isRefused: false },
      }),
    },
  },
  {
    code: "rung",
    at: null,
    facts: {
      status: aStatus({
        rung: { rung: "time", start: {}, why: "starts at 11:46", version: 3, at: NOW, isUsed: true },
      }),
    },
  },
  {
    code: "approval",
    at: NOW + HOUR_MS,
    facts: { status: aStatus({ approval: APPROVAL }) },
  },
  { code: "position", at: null, facts: { declared: aDeclared({ policy: { start: POSITION } }) } },
];

it.each(WAITS)("tells of $code, and when it comes", ({ code, at, facts }) => {
  expect(toTimes(look(facts))).toEqual({ pass: DUE, [code]: at });
});

const OVER: readonly Partial<Facts>[] = [
  { status: aStatus({ lastCloseAt: NOW - HOUR_MS }) },
  { status: aStatus({ barredUntil: NOW }) },
  { status: aStatus({ suspended: { by: "anna", why: "migration", until: NOW } }) },
  { status: aStatus({ ...BACKED_OFF, nextAttemptAt: NOW, stateSince: null }) },
  { status: aStatus({ ...BACKED_OFF, attemptsVersion: 2, stateSince: null }) },
  { status: aStatus({ parked: { version: 2, why: "gave up" } }) },
  { status: aStatus({ oneOff: { start: { tier: "SP50" }, version: 2 } }) },
  { status: aStatus({ approval: { ...APPROVAL, version: 2 } }) },
  { status: aStatus({ approval: { ...APPROVAL, until: NOW } }) },
];

it.each(OVER)("tells nothing of what is over or belongs to an older version: $status", (facts) => {
  expect(toTimes(look({ observation: anObservation(), ...facts }))).toEqual({ pass: DUE });
});

it("counts the attempts of this version", () => {
  const told = look({ observation: FAILED, status: aStatus(BACKED_OFF) });
  expect(told.find(({ code }) => code === "backed-off")?.text).toBe(
    "the back-off ends; 4 of 30 attempts are used",
  );
});

it("says how a hold ends, and when", () => {
  const recheckAt = NOW + MINUTE_MS;
  const told = (["list", "post"] as const).map((by) =>
    look({ isHeld: true }, { hold: { why: "denied", by, recheckAt }, isChange: false }),
  );
  expect(told.map(toTimes)).toEqual([
    { pass: DUE, held: recheckAt },
    { pass: DUE, held: recheckAt },
  ]);
  expect(told[0]?.[1]?.text).toContain("looked at again");
  expect(told[1]?.[1]?.text).toContain("one change is tried");
});

const BRAKED = { stops: 1, restarts: 12 };

it("says what holds back a change that the table wants", () => {
  const codes = (["braked", "waiting-for-place"] as const).map((code) => {
    const decision = { row: "restart-tier" as const, reason: { code, text: "not now" } };
    return look(
      { observation: anObservation({ tier: "SP30" }) },
      { decision, isChange: false, braked: BRAKED },
    )[1];
  });
  expect(codes.map((one) => one?.code)).toEqual(["braked", "waiting-for-place"]);
  expect(codes[0]?.text).toBe(
    "nothing, until somebody looks at the 1 stop and 12 restarts that the brake holds: " +
      `headgate release-brake "${REF.project}/orders"`,
  );
});

it("says where it stands in its train, and that the slot comes in its turn", () => {
  const train = "nightly";
  const turn = { train, place: 4, of: 53 };
  const told = look({ declared: aDeclared({ policy: { restart: { ...RESTART, train } } }) }, { turn });
  expect(told.slice(1)).toEqual([
    {
      code: "slot",
      at: SLOT,
      text: "its schedule restarts it: slot 2026-06-02T01:00Z of 0 3 * * * Europe/Madrid, in its turn of the train nightly",
    },
    {
      code: "waiting-for-train",
      at: null,
      text: "number 4 of 53 that wait in the train nightly: a wave goes when the one before has run for 2m",
    },
  ]);
});

it("tells the next slot with its nominal time, its zone and its place in the spread", () => {
  const slot = look({ declared: aDeclared({ policy: { restart: RESTART } }) }).find(
    ({ code }) => code === "slot",
  );
  expect(slot?.at).toBeGreaterThanOrEqual(SLOT);
  expect(slot?.at).toBeLessThan(SLOT + SPREAD);
  expect(slot?.text).toMatch(
    /^its schedule restarts it: slot 2026-06-02T01:00Z of 0 3 \* \* \* Europe\/Madrid, .+ into its spread of 30m$/,
  );
});

interface SkipCase {
  readonly why: string;
  readonly policy?: Partial<Policy>;
  readonly status?: Partial<ProcessorStatus>;
}

const suspendedUntil = (until: number): Partial<ProcessorStatus> => ({
  suspended: { by: "anna", why: "migration", until },
});
const SKIPS: readonly SkipCase[] = [
  { why: "is skipped (declared STOPPED)", policy: { state: "STOPPED" } },
  { why: "is skipped (mode observe)", policy: { mode: "observe" } },
  { why: "is skipped (suspended)", status: suspendedUntil(SLOT + HOUR_MS) },
  { why: "restarts it", status: suspendedUntil(SLOT - HOUR_MS) },
  { why: "is skipped (parked)", status: { parked: { version: 3, why: "gave up" } } },
];

it.each(SKIPS)("says of a slot that it $why as things stand", ({ why, policy, status }) => {
  const restart = { ...RESTART, spreadMs: 0 };
  const told = look({
    declared: aDeclared({ policy: { restart, ...policy } }),
    status: aStatus(status),
  });
  expect(told.find(({ code }) => code === "slot")).toEqual({
    code: "slot",
    at: SLOT,
    text: `its schedule ${why}: slot 2026-06-02T01:00Z of 0 3 * * * Europe/Madrid`,
  });
});

it("says whether the declared position will be used", () => {
  const declared = aDeclared({ policy: { start: { resumeFromCheckpoint: false } } });
  const [armed, spent, stopped] = [
    look({ declared }),
    look({ declared, status: aStatus({ positionsSpent: ["fresh"] }) }),
    look({ declared: { ...declared, policy: { ...declared.policy, state: "STOPPED" } } }),
  ].map((told) => told.find(({ code }) => code === "position")?.text);
  expect(armed).toContain("is armed");
  expect(spent).toContain("is spent");
  expect(stopped).toBeUndefined();
});

it("puts what has a time first, in its order", () => {
  const told = look({
    declared: aDeclared({ policy: { restart: RESTART, start: { resumeFromCheckpoint: false } } }),
    observation: FAILED,
    status: aStatus({ ...BACKED_OFF, suspended: { by: "anna", why: "x", until: NOW + HOUR_MS } }),
  });
  expect(told.map(({ code }) => code)).toEqual(["pass", "backed-off", "suspended", "slot", "position"]);
});

it("passes over a slot that was used under other rules of its zone", () => {
  const declared = aDeclared({ policy: { restart: { ...RESTART, spreadMs: 0 } } });
  // By rules that had Madrid an hour further ahead.
  const status = aStatus({ lastSlotAt: SLOT - HOUR_MS });
  const told = look({ declared, status, now: SLOT - HOUR_MS / 2 });
  expect(told.find(({ code }) => code === "slot")).toMatchObject({ at: SLOT + 24 * HOUR_MS });
});
