// What became of a POST and what follows: every fate, every state by GET, before a POST and after one. Above all: a
// POST of unknown fate is not followed by another before its horizon has passed.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Answer, Fate, StepName, StepRow } from "../../../src/domain/change/change.js";
import type { RequestFields } from "../../support/request-fields.js";
import {
  judgeAwait,
  judgeBeforePost,
  judgeLook,
  toNextMove,
  toOwedDelayMs,
} from "../../../src/domain/change/posting.js";
import type { LookFacts } from "../../../src/domain/change/posting.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import { NOW, aRequest, aStepRow, anObservation } from "../../support/domain-builders.js";

const REFUSAL: Answer = {
  code: "atlas.rejected",
  status: 400,
  errorCode: "X",
  detail: "no",
  isTransient: false,
};
const DENIAL = (status: number): Partial<Answer> => ({ code: "atlas.denied", status });
const STATES = ["STARTED", "STOPPED", "CREATED", "FAILED", "PROVISIONING", "SOME_NEW_WORD"];
const seen = (state: string | undefined): LookFacts["observation"] =>
  state === undefined ? undefined : anObservation({ state });

const MOVES: readonly {
  readonly reason: string;
  readonly row: StepRow | undefined;
  readonly move: object;
}[] = [
  { reason: "nothing was fenced yet", row: undefined, move: { kind: "post" } },
  {
    reason: "accepted: its state is waited for, since the answer",
    row: aStepRow({ fate: "applied", answeredAt: NOW + 7 }),
    move: { kind: "await-state", since: NOW + 7 },
  },
  {
    reason: "refused: known for good, and told again as it was",
    row: aStepRow({ fate: "refused", answer: REFUSAL }),
    move: { kind: "refused", answer: REFUSAL },
  },
  { reason: "429: posted again", row: aStepRow({ fate: "limited" }), move: { kind: "post" } },
  { reason: "never sent: posted again", row: aStepRow({ fate: "unsent" }), move: { kind: "post" } },
  { reason: "unknown: looked at", row: aStepRow({ fate: "unknown" }), move: { kind: "look" } },
  {
    reason: "the worker died after its fence: as unknown as a time-out",
    row: aStepRow({ fate: null, answeredAt: null }),
    move: { kind: "look" },
  },
  {
    reason: "a refusal nobody wrote down is looked at",
    row: aStepRow({ fate: "refused", answer: null }),
    move: { kind: "look" },
  },
];

for (const { reason, row, move } of MOVES) {
  it(`next move: ${reason}`, () => {
    expect(toNextMove(row, false)).toEqual(move);
  });
}

/** Refusals of an owed start: asked for again after the delay, or (undefined) they stand. */
const { pollMs, holdRecheckMs } = DEFAULT_SETTINGS;
const OWED: readonly {
  readonly reason: string;
  readonly answer: Partial<Answer>;
  readonly tried?: number;
  readonly delayMs: number | undefined;
}[] = [
  { reason: "a user's error stands", answer: {}, delayMs: undefined },
  { reason: "a known transient text passes by itself", answer: { isTransient: true }, delayMs: pollMs },
  { reason: "the wait doubles", answer: { isTransient: true }, tried: 3, delayMs: 8 * pollMs },
  { reason: "up to the re-check", answer: { isTransient: true }, tried: 99, delayMs: holdRecheckMs },
  { reason: "a wrong state is looked at again", answer: { code: "atlas.conflict" }, delayMs: pollMs },
  { reason: "no access: somebody has to see to it", answer: DENIAL(401), delayMs: holdRecheckMs },
  { reason: "no payment: somebody has to see to it", answer: DENIAL(402), delayMs: holdRecheckMs },
  { reason: "no right: somebody has to see to it", answer: DENIAL(403), delayMs: holdRecheckMs },
  { reason: "nothing of that name: it may come back", answer: { status: 404 }, delayMs: holdRecheckMs },
];

for (const { reason, answer, tried = 0, delayMs } of OWED) {
  it(`a refused start that is owed: ${reason}`, () => {
    const refusal: Answer = { ...REFUSAL, ...answer };
    expect(toOwedDelayMs(refusal, tried, DEFAULT_SETTINGS)).toBe(delayMs);
    const row = aStepRow({ fate: "refused", answer: refusal });
    const stands = { kind: "refused", answer: refusal };
    expect(toNextMove(row, true)).toEqual(delayMs === undefined ? stands : { kind: "post" });
    expect(toNextMove(row, false)).toEqual(stands);
  });
}

const UNKNOWN = aStepRow({ fate: "unknown" });
const { horizonAt } = UNKNOWN;

/** `wait <until less fence>`, a kind, or the code it ends with. */
function look(fields: Partial<Omit<LookFacts, "row">> & { readonly row?: Partial<StepRow> }): string {
  const { row, ...rest } = fields;
  const verdict = judgeLook({
    observation: anObservation({ state: "STOPPED" }),
    stateBefore: "STOPPED",
    now: horizonAt,
    ...rest,
    row: { ...UNKNOWN, ...row },
  });
  if (verdict.kind === "wait") return `wait ${String(verdict.until - UNKNOWN.fencedAt)}`;
  return verdict.kind === "end" ? `${verdict.ending.outcome} ${verdict.ending.code}` : verdict.kind;
}

const HORIZON = `wait ${String(horizonAt - UNKNOWN.fencedAt)}`;

const POSITION: Partial<StepRow> = { positionKey: "fresh", options: { resumeFromCheckpoint: false } };

const LOOKS: readonly {
  readonly reason: string;
  readonly facts: Parameters<typeof look>[0];
  readonly verdict: string;
}[] = [
  ...["STARTED", "FAILED", "CREATED"].map((state) => ({
    reason: `a stop that still shows ${state} inside its horizon`,
    facts: { row: { step: "stop" as const }, observation: seen(state), now: horizonAt - 1 },
    verdict: state === "STARTED" ? HORIZON : "as-wanted",
  })),
  {
    reason: "a start seen STARTED at once is done",
    facts: { observation: seen("STARTED"), now: NOW },
    verdict: "as-wanted",
  },
  {
    reason: "a start seen STARTED past its horizon is done",
    facts: { observation: seen("STARTED") },
    verdict: "as-wanted",
  },
  ...["STOPPED", "CREATED", "FAILED", "PROVISIONING", "SOME_NEW_WORD"].map((state) => ({
    reason: `a start that shows ${state} inside its horizon waits for it`,
    facts: { observation: seen(state), now: horizonAt - 1 },
    verdict: HORIZON,
  })),
  ...["STOPPED", "CREATED"].map((state) => ({
    reason: `a start that shows ${state} past its horizon never was: once more`,
    facts: { observation: seen(state) },
    verdict: "post-again",
  })),
  {
    reason: "and with its position as well, which nothing can have spent",
    facts: { row: POSITION, observation: seen("CREATED") },
    verdict: "post-again",
  },
  ...["PROVISIONING", "SOME_NEW_WORD"].map((state) => ({
    reason: `${state} past the horizon comes to rest first`,
    facts: { observation: seen(state) },
    verdict: HORIZON,
  })),
  {
    reason: "a stop that still runs past its horizon never was: once more",
    facts: { row: { step: "stop" }, observation: seen("STARTED") },
    verdict: "post-again",
  },
  {
    reason: "from rest to FAILED: the start took effect and failed",
    facts: { observation: seen("FAILED") },
    verdict: "failed failed-after-start",
  },
  {
    reason: "from STARTED, by way of a stop, to FAILED: the same",
    facts: { observation: seen("FAILED"), stateBefore: "STARTED" },
    verdict: "failed failed-after-start",
  },
  {
    reason: "FAILED before and after: one more start, which resumes",
    facts: { observation: seen("FAILED"), stateBefore: "FAILED" },
    verdict: "post-again",
  },
  {
    reason: "after two of them there is no third",
    facts: { row: { posts: 2 }, observation: seen("FAILED"), stateBefore: "FAILED" },
    verdict: "failed atlas.ambiguous",
  },
  {
    reason: "a fallback has no second one",
    facts: { row: { step: "fallback" }, observation: seen("FAILED"), stateBefore: "FAILED" },
    verdict: "failed atlas.ambiguous",
  },
  ...["FAILED", "STOPPED"].map((stateBefore) => ({
    reason: `FAILED after a start at its position, from ${stateBefore}: nobody knows where it began`,
    facts: { row: POSITION, observation: seen("FAILED"), stateBefore },
    verdict: "failed position-unknown",
  })),
  {
    reason: "gone from Atlas",
    facts: { observation: undefined, now: NOW },
    verdict: "failed missing",
  },
];

for (const { reason, facts, verdict } of LOOKS) {
  it(`look: ${reason}`, () => {
    expect(look(facts)).toBe(verdict);
  });
}

it("look: nothing is posted again before its horizon, whatever is seen", () => {
  const facts = fc.record({
    step: fc.constantFrom<StepName>("stop", "start", "fallback"),
    posts: fc.integer({ min: 1, max: 3 }),
    positionKey: fc.constantFrom(null, "fresh"),
    fate: fc.constantFrom<Fate | null>("unknown", null),
    state: fc.constantFrom(undefined, ...STATES),
    stateBefore: fc.constantFrom(null, ...STATES),
    sinceHorizonMs: fc.integer({ min: -DEFAULT_SETTINGS.startHorizonMs, max: 100_000 }),
  });
  fc.assert(
    fc.property(facts, ({ state, stateBefore, sinceHorizonMs, ...row }) => {
      const now = horizonAt + sinceHorizonMs;
      const verdict = judgeLook({ row: aStepRow(row), observation: seen(state), stateBefore, now });
      if (sinceHorizonMs < 0) expect(verdict.kind).not.toBe("post-again");
      if (sinceHorizonMs < 0 && verdict.kind === "wait") expect(verdict.until).toBe(horizonAt);
      if (row.positionKey !== null && state === "FAILED") expect(verdict.kind).not.toBe("post-again");
    }),
    { numRuns: 300 },
  );
});

const before = (
  step: StepName,
  state: string | undefined,
  facts: Partial<Parameters<typeof judgeBeforePost>[0]> = {},
): string => {
  const rest = { observedAt: NOW, barredUntil: null, request: aRequest({ kind: "restart" }) };
  const verdict = judgeBeforePost({ step, observation: seen(state), ...rest, ...facts });
  return verdict.kind === "end" ? `${verdict.ending.outcome} ${verdict.ending.code}` : verdict.kind;
};

it.each([
  ["STARTED", "post", "as-wanted"],
  ["STOPPED", "as-wanted", "post"],
  ["CREATED", "as-wanted", "post"],
  ["FAILED", "as-wanted", "post"],
  ["PROVISIONING", "wait", "wait"],
  ["SOME_NEW_WORD", "wait", "wait"],
  [undefined, "failed missing", "failed missing"],
])("before a POST, by %s: a stop is %s, a start %s", (state, stop, start) => {
  expect(before("stop", state)).toBe(stop);
  expect(before("start", state)).toBe(start);
  expect(before("fallback", state)).toBe(start);
});

it.each<[string, RequestFields, string]>([
  ["a person's stop is sent to what hangs in transition", { requestedBy: "person", kind: "stop" }, "post"],
  ["a pass's stop is not", { kind: "stop" }, "wait"],
  ["nor a person's restart", { requestedBy: "person", kind: "restart" }, "wait"],
])("before a POST: %s", (_reason, request, verdict) => {
  expect(before("stop", "PROVISIONING", { request: aRequest(request) })).toBe(verdict);
});

it.each<[string, StepName, string]>([
  ["a stop of unknown fate may still come after the start it owes is seen running", "start", "STARTED"],
  ["a start of unknown fate may still come after a stop is seen at rest", "stop", "STOPPED"],
])("before a POST: %s, so nothing counts that was seen before the bar ended", (_reason, step, state) => {
  expect(before(step, state, { barredUntil: NOW + 1 })).toBe("wait");
  expect(before(step, state, { barredUntil: NOW })).toBe("as-wanted");
});

it("before a POST: a bar is the fence's to wait for where a POST is needed", () => {
  expect(before("start", "STOPPED", { barredUntil: NOW + 1 })).toBe("post");
});

const { settleMs, waitForStateMs } = DEFAULT_SETTINGS;

/** Seen `observedMs` after the answer and judged `ms` after it. */
function wait(step: StepName, state: string | undefined, at: { ms: number; observedMs?: number }): string {
  const verdict = judgeAwait({
    step,
    observation: seen(state),
    answeredAt: NOW,
    observedAt: NOW + (at.observedMs ?? at.ms),
    now: NOW + at.ms,
    settings: DEFAULT_SETTINGS,
  });
  return verdict.kind === "end" ? `${verdict.ending.outcome} ${verdict.ending.code}` : verdict.kind;
}

it.each<{
  readonly reason: string;
  readonly step: StepName;
  readonly state: string | undefined;
  readonly at: { readonly ms: number; readonly observedMs?: number };
  readonly verdict: string;
}>([
  { reason: "there", step: "start", state: "STARTED", at: { ms: 1 }, verdict: "as-wanted" },
  {
    reason: "there at last",
    step: "start",
    state: "STARTED",
    at: { ms: waitForStateMs },
    verdict: "as-wanted",
  },
  { reason: "a fallback, there", step: "fallback", state: "STARTED", at: { ms: 1 }, verdict: "as-wanted" },
  ...["STOPPED", "CREATED", "FAILED"].map((state) => ({
    reason: `stopped, as ${state}`,
    step: "stop" as const,
    state,
    at: { ms: 1 },
    verdict: "as-wanted",
  })),
  {
    reason: "still stopping",
    step: "stop",
    state: "STARTED",
    at: { ms: waitForStateMs - 1 },
    verdict: "wait",
  },
  {
    reason: "never stopped",
    step: "stop",
    state: "STARTED",
    at: { ms: waitForStateMs },
    verdict: "failed not-in-time",
  },
  { reason: "the old state, still", step: "start", state: "STOPPED", at: { ms: settleMs }, verdict: "wait" },
  {
    reason: "provisioning",
    step: "start",
    state: "PROVISIONING",
    at: { ms: waitForStateMs - 1 },
    verdict: "wait",
  },
  {
    reason: "provisioning for too long",
    step: "start",
    state: "PROVISIONING",
    at: { ms: waitForStateMs },
    verdict: "failed not-in-time",
  },
  {
    reason: "a FAILED that may be the old one",
    step: "start",
    state: "FAILED",
    at: { ms: settleMs - 1 },
    verdict: "wait",
  },
  {
    reason: "a FAILED that was asked for before it could have settled, however late it is judged",
    step: "start",
    state: "FAILED",
    at: { ms: settleMs + 9_000, observedMs: settleMs - 1 },
    verdict: "wait",
  },
  {
    reason: "FAILED again",
    step: "start",
    state: "FAILED",
    at: { ms: settleMs },
    verdict: "failed failed-after-start",
  },
  { reason: "gone from Atlas", step: "start", state: undefined, at: { ms: 1 }, verdict: "failed missing" },
])("after a POST of a $step: $reason", ({ step, state, at, verdict }) => {
  expect(wait(step, state, at)).toBe(verdict);
});

it("after a POST: a failure tells Atlas's own reason where there is one", () => {
  const observation = anObservation({ state: "FAILED", errorMessage: "auth error" });
  const facts = { step: "start", answeredAt: NOW, observedAt: NOW + settleMs, now: NOW + settleMs } as const;
  expect(judgeAwait({ ...facts, observation, settings: DEFAULT_SETTINGS })).toMatchObject({
    ending: { text: "it started and FAILED: auth error" },
  });
});
