// Which words are coloured how: good is as it should be, bad wants a person, busy is on its way, quiet needs nobody.
import { expect, it } from "vitest";
import { toCountTone, toOutcomeTone, toReasonTone, toStateTone } from "../../../src/cli/get/tones.js";
import type { Tone } from "../../../src/cli/terminal/context.js";

it.each<{
  readonly state: string | null;
  readonly declared: string | null;
  readonly tone: Tone | undefined;
  readonly reason: string;
}>([
  { state: null, declared: "STARTED", tone: undefined, reason: "not seen yet" },
  { state: "STARTED", declared: "STARTED", tone: "good", reason: "runs" },
  { state: "STARTED", declared: null, tone: "good", reason: "runs, and nobody declared it" },
  { state: "FAILED", declared: null, tone: "bad", reason: "a failure is one, whoever declared it" },
  { state: "STOPPED", declared: "STARTED", tone: "busy", reason: "at rest, but declared to run" },
  { state: "CREATED", declared: "STARTED", tone: "busy", reason: "never started, but declared to run" },
  { state: "STOPPED", declared: "STOPPED", tone: undefined, reason: "rest as declared is no news" },
  { state: "CREATED", declared: null, tone: undefined, reason: "rest that nobody declared is no news" },
  { state: "STOPPING", declared: "STOPPED", tone: "busy", reason: "in transition" },
  {
    state: "SOME_NEW_WORD",
    declared: "STARTED",
    tone: "busy",
    reason: "a state we do not know is never good",
  },
])("$state, declared $declared: $tone, for it $reason", ({ state, declared, tone }) => {
  expect(toStateTone(state, declared)).toBe(tone);
});

it.each<readonly [code: string | null, tone: Tone | undefined]>([
  ["as-declared", undefined],
  ["parked", "bad"],
  ["missing", "bad"],
  ["stuck", "bad"],
  ["held", "bad"],
  ["unmanaged", "quiet"],
  ["suspended", "quiet"],
  ["not-observed", "quiet"],
  ["would-start", "quiet"],
  ["would-restart", "quiet"],
  [null, "quiet"],
  ["backing-off", "busy"],
  ["a-code-of-a-newer-program", "busy"],
])("the reason %s is %s", (code, tone) => {
  expect(toReasonTone(code)).toBe(tone);
});

it.each<readonly [outcome: string | null, tone: Tone]>([
  [null, "busy"],
  ["succeeded", "good"],
  ["failed", "bad"],
  ["lost", "bad"],
  ["superseded", "quiet"],
  ["cancelled", "quiet"],
])("the outcome %s is %s", (outcome, tone) => {
  expect(toOutcomeTone(outcome)).toBe(tone);
});

it("a count that is best at nothing is coloured from one on", () => {
  expect([0, 1, 300].map(toCountTone)).toEqual([undefined, "busy", "busy"]);
});
