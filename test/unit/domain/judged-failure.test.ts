// Which action a failure gets, and when it is news: from what is remembered of a processor, without a pass around it.
import fc from "fast-check";
import { expect, it } from "vitest";
import { judgeFailure } from "../../../src/domain/decide/judged-failure.js";
import type { FailedFacts, JudgedFailure } from "../../../src/domain/decide/judged-failure.js";
import { CLASS_NAMES, toClassProperties } from "../../../src/domain/failure-classes.js";
import type { Climb, FailureClass } from "../../../src/domain/failure-classes.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import type { Recovery } from "../../../src/domain/policy.js";
import type { Observation } from "../../../src/domain/observation.js";
import type { DeclaredPolicy } from "../../../src/domain/status.js";
import { HOUR_MS, MINUTE_MS, NOW, aDeclared, aStatus, anObservation } from "../../support/domain-builders.js";

const OOM = "(418) StreamProcessorWorkerOutOfMemory";
const INVALID = "(420) StreamProcessorInvalidOptions";
const CLIMBS: Recovery["classes"] = {
  "out-of-memory": { action: "climb", ceiling: "SP30", stepBackAfterMs: HOUR_MS },
  "partitions-over-tier": { action: "climb", ceiling: "SP30", stepBackAfterMs: HOUR_MS },
};

function declaring(recovery: Partial<Recovery> = {}, tier: "SP10" | "SP30" | null = "SP10"): DeclaredPolicy {
  const start = tier === null ? {} : { tier };
  return aDeclared({ policy: { start, recovery: { ...DEFAULT_RECOVERY, ...recovery } } });
}

function failed(text: string | undefined, fields: Partial<Observation> = {}): Observation {
  return anObservation({ state: "FAILED", ...(text === undefined ? {} : { errorMessage: text }), ...fields });
}

/** FAILED a minute ago, under a policy of yesterday. */
function facts(fields: Partial<FailedFacts> = {}): FailedFacts {
  return {
    declared: declaring(),
    observation: failed(OOM),
    status: aStatus({ stateSince: NOW - MINUTE_MS }),
    ...fields,
  };
}

const judge = (fields: Partial<FailedFacts> = {}): JudgedFailure | undefined =>
  judgeFailure(facts(fields), () => false);
const toAction = (told: JudgedFailure | undefined): string =>
  `${told?.class ?? "nothing"}: ${told?.action ?? "-"}${told?.climbsTo === undefined ? "" : ` ${told.climbsTo.tier}`}`;

const CLIMBED: Climb = {
  tier: "SP30",
  version: 3,
  at: NOW - 2 * MINUTE_MS,
  stepBackAfterMs: HOUR_MS,
  isRefused: false,
};

it.each<readonly [reason: string, fields: Partial<FailedFacts>, wanted: string]>([
  ["memory without a ceiling: as before there were classes", {}, "out-of-memory: resume"],
  ["memory under a ceiling", { declared: declaring({ classes: CLIMBS }) }, "out-of-memory: climb SP30"],
  [
    "the tier it failed on counts, not the declared one: at the ceiling there is nothing to climb to",
    { declared: declaring({ classes: CLIMBS }), observation: failed(OOM, { tier: "SP30" }) },
    "out-of-memory: resume",
  ],
  [
    "partitions at the ceiling: no attempt can help",
    {
      declared: declaring({ classes: CLIMBS }, "SP30"),
      observation: failed("partitions exceed the tier", { tier: "SP30" }),
    },
    "partitions-over-tier: wait",
  ],
  [
    "without a declared tier there is none to step back to",
    { declared: declaring({ classes: CLIMBS }, null) },
    "out-of-memory: resume",
  ],
  [
    "what Atlas autoscales is Atlas's",
    { declared: declaring({ classes: CLIMBS }), observation: failed(OOM, { autoscaled: true }) },
    "out-of-memory: resume",
  ],
  [
    "a person's one-off tier is theirs",
    {
      declared: declaring({ classes: CLIMBS }),
      status: aStatus({ stateSince: NOW, oneOff: { start: { tier: "SP10" }, version: 3 } }),
    },
    "out-of-memory: resume",
  ],
  [
    "a tier that Atlas refused is not tried again under this version",
    {
      declared: declaring({ classes: CLIMBS }),
      status: aStatus({ stateSince: NOW, climbed: { ...CLIMBED, isRefused: true } }),
    },
    "out-of-memory: resume",
  ],
  ["an invalid pipeline", { observation: failed(INVALID) }, "invalid-pipeline: wait"],
  [
    "the policy's own word",
    {
      declared: declaring({ classes: { "invalid-pipeline": { action: "resume" } } }),
      observation: failed(INVALID),
    },
    "invalid-pipeline: resume",
  ],
  [
    "the policy's own rule",
    { declared: declaring({ rules: [{ code: 418, class: "invalid-pipeline" }] }) },
    "invalid-pipeline: wait",
  ],
  ["nothing is known of it", { observation: failed(undefined) }, "unknown: resume"],
  ["what nobody declares has a class too", { declared: undefined }, "out-of-memory: resume"],
  [
    "a refused start",
    {
      status: aStatus({
        stateSince: 1,
        lastCloseAt: NOW,
        refusal: { status: 402, errorCode: null, text: "" },
      }),
    },
    "no-billing: hold",
  ],
  [
    "a state that came after the refusal is newer",
    {
      status: aStatus({
        stateSince: NOW,
        lastCloseAt: 1,
        refusal: { status: 402, errorCode: null, text: "" },
      }),
    },
    "out-of-memory: resume",
  ],
  ["as declared", { observation: anObservation() }, "nothing: -"],
  ["absent", { observation: undefined }, "nothing: -"],
  [
    "as declared in spite of a refusal: another start went through",
    {
      observation: anObservation(),
      status: aStatus({ lastCloseAt: NOW, refusal: { status: 400, errorCode: null, text: INVALID } }),
    },
    "nothing: -",
  ],
])("%s", (_reason, fields, wanted) => {
  expect(toAction(judge(fields))).toBe(wanted);
});

it.each<readonly [reason: string, status: Parameters<typeof aStatus>[0], wanted: boolean]>([
  ["it came after the declaration", { stateSince: NOW - MINUTE_MS, stateCause: "elsewhere" }, true],
  ["it was FAILED at the first look", { stateSince: NOW - MINUTE_MS, stateCause: "first" }, false],
  ["it is older than the declaration", { stateSince: NOW - 25 * HOUR_MS }, false],
  [
    "it FAILED before the declaration, and again after a start under it",
    { stateSince: NOW - 25 * HOUR_MS, lastStartAt: NOW - HOUR_MS },
    true,
  ],
  ["somebody has unparked it since", { stateSince: NOW - HOUR_MS, forgivenAt: NOW - MINUTE_MS }, false],
  [
    "it failed again since",
    { stateSince: NOW - HOUR_MS, stateCause: "elsewhere", forgivenAt: NOW - 2 * HOUR_MS },
    true,
  ],
  ["it was answered with a climb", { stateSince: NOW - HOUR_MS, climbed: CLIMBED }, false],
  [
    "it failed on the larger tier as well",
    { stateSince: NOW - HOUR_MS, climbed: CLIMBED, lastStartAt: NOW - MINUTE_MS },
    true,
  ],
])("is news or not: %s", (_reason, status, wanted) => {
  expect(judge({ status: aStatus(status) })?.isNews).toBe(wanted);
});

it("without a word in the policy, each class has the action that the table of classes gives it", () => {
  const rule = (name: FailureClass): DeclaredPolicy => declaring({ rules: [{ code: 418, class: name }] });
  for (const name of CLASS_NAMES) {
    const { action, otherwise } = toClassProperties(name);
    const byItself = otherwise ?? action;
    expect([name, judge({ declared: rule(name) })?.action]).toEqual([name, byItself]);
  }
});

it("never climbs above the ceiling, and a climb has a tier", () => {
  const tiers = ["SP2", "SP5", "SP10", "SP30", "SP50"] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...tiers),
      fc.constantFrom(...tiers, "SP99"),
      fc.constantFrom(...tiers),
      (declared, seen, ceiling) => {
        const classes = { "out-of-memory": { action: "climb", ceiling, stepBackAfterMs: 1 } } as const;
        const policy = { start: { tier: declared }, recovery: { ...DEFAULT_RECOVERY, classes } };
        const told = judge({ declared: aDeclared({ policy }), observation: failed(OOM, { tier: seen }) });
        expect(told?.action).toBe(told?.climbsTo === undefined ? "resume" : "climb");
        if (told?.climbsTo === undefined) return;
        const [from, to, top] = [seen, told.climbsTo.tier, ceiling].map((tier) =>
          tiers.findIndex((one) => one === tier),
        );
        expect(to).toBeLessThanOrEqual(top ?? -1);
        if (seen !== "SP99") expect(to).toBe((from ?? 0) + 1);
      },
    ),
  );
});
