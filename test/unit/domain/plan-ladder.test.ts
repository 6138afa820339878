// What a pass does about a lost position under a declared ladder, pass by pass: a rung is taken or asked for, stands
// until a start with it is answered, and ends.
import { describe, expect, it } from "vitest";
import type { StepRow } from "../../../src/domain/change/change.js";
import { close } from "../../../src/domain/change/outcome.js";
import { CHECKPOINT_KEPT_MS } from "../../../src/domain/decide/checkpoint-age.js";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import type { WorkspacePlan } from "../../../src/domain/decide/workspace-plan.js";
import type { WorkspaceFacts } from "../../../src/domain/decide/workspace-facts.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import type { Recovery } from "../../../src/domain/policy.js";
import { DEFAULT_LADDER } from "../../../src/domain/rungs.js";
import type { Approval, LadderRule } from "../../../src/domain/rungs.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../../src/domain/status.js";
import {
  HOUR_MS,
  MINUTE_MS,
  NOW,
  aDeclared,
  aStatus,
  aStepRow,
  anObservation,
} from "../../support/domain-builders.js";
import { aClose, anAnswer } from "./close-case.js";
import { aWorkspace } from "./workspace-case.js";
import type { Member } from "./workspace-case.js";

const LOST = "Resume of change stream was not possible, as the resume point may no longer be in the oplog.";
const NAME = "32b6e34b3d91647abb20e7b8/orders/clicks";
const TIME = "2026-06-01T11:46:00Z";
const REPLAYS = `starts at ${TIME}: replays about 14m`;
const TIMED = { tier: "SP10", startAtOperationTime: TIME, resumeFromCheckpoint: false };

function declaring(
  ladder: Partial<LadderRule> | undefined,
  recovery: Partial<Recovery> = {},
): DeclaredPolicy {
  const rule = ladder === undefined ? {} : { ladder: { ...DEFAULT_LADDER, ...ladder } };
  return aDeclared({ policy: { recovery: { ...DEFAULT_RECOVERY, ...recovery, ...rule } } });
}

/** Ran until just now; read until 11:56, seen at 11:56. */
const RAN = aStatus({
  observed: anObservation(),
  observedAt: NOW - HOUR_MS,
  stateSince: NOW - 9 * HOUR_MS,
  position: { at: NOW - 4 * MINUTE_MS, seenAt: NOW - 4 * MINUTE_MS },
});

function pass(member: Omit<Member, "name">, fields: Partial<WorkspaceFacts> = {}): WorkspacePlan {
  return planWorkspace(
    aWorkspace(
      [{ name: "clicks", status: RAN, seen: { state: "FAILED", errorMessage: LOST }, ...member }],
      fields,
    ),
  );
}

function only({ processors: [one] }: WorkspacePlan): WorkspacePlan["processors"][number] {
  if (one === undefined) throw new Error("one processor was planned");
  return one;
}

const toStatus = (plan: WorkspacePlan): ProcessorStatus => only(plan).status;
/** As it is once a start with its rung was answered. */
function answered(plan: WorkspacePlan): ProcessorStatus {
  const { rung, ...status } = toStatus(plan);
  if (rung === null) throw new Error("a rung was taken");
  return { ...status, rung: { ...rung, isUsed: true }, lastStartAt: NOW + 1 };
}

const toKinds = (plan: WorkspacePlan): readonly string[] => plan.transitions.map(({ kind }) => kind);
const LATER = { now: NOW + MINUTE_MS, observedAt: NOW + 1 };
const ALLOWED = declaring({ time: "allow" });
const APPROVAL: Approval = { rung: "time", by: "jane", why: "idempotent", version: 3, until: NOW + HOUR_MS };

it("without a ladder, parks and names the commands, as ever", () => {
  const { decision } = only(pass({ declared: declaring(undefined) }));
  expect(decision.parks).toBe(
    `checkpoint-lost (resume point): another attempt cannot help; last: ${LOST}; ` +
      `say where to begin: headgate start "${NAME}" --at TIME, or --no-resume`,
  );
});

const taken = pass({ declared: ALLOWED });

describe("a rung that its policy allows", () => {
  it("is taken: the reason and the journal say what it costs", () => {
    const { decision, status } = only(taken);
    expect(decision.action).toMatchObject({ kind: "start", options: TIMED });
    expect(decision.reason.text).toBe(
      `FAILED (${LOST}), but declared STARTED; ${REPLAYS}; its policy allows it`,
    );
    expect(status.rung).toMatchObject({ rung: "time", version: 3, at: NOW, isUsed: false });
    expect(taken.transitions).toContainEqual({
      processor: "clicks",
      kind: "rung.taken",
      text: `time: ${REPLAYS}; its policy allows it`,
    });
  });

  it("stands while its start waits for a place, in the same words", () => {
    const full = pass({ declared: ALLOWED }, { openInWorkspace: 50 });
    expect(only(full).decision.reason.code).toBe("waiting-for-place");
    const next = pass({ declared: ALLOWED, status: toStatus(full) }, LATER);
    expect(only(next).decision.action?.options).toEqual(TIMED);
    expect(only(next).decision.reason.text).toBe(only(taken).decision.reason.text);
    expect(toKinds(next)).not.toContain("rung.taken");
  });

  it("is not remembered of a project that is held, nor in mode observe, which says it", () => {
    const hold = { why: "402: no billing", by: "post", recheckAt: NOW + HOUR_MS } as const;
    expect(toStatus(pass({ declared: ALLOWED }, { hold })).rung).toBeNull();
    const observed = pass({
      declared: { ...ALLOWED, policy: { ...ALLOWED.policy, mode: "observe" as const } },
    });
    expect(only(observed).decision.reason.text).toContain(`would start: FAILED (${LOST})`);
    expect(only(observed).decision.reason.text).toContain(REPLAYS);
    expect(toStatus(observed).rung).toBeNull();
  });

  it("waits for the back-off like any other start", () => {
    const status = { ...RAN, attempts: 1, attemptsVersion: 3, nextAttemptAt: NOW + MINUTE_MS };
    expect(only(pass({ declared: ALLOWED, status })).decision.row).toBe("backing-off");
  });
});

describe("a rung that was taken", () => {
  it("when a start with it did not help, the next failure of its kind asks for the next", () => {
    const used = answered(taken);
    const next = pass({ declared: declaring({ time: "allow", fresh: "approve" }), status: used }, LATER);
    expect(only(next).decision).toMatchObject({ row: "parked", asks: true });
    expect(only(next).decision.parks).toContain(
      "rung fresh starts fresh: skips what happened since 2026-06-01T11:56",
    );
    expect(toKinds(next)).toContain("approval.needed");
    const end = pass({ declared: ALLOWED, status: used }, LATER);
    expect(only(end).decision.parks).toContain(
      `no rung of its ladder is left that is not denied (fresh): headgate start "${NAME}" --at TIME, or --no-resume`,
    );
    expect(toKinds(end)).toContain("processor.parked");
  });

  it("when it fails for something else, is not climbed again", () => {
    const used = answered(taken);
    const seen = { state: "FAILED", errorMessage: "internal error" };
    const next = pass({ declared: ALLOWED, status: used, seen }, LATER);
    expect(only(next).decision.action?.options).toEqual({ tier: "SP10" });
  });

  it.each<{
    readonly reason: string;
    readonly fields: Partial<ProcessorStatus>;
    readonly declared?: Partial<DeclaredPolicy>;
    readonly isOver: boolean;
  }>([
    { reason: "a stable while", fields: { stateSince: NOW - HOUR_MS }, isOver: true },
    { reason: "less than that: no", fields: { stateSince: NOW - 29 * MINUTE_MS }, isOver: false },
    { reason: "a new version", fields: { stateSince: NOW }, declared: { version: 4 }, isOver: true },
    { reason: "an unpark", fields: { stateSince: NOW, forgivenAt: NOW + 1 }, isOver: true },
  ])("ends by $reason", ({ fields, declared = {}, isOver }) => {
    const status = aStatus({
      observed: anObservation(),
      observedAt: NOW - HOUR_MS,
      rung: answered(taken).rung,
      ...fields,
    });
    const plan = pass({ declared: { ...ALLOWED, ...declared }, status, seen: {} });
    expect(toStatus(plan).rung === null).toBe(isOver);
  });
});

describe("a rung that wants an approval", () => {
  const asking = declaring({});
  const asked = pass({ declared: asking });

  it("parks with what it costs and the exact command, and tells people", () => {
    expect(only(asked).decision.parks).toBe(
      `checkpoint-lost (resume point): rung time ${REPLAYS}; its policy wants to be asked: ` +
        `headgate approve "${NAME}" --rung time --reason WHY; last: ${LOST}`,
    );
    expect(toKinds(asked)).toContain("approval.needed");
    expect(toKinds(asked)).not.toContain("processor.parked");
  });

  it("names the budget where that is what stands in the way", () => {
    const tight = declaring({ time: "allow", maxReplayMs: 10 * MINUTE_MS });
    expect(only(pass({ declared: tight })).decision.parks).toContain("that is above maxReplay 10m");
  });

  it("is taken once it is approved, by the name of who approved it; the approval is used up", () => {
    const status = { ...toStatus(asked), parked: null, approval: APPROVAL };
    const taken = pass({ declared: asking, status }, LATER);
    expect(only(taken).decision.action?.options).toEqual(TIMED);
    expect(toStatus(taken).rung?.why).toBe(`${REPLAYS}; approved by jane: idempotent`);
    expect(toStatus(taken).approval).toBeNull();
    expect(toKinds(taken)).not.toContain("approval.ended");
  });

  it("is asked for again when the approval has ended before it was used", () => {
    const status = { ...toStatus(asked), parked: null, approval: { ...APPROVAL, until: NOW + 1 } };
    const ended = pass({ declared: asking, status }, LATER);
    expect(only(ended).decision).toMatchObject({ row: "parked", asks: true });
    expect(toStatus(ended).approval).toBeNull();
    expect(ended.transitions).toContainEqual({
      processor: "clicks",
      kind: "approval.ended",
      text: "rung time, approved by jane: it ended before it was used",
    });
  });

  it("keeps an approval of another rung, and of one that lost nothing, until its time", () => {
    const fresh = { ...APPROVAL, rung: "fresh" as const };
    const status = { ...RAN, approval: fresh };
    expect(toStatus(pass({ declared: ALLOWED, status })).approval).toEqual(fresh);
    expect(toStatus(pass({ declared: asking, status, seen: {} })).approval).toEqual(fresh);
  });
});

it("what Atlas has forgotten goes by the ladder as well, and never resumes", () => {
  const rested = { state: "STOPPED" };
  const status = { ...RAN, observed: anObservation(rested), stateSince: NOW - CHECKPOINT_KEPT_MS };
  const plan = pass({
    declared: declaring({ fresh: "allow", maxGapMs: 50 * 24 * HOUR_MS }),
    status,
    seen: rested,
  });
  expect(only(plan).decision).toMatchObject({ row: "checkpoint-forgotten", asks: true });
  const allowed = declaring({ time: "deny", fresh: "allow", maxGapMs: 50 * 24 * HOUR_MS });
  const taken = pass({ declared: allowed, status, seen: rested });
  expect(only(taken).decision).toMatchObject({
    row: "start",
    action: { options: { resumeFromCheckpoint: false } },
  });
  const next = pass({ declared: allowed, status: toStatus(taken), seen: rested }, LATER);
  expect(only(next).decision).toMatchObject({
    row: "start",
    action: { options: { resumeFromCheckpoint: false } },
  });
});

it.each<[string, object, string]>([
  ["a time that it had read past", { startAtOperationTime: "2026-06-01T11:00:00Z" }, "replays about 1h"],
  [
    "a time that it had not reached",
    { startAtOperationTime: "2026-06-01T11:58:00Z" },
    "replays about 2m, or skips about 2m",
  ],
  ["fresh", { resumeFromCheckpoint: false }, "starts fresh: skips what happened since 2026-06-01T11:56:00Z"],
])("a declared position, %s: the plan says what it costs", (_reason, start, wanted) => {
  const declared = aDeclared({ declaredAt: NOW - 1, policy: { start } });
  expect(only(pass({ declared })).decision.reason.text).toContain(wanted);
  const unseen = { ...RAN, position: null };
  expect(only(pass({ declared, status: unseen })).decision.reason.text).not.toContain(";");
});

it("a class that a policy sends to the ladder resumes first", () => {
  const declared = declaring({ time: "allow" }, { classes: { unknown: { action: "ladder" } } });
  const seen = { state: "FAILED", errorMessage: "something else" };
  const first = pass({ declared, seen });
  expect(only(first).decision.action?.options).toEqual({ tier: "SP10" });
  expect(toStatus(first).rung).toMatchObject({ rung: "resume", start: {} });
  const used = answered(first);
  expect(only(pass({ declared, seen, status: used }, LATER)).decision.action?.options).toEqual(TIMED);
});

const refused = (fields: Partial<StepRow> = {}): StepRow =>
  aStepRow({ fate: "refused", answer: anAnswer(), ...fields });

describe("when its change closes", () => {
  const RUNG = { rung: "time", start: {}, why: "", version: 3, at: NOW - 1_000, isUsed: false } as const;
  const status = aStatus({ observed: anObservation(), observedAt: NOW - HOUR_MS, rung: RUNG });
  const ending = { outcome: "failed", code: "atlas.rejected", text: "" } as const;
  const person = { requestedBy: "person", plannedFrom: null } as const;

  it.each<[string, Parameters<typeof aClose>[0], boolean | null]>([
    ["a start with it took effect", { steps: [aStepRow()] }, true],
    ["it was refused for good", { steps: [refused({ answer: anAnswer({}) })], ending }, true],
    [
      "it was refused for now",
      { steps: [refused({ answer: anAnswer({ isTransient: true }) })], ending },
      false,
    ],
    ["its fate is unknown", { steps: [aStepRow({ fate: "unknown" })], ending }, false],
    ["it was never sent", { steps: [] }, false],
    ["the start was fenced before it was taken", { steps: [aStepRow({ fencedAt: NOW - 2_000 })] }, false],
    ["a person started it", { steps: [aStepRow()], request: person }, null],
    ["a person's start failed", { steps: [refused({})], ending, request: person }, false],
  ])("%s", (_reason, facts, isUsed) => {
    expect(close(aClose({ status, ...facts })).status.rung?.isUsed ?? null).toBe(isUsed);
  });
});
