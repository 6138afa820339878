// What is kept of the time before a failure, for its class: how the start before it began, and how full its memory was.
import { describe, expect, it } from "vitest";
import { close } from "../../../src/domain/change/outcome.js";
import type { Preceding } from "../../../src/domain/failure-classes.js";
import type { ProcessorStats } from "../../../src/domain/observation.js";
import { withMemory } from "../../../src/domain/recover/preceding.js";
import { aStatus, aStepRow, anObservation } from "../../support/domain-builders.js";
import { aClose, anAnswer } from "./close-case.js";

const AT_A_TIME: Preceding = { startedAtTime: true, memoryShare: null };
const TIMED = { startAtOperationTime: "2026-05-04T09:42:00Z", resumeFromCheckpoint: false } as const;
const GIB = 1_073_741_824;

function look(
  seen: Parameters<typeof anObservation>[0],
  { stats, preceding = null }: { stats?: ProcessorStats; preceding?: Preceding | null },
): Preceding | null {
  return withMemory(aStatus({ preceding }), { observation: anObservation(seen), stats }).preceding;
}

describe("its memory, when it is seen FAILED", () => {
  it.each<[string, Parameters<typeof anObservation>[0], ProcessorStats | undefined, Preceding | null]>([
    [
      "most of an SP10's two GiB",
      {},
      { memoryBytes: 1.9 * GIB },
      { startedAtTime: false, memoryShare: 0.95 },
    ],
    ["little of it", {}, { memoryBytes: 0.9 * GIB }, null],
    ["of the tier that it runs on", { effectiveTier: "SP30" }, { memoryBytes: 1.9 * GIB }, null],
    ["of a tier that nobody knows", { tier: "SP99" }, { memoryBytes: 1.9 * GIB }, null],
    ["without a tier", { tier: undefined }, { memoryBytes: 1.9 * GIB }, null],
    ["not shown", {}, {}, null],
    ["not read", {}, undefined, null],
  ])("%s", (...[, seen, stats, wanted]) => {
    expect(look({ state: "FAILED", ...seen }, stats === undefined ? {} : { stats })).toEqual(wanted);
  });

  it("is kept beside what is known of its start, and forgotten when it runs again", () => {
    const stats = { memoryBytes: 2 * GIB };
    const full = look({ state: "FAILED" }, { stats, preceding: AT_A_TIME });
    expect(full).toEqual({ startedAtTime: true, memoryShare: 1 });
    expect(look({ state: "STARTED" }, { stats, preceding: full })).toEqual(AT_A_TIME);
    expect(look({ state: "STARTED" }, { preceding: { startedAtTime: false, memoryShare: 1 } })).toBeNull();
    const status = aStatus({ preceding: full });
    expect(withMemory(status, { observation: anObservation({ state: "FAILED" }), stats })).toBe(status);
  });
});

it.each([
  ["a start at a time", { steps: [aStepRow({ options: TIMED })] }, AT_A_TIME],
  ["a fresh start", { steps: [aStepRow({ options: { resumeFromCheckpoint: false } })] }, null],
  [
    "a start that was refused",
    { steps: [aStepRow({ options: TIMED, fate: "refused", answer: anAnswer() })] },
    AT_A_TIME,
  ],
  ["no start", { steps: [] }, { startedAtTime: true, memoryShare: 0.9 }],
])("when a change closes: %s", (_reason, facts, wanted) => {
  const status = aStatus({ preceding: { startedAtTime: true, memoryShare: 0.9 } });
  expect(close(aClose({ status, ...facts })).status.preceding).toEqual(wanted);
});
