// Whose position a pass remembers: in rounds, when something moved, and before a stop; and nothing in between.
import { expect, it } from "vitest";
import type { ProcessorStats } from "../../../src/domain/observation.js";
import { withStopsSampled } from "../../../src/domain/decide/stops-sampled.js";
import type { WorkspaceFacts } from "../../../src/domain/decide/workspace-facts.js";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import type { WorkspacePlan } from "../../../src/domain/decide/workspace-plan.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import { HOUR_MS, MINUTE_MS, NOW, aDeclared, anObservation, aStatus } from "../../support/domain-builders.js";
import { aPassLater, aWorkspace } from "./workspace-case.js";
import type { Member } from "./workspace-case.js";

const SEEN_AT = NOW - 1_000;
const STATS: ProcessorStats = { positionAt: NOW - HOUR_MS };
const PLACE = { at: NOW - HOUR_MS, seenAt: SEEN_AT };
const SAMPLE_MS = DEFAULT_SETTINGS.positionSampleMs;

const running = (fields: Partial<ProcessorStatus> = {}): ProcessorStatus =>
  aStatus({ observed: anObservation(), observedAt: NOW - HOUR_MS, stateSince: NOW - HOUR_MS, ...fields });
/** Seen so long ago. */
const seen = (agoMs: number): ProcessorStatus =>
  running({ position: { at: NOW - 2 * HOUR_MS, seenAt: NOW - agoMs } });

function factsOf(members: readonly Member[]): WorkspaceFacts {
  return aWorkspace(members, { stats: Object.fromEntries(members.map(({ name }) => [name, STATS])) });
}

/** Those whose position this pass has renewed. */
function toSampled({ processors }: WorkspacePlan): readonly string[] {
  return processors
    .filter(({ status }) => status.position?.seenAt === SEEN_AT)
    .map(({ processor }) => processor);
}

const STOPPED = {
  declared: aDeclared({ policy: { state: "STOPPED" } }),
  seen: { state: "STOPPED" },
} as const;

interface Case {
  readonly reason: string;
  readonly members: readonly Member[];
  readonly sampled: readonly string[];
}

it.each<Case>([
  { reason: "at the first look", members: [{ name: "p" }, { name: "q", ...STOPPED }], sampled: ["p", "q"] },
  { reason: "where none is known yet", members: [{ name: "p", status: running() }], sampled: ["p"] },
  {
    reason: "together, once the oldest is due",
    members: [
      { name: "due", status: seen(SAMPLE_MS) },
      { name: "half", status: seen(SAMPLE_MS / 2) },
      { name: "fresh", status: seen(SAMPLE_MS / 2 - 1) },
      { name: "new", status: running() },
    ],
    sampled: ["due", "half", "new"],
  },
  {
    reason: "none before that, also none that has no position",
    members: [
      { name: "p", status: seen(SAMPLE_MS - 1) },
      { name: "kafka", status: running() },
    ],
    sampled: [],
  },
  {
    reason: "one that shows none any more calls for no round",
    members: [
      { name: "gone", status: seen(2 * SAMPLE_MS) },
      { name: "p", status: seen(MINUTE_MS) },
    ],
    sampled: [],
  },
  {
    reason: "what was seen to move",
    members: [
      { name: "p", status: seen(MINUTE_MS), seen: { state: "FAILED" } },
      { name: "q", status: seen(MINUTE_MS), seen: { state: "STOPPED" } },
      { name: "r", status: seen(MINUTE_MS) },
    ],
    sampled: ["p", "q"],
  },
  {
    reason: "what a change of ours is about to move",
    members: [
      { name: "p", status: seen(MINUTE_MS), hasOpenChange: true },
      { name: "q", status: seen(MINUTE_MS) },
    ],
    sampled: ["p"],
  },
  {
    reason: "one at rest that a change of ours has begun somewhere else, though no look saw it run",
    members: [
      {
        name: "p",
        status: { ...seen(MINUTE_MS), observed: anObservation({ state: "FAILED" }) },
        seen: { state: "FAILED" },
        hasOpenChange: true,
      },
    ],
    sampled: ["p"],
  },
  { reason: "nobody's", members: [{ name: "p", declared: undefined }], sampled: [] },
  {
    reason: "none at rest",
    members: [
      { name: "p", status: seen(SAMPLE_MS) },
      {
        name: "q",
        ...STOPPED,
        status: { ...seen(SAMPLE_MS), observed: anObservation({ state: "STOPPED" }) },
      },
    ],
    sampled: ["p"],
  },
])("samples $reason", ({ members, sampled }) => {
  expect(toSampled(planWorkspace(factsOf(members)))).toEqual(sampled);
});

it("writes a round once an interval, and nothing in between", () => {
  const members = [{ name: "p" }, { name: "q" }];
  let facts = factsOf(members);
  const writes: number[] = [];
  for (let minute = 0; minute <= 25; minute += 1) {
    const plan = planWorkspace(facts);
    if (plan.processors.some(({ hasStatusChanged }) => hasStatusChanged)) writes.push(minute);
    const later = aPassLater(facts, plan);
    facts = { ...later, stats: { p: { lagSeconds: 1 }, q: { lagSeconds: 2 } } };
  }
  expect(writes).toEqual([0, 10, 20]);
});

const restarting: Member = { name: "p", seen: { tier: "SP30" }, status: seen(MINUTE_MS) };

it("a pass that plans a stop or a restart remembers the place that its look showed, of those alone", () => {
  const start: Member = { name: "s", seen: { state: "STOPPED" }, status: seen(MINUTE_MS) };
  const stop: Member = {
    name: "q",
    declared: aDeclared({ policy: { state: "STOPPED" } }),
    status: seen(MINUTE_MS),
  };
  const facts = aWorkspace([restarting, stop, { name: "r", status: seen(MINUTE_MS) }, start]);
  const plan = planWorkspace(facts);
  expect(plan.changes.map(({ ref, kind }) => `${ref.processor} ${kind}`).sort()).toEqual([
    "p restart",
    "q stop",
  ]);
  const sampled = withStopsSampled(plan, facts, () => STATS);
  expect(toSampled(sampled)).toEqual(["p", "q"]);
  expect(sampled.processors.map(({ status }) => status.position)).toContainEqual(PLACE);
  expect(sampled.changes).toBe(plan.changes);
  expect(withStopsSampled(plan, facts, () => undefined).processors).toEqual(plan.processors);
});
