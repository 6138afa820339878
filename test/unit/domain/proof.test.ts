// The proof after a start: a table of what the counters mean, what is remembered from look to look, and what holds for
// every combination of counters.
import fc from "fast-check";
import { expect, it } from "vitest";
import { judgeProof, withProof } from "../../../src/domain/decide/proof.js";
import type { ProofFacts } from "../../../src/domain/decide/proof.js";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import { DEFAULT_PROOF, DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import type { ProcessorStats } from "../../../src/domain/observation.js";
import type { Proof, ProofCounters } from "../../../src/domain/status.js";
import { MINUTE_MS, NOW, aDeclared, aStatus, anObservation } from "../../support/domain-builders.js";
import { aPassLater, aWorkspace, toCodes } from "./workspace-case.js";

const FIRST: ProofCounters = { at: NOW - 10 * MINUTE_MS, messagesIn: 100, deadLetters: 5, lagSeconds: 90 };
const PROOF: Proof = { startedAt: NOW - 11 * MINUTE_MS, isCounted: false, first: FIRST, degraded: null };
const SOUND: ProcessorStats = { messagesIn: 1_100, deadLetterMessages: 105, lagSeconds: 80 };

const NO_INPUT = "no message has come in since its start, and its source has some";
const DEAD = "too many of its messages since its start are dead letters";
const LAGS = "its lag has grown beyond what is declared";

const judge = (facts: Partial<ProofFacts>): string => {
  const verdict = judgeProof({ proof: PROOF, rule: DEFAULT_PROOF, stats: SOUND, now: NOW, ...facts });
  return verdict.kind === "degraded" ? verdict.why : verdict.kind;
};
const since = (
  first: Partial<ProofCounters> | null,
  degraded: string | null = null,
): Partial<ProofFacts> => ({
  proof: { ...PROOF, degraded, first: first === null ? null : { ...FIRST, ...first } },
});
const now = (stats: ProcessorStats): Partial<ProofFacts> => ({ stats });

it.each<[string, Partial<ProofFacts>, string]>([
  ["all is well", {}, "proven"],
  [
    "a millisecond before its time",
    { now: NOW - 1, ...now({ messagesIn: 100, lagSeconds: 900 }) },
    "pending",
  ],
  ["nothing came, and it is behind", now({ messagesIn: 100, lagSeconds: 61 }), NO_INPUT],
  ["nothing came, and Kafka has some", now({ messagesIn: 100, kafkaLag: 1 }), NO_INPUT],
  [
    "nothing came, and its source is at rest",
    now({ messagesIn: 100, lagSeconds: 60, kafkaLag: 0 }),
    "proven",
  ],
  ["nothing came, no lag is told, and it had input", now({ messagesIn: 100 }), NO_INPUT],
  [
    "nothing ever came, and no lag is told",
    { ...since({ messagesIn: 0 }), ...now({ messagesIn: 0 }) },
    "proven",
  ],
  ["one message came", now({ messagesIn: 101, lagSeconds: 61 }), "proven"],
  ["its counters began anew, and one came", now({ messagesIn: 1, lagSeconds: 61 }), "proven"],
  ["its counters began anew, and none came", now({ messagesIn: 0, lagSeconds: 61 }), NO_INPUT],
  ["a tenth is dead letters", now({ messagesIn: 1_100, deadLetterMessages: 105 }), "proven"],
  ["one more than a tenth", now({ messagesIn: 1_100, deadLetterMessages: 106 }), DEAD],
  ["dead letters, and nothing came", now({ messagesIn: 100, deadLetterMessages: 6, lagSeconds: 0 }), DEAD],
  ["its lag has grown beyond an hour", now({ messagesIn: 200, lagSeconds: 3_601 }), LAGS],
  ["its lag has grown to an hour", now({ messagesIn: 200, lagSeconds: 3_600 }), "proven"],
  [
    "its lag is long and shrinks",
    { ...since({ lagSeconds: 9_000 }), ...now({ messagesIn: 200, lagSeconds: 8_000 }) },
    "proven",
  ],
  ["nothing is counted", now({}), "proven"],
  ["no counters at all", { stats: undefined }, "proven"],
  ["no first look", since(null), "pending"],
  ["no counters, and it was degraded", { ...since({}, DEAD), stats: undefined }, DEAD],
  ["it was degraded, and has mended", since({}, NO_INPUT), "proven"],
])("judges by the counters: %s", (_what, facts, expected) => {
  const atFirst = facts.proof?.first === null ? { now: NOW - 2 * MINUTE_MS } : {};
  expect(judge({ ...facts, ...atFirst })).toBe(expected);
});

const count = fc.option(fc.nat(5), { nil: undefined });
const counters = fc.record({
  at: fc.constantFrom(NOW - 11 * MINUTE_MS, NOW - 10 * MINUTE_MS, NOW - 9 * MINUTE_MS),
  messagesIn: fc.option(fc.nat(5)),
  deadLetters: fc.option(fc.nat(5)),
  lagSeconds: fc.option(fc.constantFrom(0, 61, 4_000)),
});
const facts = fc.record({
  first: fc.option(counters),
  degraded: fc.option(fc.constant(DEAD)),
  stats: fc.option(
    fc.record({
      messagesIn: count,
      deadLetterMessages: count,
      lagSeconds: fc.option(fc.constantFrom(0, 61, 5_000), { nil: undefined }),
      kafkaLag: count,
    }),
    { nil: undefined },
  ),
});

it("never holds against a processor what Atlas does not count, nor anything before its time", () => {
  fc.assert(
    fc.property(facts, ({ first, degraded, stats }) => {
      const told = Object.fromEntries(Object.entries(stats ?? {}).filter(([, value]) => value !== undefined));
      const proof = { ...PROOF, first, degraded };
      const verdict = judgeProof({ proof, rule: DEFAULT_PROOF, stats: stats && told, now: NOW });
      const isEarly = NOW < (first?.at ?? PROOF.startedAt) + DEFAULT_PROOF.withinMs;
      expect(verdict.kind === "pending").toBe(isEarly);
      if (isEarly || verdict.kind !== "degraded") return;
      // Something says so: a counter that grew or stood still, or what was found before.
      const isMeasured = stats !== undefined && first !== null;
      const counted = [stats?.messagesIn, stats?.deadLetterMessages, stats?.lagSeconds];
      expect(isMeasured ? counted.some((value) => value !== undefined) : degraded !== null).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

const DECLARED = aDeclared({ policy: { recovery: { ...DEFAULT_RECOVERY, proof: DEFAULT_PROOF } } });
const STUCK: ProcessorStats = { messagesIn: 100, lagSeconds: 900 };
const RUNS = anObservation();

it.each([
  { what: "nothing where nothing is to be proved", proof: null, state: "STARTED", kept: null },
  {
    what: "its first counters",
    proof: { ...PROOF, first: null },
    state: "STARTED",
    kept: { at: NOW, messagesIn: 100, deadLetters: null, lagSeconds: 900 },
  },
  { what: "nothing of one that FAILED", proof: PROOF, state: "FAILED", kept: null },
  { what: "nothing of one that was stopped", proof: PROOF, state: "STOPPED", kept: null },
  { what: "all of one in transition", proof: PROOF, state: "PROVISIONING", kept: FIRST },
])("remembers $what", ({ proof, state, kept }) => {
  const seen = { observation: anObservation({ state }), stats: STUCK, now: NOW };
  expect(withProof(aStatus({ proof }), DECLARED, seen).proof?.first ?? null).toEqual(kept);
});

it("is forgotten where the policy no longer asks for it", () => {
  const seen = { observation: RUNS, stats: STUCK, now: NOW };
  expect(withProof(aStatus({ proof: PROOF }), aDeclared(), seen).proof).toBeNull();
});

it.each([
  { isCounted: false, attempts: 3 },
  { isCounted: true, attempts: 2 },
])(
  "a failed proof counts as an attempt, unless its start did (isCounted: $isCounted)",
  ({ isCounted, attempts }) => {
    const status = aStatus({ attempts: 2, attemptsVersion: 3, proof: { ...PROOF, isCounted } });
    const seen = { observation: RUNS, stats: STUCK, now: NOW };
    const next = withProof(status, DECLARED, seen);
    expect(next).toMatchObject({ attempts, lastFailure: NO_INPUT, proof: { degraded: NO_INPUT } });
    expect(withProof(next, DECLARED, { ...seen, now: NOW + MINUTE_MS })).toBe(next);
  },
);

it("a pass tells it once, shows it, starts nothing, and takes it back when the counters move", () => {
  const started = aStatus({
    observed: RUNS,
    stateSince: NOW - 60 * MINUTE_MS,
    observedAt: NOW - MINUTE_MS,
    proof: PROOF,
  });
  const facts = aWorkspace([{ name: "clicks", declared: DECLARED, status: started }], {
    stats: { clicks: STUCK },
  });
  const first = planWorkspace(facts);
  expect(toCodes(first)).toEqual({ clicks: "degraded" });
  expect(first.changes).toEqual([]);
  expect(first.transitions.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    `processor.degraded: ${NO_INPUT}`,
    `reason.changed: runs, but ${NO_INPUT}`,
  ]);
  const later = aPassLater(facts, first);
  const second = planWorkspace(later);
  expect(second.processors.map(({ hasStatusChanged }) => hasStatusChanged)).toEqual([false]);
  // Half an hour of it makes no attempt forgotten.
  expect(second.processors[0]?.status.attempts).toBe(1);
  const mended = planWorkspace({ ...aPassLater(later, second), stats: { clicks: SOUND } });
  expect(toCodes(mended)).toEqual({ clicks: "as-declared" });
  expect(mended.processors[0]?.status.proof).toBeNull();
});
