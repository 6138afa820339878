// The past, replayed under other policies: what would have been done, by which starts fail and succeed as the recorded
// ones next to them did, and that the policies in force differ from themselves by nothing.
import fc from "fast-check";
import { expect, it } from "vitest";
import { comparePolicies } from "../../../src/domain/replay/compare.js";
import type { Candidate, Counts, ProcessorDifference } from "../../../src/domain/replay/compare.js";
import { findNearestResult, toScript } from "../../../src/domain/replay/recording.js";
import type { RecordedChange, Recording } from "../../../src/domain/replay/recording.js";
import { createScheduler } from "../../../src/domain/decide/schedule.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import type { Policy, RestartSchedule } from "../../../src/domain/policy.js";
import { DEFAULT_LADDER } from "../../../src/domain/rungs.js";
import type { Approval } from "../../../src/domain/rungs.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import {
  HOUR_MS,
  MINUTE_MS,
  NOW,
  REF,
  aDeclared,
  aPolicy,
  aStatus,
  anObservation,
} from "../../support/domain-builders.js";

const DAY_MS = 24 * HOUR_MS;
const SPAN = { from: NOW, to: NOW + 2 * DAY_MS };
const TOOLS = { scheduler: createScheduler(), finds: () => false };
const NONE: Counts = { attempts: 0, restarts: 0, stops: 0, parked: 0, pages: 0 };

/** Running as declared before the span. */
const RUNNING = aStatus({ observed: anObservation(), observedAt: NOW - DAY_MS, stateSince: NOW - DAY_MS });

type Row = Recording["rows"][number];

const row = (at: number, fields: Partial<ProcessorStatus>): Row => ({
  at,
  status: { ...RUNNING, stateCause: "elsewhere", stateSince: at, ...fields },
});
const failedAt = (at: number, text = "it broke"): Row =>
  row(at, { observed: anObservation({ state: "FAILED", errorMessage: text }) });
/** What a start of ours brought about. */
const startedAt = (at: number): Row => row(at, { observed: anObservation(), stateCause: "headgate" });

const start = (closedAt: number, fields: Partial<RecordedChange> = {}): RecordedChange => ({
  kind: "start",
  requestedBy: "pass",
  closedAt,
  isSuccess: true,
  code: "done",
  text: "STARTED",
  answer: null,
  ...fields,
});

function aRecording(fields: Partial<Recording> = {}): Recording {
  return { processor: REF.processor, status: RUNNING, rows: [], changes: [], ...fields };
}

const inForceSince = (policy: Partial<Policy>, at = NOW - DAY_MS): Candidate["inForce"] => [
  { at, declared: { ...aDeclared({ policy }), declaredAt: at, restartSince: at } },
];

function compareOne(recording: Recording, policies: Omit<Candidate, "recording">): ProcessorDifference {
  const [one] = compareAll([{ recording, ...policies }]);
  if (one === undefined) throw new Error("it was compared");
  return one;
}

function compareAll(candidates: readonly Candidate[]): readonly ProcessorDifference[] {
  return comparePolicies({
    ref: { project: REF.project, workspace: REF.workspace },
    candidates,
    span: SPAN,
    settings: DEFAULT_SETTINGS,
    tools: TOOLS,
  });
}

const recovery = (fields: Partial<Policy["recovery"]>): Policy["recovery"] => ({
  ...DEFAULT_RECOVERY,
  ...fields,
});
const nightly = (cron: string): RestartSchedule => ({
  cron,
  timezone: "UTC",
  spreadMs: 0,
  catchUpMs: 2 * HOUR_MS,
});

/** Five starts a quarter of an hour apart, each FAILED again after two minutes. */
const CRASH_LOOP = aRecording({
  rows: [
    failedAt(NOW + HOUR_MS),
    ...[0, 1, 2, 3, 4].flatMap((n) => {
      const at = NOW + HOUR_MS + (1 + 15 * n) * MINUTE_MS;
      return [startedAt(at), failedAt(at + 2 * MINUTE_MS)];
    }),
  ],
  changes: [0, 1, 2, 3, 4].map((n) => start(NOW + HOUR_MS + (1 + 15 * n) * MINUTE_MS)),
});

const LOST = "ChangeStreamHistoryLost: the resume point may no longer be in the oplog";
/** Where it was an hour into the span, when it was seen FAILED. */
const LOST_AT: Partial<ProcessorStatus> = {
  observed: anObservation({ state: "FAILED", errorMessage: LOST }),
  position: { at: NOW + 55 * MINUTE_MS, seenAt: NOW + HOUR_MS },
};
const LOST_POSITION = aRecording({ rows: [row(NOW + HOUR_MS, LOST_AT)] });
const APPROVAL: Approval = { rung: "time", by: "ana", why: "w", version: 3, until: NOW + 6 * HOUR_MS };

interface Case {
  readonly reason: string;
  readonly recording?: Recording;
  readonly inForce?: Partial<Policy>;
  readonly instead?: Partial<Policy> | undefined;
  readonly before: Partial<Counts>;
  readonly after: Partial<Counts>;
}

const CASES: readonly Case[] = [
  { reason: "nothing happened", before: {}, after: {} },
  {
    reason: "two nights under a schedule are two restarts",
    instead: { restart: nightly("0 3 * * *") },
    before: {},
    after: { restarts: 2 },
  },
  {
    reason: "a schedule that was taken away restarts nothing",
    inForce: { restart: nightly("0 3 * * *") },
    instead: {},
    before: { restarts: 2 },
    after: {},
  },
  {
    reason: "another tier is one restart",
    instead: { start: { tier: "SP30" } },
    before: {},
    after: { restarts: 1 },
  },
  {
    reason: "declared STOPPED it is stopped once",
    instead: { state: "STOPPED" },
    before: {},
    after: { stops: 1 },
  },
  {
    reason: "mode observe does nothing",
    instead: { mode: "observe", state: "STOPPED" },
    before: {},
    after: {},
  },
  {
    reason: "one failure is one start, under either",
    recording: aRecording({
      rows: [failedAt(NOW + HOUR_MS), startedAt(NOW + HOUR_MS + MINUTE_MS)],
      changes: [start(NOW + HOUR_MS + MINUTE_MS)],
    }),
    instead: { restart: nightly("0 3 * * *") },
    before: { attempts: 1 },
    after: { attempts: 1, restarts: 2 },
  },
  {
    reason: "no policy names it: nothing is started",
    recording: aRecording({ rows: [failedAt(NOW + HOUR_MS)] }),
    instead: undefined,
    before: { attempts: 1 },
    after: {},
  },
  {
    reason: "a crash loop is parked after the declared attempts, and told of",
    recording: CRASH_LOOP,
    inForce: { recovery: recovery({ maxAttempts: 30 }) },
    instead: { recovery: recovery({ maxAttempts: 3 }) },
    before: { attempts: 30, parked: 1, pages: 1 },
    after: { attempts: 3, parked: 1, pages: 1 },
  },
  {
    reason: "a start that was refused is refused",
    recording: aRecording({
      rows: [failedAt(NOW + HOUR_MS)],
      changes: [
        start(NOW + HOUR_MS + MINUTE_MS, {
          isSuccess: false,
          code: "atlas.rejected",
          text: "400 no",
          answer: { code: "atlas.rejected", status: 400, errorCode: null, detail: "no", isTransient: false },
        }),
      ],
    }),
    inForce: { recovery: recovery({ maxAttempts: 2 }) },
    instead: { recovery: recovery({ maxAttempts: 4 }) },
    before: { attempts: 2, parked: 1, pages: 1 },
    after: { attempts: 4, parked: 1, pages: 1 },
  },
  {
    reason: "a lost position: parked in force, asked about under a ladder",
    recording: LOST_POSITION,
    instead: { recovery: recovery({ ladder: DEFAULT_LADDER }) },
    before: { parked: 1, pages: 1 },
    after: { parked: 1, pages: 1 },
  },
  {
    reason: "and started by itself where the ladder allows it, from where it was last seen",
    recording: LOST_POSITION,
    instead: { recovery: recovery({ ladder: { ...DEFAULT_LADDER, time: "allow" } }) },
    before: { parked: 1, pages: 1 },
    after: { attempts: 1 },
  },
  {
    reason: "an approval that was recorded counts under either ladder",
    recording: aRecording({
      rows: [...LOST_POSITION.rows, row(NOW + 2 * HOUR_MS, { ...LOST_AT, approval: APPROVAL })],
    }),
    inForce: { recovery: recovery({ ladder: DEFAULT_LADDER }) },
    instead: { recovery: recovery({ ladder: { ...DEFAULT_LADDER, maxReplayMs: 2 * HOUR_MS } }) },
    before: { attempts: 1, parked: 1, pages: 1 },
    after: { attempts: 1, parked: 1, pages: 1 },
  },
  {
    reason: "a suspension that was recorded holds under either",
    recording: aRecording({
      rows: [
        row(NOW + 1, { suspended: { by: "ana", why: "w", until: NOW + 5 * DAY_MS } }),
        failedAt(NOW + HOUR_MS),
      ].map((one) => ({
        ...one,
        status: { ...one.status, suspended: { by: "ana", why: "w", until: NOW + 5 * DAY_MS } },
      })),
    }),
    instead: { restart: nightly("0 3 * * *") },
    before: {},
    after: {},
  },
  {
    reason: "a person's stop is respected for as long as is declared",
    recording: aRecording({
      rows: [
        row(NOW + HOUR_MS, { observed: anObservation({ state: "STOPPED" }), stateBy: "jane@example.com" }),
      ],
    }),
    instead: { recovery: recovery({ respectManualStopMs: 5 * DAY_MS }) },
    before: { attempts: 1 },
    after: {},
  },
  {
    reason: "what left Atlas is not started",
    recording: aRecording({ rows: [row(NOW + 1, { absences: 1 }), row(NOW + 2, { absences: 2 })] }),
    instead: { restart: nightly("0 3 * * *") },
    before: {},
    after: {},
  },
];

it.each(CASES)("$reason", ({ recording = aRecording(), inForce = {}, before, after, ...rest }) => {
  const fields = "instead" in rest ? rest.instead : {};
  const instead = fields === undefined ? undefined : aPolicy(fields);
  const told = compareOne(recording, { inForce: inForceSince(inForce), instead });
  expect({ before: told.inForce, after: told.instead, isCut: told.isCut }).toEqual({
    before: { ...NONE, ...before },
    after: { ...NONE, ...after },
    isCut: false,
  });
});

it("says where the two part", () => {
  const told = compareOne(aRecording(), {
    inForce: inForceSince({}),
    instead: aPolicy({ restart: nightly("0 3 * * *") }),
  });
  expect(told.first).toEqual({
    inForce: null,
    instead: { at: NOW + 15 * HOUR_MS, kind: "restarts", text: "its restart schedule says so" },
  });
});

it("replays the members of a train together: nobody follows a canary that fails, and that is a page", () => {
  const restart = { ...nightly("0 3 * * *"), train: "night" };
  const names = ["a", "b", "c", "d"];
  const candidate = (processor: string): Candidate => {
    const status = { ...RUNNING, observed: anObservation({ processor }) };
    const at = NOW + 15 * HOUR_MS;
    const crashes = [{ ...failedAt(at + 2 * MINUTE_MS), at: at + 2 * MINUTE_MS }].map((one) => ({
      at: one.at,
      status: { ...one.status, observed: anObservation({ processor, state: "FAILED" }), stateSince: one.at },
    }));
    const recording = { processor, status, rows: crashes, changes: [start(at)] };
    return {
      recording,
      inForce: inForceSince({}),
      instead: aPolicy({ restart, recovery: recovery({ maxAttempts: 1 }) }),
    };
  };
  const told = compareAll(names.map(candidate));
  expect(told.map(({ processor }) => processor)).toEqual(names);
  // The canary of the first night fails, so nobody follows it; that of the second night is the next one.
  expect(told.map(({ instead }) => instead.restarts)).toEqual([1, 1, 0, 0]);
  expect(told.map(({ first }) => first?.instead?.text)).toEqual([
    "its restart schedule says so",
    expect.stringMatching(/^train\.aborted: .*1 of 1 restarted do not run \(a\); 3 are left/),
    expect.stringMatching(/^train\.aborted: .*1 of 1 restarted do not run \(b\); 2 are left/),
    undefined,
  ]);
});

it("takes a FAILED soon after a start as that start's own, and a late one as what happened anyhow", () => {
  const at = NOW + HOUR_MS;
  const recording = (afterMs: number): Recording =>
    aRecording({ rows: [startedAt(at), failedAt(at + afterMs)], changes: [start(at)] });
  expect(toScript(recording(2 * MINUTE_MS))).toMatchObject({
    events: [],
    results: [{ failure: { afterMs: 2 * MINUTE_MS, text: "it broke" } }],
  });
  expect(toScript(recording(HOUR_MS))).toMatchObject({
    events: [{ at: at + HOUR_MS, kind: "seen" }],
    results: [{ failure: null }],
  });
});

it("finds the recorded start next to a moment", () => {
  const { results } = toScript(aRecording({ changes: [start(10), start(20), start(40)] }));
  expect([1, 14, 16, 29, 31, 90].map((at) => findNearestResult(results, at)?.at)).toEqual([
    10, 10, 20, 20, 40, 40,
  ]);
  expect(findNearestResult([], 1)).toBeUndefined();
});

const minutes = fc.integer({ min: 1, max: 2_000 });
const rows = fc
  .array(
    fc.record({
      at: minutes,
      state: fc.constantFrom("STARTED", "FAILED", "STOPPED", "PROVISIONING"),
      isOurs: fc.boolean(),
      absences: fc.constantFrom(0, 0, 0, 2),
    }),
    { maxLength: 8 },
  )
  .map((found) =>
    found
      .sort((one, other) => one.at - other.at)
      .map(({ at, state, isOurs, absences }) =>
        row(NOW + at * MINUTE_MS, {
          observed: anObservation({ state }),
          stateCause: isOurs ? "headgate" : "elsewhere",
          absences,
        }),
      ),
  );
const changes = fc
  .array(
    fc.record({
      at: minutes,
      kind: fc.constantFrom("start" as const, "restart" as const, "stop" as const),
      isSuccess: fc.boolean(),
      requestedBy: fc.constantFrom("pass" as const, "person" as const),
    }),
    { maxLength: 6 },
  )
  .map((found) =>
    found
      .sort((one, other) => one.at - other.at)
      .map(({ at, ...fields }) =>
        start(NOW + at * MINUTE_MS, { ...fields, code: fields.isSuccess ? "done" : "not-in-time" }),
      ),
  );
const policies = fc.record({
  state: fc.constantFrom("STARTED" as const, "STOPPED" as const),
  mode: fc.constantFrom("enforce" as const, "observe" as const),
  restart: fc.constantFrom(undefined, nightly("0 3 * * *"), nightly("0 * * * *")),
  maxAttempts: fc.integer({ min: 1, max: 5 }),
});

it("the policies in force, replayed against themselves, differ by nothing, and a replay repeats itself", () => {
  fc.assert(
    fc.property(rows, changes, policies, (recorded, made, { state, mode, restart, maxAttempts }) => {
      const policy = aPolicy({
        state,
        mode,
        recovery: recovery({ maxAttempts }),
        ...(restart === undefined ? {} : { restart }),
      });
      const candidate = {
        recording: aRecording({ rows: recorded, changes: made }),
        inForce: inForceSince(policy),
        instead: policy,
      };
      const told = compareOne(candidate.recording, candidate);
      expect([told.first, told.instead]).toEqual([null, told.inForce]);
      expect(compareOne(candidate.recording, candidate)).toEqual(told);
      expect(mode === "observe" ? told.inForce : null).toEqual(mode === "observe" ? NONE : null);
    }),
    { numRuns: 40 },
  );
});
