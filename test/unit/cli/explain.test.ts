// How an explanation reads where little is known or something is odd; the usual cases are told by a process of its own
// in test/integration/cli-explain.test.ts.
import { expect, it } from "vitest";
import type { Explanation, ObservedFacts } from "../../../src/app/look/explain.js";
import { formatExplanation, formatLive } from "../../../src/cli/verbs/look/explain.js";
import { HOUR_MS, MINUTE_MS, NOW, REF, anObservation } from "../../support/domain-builders.js";

const NEVER_SEEN: ObservedFacts = {
  at: null,
  processor: null,
  isAbsent: false,
  stateSince: null,
  stateCause: "first",
  stateBy: null,
  driftSince: null,
  position: null,
  failure: null,
};

/** Of a processor that no policy names, in a workspace that nobody looks at. */
function tell(fields: Partial<Explanation>): readonly string[] {
  return formatExplanation({
    ref: REF,
    now: NOW,
    policy: null,
    observed: NEVER_SEEN,
    decision: {
      row: 2,
      rowId: "unmanaged",
      meaning: "unmanaged",
      code: "unmanaged",
      why: "no policy",
      since: null,
    },
    conditions: [
      { name: "Ready", status: "unknown", reason: "unmanaged", since: null },
      { name: "Synced", status: "false", reason: "unmanaged", since: NOW - MINUTE_MS },
    ],
    failure: null,
    zoneRules: null,
    next: [],
    running: null,
    changes: [],
    ...fields,
  }).split("\n");
}

it("says what is not there: no policy, no look, nothing to come, no changes", () => {
  expect(tell({})).toEqual([
    `Processor  ${REF.project}/orders/clicks`,
    "Declared   nothing: unmanaged",
    "Observed   not yet",
    "Decided    row 2: unmanaged",
    "Why        no policy",
    "",
    "Conditions",
    "  CONDITION  STATUS   REASON     SINCE",
    "  Ready      unknown  unmanaged  -",
    "  Synced     false    unmanaged  2026-06-01T11:59:00Z (60s ago)",
    "",
    "Next",
    "  nothing: nobody looks at its workspace",
    "",
    "Last changes",
    "  none",
  ]);
});

it("tells of a moment of the past that it is one, and what is not kept of it", () => {
  const past = { askedAt: NOW + HOUR_MS, notKept: ["looks that saw nothing new"] };
  const lines = tell({ past });
  expect(lines).toContain("As of      2026-06-01T12:00:00Z (60m ago)");
  expect(lines.slice(lines.indexOf("Next"))).toEqual([
    "Next",
    "  nothing that has a time",
    "",
    "Last changes",
    "  none",
    "",
    "Not kept",
    "  looks that saw nothing new",
  ]);
});

interface ObservedCase {
  readonly what: string;
  readonly observed: Partial<ObservedFacts>;
  readonly says: string;
}

const AT = NOW - MINUTE_MS;
const LOOKED = "2026-06-01T11:59:00Z (60s ago)";
const OBSERVED: readonly ObservedCase[] = [
  { what: "one that Atlas has not", observed: { at: AT }, says: `Observed   not in Atlas, ${LOOKED}` },
  {
    what: "one that has gone",
    observed: { at: AT, processor: anObservation(), isAbsent: true },
    says: `Observed   absent, last seen STARTED SP10, ${LOOKED}`,
  },
  {
    what: "one that Atlas scales",
    observed: { at: AT, processor: anObservation({ autoscaled: true, effectiveTier: "SP30" }) },
    says: `Observed   STARTED SP10 (autoscaled), runs on SP30, ${LOOKED}`,
  },
  {
    what: "one that somebody else moved",
    observed: {
      at: AT,
      processor: anObservation({ state: "STOPPED" }),
      stateSince: NOW - 3 * HOUR_MS,
      stateCause: "elsewhere",
    },
    says: "Since      STOPPED since 2026-06-01T09:00:00Z (3h ago), brought there by somebody else",
  },
  {
    what: "a reason of several lines",
    observed: {
      at: AT,
      processor: anObservation({ state: "FAILED", errorMessage: "gone:\n  no such topic" }),
    },
    says: "Error      gone: no such topic",
  },
  {
    what: "a look that failed",
    observed: { failure: { at: AT, why: "Atlas did not answer" } },
    says: `Failure    the last look failed, ${LOOKED}: Atlas did not answer`,
  },
];

it.each(OBSERVED)("tells of $what", ({ observed, says }) => {
  expect(tell({ observed: { ...NEVER_SEEN, ...observed } })).toContain(says);
});

it("tells what is due as due, and what has no time without one", () => {
  const next = [
    { code: "pass", at: NOW - MINUTE_MS, text: "a pass" },
    { code: "held", at: NOW + 3 * HOUR_MS, text: "the hold" },
    { code: "parked", at: null, text: "somebody" },
  ];
  const lines = tell({ next });
  expect(lines.slice(lines.indexOf("Next") + 1, lines.indexOf("Last changes") - 1)).toEqual([
    "  AT                    IN   WHAT",
    "  2026-06-01T11:59:00Z  now  a pass",
    "  2026-06-01T15:00:00Z  3h   the hold",
    "  -                     -    somebody",
  ]);
});

it("tells what Atlas says at this moment, leaving out what it does not", () => {
  const now = Date.UTC(2026, 4, 4, 9, 43);
  const live = {
    atlasId: "1".repeat(24),
    processor: "clicks",
    state: "STARTED",
    tier: "SP10",
    effectiveTier: "SP30",
    autoscaled: true,
    failoverEnabled: false,
    deadLetters: { connection: "lake", db: "errors", coll: "dead" },
    stats: {
      messagesIn: 120,
      messagesOut: 100,
      deadLetterMessages: 3,
      lastMessageAt: now - 60_000,
      lagSeconds: 2,
      stateBytes: 0,
    },
  };
  expect(formatLive(live, now)).toEqual([
    "Atlas now\n" +
      "  State         STARTED SP10\n" +
      "  Runs on       SP30\n" +
      "  Messages      120 in, 100 out, 3 dead letters\n" +
      "  Last message  2026-05-04T09:42:00Z (60s ago)\n" +
      "  Lag           2 s behind its change stream\n" +
      "  Holds         0 bytes of state\n" +
      "  Dead letters  go to lake.errors.dead",
  ]);
  const { atlasId, processor, state, autoscaled, failoverEnabled } = live;
  const bare = { atlasId, processor, state, autoscaled, failoverEnabled };
  expect(formatLive(bare, now)).toEqual(["Atlas now\n  State  STARTED"]);
  expect(formatLive(undefined, now)).toEqual([]);
});
