// A fleet on its way, row by row: where a processor was, what was done, why, and whether anything is left to do.
import { describe, expect, it } from "vitest";
import { toRow } from "../../../src/app/look/fleet.js";
import type { PlannedProcessor } from "../../../src/app/look/plan.js";
import type { ReasonCode } from "../../../src/domain/reasons.js";
import type { ChangeListing } from "../../../src/store/people/listings/listings.js";
import { NOW, REF, aDeclared } from "../../support/domain-builders.js";

/** Declared STARTED on SP10, and as declared. */
function aPlanned(
  code: ReasonCode = "as-declared",
  fields: Partial<Omit<PlannedProcessor, "decision">> = {},
): PlannedProcessor {
  return {
    ref: REF,
    declared: aDeclared(),
    state: "STARTED",
    tier: "SP10",
    decision: { row: "runs-as-declared", reason: { code, text: "the reason" } },
    failure: null,
    isChange: false,
    turn: null,
    ...fields,
  };
}

/** A start by a pass, of what had FAILED, that succeeded with one POST. */
function aChange(fields: Partial<ChangeListing> = {}): ChangeListing {
  return {
    id: "1",
    ref: REF,
    kind: "start",
    requestedBy: "pass",
    actor: "headgate",
    why: "FAILED, but declared STARTED",
    options: null,
    policyVersion: 3,
    slotAt: null,
    stateBefore: "FAILED",
    tierBefore: "SP10",
    openedAt: NOW,
    closedAt: NOW,
    outcome: "succeeded",
    outcomeCode: "succeeded",
    outcomeText: "it runs",
    posts: 1,
    workflowId: "w",
    runId: "r",
    ...fields,
  };
}

const row = (
  planned: PlannedProcessor,
  changes: readonly ChangeListing[] = [],
  firstSeen = "STARTED SP10",
): ReturnType<typeof toRow> => toRow(planned, { changes, firstSeen });

const REFUSED = { outcome: "failed", outcomeCode: "atlas.rejected", outcomeText: "no such tier" };

describe("whether anything is left to do", () => {
  it.each<[ReasonCode, string]>([
    ["as-declared", "settled"],
    ["unmanaged", "settled"],
    ["missing", "settled"],
    ["suspended", "settled"],
    ["would-start", "settled"],
    ["would-stop", "settled"],
    ["would-restart", "settled"],
    ["would-park", "settled"],
    ["held", "pending"],
    ["not-observed", "pending"],
    ["change-running", "pending"],
    ["observing-again", "pending"],
    ["barred", "pending"],
    ["stuck", "pending"],
    ["in-transition", "pending"],
    ["parked", "pending"],
    ["backing-off", "pending"],
    ["grace", "pending"],
    ["start", "pending"],
    ["stop", "pending"],
    ["restart-tier", "pending"],
    ["restart-slot", "pending"],
    ["braked", "pending"],
    ["waiting-for-place", "pending"],
  ])("of %s: %s", (code, standing) => {
    expect(row(aPlanned(code)).standing).toBe(standing);
  });

  it.each([
    { reason: "Atlas's no", change: REFUSED, standing: "refused" },
    {
      reason: "a restart left stopped",
      change: { ...REFUSED, outcomeCode: "left-stopped" },
      standing: "refused",
    },
    {
      reason: "a failure that passes",
      change: { ...REFUSED, outcomeCode: "timed-out" },
      standing: "pending",
    },
    { reason: "a failure without a code", change: { ...REFUSED, outcomeCode: null }, standing: "pending" },
    { reason: "a success of that code", change: { ...REFUSED, outcome: "succeeded" }, standing: "pending" },
    {
      reason: "a change that runs",
      change: { outcome: null, outcomeCode: null, closedAt: null },
      standing: "pending",
    },
  ])("of a start that waits after $reason: $standing", ({ change, standing }) => {
    expect(row(aPlanned("backing-off"), [aChange(change)]).standing).toBe(standing);
  });

  it("is judged by the newest change alone, and by none once all is well", () => {
    const [good, refused] = [aChange(), aChange(REFUSED)];
    expect(row(aPlanned("start"), [good, refused]).standing).toBe("pending");
    expect(row(aPlanned("start"), [refused, good]).standing).toBe("refused");
    expect(row(aPlanned("as-declared"), [refused]).standing).toBe("settled");
  });
});

describe("where it was", () => {
  it.each([
    { reason: "as first seen, without a change", changes: [], was: "CREATED" },
    { reason: "before its only change", changes: [aChange()], was: "FAILED SP10" },
    {
      reason: "before the oldest of several",
      changes: [aChange(), aChange({ stateBefore: "STOPPED", tierBefore: "SP30" })],
      was: "STOPPED SP30",
    },
    { reason: "without a tier", changes: [aChange({ tierBefore: null })], was: "FAILED" },
    { reason: "nowhere", changes: [aChange({ stateBefore: null, tierBefore: null })], was: "-" },
  ])("$reason", ({ changes, was }) => {
    expect(row(aPlanned(), changes, "CREATED").was).toBe(was);
  });
});

describe("what was declared, and where it is", () => {
  it.each([
    { reason: "both", planned: aPlanned(), declared: "STARTED SP10", now: "STARTED SP10" },
    {
      reason: "no policy",
      planned: aPlanned("unmanaged", { declared: undefined }),
      declared: "-",
      now: "STARTED SP10",
    },
    {
      reason: "no tier declared",
      planned: aPlanned("as-declared", { declared: aDeclared({ policy: { state: "STOPPED", start: {} } }) }),
      declared: "STOPPED",
      now: "STARTED SP10",
    },
    {
      reason: "never seen",
      planned: aPlanned("not-observed", { state: null, tier: null }),
      declared: "STARTED SP10",
      now: "-",
    },
    {
      reason: "gone, whatever tier it had",
      planned: aPlanned("missing", { state: null, tier: "SP10" }),
      declared: "STARTED SP10",
      now: "not in Atlas",
    },
  ])("$reason", ({ planned, declared, now }) => {
    expect(row(planned)).toMatchObject({ declared, now });
  });
});

describe("what was done", () => {
  it.each([
    { changes: [], did: "" },
    { changes: [aChange()], did: "start succeeded" },
    { changes: [aChange({ outcome: null })], did: "start running" },
    { changes: [aChange({ posts: 2 })], did: "start succeeded (2 POSTs)" },
    { changes: [aChange({ posts: 0, outcome: "superseded" })], did: "start superseded" },
    { changes: [aChange({ kind: "stop", posts: 1 })], did: "stop succeeded" },
    { changes: [aChange({ kind: "restart", posts: 2 })], did: "restart succeeded" },
    { changes: [aChange({ kind: "restart", posts: 3 })], did: "restart succeeded (3 POSTs)" },
    {
      changes: [aChange(), aChange({ outcome: "failed", posts: 2 }), aChange({ kind: "stop" })],
      did: "stop succeeded, start failed (2 POSTs), start succeeded",
    },
  ])("$did", ({ changes, did }) => {
    expect(row(aPlanned(), changes).did).toBe(did);
  });
});

describe("why", () => {
  const failed = aChange({ ...REFUSED, why: "SP50 is declared" });
  it.each([
    { reason: "nothing was done", planned: aPlanned(), changes: [], why: "the reason" },
    {
      reason: "it has settled after a change",
      planned: aPlanned(),
      changes: [aChange(), failed],
      why: "FAILED, but declared STARTED",
    },
    {
      reason: "it waits after a success",
      planned: aPlanned("grace"),
      changes: [aChange()],
      why: "the reason",
    },
    {
      reason: "it waits after a failure",
      planned: aPlanned("backing-off"),
      changes: [failed],
      why: "SP50 is declared; no such tier",
    },
    {
      reason: "it failed and nobody knows how",
      planned: aPlanned("backing-off"),
      changes: [aChange({ ...REFUSED, outcomeText: null, why: "late" })],
      why: "late",
    },
  ])("is said if $reason", ({ planned, changes, why }) => {
    expect(row(planned, changes).why).toBe(why);
  });
});
