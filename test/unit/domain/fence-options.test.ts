// With which options a POST passes the fence: as declared, a person's own, the newest of an owed start, the old tier of
// a fallback; the position while it is armed; and that a restart whose tier would be refused stops nothing.
import { expect, it } from "vitest";
import type { StepName } from "../../../src/domain/change/change.js";
import type { RequestFields } from "../../support/request-fields.js";
import { judgeFence } from "../../../src/domain/change/fence.js";
import type { FenceFacts } from "../../../src/domain/change/fence.js";
import type { StartOptions } from "../../../src/domain/start-options.js";
import { NOW, aDeclared, anOpenChange, aStatus } from "../../support/domain-builders.js";

const AT = "2026-05-04T09:42:00Z";
const LATER = "2026-05-05T00:00:00Z";
const SPENT = aStatus({ positionsSpent: [`at:${AT}:absent`] });
const PERSON: RequestFields = { requestedBy: "person", plannedFrom: null };
const RESTART: RequestFields = { kind: "restart" };
const ONE_OFF = aStatus({ oneOff: { start: { tier: "SP50" }, version: 3 } });
const declaring = (start: StartOptions, version = 3): FenceFacts["declared"] =>
  aDeclared({ version, policy: { start } });
const AT_TIME = declaring({ tier: "SP10", startAtOperationTime: AT });

interface OptionsCase {
  readonly reason: string;
  readonly request?: RequestFields;
  readonly facts?: Partial<FenceFacts>;
  /** Once its stop passed the fence, the change owes a start. */
  readonly isOwed?: boolean;
  readonly tierBefore?: string | null;
  readonly options: StartOptions;
  readonly positionKey?: string;
}

const judge = (one: OptionsCase, step: StepName = "start"): ReturnType<typeof judgeFence> =>
  judgeFence({
    change: anOpenChange({
      owesStart: one.isOwed ?? false,
      tierBefore: one.tierBefore === undefined ? "SP2" : one.tierBefore,
      request: one.request ?? {},
    }),
    step,
    declared: aDeclared(),
    status: aStatus(),
    now: NOW,
    ...one.facts,
  });

const AS_DECLARED: readonly OptionsCase[] = [
  { reason: "the declared tier", options: { tier: "SP10" } },
  { reason: "no tier declared: none is sent", facts: { declared: declaring({}) }, options: {} },
  { reason: "a standing one-off's tier", facts: { status: ONE_OFF }, options: { tier: "SP50" } },
  {
    reason: "a slot ends the one-off",
    request: { slotAt: NOW },
    facts: { status: ONE_OFF },
    options: { tier: "SP10" },
  },
  {
    reason: "a refused version starts on the last tier seen running",
    facts: { status: aStatus({ refusedVersion: 3, lastTier: "SP5" }) },
    options: { tier: "SP5" },
  },
  {
    reason: "an armed time, as written",
    facts: { declared: AT_TIME },
    options: { tier: "SP10", startAtOperationTime: AT },
    positionKey: `at:${AT}:absent`,
  },
  {
    reason: "an armed time with Atlas's own resumeFromCheckpoint, as written",
    facts: { declared: declaring({ startAtOperationTime: AT, resumeFromCheckpoint: true }) },
    options: { startAtOperationTime: AT, resumeFromCheckpoint: true },
    positionKey: `at:${AT}:true`,
  },
  {
    reason: "an armed fresh start",
    facts: { declared: declaring({ resumeFromCheckpoint: false }) },
    options: { resumeFromCheckpoint: false },
    positionKey: "fresh",
  },
  {
    reason: "a spent position resumes",
    facts: { declared: AT_TIME, status: SPENT },
    options: { tier: "SP10" },
  },
  {
    reason: "a pass's restart resumes, also where somebody else stopped it first",
    request: RESTART,
    facts: { declared: AT_TIME },
    options: { tier: "SP10" },
  },
];

const AS_ASKED: readonly OptionsCase[] = [
  { reason: "without options a person's start is as declared", request: PERSON, options: { tier: "SP10" } },
  {
    reason: "a person's tier goes before the declared one",
    request: { ...PERSON, options: { tier: "SP30" } },
    options: { tier: "SP30" },
  },
  {
    reason: "a person's position takes the declared tier",
    request: { ...PERSON, options: { startAtOperationTime: LATER } },
    options: { tier: "SP10", startAtOperationTime: LATER },
    positionKey: `at:${LATER}:absent`,
  },
  {
    reason: "a person's tier for a start from rest leaves the armed position as declared",
    request: { ...PERSON, options: { tier: "SP30" } },
    facts: { declared: AT_TIME },
    options: { tier: "SP30", startAtOperationTime: AT },
    positionKey: `at:${AT}:absent`,
  },
  {
    reason: "a person's fresh start is fresh, whatever time is declared",
    request: { ...PERSON, options: { resumeFromCheckpoint: false } },
    facts: { declared: AT_TIME },
    options: { tier: "SP10", resumeFromCheckpoint: false },
    positionKey: "fresh",
  },
  {
    reason: "a person's time goes before a declared fresh start",
    request: { ...PERSON, options: { startAtOperationTime: LATER } },
    facts: { declared: declaring({ resumeFromCheckpoint: false }) },
    options: { startAtOperationTime: LATER },
    positionKey: `at:${LATER}:absent`,
  },
  {
    reason: "an unmanaged processor keeps its tier",
    request: { ...PERSON, policyVersion: null },
    facts: { declared: undefined },
    options: { tier: "SP2" },
  },
  {
    reason: "also where a person asks for a position alone",
    request: { ...PERSON, policyVersion: null, options: { resumeFromCheckpoint: false } },
    facts: { declared: undefined },
    options: { tier: "SP2", resumeFromCheckpoint: false },
    positionKey: "fresh",
  },
  {
    reason: "an unmanaged processor without a known tier is left to Atlas",
    request: { ...PERSON, policyVersion: null },
    facts: { declared: undefined },
    tierBefore: null,
    options: {},
  },
  {
    reason: "a tier we do not know is not sent back",
    request: { ...PERSON, policyVersion: null },
    facts: { declared: undefined },
    tierBefore: "SP900",
    options: {},
  },
];

const OWED: readonly OptionsCase[] = [
  { reason: "an owed start, as declared", request: RESTART, isOwed: true, options: { tier: "SP10" } },
  {
    reason: "it resumes, though a position is armed",
    request: RESTART,
    isOwed: true,
    facts: { declared: AT_TIME },
    options: { tier: "SP10" },
  },
  {
    reason: "it takes the newest options",
    request: RESTART,
    isOwed: true,
    facts: { declared: declaring({ tier: "SP30" }, 4) },
    options: { tier: "SP30" },
  },
  {
    reason: "a person's own options go out under the version they were asked for",
    request: { ...PERSON, ...RESTART, options: { tier: "SP30", startAtOperationTime: LATER } },
    isOwed: true,
    options: { tier: "SP30", startAtOperationTime: LATER },
    positionKey: `at:${LATER}:absent`,
  },
  {
    reason: "a person's own tier alone resumes",
    request: { ...PERSON, ...RESTART, options: { tier: "SP30" } },
    isOwed: true,
    facts: { declared: AT_TIME },
    options: { tier: "SP30" },
  },
  {
    reason: "a newer version goes before a person's own options, and resumes",
    request: { ...PERSON, ...RESTART, options: { tier: "SP30", startAtOperationTime: LATER } },
    isOwed: true,
    facts: { declared: declaring({ tier: "SP5", resumeFromCheckpoint: false }, 4) },
    options: { tier: "SP5" },
  },
  {
    reason: "its policy was deleted: the old tier",
    request: RESTART,
    isOwed: true,
    facts: { declared: undefined },
    options: { tier: "SP2" },
  },
  {
    reason: "its policy was deleted: what a person asked for still stands",
    request: { ...PERSON, ...RESTART, options: { tier: "SP30" } },
    isOwed: true,
    facts: { declared: undefined },
    options: { tier: "SP30" },
  },
];

for (const one of [...AS_DECLARED, ...AS_ASKED, ...OWED]) {
  it(`options: ${one.reason}`, () => {
    const positionKey = one.positionKey ?? null;
    expect(judge(one)).toEqual({ kind: "post", options: one.options, positionKey });
  });
}

it.each<OptionsCase>([
  { reason: "of a pass", request: RESTART, isOwed: true, options: { tier: "SP2" } },
  {
    reason: "of a person, without the position that came with the refusal",
    request: { ...PERSON, ...RESTART, options: { tier: "SP50", startAtOperationTime: LATER } },
    isOwed: true,
    options: { tier: "SP2" },
  },
  {
    reason: "under a newer version",
    request: RESTART,
    isOwed: true,
    facts: { declared: declaring({}, 4) },
    options: { tier: "SP2" },
  },
  { reason: "that nobody knows", request: RESTART, isOwed: true, tierBefore: null, options: {} },
])("fallback: the old tier, resuming, $reason", (one) => {
  expect(judge(one, "fallback")).toEqual({ kind: "post", options: one.options, positionKey: null });
});

const STOP_ALLOWED = { kind: "post", options: {}, positionKey: null };

it.each<Omit<OptionsCase, "options"> & { readonly maxTier?: string; readonly tooLarge?: string }>([
  { reason: "the declared tier is the largest allowed", maxTier: "SP10" },
  { reason: "the declared tier is above it", maxTier: "SP5", tooLarge: "tier SP10 is above SP5" },
  {
    reason: "SP5 is below SP10, whatever the alphabet says",
    facts: { declared: declaring({ tier: "SP5" }) },
    maxTier: "SP10",
  },
  { reason: "the workspace sets none" },
  { reason: "the workspace names one that is not known", maxTier: "SP7" },
  { reason: "no tier is declared", facts: { declared: declaring({}) }, maxTier: "SP2" },
  {
    reason: "a person's tier is above it",
    request: { ...PERSON, ...RESTART, options: { tier: "SP50" } },
    maxTier: "SP30",
    tooLarge: "tier SP50 is above SP30",
  },
  {
    reason: "the standing one-off is above it",
    facts: { status: ONE_OFF },
    maxTier: "SP30",
    tooLarge: "tier SP50 is above SP30",
  },
  {
    reason: "a slot ends that one-off",
    request: { ...RESTART, slotAt: NOW },
    facts: { status: ONE_OFF },
    maxTier: "SP30",
  },
])("a restart stops only what may start again: $reason", ({ maxTier, tooLarge, ...one }) => {
  const verdict = judge({ request: RESTART, ...one, facts: { ...one.facts, maxTier }, options: {} }, "stop");
  if (tooLarge === undefined) expect(verdict).toEqual(STOP_ALLOWED);
  else {
    expect(verdict).toMatchObject({ kind: "end", ending: { outcome: "failed", code: "tier-too-large" } });
    expect(verdict).toHaveProperty("ending.text", expect.stringContaining(tooLarge));
  }
});
