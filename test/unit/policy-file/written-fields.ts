// Policies as files write them, made up for properties: every field may be there or not. Holds no assertion.
import fc from "fast-check";
import { formatDurationMs } from "../../../src/domain/duration.js";
import type { Policy } from "../../../src/domain/policy.js";
import { OWN_CLASSES, toClassProperties } from "../../../src/domain/failure-classes.js";
import { TIERS } from "../../../src/domain/start-options.js";
import type { LadderRule } from "../../../src/domain/rungs.js";
import type { PolicyFields } from "../../../src/policy-file/schema.js";

const OPTIONAL = { requiredKeys: [] };
const HOUR_MS = 3_600_000;
const span = fc.integer({ min: 1, max: 24 * HOUR_MS }).map(formatDurationMs);

const start = fc.record(
  {
    tier: fc.constantFrom(...TIERS),
    resumeFromCheckpoint: fc.boolean(),
    startAtOperationTime: fc.constantFrom("2026-05-04T09:42:00Z", "2026-05-04T09:42:00.5Z"),
  },
  OPTIONAL,
);
const restart = fc.record(
  {
    cron: fc.constantFrom("0 3 * * *", "*/10 * * * *", "30 2 1 * *"),
    timezone: fc.constantFrom("UTC", "Europe/Madrid"),
    spread: span,
    catchUp: span,
    train: fc.constantFrom("nightly", "b:1", null),
  },
  OPTIONAL,
);
const failureRule = fc.oneof(
  fc.record({ code: fc.integer({ min: 1, max: 999 }), class: fc.constantFrom(...OWN_CLASSES) }),
  fc.record({ pattern: fc.constantFrom("a+", '"quoted"', "x, y"), class: fc.constantFrom(...OWN_CLASSES) }),
);
const classRule = fc.record(
  {
    action: fc.constantFrom("resume", "climb", "ladder", "wait"),
    ceiling: fc.constantFrom(...TIERS),
    stepBackAfter: span,
  },
  OPTIONAL,
);
const classes = fc.dictionary(fc.constantFrom(...OWN_CLASSES), classRule, { noNullPrototype: true });

const leave = fc.constantFrom("allow", "approve", "deny");

const recovery = fc.record(
  {
    backoff: fc.record({ initial: span, factor: fc.integer({ min: 1, max: 10 }), max: span }, OPTIONAL),
    maxAttempts: fc.integer({ min: 1, max: 1_000 }),
    stableAfter: span,
    stoppedGrace: span,
    rules: fc.array(failureRule, { maxLength: 3 }),
    classes,
    respectManualStop: span,
    oplogWindow: span,
    proof: fc.oneof(
      fc.constant(null),
      fc.record({ within: span, deadLetterRatio: fc.constantFrom(0, 0.25, 1), maxLag: span }, OPTIONAL),
    ),
    ladder: fc.oneof(
      fc.constant(null),
      fc.record(
        { resume: leave, time: leave, fresh: leave, margin: span, maxReplay: span, maxGap: span },
        OPTIONAL,
      ),
    ),
  },
  OPTIONAL,
);

const gateway = fc.record({ stop: fc.constantFrom("allow", "suspend", "refuse"), for: span }, OPTIONAL);

/** What may stand under `defaults` or under a processor: whatever the schema takes, whether or not it fits together. */
export const someFields: fc.Arbitrary<PolicyFields> = fc.record(
  {
    state: fc.constantFrom("STARTED", "STOPPED"),
    mode: fc.constantFrom("enforce", "observe"),
    start,
    restart: fc.oneof({ weight: 4, arbitrary: restart }, { weight: 1, arbitrary: fc.constant(null) }),
    recovery,
    gateway,
    concurrencyKey: fc.constantFrom("kafka-eu", "b:1", null),
  },
  OPTIONAL,
);

/** An effective policy with every field written out, so that no default has a say in it. */
export function toWritten({
  state,
  mode,
  start: options,
  restart: schedule,
  recovery: again,
  gateway: rule,
  concurrencyKey,
}: Policy): PolicyFields {
  return {
    state,
    mode,
    start: options,
    restart:
      schedule === undefined
        ? null
        : {
            cron: schedule.cron,
            timezone: schedule.timezone,
            spread: formatDurationMs(schedule.spreadMs),
            catchUp: formatDurationMs(schedule.catchUpMs),
            train: schedule.train ?? null,
          },
    recovery: toWrittenRecovery(again),
    gateway: {
      stop: rule?.stop ?? "allow",
      ...(rule?.stop === "suspend" ? { for: formatDurationMs(rule.forMs) } : {}),
    },
    concurrencyKey: concurrencyKey ?? null,
  };
}

function toWrittenRecovery({
  backoff,
  maxAttempts,
  stableAfterMs,
  stoppedGraceMs,
  respectManualStopMs = 0,
  oplogWindowMs = 0,
  proof,
  ladder,
  rules = [],
  classes: ofClasses = {},
}: Policy["recovery"]): PolicyFields["recovery"] {
  return {
    backoff: {
      initial: formatDurationMs(backoff.initialMs),
      factor: backoff.factor,
      max: formatDurationMs(backoff.maxMs),
    },
    maxAttempts,
    stableAfter: formatDurationMs(stableAfterMs),
    stoppedGrace: formatDurationMs(stoppedGraceMs),
    rules: rules.map((rule) => ({ ...rule })),
    classes: toWrittenClasses(ofClasses, ladder !== undefined),
    respectManualStop: formatDurationMs(respectManualStopMs),
    oplogWindow: formatDurationMs(oplogWindowMs),
    proof:
      proof === undefined
        ? null
        : {
            within: formatDurationMs(proof.withinMs),
            deadLetterRatio: proof.deadLetterRatio,
            maxLag: formatDurationMs(proof.maxLagMs),
          },
    ladder: ladder === undefined ? null : toWrittenLadder(ladder),
  };
}

function toWrittenLadder({ marginMs, maxReplayMs, maxGapMs, ...rungs }: LadderRule) {
  return {
    ...rungs,
    margin: formatDurationMs(marginMs),
    maxReplay: formatDurationMs(maxReplayMs),
    maxGap: formatDurationMs(maxGapMs),
  };
}

type WrittenClasses = NonNullable<NonNullable<PolicyFields["recovery"]>["classes"]>;

/** Each class, also one that is left to Headgate: defaults may say otherwise. */
function toWrittenClasses(
  classes: NonNullable<Policy["recovery"]["classes"]>,
  hasLadder: boolean,
): WrittenClasses {
  const toRule = (name: (typeof OWN_CLASSES)[number]): WrittenClasses[typeof name] => {
    const rule = classes[name];
    if (rule?.action === "climb") {
      const stepBackAfter = formatDurationMs(rule.stepBackAfterMs);
      return { action: "climb", ceiling: rule.ceiling, stepBackAfter };
    }
    const { action, otherwise } = toClassProperties(name);
    if (rule !== undefined) return { action: rule.action };
    if (action === "ladder" && hasLadder) return { action };
    return { action: (otherwise ?? action) === "wait" ? "wait" : "resume" };
  };
  return Object.fromEntries(OWN_CLASSES.map((name) => [name, toRule(name)]));
}
