// What a pass does about a failure by its class, pass by pass: parked at once or not, one tier up and back, and what
// the journal and the status keep of it.
import { describe, expect, it } from "vitest";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import type { Recovery } from "../../../src/domain/policy.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../../src/domain/status.js";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import type { WorkspacePlan } from "../../../src/domain/decide/workspace-plan.js";
import type { WorkspaceFacts } from "../../../src/domain/decide/workspace-facts.js";
import { HOUR_MS, MINUTE_MS, NOW, aDeclared, aStatus, anObservation } from "../../support/domain-builders.js";
import { aWorkspace } from "./workspace-case.js";
import type { Member } from "./workspace-case.js";

const OOM = "(418) StreamProcessorWorkerOutOfMemory";
const INVALID = "(420) StreamProcessorInvalidOptions";
const REF = "32b6e34b3d91647abb20e7b8/orders/clicks";

function declaring(recovery: Partial<Recovery> = {}, fields: Partial<DeclaredPolicy> = {}): DeclaredPolicy {
  return aDeclared({ ...fields, policy: { recovery: { ...DEFAULT_RECOVERY, ...recovery } } });
}

const CLIMBING = declaring({
  classes: { "out-of-memory": { action: "climb", ceiling: "SP50", stepBackAfterMs: 24 * HOUR_MS } },
});

/** Ran until just now. */
const RAN = aStatus({ observed: anObservation(), observedAt: NOW - HOUR_MS, stateSince: NOW - 9 * HOUR_MS });

function pass(member: Omit<Member, "name">, fields: Partial<WorkspaceFacts> = {}): WorkspacePlan {
  return planWorkspace(aWorkspace([{ name: "clicks", status: RAN, ...member }], fields));
}

function only({ processors: [one] }: WorkspacePlan): WorkspacePlan["processors"][number] {
  if (one === undefined) throw new Error("one processor was planned");
  return one;
}

const seenFailed = (errorMessage: string): Member["seen"] => ({ state: "FAILED", errorMessage });
const toStatus = (plan: WorkspacePlan): ProcessorStatus => only(plan).status;

describe("an invalid pipeline", () => {
  const parked = pass({ seen: seenFailed(INVALID) });

  it("parks at once, and the reason says which class and rule, what Atlas said, and what unparks it", () => {
    const { decision, status } = only(parked);
    expect(decision.row).toBe("parked");
    expect(decision.reason.text).toBe(
      `invalid-pipeline (pipeline): another attempt cannot help; last: ${INVALID}; ` +
        `once it is mended: headgate unpark "${REF}"`,
    );
    expect(status.parked).toEqual({ version: 3, why: decision.reason.text });
    expect(status.failureClass).toBe("invalid-pipeline");
    expect(parked.changes).toEqual([]);
    expect(parked.transitions.map(({ kind }) => kind)).toContain("processor.parked");
  });

  it("is tried once more when somebody has unparked it, and parked again when that fails", () => {
    const freed = { ...toStatus(parked), parked: null, forgivenAt: NOW + 1 };
    const tried = pass({ seen: seenFailed(INVALID), status: freed }, { now: NOW + 2, observedAt: NOW + 1 });
    expect(only(tried).decision.row).toBe("start");
    const again = { ...toStatus(tried), lastStartAt: NOW + 3 };
    const last = pass(
      { seen: seenFailed(INVALID), status: again },
      { now: NOW + MINUTE_MS, observedAt: NOW + 4 },
    );
    expect(only(last).decision.row).toBe("parked");
  });

  it("is tried once under a new version, which may have mended it", () => {
    const declared = declaring({}, { version: 4, declaredAt: NOW + 1 });
    const plan = pass(
      { seen: seenFailed(INVALID), status: toStatus(parked), declared },
      { now: NOW + 2, observedAt: NOW + 1 },
    );
    expect(only(plan).decision.row).toBe("start");
  });

  it("goes on to be tried where the policy says so", () => {
    const declared = declaring({ classes: { "invalid-pipeline": { action: "resume" } } });
    expect(only(pass({ seen: seenFailed(INVALID), declared })).decision.row).toBe("start");
  });

  it("in a refusal of a tier leaves the start on the old tier to be tried", () => {
    const refusal = { status: 400, errorCode: null, text: `tier: ${INVALID}` };
    const status = { ...RAN, lastCloseAt: NOW - MINUTE_MS, refusal, refusedVersion: 3 };
    expect(
      only(pass({ seen: { state: "STOPPED" }, status: { ...status, stateCause: "headgate" } })).decision.row,
    ).toBe("start");
    const kept = { ...status, refusedVersion: null, observed: anObservation({ state: "STOPPED" }) };
    expect(only(pass({ seen: { state: "STOPPED" }, status: kept })).decision.row).toBe("parked");
  });
});

it("a failure that no row knows is started again, as ever", () => {
  const plan = pass({ seen: seenFailed("something else") });
  expect(only(plan).decision.row).toBe("start");
  expect(toStatus(plan).failureClass).toBe("unknown");
  expect(only(plan).decision.reason.text).toBe("FAILED (something else), but declared STARTED");
});

it("the class is forgotten when the processor is as declared again", () => {
  const before = toStatus(pass({ seen: seenFailed("something else") }));
  expect(toStatus(pass({ status: before }, { now: NOW + 2, observedAt: NOW + 1 })).failureClass).toBeNull();
});

const first = pass({ seen: seenFailed(OOM), declared: CLIMBING });

describe("out of memory, under a ceiling", () => {
  it("starts one tier up, remembers it, and the journal says so", () => {
    const { decision, status } = only(first);
    expect(decision.action?.options).toEqual({ tier: "SP30" });
    expect(decision.reason.text).toBe(`FAILED (${OOM}), but declared STARTED; climbs to SP30`);
    expect(status.climbed).toEqual({
      tier: "SP30",
      version: 3,
      at: NOW,
      stepBackAfterMs: 24 * HOUR_MS,
      isRefused: false,
    });
    expect(first.transitions).toContainEqual({
      processor: "clicks",
      kind: "tier.climbed",
      text: "SP10 -> SP30: out-of-memory",
    });
  });

  it("does not climb again while the start waits for a place", () => {
    const full = pass({ seen: seenFailed(OOM), declared: CLIMBING }, { openInWorkspace: 50 });
    expect(only(full).decision.reason.code).toBe("waiting-for-place");
    const next = pass(
      { seen: seenFailed(OOM), declared: CLIMBING, status: toStatus(full) },
      { now: NOW + MINUTE_MS, observedAt: NOW + 1 },
    );
    expect(only(next).decision.action?.options).toEqual({ tier: "SP30" });
    expect(toStatus(next).climbed).toEqual(toStatus(full).climbed);
    expect(only(next).decision.reason.text).toBe(only(first).decision.reason.text);
  });

  it("climbs once more when it fails on the larger tier as well, and no further than the ceiling", () => {
    const status = { ...toStatus(first), lastStartAt: NOW + 1 };
    const seen = { state: "FAILED", errorMessage: OOM, tier: "SP30" };
    const at = { now: NOW + HOUR_MS, observedAt: NOW + 2 };
    const second = pass({ seen, declared: CLIMBING, status }, at);
    expect(only(second).decision.action?.options).toEqual({ tier: "SP50" });
    const top = pass(
      {
        seen: { ...seen, tier: "SP50" },
        declared: CLIMBING,
        status: { ...toStatus(second), lastStartAt: NOW + HOUR_MS + 1 },
      },
      { now: NOW + 2 * HOUR_MS, observedAt: NOW + HOUR_MS + 2 },
    );
    expect(only(top).decision.action?.options).toEqual({ tier: "SP50" });
    expect(toStatus(top).climbed?.at).toBe(NOW + HOUR_MS);
  });
});

describe("a climb", () => {
  it("is no drift while it stands, and steps back after the declared while", () => {
    const ran = { ...toStatus(first), lastStartAt: NOW + 1, observed: anObservation({ tier: "SP30" }) };
    const status = { ...ran, stateSince: NOW + 2, observedAt: NOW + 2, failureClass: null };
    const later = (ms: number): WorkspacePlan =>
      pass(
        { seen: { tier: "SP30" }, declared: CLIMBING, status },
        { now: NOW + ms, observedAt: NOW + ms - 1 },
      );
    expect(only(later(HOUR_MS)).decision.row).toBe("runs-as-declared");
    const back = later(25 * HOUR_MS);
    expect(only(back).decision.action).toEqual({
      kind: "restart",
      options: { tier: "SP10" },
      slotAt: null,
      isBrakeable: true,
    });
    expect(toStatus(back).climbed).toBeNull();
    expect(back.transitions).toContainEqual({
      processor: "clicks",
      kind: "climb.ended",
      text: "SP30: it was stable for the declared while",
    });
  });

  it("ends with a new version of the policy", () => {
    const declared = { ...CLIMBING, version: 4, declaredAt: NOW + 1 };
    const plan = pass(
      { seen: seenFailed(OOM), declared, status: toStatus(first) },
      { now: NOW + 2, observedAt: NOW + 1 },
    );
    expect(only(plan).decision.action?.options).toEqual({ tier: "SP10" });
    expect(plan.transitions).toContainEqual({
      processor: "clicks",
      kind: "climb.ended",
      text: "SP30: its policy was replaced",
    });
  });

  it("is not remembered of a project that is held", () => {
    const hold = { why: "402: no billing", by: "post", recheckAt: NOW + HOUR_MS } as const;
    const held = pass({ seen: seenFailed(OOM), declared: CLIMBING }, { hold });
    expect(toStatus(held).climbed).toBeNull();
    expect(toStatus(held).failureClass).toBe("out-of-memory");
  });

  it("in mode observe is said and not remembered", () => {
    const declared = { ...CLIMBING, policy: { ...CLIMBING.policy, mode: "observe" as const } };
    const plan = pass({ seen: seenFailed(OOM), declared });
    expect(only(plan).decision.reason.text).toBe(
      `would start: FAILED (${OOM}), but declared STARTED; climbs to SP30`,
    );
    expect(toStatus(plan).climbed).toBeNull();
  });
});
