// Which steps a change takes: every kind, requester and state, and what follows every way a step can end. A restart
// that stopped something owes it a start; the old tier is tried once; a person's cancel ends everything.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Ending, StepName } from "../../../src/domain/change/change.js";
import type { RequestFields } from "../../support/request-fields.js";
import { ending } from "../../../src/domain/change/change.js";
import type { NextStep, StepOutcome } from "../../../src/domain/change/steps.js";
import { toNextStep, toSteps } from "../../../src/domain/change/steps.js";
import { aRequest, anObservation } from "../../support/domain-builders.js";

type Fields = RequestFields;
const stepsOf = (request: Fields, state: string | undefined): readonly StepName[] | string => {
  const steps = toSteps(aRequest(request), state === undefined ? undefined : anObservation({ state }));
  return "outcome" in steps ? `${steps.outcome} ${steps.code}` : steps;
};

const PASS: Fields = { requestedBy: "pass" };
const PERSON: Fields = { requestedBy: "person", plannedFrom: null };
const MOVED_ON = "superseded moved-on";
const WRONG_STATE = "failed wrong-state";
const AS_WANTED = "succeeded already-as-wanted";

/**
 * Per kind and requester, by what is seen: STARTED; STOPPED, CREATED and FAILED alike; in transition or unknown;
 * absent.
 */
const TABLE: readonly {
  readonly request: Fields;
  readonly running: readonly StepName[] | string;
  readonly atRest: readonly StepName[] | string;
  readonly moving: readonly StepName[] | string;
  readonly absent: string;
  readonly reason: string;
}[] = [
  {
    reason: "a pass's start of what runs by now has nothing left to do",
    request: { ...PASS, kind: "start" },
    running: AS_WANTED,
    atRest: ["start"],
    moving: MOVED_ON,
    absent: "superseded missing",
  },
  {
    reason: "a pass's stop never touches what is in transition",
    request: { ...PASS, kind: "stop" },
    running: ["stop"],
    atRest: AS_WANTED,
    moving: MOVED_ON,
    absent: "superseded missing",
  },
  {
    reason: "a pass's restart was planned for what ran: at rest it leaves the choice to the next pass",
    request: { ...PASS, kind: "restart" },
    running: ["stop", "start"],
    atRest: MOVED_ON,
    moving: MOVED_ON,
    absent: "superseded missing",
  },
  {
    reason: "a person's start without options is content with what runs",
    request: { ...PERSON, kind: "start" },
    running: AS_WANTED,
    atRest: ["start"],
    moving: WRONG_STATE,
    absent: "failed missing",
  },
  {
    reason: "a person's start with options cannot give them to what runs, and says so",
    request: { ...PERSON, kind: "start", options: { tier: "SP30" } },
    running: WRONG_STATE,
    atRest: ["start"],
    moving: WRONG_STATE,
    absent: "failed missing",
  },
  {
    reason: "a person may stop what hangs in transition",
    request: { ...PERSON, kind: "stop" },
    running: ["stop"],
    atRest: AS_WANTED,
    moving: ["stop"],
    absent: "failed missing",
  },
  {
    reason: "a person's restart of what rests is a start",
    request: { ...PERSON, kind: "restart" },
    running: ["stop", "start"],
    atRest: ["start"],
    moving: WRONG_STATE,
    absent: "failed missing",
  },
];

for (const { reason, request, running, atRest, moving, absent } of TABLE) {
  it(`steps: ${reason}`, () => {
    expect(stepsOf(request, "STARTED")).toEqual(running);
    for (const state of ["STOPPED", "CREATED", "FAILED"]) expect(stepsOf(request, state)).toEqual(atRest);
    for (const state of ["PROVISIONING", "INIT", "CREATING", "SOME_NEW_WORD"]) {
      expect(stepsOf(request, state)).toEqual(moving);
    }
    expect(stepsOf(request, undefined)).toBe(absent);
  });
}

const ok = (step: StepName): StepOutcome => ({ step });
const refused = (step: StepName): StepOutcome => ({
  step,
  failure: { ...ending("failed", "atlas.rejected", "400"), isRefusal: true },
});
const failed = (step: StepName, code = "not-in-time"): StepOutcome => ({
  step,
  failure: { outcome: "failed", code, text: "too slow", isRefusal: false },
});
const ended = (step: StepName, outcome: Ending["outcome"]): StepOutcome => ({
  step,
  failure: { outcome, code: outcome, text: "by somebody", isRefusal: false },
});

const toText = (next: NextStep): string =>
  next.kind === "step"
    ? `${next.step}${next.isOwed ? ", owed" : ""}`
    : `${next.ending.outcome}: ${next.ending.text}`;

const START: readonly StepName[] = ["start"];
const STOP: readonly StepName[] = ["stop"];
const RESTART: readonly StepName[] = ["stop", "start"];

const SEQUENCES: readonly {
  readonly reason: string;
  readonly steps: readonly StepName[];
  readonly done: readonly StepOutcome[];
  readonly owesStart?: boolean;
  readonly next: string;
}[] = [
  { reason: "a start begins with its start, which nobody owes", steps: START, done: [], next: "start" },
  { reason: "a start that worked is done", steps: START, done: [ok("start")], next: "succeeded: as asked" },
  {
    reason: "a refused start is not tried otherwise",
    steps: START,
    done: [refused("start")],
    next: "failed: 400",
  },
  { reason: "a start that failed ends", steps: START, done: [failed("start")], next: "failed: too slow" },
  { reason: "a stop begins with its stop", steps: STOP, done: [], next: "stop" },
  { reason: "a stop that worked is done", steps: STOP, done: [ok("stop")], next: "succeeded: as asked" },
  {
    reason: "a stop owes nothing when it fails",
    steps: STOP,
    done: [failed("stop")],
    next: "failed: too slow",
  },
  { reason: "a restart stops first", steps: RESTART, done: [], next: "stop" },
  { reason: "what was stopped is owed a start", steps: RESTART, done: [ok("stop")], next: "start, owed" },
  {
    reason: "a refused stop has stopped nothing: it owes nothing",
    steps: RESTART,
    done: [refused("stop")],
    next: "failed: 400",
  },
  {
    reason: "a stop that came to nothing in time may still take effect: it owes a start",
    steps: RESTART,
    done: [failed("stop")],
    next: "start, owed",
  },
  {
    reason: "that start makes no success of the stop that failed",
    steps: RESTART,
    done: [failed("stop"), ok("start")],
    next: "failed: too slow; it runs",
  },
  {
    reason: "new options that are refused: once more with the old tier",
    steps: RESTART,
    done: [ok("stop"), refused("start")],
    next: "fallback, owed",
  },
  {
    reason: "the old tier runs again: the change failed all the same",
    steps: RESTART,
    done: [ok("stop"), refused("start"), ok("fallback")],
    next: "failed: 400; started with its old tier",
  },
  {
    reason: "the old tier is refused too: there is no third way",
    steps: RESTART,
    done: [ok("stop"), refused("start"), refused("fallback")],
    next: "failed: 400; it was stopped and is left so: its old tier is refused too",
  },
  {
    reason: "a start that was taken and FAILED is no matter of its tier",
    steps: RESTART,
    done: [ok("stop"), failed("start", "failed-after-start")],
    next: "failed: too slow",
  },
  {
    reason: "a restart that worked is done",
    steps: RESTART,
    done: [ok("stop"), ok("start")],
    next: "succeeded: as asked",
  },
  {
    reason: "a row taken over owes its start from the beginning",
    steps: START,
    done: [],
    owesStart: true,
    next: "start, owed",
  },
  {
    reason: "and falls back like the run it took over",
    steps: START,
    done: [refused("start")],
    owesStart: true,
    next: "fallback, owed",
  },
  {
    reason: "and is done after the fallback",
    steps: START,
    done: [refused("start"), ok("fallback")],
    owesStart: true,
    next: "failed: 400; started with its old tier",
  },
  ...(["cancelled", "superseded"] as const).flatMap((outcome) => [
    {
      reason: `a restart that was ${outcome} at its stop goes no further`,
      steps: RESTART,
      done: [ended("stop", outcome)],
      next: `${outcome}: by somebody`,
    },
    {
      reason: `a restart that was ${outcome} at its start is released from what it owed`,
      steps: RESTART,
      done: [ok("stop"), ended("start", outcome)],
      next: `${outcome}: by somebody`,
    },
    {
      reason: `one that was ${outcome} at its fallback ends`,
      steps: RESTART,
      done: [ok("stop"), refused("start"), ended("fallback", outcome)],
      next: `${outcome}: by somebody`,
    },
  ]),
];

for (const { reason, steps, done, owesStart = false, next } of SEQUENCES) {
  it(`next step: ${reason}`, () => {
    expect(toText(toNextStep(steps, done, owesStart))).toBe(next);
  });
}

it("next step: a change without steps is a broken expectation", () => {
  expect(() => toNextStep([], [], false)).toThrow("has ended before its first");
});

it("next step: whatever becomes of its steps, a change takes each at most once and ends", () => {
  const results = fc.array(
    fc.constantFrom(ok, refused, failed, (step: StepName) => ended(step, "cancelled")),
    {
      minLength: 4,
      maxLength: 4,
    },
  );
  fc.assert(
    fc.property(
      fc.constantFrom(START, STOP, RESTART),
      fc.boolean(),
      results,
      (steps, owesStart, outcomes) => {
        const done: StepOutcome[] = [];
        for (const outcome of outcomes) {
          const next = toNextStep(steps, done, owesStart);
          if (next.kind === "end") return;
          expect(done.map(({ step }) => step)).not.toContain(next.step);
          done.push(outcome(next.step));
        }
        expect(toNextStep(steps, done, owesStart).kind).toBe("end");
      },
    ),
    { numRuns: 200 },
  );
});
