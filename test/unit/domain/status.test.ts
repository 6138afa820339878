// What one more observation changes in what is remembered: the state, since when and by whom; absences; another
// processor under an old name; the tier it ran on; and a position that running spends.
import { expect, it } from "vitest";
import type { Observation } from "../../../src/domain/observation.js";
import type { ProcessorStatus, Sighting } from "../../../src/domain/status.js";
import {
  isUnexplained,
  toStandingOneOff,
  withKnownReason,
  withSighting,
} from "../../../src/domain/status.js";
import { MINUTE_MS, NOW, aDeclared, anObservation, aStatus } from "../../support/domain-builders.js";

const EARLIER = NOW - MINUTE_MS;
const FAILED = anObservation({ state: "FAILED" });
const OTHER_ID = "b".repeat(24);
const AT = "2026-05-04T09:42:00Z";

/** Seen STARTED on SP10 a minute ago. */
const known = (fields: Partial<ProcessorStatus> = {}): ProcessorStatus =>
  aStatus({
    observed: anObservation(),
    observedAt: EARLIER,
    stateSince: EARLIER,
    lastTier: "SP10",
    ...fields,
  });

function sight(
  status: ProcessorStatus,
  observation: Observation | undefined,
  { observedAt = NOW, cause = "elsewhere" }: Partial<Pick<Sighting, "observedAt" | "cause">> = {},
): ProcessorStatus {
  return withSighting(status, { observation, observedAt, cause }, undefined);
}

it("the first look knows neither who nor since when", () => {
  expect(sight(aStatus(), anObservation())).toMatchObject({
    observed: anObservation(),
    observedAt: NOW,
    stateSince: NOW,
    stateCause: "first",
  });
});

it.each(["elsewhere", "headgate"] as const)("a new state is dated by its look and laid to %s", (cause) => {
  expect(sight(known(), FAILED, { cause })).toMatchObject({
    observed: FAILED,
    observedAt: NOW,
    stateSince: NOW,
    stateCause: cause,
  });
});

it.each<{ what: string; before?: string; state?: string; by: string | undefined; expected: string | null }>([
  { what: "who is named for it", state: "STOPPED", by: "jane", expected: "jane" },
  { what: "nobody where nobody is named", before: "bob", state: "STOPPED", by: undefined, expected: null },
  { what: "who is named later", by: "jane", expected: "jane" },
])("a look remembers $what", ({ before = null, state = "STARTED", by, expected }) => {
  const sighting = {
    observation: anObservation({ state }),
    observedAt: NOW,
    cause: "elsewhere",
    by,
  } as const;
  expect(withSighting(known({ stateBy: before }), sighting, undefined).stateBy).toBe(expected);
});

it("another tier in the same state keeps since when and by whom", () => {
  const status = sight(known({ stateCause: "headgate" }), anObservation({ tier: "SP30" }));
  expect(status).toMatchObject({ stateSince: EARLIER, stateCause: "headgate", lastTier: "SP30" });
});

it.each<[string, Parameters<typeof anObservation>[0]]>([
  ["tier", { tier: "SP30" }],
  ["effective tier", { effectiveTier: "SP50" }],
  ["autoscaling", { autoscaled: true }],
  ["error", { errorMessage: "auth error" }],
])("a new %s alone is news", (_what, fields) => {
  expect(sight(known(), anObservation(fields)).observed).toEqual(anObservation(fields));
});

it("an equal look changes nothing: the very same status comes out, so that nothing is written", () => {
  const status = known();
  expect(sight(status, anObservation())).toBe(status);
});

it.each<[string, Partial<ProcessorStatus>, number]>([
  ["sent before the stored one", {}, EARLIER - 1],
  ["sent with the stored one", {}, EARLIER],
  ["sent before the last change closed", { lastCloseAt: NOW }, NOW - 1],
])("a look %s changes nothing, seen or absent", (_reason, fields, observedAt) => {
  const status = known(fields);
  expect(sight(status, FAILED, { observedAt })).toBe(status);
  expect(sight(status, undefined, { observedAt })).toBe(status);
});

it("absences are counted to two, which is missing, and keep what was last seen", () => {
  const once = sight(known(), undefined);
  const twice = sight(once, undefined, { observedAt: NOW + 1 });
  expect(once).toEqual({ ...known(), absences: 1 });
  expect(twice).toEqual({ ...known(), absences: 2 });
  expect(sight(twice, undefined, { observedAt: NOW + 2 })).toBe(twice);
});

it("back in the list it is present again, from now on", () => {
  const status = sight(known({ absences: 2 }), anObservation());
  expect(status).toMatchObject({ absences: 0, stateSince: NOW, stateCause: "elsewhere" });
});

const COUNTERS: Partial<ProcessorStatus> = {
  attempts: 9,
  attemptsVersion: 3,
  nextAttemptAt: NOW + 1,
  lastFailure: "it failed",
  parked: { version: 3, why: "gave up" },
  refusedVersion: 3,
  lastTier: "SP50",
  oneOff: { start: { tier: "SP50" }, version: 3 },
};

it("a new Atlas id under an old name is another processor: what was counted is forgotten", () => {
  const status = sight(known(COUNTERS), anObservation({ atlasId: OTHER_ID, state: "CREATED" }));
  expect(status).toMatchObject({
    attempts: 0,
    attemptsVersion: null,
    nextAttemptAt: null,
    lastFailure: null,
    parked: null,
    refusedVersion: null,
    lastTier: null,
    oneOff: null,
    stateSince: NOW,
    stateCause: "elsewhere",
  });
});

it("recreation arms no position, ends no suspension, frees no slot and lifts no bar", () => {
  const kept: Partial<ProcessorStatus> = {
    positionsSpent: ["fresh"],
    suspended: { by: "ann", why: "deploy", until: NOW + 1 },
    lastSlotAt: EARLIER,
    lastStartAt: EARLIER,
    barredUntil: NOW + 1,
  };
  expect(sight(known(kept), anObservation({ atlasId: OTHER_ID, state: "CREATED" }))).toMatchObject(kept);
});

it("the same processor in another state keeps its counters", () => {
  expect(sight(known(COUNTERS), FAILED)).toMatchObject(COUNTERS);
});

it("a processor that shows no tier leaves the last one known", () => {
  expect(sight(known(), anObservation({ tier: undefined })).lastTier).toBe("SP10");
});

it("a tier shown at rest is not one it was seen running on", () => {
  expect(sight(known(), anObservation({ state: "STOPPED", tier: "SP30" })).lastTier).toBe("SP10");
});

const POSITIONED = { start: { startAtOperationTime: AT } } as const;

it.each<{
  readonly reason: string;
  readonly policy?: Parameters<typeof aDeclared>[0];
  readonly state?: string;
  readonly isSpent: boolean;
}>([
  { reason: "running under it, declared before the look", isSpent: true },
  { reason: "running as it was remembered: the state need not be news", state: "STARTED", isSpent: true },
  { reason: "declared after the look", policy: { declaredAt: NOW }, isSpent: false },
  { reason: "declared STOPPED", policy: { policy: { ...POSITIONED, state: "STOPPED" } }, isSpent: false },
  { reason: "at rest", state: "STOPPED", isSpent: false },
  { reason: "in transition", state: "PROVISIONING", isSpent: false },
  { reason: "FAILED", state: "FAILED", isSpent: false },
  {
    reason: "in mode observe as well",
    policy: { policy: { ...POSITIONED, mode: "observe" } },
    isSpent: true,
  },
])("a position is spent by running or not: $reason: $isSpent", ({ policy, state = "STARTED", isSpent }) => {
  const declared = aDeclared({ policy: POSITIONED, ...policy });
  const sighting = { observation: anObservation({ state }), observedAt: NOW, cause: "elsewhere" } as const;
  const status = withSighting(known(), sighting, declared);
  expect(status.positionsSpent).toEqual(isSpent ? [`at:${AT}:absent`] : []);
  expect(withSighting(known({ ...status, observedAt: EARLIER }), sighting, declared).positionsSpent).toEqual(
    status.positionsSpent,
  );
});

it("no position declared, or nothing declared: running spends nothing", () => {
  const sighting = { observation: anObservation(), observedAt: NOW, cause: "elsewhere" } as const;
  expect(withSighting(known(), sighting, aDeclared()).positionsSpent).toEqual([]);
  expect(withSighting(known(), sighting, undefined).positionsSpent).toEqual([]);
});

it.each<[string, number | null, boolean]>([
  ["under its version", 3, true],
  ["under a new version", 4, false],
  ["where the policy was deleted", null, false],
])("a one-off %s: stands: %s", (_reason, version, stands) => {
  const status = aStatus({ oneOff: { start: { tier: "SP50" }, version: 3 } });
  expect(toStandingOneOff(status, version) !== undefined).toBe(stands);
});

const EXPLAINED = anObservation({ state: "FAILED", errorMessage: "auth error" });

it.each<[string, Observation | undefined, Observation | null, Observation | undefined]>([
  ["the same failure keeps its reason", FAILED, EXPLAINED, EXPLAINED],
  [
    "a reason of its own goes before",
    anObservation({ state: "FAILED", errorMessage: "x" }),
    EXPLAINED,
    anObservation({ state: "FAILED", errorMessage: "x" }),
  ],
  ["what recovered has none", anObservation(), EXPLAINED, anObservation()],
  [
    "another processor's is not its own",
    { ...FAILED, atlasId: OTHER_ID },
    EXPLAINED,
    { ...FAILED, atlasId: OTHER_ID },
  ],
  ["none was known", FAILED, FAILED, FAILED],
  ["never seen before", FAILED, null, FAILED],
  ["absent", undefined, EXPLAINED, undefined],
])("a failure's reason: %s", (...[, observation, observed, reads]) => {
  expect(withKnownReason(observation, aStatus({ observed }))).toEqual(reads);
});

it.each<[string, Observation, ProcessorStatus | undefined, boolean]>([
  ["a fresh failure without a reason", FAILED, known(), true],
  ["one with a reason", EXPLAINED, known(), false],
  ["one that is no news", FAILED, known({ observed: FAILED }), false],
  [
    "the same failure of another processor",
    { ...FAILED, atlasId: OTHER_ID },
    known({ observed: FAILED }),
    true,
  ],
  ["a processor nobody has seen", FAILED, undefined, true],
  ["what runs", anObservation(), undefined, false],
])("is asked about or not: %s", (...[, observation, status, isAsked]) => {
  expect(isUnexplained(observation, status)).toBe(isAsked);
});
