// Row checkpoint-forgotten of the decision table: what has rested for longer than it can resume after is not started as
// if it could: by Atlas's memory (docs/atlas.md 3: 45 days), or by the oplog that its policy declares.
import { CHECKPOINT_KEPT_MS, findCheckpointEnd } from "../../../src/domain/decide/checkpoint-age.js";
import type { Decision } from "../../../src/domain/decide/decision-table.js";
import { DECISION_TABLE, decide } from "../../../src/domain/decide/decision-table.js";
import { toPositionKey } from "../../../src/domain/start-options.js";
import type { StartOptions } from "../../../src/domain/start-options.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import {
  HOUR_MS,
  MINUTE_MS,
  NOW,
  aDeclared,
  anObservation,
  aStatus,
  someFacts,
} from "../../support/domain-builders.js";
import { aStart } from "./decision-case.js";
import { expect, it } from "vitest";

const LONG_AGO = NOW - CHECKPOINT_KEPT_MS;
const at = (state: string, stateSince: number, start: object = { tier: "SP10" }) => ({
  declared: aDeclared({ policy: { start } }),
  status: aStatus({ stateSince }),
  observation: anObservation({ state }),
});

it.each([
  { reason: "the last moment at which Atlas keeps it", facts: at("STOPPED", LONG_AGO + 1), parks: false },
  { reason: "the moment at which it is gone", facts: at("STOPPED", LONG_AGO), parks: true },
  { reason: "a year at rest", facts: at("STOPPED", NOW - 365 * 24 * HOUR_MS), parks: true },
  { reason: "never run: there was no checkpoint", facts: at("CREATED", LONG_AGO), parks: false },
  { reason: "FAILED is not stopped", facts: at("FAILED", LONG_AGO), parks: false },
  {
    reason: "a declared time says where to begin",
    facts: at("STOPPED", LONG_AGO, { startAtOperationTime: "2026-05-04T09:42:00Z" }),
    parks: false,
  },
  {
    reason: "declared fresh: nothing is lost that was wanted",
    facts: at("STOPPED", LONG_AGO, { resumeFromCheckpoint: false }),
    parks: false,
  },
])("$reason", ({ facts, parks }) => {
  const { row, action, parks: why, reason } = decide(someFacts(facts));
  expect(row).toBe(parks ? "checkpoint-forgotten" : "start");
  expect(action?.kind).toBe(parks ? undefined : aStart().kind);
  expect(why !== undefined).toBe(parks);
  if (parks) expect(reason.text).toContain("--at TIME or --no-resume");
});

it("leaves what is declared STOPPED at rest, and would say the same in mode observe", () => {
  const rests = at("STOPPED", LONG_AGO);
  expect(decide(someFacts({ ...rests, declared: aDeclared({ policy: { state: "STOPPED" } }) })).row).toBe(
    "rests-as-declared",
  );
  const observed = decide(someFacts({ ...rests, declared: aDeclared({ policy: { mode: "observe" } }) }));
  expect([observed.row, observed.reason.code]).toEqual(["observe-only", "would-park"]);
  expect(DECISION_TABLE.map(({ id }) => id)).toContain("checkpoint-forgotten");
});

const DAY_MS = 24 * HOUR_MS;
const OPLOG = { recovery: { ...DEFAULT_RECOVERY, oplogWindowMs: DAY_MS } };

it.each([
  { reason: "the last moment in the window", state: "STOPPED", at: NOW - DAY_MS + 1, parks: false },
  { reason: "the first moment outside it", state: "STOPPED", at: NOW - DAY_MS, parks: true },
  { reason: "the same where it FAILED", state: "FAILED", at: NOW - DAY_MS, parks: true },
  { reason: "no position, and at rest for an hour", state: "STOPPED", at: null, parks: false },
])("$reason", ({ state, at: place, parks }) => {
  const status = aStatus({
    stateSince: NOW - HOUR_MS,
    position: place === null ? null : { at: place, seenAt: NOW - MINUTE_MS },
  });
  const facts = { declared: aDeclared({ policy: OPLOG }), status, observation: anObservation({ state }) };
  const { row, parks: why } = decide(someFacts(facts));
  expect(row).toBe(parks ? "checkpoint-forgotten" : "start");
  const words =
    "its position is older than the oplog of its source reaches, so a start would find it gone: " +
    "start it with --at TIME or --no-resume";
  expect(why).toBe(parks ? words : undefined);
});

const STATES = ["STARTED", "STOPPED", "FAILED", "CREATED", "PROVISIONING", "MOVING"] as const;
const WINDOWS = [undefined, DAY_MS, 60 * DAY_MS] as const;
const AGES = [null, HOUR_MS, DAY_MS, 46 * DAY_MS, 61 * DAY_MS] as const;
const STARTS: readonly { readonly start: StartOptions; readonly spent: boolean; readonly says: boolean }[] = [
  { start: { tier: "SP10" }, spent: false, says: false },
  { start: { startAtOperationTime: "2026-05-04T09:42:00Z" }, spent: false, says: true },
  { start: { startAtOperationTime: "2026-05-04T09:42:00Z" }, spent: true, says: false },
  { start: { resumeFromCheckpoint: false }, spent: false, says: true },
];

/** By how old the place is that it would resume from: an oracle of its own, in words of the promise. */
function isGone(
  state: string,
  ages: {
    readonly windowMs: number | undefined;
    readonly placeMs: number | null;
    readonly restMs: number | null;
  },
): boolean {
  const { windowMs, placeMs, restMs } = ages;
  const isForgotten = state === "STOPPED" && restMs !== null && restMs >= 45 * DAY_MS;
  const isAtRest = state === "STOPPED" || state === "FAILED";
  const age = placeMs ?? restMs;
  return isForgotten || (isAtRest && windowMs !== undefined && age !== null && age >= windowMs);
}

interface Walked {
  readonly state: (typeof STATES)[number];
  readonly windowMs: (typeof WINDOWS)[number];
  readonly placeMs: (typeof AGES)[number];
  readonly restMs: (typeof AGES)[number];
  readonly begins: (typeof STARTS)[number];
  readonly wanted: "STARTED" | "STOPPED";
}

const ENDS = WINDOWS.flatMap((windowMs) =>
  AGES.flatMap((placeMs) => AGES.map((restMs) => ({ windowMs, placeMs, restMs }))),
);
const WALK: readonly Walked[] = STATES.flatMap((state) =>
  STARTS.flatMap((begins) =>
    ENDS.flatMap((end) =>
      (["STARTED", "STOPPED"] as const).map((wanted) => ({ state, begins, ...end, wanted })),
    ),
  ),
);

function decideWalked({
  state,
  windowMs,
  placeMs,
  restMs,
  begins: { start, spent },
  wanted,
}: Walked): Decision {
  const recovery = { ...DEFAULT_RECOVERY, ...(windowMs === undefined ? {} : { oplogWindowMs: windowMs }) };
  const status = aStatus({
    stateSince: restMs === null ? null : NOW - restMs,
    position: placeMs === null ? null : { at: NOW - placeMs, seenAt: NOW },
    positionsSpent: spent ? [toPositionKey(start) ?? ""] : [],
  });
  const declared = aDeclared({ policy: { state: wanted, start, recovery } });
  return decide(someFacts({ declared, status, observation: anObservation({ state }) }));
}

it("over all combinations: parked exactly where the place to resume from is gone, and nobody said another", () => {
  const isBlocked = (one: Walked): boolean =>
    one.wanted === "STARTED" && !one.begins.says && isGone(one.state, one);
  const seen = WALK.map((one) => ({ one, decision: decideWalked(one) }));
  const parked = seen.filter(({ decision }) => decision.row === "checkpoint-forgotten");
  expect(parked.map(({ one }) => one)).toEqual(WALK.filter(isBlocked));
  expect(parked.filter(({ decision }) => decision.action !== undefined)).toEqual([]);
  expect(WALK.length).toBe(STATES.length * WINDOWS.length * AGES.length ** 2 * STARTS.length * 2);
  expect(parked.length).toBeGreaterThan(50);
});

it.each([
  {
    reason: "by the window where it ends first",
    windowMs: DAY_MS,
    end: { at: NOW + 23 * HOUR_MS, by: "oplog" },
  },
  {
    reason: "by Atlas where the window is longer",
    windowMs: 60 * DAY_MS,
    end: { at: NOW + 44 * DAY_MS, by: "atlas" },
  },
])("tells when it can no longer resume: $reason", ({ windowMs, end }) => {
  const declared = aDeclared({ policy: { recovery: { ...DEFAULT_RECOVERY, oplogWindowMs: windowMs } } });
  const status = aStatus({ stateSince: NOW - DAY_MS, position: { at: NOW - HOUR_MS, seenAt: NOW } });
  const observation = anObservation({ state: "STOPPED" });
  expect(findCheckpointEnd({ declared, status, observation })).toEqual(end);
  expect(findCheckpointEnd({ declared, status, observation: anObservation() })).toBeUndefined();
});
