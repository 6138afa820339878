// The ladder with a loss budget, as a table and over all combinations of its facts: nothing is lost or read twice
// beyond what is allowed without a person's word, and nothing that is denied is ever done.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseRung } from "../../../src/domain/recover/ladder.js";
import type { LadderFacts } from "../../../src/domain/recover/ladder.js";
import { DEFAULT_LADDER, LEAVES, RUNGS } from "../../../src/domain/rungs.js";
import type { Approval, LadderRule } from "../../../src/domain/rungs.js";
import { HOUR_MS, MINUTE_MS, NOW } from "../../support/domain-builders.js";

/** Read until 11:26, seen at 11:30; it stopped at 11:34. */
const POSITION = { at: NOW - 34 * MINUTE_MS, seenAt: NOW - 30 * MINUTE_MS };
const RULE: LadderRule = { ...DEFAULT_LADDER, time: "allow", fresh: "allow", maxGapMs: HOUR_MS };

function facts(
  fields: Omit<Partial<LadderFacts>, "rule"> & { readonly rule?: Partial<LadderRule> },
): LadderFacts {
  return {
    version: 3,
    isCheckpointGone: true,
    position: POSITION,
    stoppedAt: NOW - 26 * MINUTE_MS,
    oplogWindowMs: undefined,
    taken: null,
    approval: null,
    now: NOW,
    ...fields,
    rule: { ...RULE, ...fields.rule },
  };
}

function approving(rung: Approval["rung"], fields: Partial<Approval> = {}): Approval {
  return { rung, by: "jane", why: "the sink is idempotent", version: 3, until: NOW + HOUR_MS, ...fields };
}

/** `take time`, `ask fresh`, `end`. */
function say(fields: Parameters<typeof facts>[0]): string {
  const verdict = chooseRung(facts(fields));
  return verdict.kind === "end" ? "end" : `${verdict.kind} ${verdict.step.rung}`;
}

const textOf = (fields: Parameters<typeof facts>[0]): string => {
  const verdict = chooseRung(facts(fields));
  return verdict.kind === "end" ? "end" : verdict.step.text;
};

const ALL_OF_IT = { maxReplayMs: Number.MAX_SAFE_INTEGER, maxGapMs: Number.MAX_SAFE_INTEGER };

it.each<[string, Parameters<typeof facts>[0], string]>([
  ["a checkpoint that may be there", { isCheckpointGone: false }, "take resume"],
  ["but asked first", { isCheckpointGone: false, rule: { resume: "approve" } }, "ask resume"],
  ["but never", { isCheckpointGone: false, rule: { resume: "deny" } }, "take time"],
  ["the checkpoint is gone", {}, "take time"],
  ["a resume did not help", { isCheckpointGone: false, taken: "resume" }, "take time"],
  ["nor did a time", { isCheckpointGone: false, taken: "time" }, "take fresh"],
  ["nor a fresh start", { taken: "fresh" }, "end"],
  ["nobody knows where it was: the gap may be any", { position: null }, "ask fresh"],
  ["nobody knows where it was, and fresh is denied", { position: null, rule: { fresh: "deny" } }, "end"],
  ["14 minutes are read twice: just allowed", { rule: { maxReplayMs: 14 * MINUTE_MS } }, "take time"],
  ["a moment less", { rule: { maxReplayMs: 14 * MINUTE_MS - 1 } }, "ask time"],
  [
    "34 minutes are skipped: just allowed",
    { taken: "time", rule: { maxGapMs: 34 * MINUTE_MS } },
    "take fresh",
  ],
  ["a moment less", { taken: "time", rule: { maxGapMs: 34 * MINUTE_MS - 1 } }, "ask fresh"],
  ["what is asked for is not skipped for what loses more", { rule: { time: "approve" } }, "ask time"],
  ["an approval", { rule: { time: "approve" }, approval: approving("time") }, "take time"],
  [
    "an approval of more than is next",
    { rule: { time: "approve" }, approval: approving("fresh") },
    "take fresh",
  ],
  ["one of another rung", { rule: { time: "approve" }, approval: approving("resume") }, "ask time"],
  [
    "one that has ended",
    { rule: { time: "approve" }, approval: approving("time", { until: NOW }) },
    "ask time",
  ],
  [
    "one of an older version",
    { rule: { time: "approve" }, approval: approving("time", { version: 2 }) },
    "ask time",
  ],
  ["one of what is denied", { rule: { time: "deny", fresh: "deny" }, approval: approving("fresh") }, "end"],
  ["an oplog that reaches back", { oplogWindowMs: HOUR_MS, rule: { maxGapMs: 0 } }, "take time"],
  [
    "one that does not: some is skipped",
    { oplogWindowMs: 30 * MINUTE_MS, rule: { maxGapMs: 0 } },
    "ask time",
  ],
])("%s", (_reason, fields, wanted) => {
  expect(say(fields)).toBe(wanted);
});

describe("what it costs, in words that stay the same from pass to pass", () => {
  it.each<[string, Parameters<typeof facts>[0], string]>([
    [
      "the margin, and what it read after it was last seen",
      {},
      "starts at 2026-06-01T11:16:00Z: replays about 14m",
    ],
    [
      "beyond the oplog",
      { oplogWindowMs: 30 * MINUTE_MS, rule: ALL_OF_IT },
      "starts at 2026-06-01T11:33:00Z: skips about 7m",
    ],
    ["fresh", { taken: "time" }, "starts fresh: skips what happened since 2026-06-01T11:26:00Z"],
    ["fresh, never seen", { position: null }, "starts fresh: skips what happened since nobody knows when"],
    ["nothing", { isCheckpointGone: false }, "resumes from its checkpoint"],
  ])("%s", (_reason, fields, wanted) => {
    expect(textOf(fields)).toBe(wanted);
    if (fields.oplogWindowMs === undefined) expect(textOf({ ...fields, now: NOW + MINUTE_MS })).toBe(wanted);
  });

  it("sends a time together with the word that the checkpoint is not wanted", () => {
    expect(chooseRung(facts({}))).toMatchObject({
      step: { start: { startAtOperationTime: "2026-06-01T11:16:00Z", resumeFromCheckpoint: false } },
    });
  });
});

const leave = fc.constantFrom(...LEAVES);
const span = fc.constantFrom(0, MINUTE_MS, HOUR_MS, 30 * HOUR_MS);
const combinations = fc.record({
  rule: fc.record({
    resume: leave,
    time: leave,
    fresh: leave,
    marginMs: span,
    maxReplayMs: span,
    maxGapMs: span,
  }),
  version: fc.constant(3),
  isCheckpointGone: fc.boolean(),
  position: fc.constantFrom(null, POSITION, { at: NOW - 20 * HOUR_MS, seenAt: NOW - 20 * HOUR_MS }),
  stoppedAt: fc.constantFrom(null, NOW - HOUR_MS, NOW - MINUTE_MS),
  oplogWindowMs: fc.constantFrom(undefined, HOUR_MS, 24 * HOUR_MS),
  taken: fc.constantFrom(null, ...RUNGS),
  approval: fc.constantFrom(
    null,
    ...RUNGS.flatMap((rung) => [
      approving(rung),
      approving(rung, { until: NOW - 1 }),
      approving(rung, { version: 2 }),
    ]),
  ),
  now: fc.constant(NOW),
});

it("over all combinations: nothing denied, nothing twice, nothing beyond the budget without a word", () => {
  fc.assert(
    fc.property(combinations, (all) => {
      const verdict = chooseRung(all);
      if (verdict.kind === "end") return;
      const { rung, start, replayMs, gapMs } = verdict.step;
      expect(all.rule[rung]).not.toBe("deny");
      expect(RUNGS.indexOf(rung)).toBeGreaterThan(all.taken === null ? -1 : RUNGS.indexOf(all.taken));
      if (rung === "resume") expect([all.isCheckpointGone, start]).toEqual([false, {}]);
      else expect(start.resumeFromCheckpoint).toBe(false);
      if (rung === "time") expect(Date.parse(start.startAtOperationTime ?? "")).toBeLessThan(NOW);
      if (verdict.kind === "ask") return;
      if (verdict.approval !== null) {
        expect(verdict.approval).toMatchObject({ rung, version: 3 });
        expect(verdict.approval.until).toBeGreaterThan(NOW);
        return;
      }
      expect(all.rule[rung]).toBe("allow");
      expect(replayMs).toBeLessThanOrEqual(all.rule.maxReplayMs);
      expect(gapMs).toBeLessThanOrEqual(all.rule.maxGapMs);
    }),
    { numRuns: 5_000 },
  );
});
