// A change told step by step: what each new reading of its rows says that the one before did not.
import { expect, it } from "vitest";
import type { StepRow } from "../../../src/domain/change/change.js";
import { tellNews, toToldSoFar } from "../../../src/domain/tell/story.js";
import type { ChangeReading } from "../../../src/domain/tell/story.js";

const aReading = (facts: Partial<ChangeReading> = {}): ChangeReading => ({
  now: 100,
  kind: "start",
  actor: "ana",
  why: "after the outage",
  openedAt: 10,
  stateBefore: "FAILED",
  tierBefore: "SP10",
  cancelRequestedBy: null,
  steps: [],
  state: "FAILED",
  closedAt: null,
  outcome: null,
  outcomeText: null,
  ...facts,
});

const aStep = (facts: Partial<StepRow> = {}): StepRow => ({
  step: "start",
  attempt: 1,
  posts: 1,
  fencedAt: 20,
  horizonAt: 95,
  answeredAt: null,
  fate: null,
  answer: null,
  options: {},
  positionKey: null,
  ...facts,
});

const answered = (facts: Partial<StepRow>): StepRow => aStep({ answeredAt: 30, ...facts });

const tell = (before: ChangeReading | undefined, now: ChangeReading): readonly string[] =>
  tellNews(before && toToldSoFar(before), now).map(({ at, kind, text }) => `${String(at)} ${kind} ${text}`);

it("tells a start from its opening to its end, each thing once", () => {
  const opened = aReading();
  const fenced = aReading({ steps: [aStep({ options: { tier: "SP30", resumeFromCheckpoint: false } })] });
  const applied = aReading({ steps: [answered({ fate: "applied" })] });
  const moving = aReading({ steps: applied.steps, state: "PROVISIONING" });
  const closed = aReading({
    steps: applied.steps,
    state: "STARTED",
    closedAt: 60,
    outcome: "succeeded",
    outcomeText: "as asked",
  });
  expect(tell(undefined, opened)).toEqual([
    "10 opened start by ana: after the outage (it was FAILED SP10)",
    "100 waiting to post its start: it is FAILED",
  ]);
  expect(tell(opened, opened)).toEqual([]);
  expect(tell(opened, fenced)).toEqual(["20 fenced start with tier SP30, resumeFromCheckpoint false"]);
  expect(tell(fenced, applied)).toEqual([
    "30 posted start",
    "30 answered accepted",
    "100 waiting for STARTED: it is FAILED",
  ]);
  expect(tell(applied, moving)).toEqual(["100 waiting for STARTED: it is PROVISIONING"]);
  expect(tell(moving, closed)).toEqual(["60 closed succeeded: as asked"]);
});

it("tells all of it at once where it is read late", () => {
  const stop = answered({ step: "stop", fate: "applied" });
  const start = aStep({ fencedAt: 40 });
  const late = aReading({ kind: "restart", steps: [stop, start], state: "STOPPED" });
  expect(tell(undefined, late)).toEqual([
    "10 opened restart by ana: after the outage (it was FAILED SP10)",
    "20 fenced stop",
    "30 posted stop",
    "30 answered accepted",
    "40 fenced start",
  ]);
});

it("tells what a restart waits for between its stop and its start", () => {
  const steps = [answered({ step: "stop", fate: "applied" })];
  const stopping = aReading({ kind: "restart", steps, state: "STARTED" });
  const stopped = { ...stopping, state: "STOPPED" };
  expect(tell(aReading({ kind: "restart" }), stopping).at(-1)).toBe("100 waiting for STOPPED: it is STARTED");
  expect(tell(stopping, stopped)).toEqual(["100 waiting to post its start: it is STOPPED"]);
  expect(tell(stopping, { ...stopped, kind: "stop" })).toEqual([]);
});

interface FateCase {
  readonly fate: NonNullable<StepRow["fate"]>;
  readonly tells: readonly string[];
}

const answer = {
  code: "atlas.rejected",
  status: 400,
  errorCode: "STREAM_PROCESSOR_GENERIC",
  detail: "no such connection",
  isTransient: false,
};
const WORDS = "400 STREAM_PROCESSOR_GENERIC no such connection";
const FATE_CASES: readonly FateCase[] = [
  { fate: "refused", tells: ["30 posted start", `30 answered refused: ${WORDS}`] },
  {
    fate: "limited",
    tells: ["30 posted start", `30 answered too many calls: ${WORDS}`, "100 waiting to post it again"],
  },
  { fate: "unsent", tells: [`30 answered never sent: ${WORDS}`, "100 waiting to post it again"] },
  {
    fate: "unknown",
    tells: [
      "30 posted start",
      `30 answered nothing that could be relied on: ${WORDS}`,
      "100 waiting to see whether it took effect; nothing else is posted before its horizon has passed",
    ],
  },
];

it.each(FATE_CASES)("tells a POST whose fate is $fate in Atlas's own words", ({ fate, tells }) => {
  const fenced = aReading({ steps: [aStep()] });
  expect(tell(fenced, aReading({ steps: [answered({ fate, answer })] }))).toEqual(tells);
});

it("tells a fate that has become known, and a POST that is made again", () => {
  const unknown = aReading({ steps: [answered({ fate: "unknown" })] });
  const known = aReading({ steps: [answered({ fate: "applied" })], state: "STARTED" });
  expect(tell(unknown, known)[0]).toBe("30 answered it took effect, as Atlas shows now");
  const again = aReading({ steps: [aStep({ attempt: 2, posts: 2, fencedAt: 96 })] });
  expect(tell(unknown, again)).toEqual(["96 fenced start, attempt 2"]);
});

it("tells who asked for its end, once", () => {
  const asked = aReading({ cancelRequestedBy: "ben" });
  expect(tell(aReading(), asked)).toEqual(["100 cancelled asked for by ben"]);
  expect(tell(asked, asked)).toEqual([]);
});

it("says so where the processor was not observed yet", () => {
  const unseen = aReading({ stateBefore: null, tierBefore: null, state: null });
  expect(tell(undefined, unseen)).toEqual([
    "10 opened start by ana: after the outage",
    "100 waiting to post its start: it is not observed yet",
  ]);
});
