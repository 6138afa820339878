// What `apply`, `rollback` and `diff` show before anything is written, when they ask, and what a plan counts as a
// change.
import { expect, it } from "vitest";
import type { ApplyPlan } from "../../../src/app/declare/apply.js";
import type { AppDeps } from "../../../src/app/deps.js";
import type { PlannedProcessor, PlannedWorkspace } from "../../../src/app/look/plan.js";
import { confirmAndApply, formatFieldChange, printApplyPlan } from "../../../src/cli/terminal/apply-plan.js";
import { toToldWrites } from "../../../src/app/declare/told-writes.js";
import { countChanges, isWorthShowing } from "../../../src/app/look/planned.js";
import { formatProcessorRef } from "../../../src/domain/refs.js";
import { aContext, aTerminal } from "../../support/cli-context.js";
import { REF, aDeclared, aPolicy } from "../../support/domain-builders.js";

const NAME = formatProcessorRef(REF);

const NOTHING: ApplyPlan = {
  writes: [],
  unchanged: 0,
  positions: [],
  planned: [],
  effects: [],
  mutations: [],
  isBraked: false,
};

/** Only what the command line reads of a decision. */
function aPlanned(code: string, kind?: "start" | "stop" | "restart"): PlannedProcessor {
  const action = kind === undefined ? {} : { action: { kind, options: {} } };
  const decision = { reason: { code, text: `it is ${code}` }, ...action } as PlannedProcessor["decision"];
  return {
    ref: REF,
    declared: aDeclared(),
    state: "STARTED",
    tier: "SP10",
    decision,
    failure: null,
    isChange: kind !== undefined,
    turn: null,
  };
}

const CREATED = { ref: REF, before: undefined, after: aPolicy() };
const DELETED = { ref: REF, before: aDeclared(), after: null };
const CHANGED = {
  ref: REF,
  before: aDeclared({ policy: { start: { tier: "SP10" } } }),
  after: aPolicy({ start: { tier: "SP30", resumeFromCheckpoint: false }, mode: "observe" }),
};

it("a write is told by its kind; of a change, field by field in the order of the file", () => {
  expect(toToldWrites({ ...NOTHING, writes: [CREATED, CHANGED, DELETED] })).toEqual([
    { ref: REF, kind: "create", changes: [] },
    {
      ref: REF,
      kind: "change",
      changes: [
        { path: "mode", before: "enforce", after: "observe" },
        { path: "start.tier", before: "SP10", after: "SP30" },
        { path: "start.resumeFromCheckpoint", before: "(absent)", after: "false" },
      ],
    },
    { ref: REF, kind: "delete", changes: [] },
  ]);
  expect(formatFieldChange({ path: "start.tier", before: "SP10", after: "SP30" })).toBe(
    "start.tier: SP10 -> SP30",
  );
});

interface PrintCase {
  readonly reason: string;
  readonly plan: Partial<ApplyPlan>;
  readonly out: readonly string[];
  readonly notes?: readonly string[];
}

it.each<PrintCase>([
  { reason: "nothing", plan: {}, out: [] },
  { reason: "a new one", plan: { writes: [CREATED] }, out: [`<good>create</> ${NAME}`] },
  {
    reason: "a changed one",
    plan: { writes: [{ ...CHANGED, after: aPolicy({ start: { tier: "SP30" } }) }] },
    out: [`<busy>change</> ${NAME}`, "    start.tier: SP10 -> SP30"],
  },
  { reason: "one that goes", plan: { writes: [DELETED] }, out: [`<bad>delete</> ${NAME}`] },
  {
    reason: "what becomes of positions",
    plan: {
      positions: [
        { ref: REF, kind: "will-be-spent" },
        { ref: REF, kind: "no-effect-running" },
        { ref: REF, kind: "already-spent" },
      ],
    },
    out: [
      `note ${NAME}: its position will be spent by the next start`,
      `note ${NAME}: its position has no effect: it runs already (restart --at uses one by name)`,
      `note ${NAME}: its position was spent before: the next start resumes (arm uses it again)`,
    ],
  },
  {
    reason: "what a pass would do, and what it holds back",
    plan: { effects: [aPlanned("drifting", "restart"), aPlanned("parked")] },
    out: [`then restart ${NAME}: it is drifting`, `then nothing ${NAME}: it is parked`],
  },
  {
    reason: "more at once than the brake lets through",
    plan: { isBraked: true },
    out: ["note these are more at once than the mutation brake lets through: applying releases them"],
  },
  {
    reason: "those that stand",
    plan: { unchanged: 1 },
    out: [],
    notes: ["Declared already as they stand: 1 policy."],
  },
  {
    reason: "many that stand",
    plan: { unchanged: 9 },
    out: [],
    notes: ["Declared already as they stand: 9 policies."],
  },
])("a plan is printed: $reason", async ({ plan, out, notes = [] }) => {
  const recorded = aTerminal();
  await printApplyPlan(recorded.terminal, { ...NOTHING, ...plan });
  expect({ out: recorded.out, notes: recorded.notes }).toEqual({ out, notes });
});

it("diff prints its own choice of processors instead of the effects", async () => {
  const { terminal, out } = aTerminal();
  await printApplyPlan(terminal, { ...NOTHING, effects: [aPlanned("drifting", "stop")] }, []);
  expect(out).toEqual([]);
});

const APP = {} as AppDeps;

it.each<{ readonly reason: string; readonly plan: Partial<ApplyPlan>; readonly question: string }>([
  { reason: "a deletion", plan: { writes: [DELETED] }, question: "This will delete 1 policy. Go on?" },
  {
    reason: "a checkpoint that is discarded",
    plan: { positions: [{ ref: REF, kind: "will-be-spent" }] },
    question: "This will start 1 processor at a declared position, discarding the checkpoint. Go on?",
  },
  {
    reason: "processors that run",
    plan: { mutations: [aPlanned("drifting", "restart"), aPlanned("drifting", "stop")] },
    question: "This will stop or restart 2 running processors. Go on?",
  },
  {
    reason: "all three",
    plan: {
      writes: [DELETED, DELETED],
      positions: [{ ref: REF, kind: "will-be-spent" }],
      mutations: [aPlanned("drifting", "restart")],
    },
    question:
      "This will delete 2 policies, start 1 processor at a declared position, discarding the checkpoint, " +
      "stop or restart 1 running processor. Go on?",
  },
])("a person is asked about $reason, and a no writes nothing", async ({ plan, question }) => {
  const context = aContext({ says: false });
  const code = await confirmAndApply(context, { app: APP, plan: { ...NOTHING, ...plan }, yes: false });
  expect(code).toBe(1);
  expect(context.recorded.questions).toEqual([question]);
  expect(context.recorded.notes).toEqual(["Nothing was written. Use --yes to apply without being asked."]);
});

const workspace = (processors: readonly PlannedProcessor[]): PlannedWorkspace => ({
  ref: REF,
  observedAgeMs: 0,
  isBraked: false,
  processors,
});

it("what a plan would change is counted over all workspaces", () => {
  expect(countChanges([])).toBe(0);
  expect(
    countChanges([
      workspace([aPlanned("drifting", "start"), aPlanned("parked")]),
      workspace([]),
      workspace([aPlanned("drifting", "stop")]),
    ]),
  ).toBe(2);
});

it.each([
  { planned: aPlanned("drifting", "start"), isShown: true, reason: "a change" },
  { planned: aPlanned("parked"), isShown: true, reason: "no change, but somebody ought to know" },
  { planned: aPlanned("as-declared"), isShown: false, reason: "as it should be" },
  { planned: aPlanned("unmanaged"), isShown: false, reason: "nobody's business" },
  { planned: aPlanned("as-declared", "restart"), isShown: true, reason: "as declared, but its slot is due" },
])("shown without --all: $reason: $isShown", ({ planned, isShown }) => {
  expect(isWorthShowing(planned)).toBe(isShown);
});
