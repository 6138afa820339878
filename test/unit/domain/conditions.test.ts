// The conditions of a processor: when each holds, that every change of one leaves a line in the journal, since when it
// has been so, and that nothing flaps while only the clock goes on.
import fc from "fast-check";
import { expect, it } from "vitest";
import { CONDITION_NAMES } from "../../../src/domain/conditions.js";
import type { ConditionName, ConditionStatus } from "../../../src/domain/conditions.js";
import { close } from "../../../src/domain/change/outcome.js";
import { judgeConditions, withConditions } from "../../../src/domain/decide/conditions.js";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import { toConditions } from "../../../src/domain/tell/conditions.js";
import {
  HOUR_MS,
  MINUTE_MS,
  NOW,
  aDeclared,
  aStatus,
  anObservation,
  anOpenChange,
} from "../../support/domain-builders.js";
import { aPassLater, aWorkspace } from "./workspace-case.js";
import type { Member } from "./workspace-case.js";

interface Case {
  readonly reason: string;
  readonly status: Partial<ProcessorStatus>;
  readonly declared?: ReturnType<typeof aDeclared> | undefined;
  readonly holds: readonly ConditionName[];
  readonly unknown?: readonly ConditionName[];
}

const PROOF = { startedAt: NOW, isCounted: true, first: null, degraded: "no message has come in" };
const FAILED = anObservation({ state: "FAILED" });
const STUCK = { code: "stuck", text: "PROVISIONING for too long" } as const;

const CASES: readonly Case[] = [
  { reason: "it runs as declared", status: { observed: anObservation() }, holds: ["Ready", "Synced"] },
  { reason: "nobody has seen it", status: {}, holds: [], unknown: ["Ready", "Synced"] },
  {
    reason: "one list without it proves nothing",
    status: { absences: 1 },
    holds: [],
    unknown: ["Ready", "Synced"],
  },
  {
    reason: "two lists were without it",
    status: { observed: anObservation(), absences: 2 },
    holds: ["Missing"],
  },
  {
    reason: "it runs on another tier",
    status: { observed: anObservation({ tier: "SP30" }) },
    holds: ["Ready"],
  },
  {
    reason: "rest is what is declared",
    status: { observed: anObservation({ state: "STOPPED" }) },
    declared: aDeclared({ policy: { state: "STOPPED" } }),
    holds: ["Ready", "Synced"],
  },
  {
    reason: "it runs, but is declared STOPPED",
    status: { observed: anObservation() },
    declared: aDeclared({ policy: { state: "STOPPED" } }),
    holds: [],
  },
  { reason: "it failed", status: { observed: FAILED }, holds: ["Recovering"] },
  {
    reason: "it is being started after a failure",
    status: {
      observed: anObservation({ state: "PROVISIONING" }),
      conditions: { Recovering: { status: "true", since: NOW } },
    },
    holds: ["Recovering"],
  },
  {
    reason: "it is being started without one",
    status: { observed: anObservation({ state: "PROVISIONING" }) },
    holds: [],
  },
  {
    reason: "mode observe does nothing about a failure",
    status: { observed: FAILED },
    declared: aDeclared({ policy: { mode: "observe" } }),
    holds: [],
  },
  {
    reason: "a suspension keeps it from recovery",
    status: { observed: FAILED, suspended: { by: "ana", why: "w", until: NOW + 1 } },
    holds: ["Suspended"],
  },
  {
    reason: "its suspension is over",
    status: { observed: anObservation(), suspended: { by: "ana", why: "w", until: NOW } },
    holds: ["Ready", "Synced"],
  },
  {
    reason: "it is parked under this version",
    status: { observed: FAILED, parked: { version: 3, why: "w" } },
    holds: ["Parked"],
  },
  {
    reason: "it was parked under another version",
    status: { observed: FAILED, parked: { version: 2, why: "w" } },
    holds: ["Recovering"],
  },
  {
    reason: "it does not prove itself",
    status: { observed: anObservation(), proof: PROOF },
    holds: ["Synced", "Degraded"],
  },
  {
    reason: "it has been in transition for too long",
    status: { observed: anObservation({ state: "PROVISIONING" }), reason: STUCK },
    holds: ["Stuck"],
  },
  {
    reason: "what was stuck has come to rest",
    status: { observed: anObservation(), reason: STUCK },
    holds: ["Ready", "Synced"],
  },
  {
    reason: "no policy names it",
    status: { observed: anObservation() },
    declared: undefined,
    holds: ["Ready"],
    unknown: ["Synced"],
  },
];

it.each(CASES)("$holds where $reason", ({ status, holds, unknown = [], ...rest }) => {
  const declared = "declared" in rest ? rest.declared : aDeclared();
  const judged = judgeConditions(aStatus(status), { declared, now: NOW });
  const having = (wanted: ConditionStatus): readonly string[] =>
    CONDITION_NAMES.filter((name) => judged[name] === wanted);
  expect([having("true"), having("unknown")]).toEqual([holds, unknown]);
});

const AT = { declared: aDeclared(), now: NOW } as const;

it("marks at the first look what says the most, and later only what changes", () => {
  const first = withConditions(aStatus({ observed: anObservation() }), { ...AT, isNew: true });
  const mark = { status: "true", since: NOW };
  expect(first.conditions).toEqual({ Ready: mark, Synced: mark });
  expect(withConditions(first, { ...AT, now: NOW + HOUR_MS, isNew: false })).toBe(first);
  const failed = withConditions({ ...first, observed: FAILED }, { ...AT, now: NOW + 1, isNew: false });
  expect(failed.conditions).toEqual({
    Ready: { status: "false", since: NOW + 1 },
    Synced: { status: "false", since: NOW + 1 },
    Recovering: { status: "true", since: NOW + 1 },
  });
});

it("marks what the close of a change has brought, for no pass sees it change", () => {
  const failed = withConditions(aStatus({ observed: FAILED }), { ...AT, now: NOW - HOUR_MS, isNew: true });
  const { status } = close({
    change: anOpenChange(),
    ending: { outcome: "succeeded", code: "succeeded", text: "STARTED" },
    steps: [],
    seen: { observation: anObservation(), observedAt: NOW },
    declared: aDeclared(),
    status: failed,
    hold: null,
    now: NOW,
  });
  expect(status.conditions.Ready).toEqual({ status: "true", since: NOW });
  expect(status.conditions.Recovering).toEqual({ status: "false", since: NOW });
});

const FACTS = { marks: {}, isSeen: true, isDeclared: true, reasonCode: "parked" } as const;

it("says of all eight why and since when, by what was written last", () => {
  const told = toConditions({ ...FACTS, marks: { Parked: { status: "true", since: 7 } } });
  expect(told.map(({ name }) => name)).toEqual(CONDITION_NAMES);
  expect(told.find(({ name }) => name === "Parked")).toEqual({
    name: "Parked",
    status: "true",
    reason: "parked",
    since: 7,
  });
});

it.each([
  {
    reason: "nothing was seen yet",
    facts: { isSeen: false, reasonCode: null },
    ready: "unknown",
    synced: "unknown",
  },
  { reason: "no policy names it", facts: { isDeclared: false }, ready: "true", synced: "unknown" },
  { reason: "it has always been so", facts: {}, ready: "true", synced: "true" },
])("what was never marked is Ready $ready and Synced $synced: $reason", ({ facts, ready, synced }) => {
  const told = toConditions({ ...FACTS, ...facts });
  expect(told.slice(0, 2).map(({ status, since }) => [status, since])).toEqual([
    [ready, null],
    [synced, null],
  ]);
});

const seen = fc.constantFrom(
  null,
  { state: "STARTED" },
  { state: "STARTED", tier: "SP30" },
  { state: "FAILED" },
  { state: "STOPPED" },
  { state: "PROVISIONING" },
);
const looks = fc.array(
  fc.record({ seen, hasOpenChange: fc.boolean(), passes: fc.integer({ min: 1, max: 3 }) }),
  { minLength: 1, maxLength: 8 },
);
const declaredAs = fc.constantFrom(
  undefined,
  aDeclared(),
  aDeclared({ policy: { state: "STOPPED" } }),
  aDeclared({ policy: { mode: "observe" } }),
  aDeclared({ policy: { recovery: { ...DEFAULT_RECOVERY, stoppedGraceMs: 0, maxAttempts: 1 } } }),
);

it("tells the journal whenever a condition changed, and nothing where a look showed nothing new", () => {
  fc.assert(
    fc.property(declaredAs, looks, (declared, story) => {
      let facts = aWorkspace([{ name: "clicks", declared, seen: { state: "STARTED" } }]);
      for (const { seen: shown, hasOpenChange, passes } of story) {
        for (let pass = 0; pass < passes; pass += 1) {
          const before = facts.processors[0]?.status ?? aStatus();
          const plan = planWorkspace(facts);
          const [one] = plan.processors;
          if (one === undefined) throw new Error("it has one processor");
          const changed = CONDITION_NAMES.filter(
            (name) => one.status.conditions[name]?.status !== before.conditions[name]?.status,
          );
          if (changed.length > 0) expect(plan.transitions).not.toEqual([]);
          const isOfConditions = plan.transitions.some(({ kind }) => kind === "condition.changed");
          if (isOfConditions) expect([plan.transitions.length, changed.length > 0]).toEqual([1, true]);
          facts = aPassLater(facts, plan);
        }
        const member: Member = { name: "clicks", declared, seen: shown, hasOpenChange };
        const next = aWorkspace([member]);
        const status = facts.processors[0]?.status;
        if (status === undefined) throw new Error("it was seen");
        facts = {
          ...next,
          now: facts.now,
          observedAt: facts.observedAt,
          processors: [{ processor: "clicks", declared, hasOpenChange, status }],
        };
      }
    }),
  );
});

/** What the clock alone may still change of a processor that is seen the same: how long it waits for something. */
const SETTLED_MS = 2 * HOUR_MS;

it("writes no line while only time and the count of attempts go on", () => {
  fc.assert(
    fc.property(
      declaredAs,
      seen,
      fc.array(fc.integer({ min: 1, max: 29 }), { minLength: 2, maxLength: 4 }),
      (declared, shown, attempts) => {
        let facts = aWorkspace([{ name: "clicks", declared, seen: shown }]);
        for (let pass = 0; pass < 4; pass += 1) facts = aPassLater(facts, planWorkspace(facts));
        facts = { ...facts, now: facts.now + SETTLED_MS, observedAt: facts.observedAt + SETTLED_MS };
        const lines = attempts.map((count) => {
          const processors = facts.processors.map((one) => ({
            ...one,
            status: aStatus({
              ...one.status,
              attempts: count,
              attemptsVersion: 3,
              lastFailure: "it failed",
              nextAttemptAt: facts.now + count * MINUTE_MS,
            }),
          }));
          const plan = planWorkspace({ ...facts, processors });
          facts = aPassLater({ ...facts, processors }, plan);
          return plan.transitions.filter(
            ({ kind }) => kind === "reason.changed" || kind === "condition.changed",
          );
        });
        expect(lines.slice(1).flat()).toEqual([]);
      },
    ),
  );
});
