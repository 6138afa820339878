// The recovery block of a policy file, into its effective form and back: defaults under a processor's own fields, and
// Headgate's own under both. Blocks merge field by field; only `proof: null` and `ladder: null` take a whole one back.
import { formatDurationMs, parseDurationMs } from "../domain/duration.js";
import { OWN_CLASSES, toClassProperties } from "../domain/failure-classes.js";
import type { ClassRule, FailureClass, FailureRule } from "../domain/failure-classes.js";
import { DEFAULT_PROOF, DEFAULT_RECOVERY, DEFAULT_STEP_BACK_MS } from "../domain/policy.js";
import type { ProofRule, Recovery } from "../domain/policy.js";
import { DEFAULT_LADDER } from "../domain/rungs.js";
import type { LadderRule } from "../domain/rungs.js";
import type { PolicyFields } from "./schema.js";

type WrittenRecovery = NonNullable<PolicyFields["recovery"]>;
type WrittenClasses = NonNullable<WrittenRecovery["classes"]>;

/** The way back: with no defaults under it, this block is this recovery. */
export function toRecoveryFields(recovery: Recovery): WrittenRecovery {
  const {
    backoff,
    maxAttempts,
    stableAfterMs,
    stoppedGraceMs,
    respectManualStopMs = 0,
    rules,
    classes,
    proof,
    oplogWindowMs = 0,
    ladder,
  } = recovery;
  return {
    backoff: {
      initial: formatDurationMs(backoff.initialMs),
      factor: backoff.factor,
      max: formatDurationMs(backoff.maxMs),
    },
    maxAttempts,
    stableAfter: formatDurationMs(stableAfterMs),
    stoppedGrace: formatDurationMs(stoppedGraceMs),
    ...(rules === undefined ? {} : { rules: rules.map((rule) => ({ ...rule })) }),
    ...(classes === undefined ? {} : { classes: toClassFields(classes) }),
    respectManualStop: formatDurationMs(respectManualStopMs),
    proof: proof === undefined ? null : toProofFields(proof),
    oplogWindow: formatDurationMs(oplogWindowMs),
    ladder: ladder === undefined ? null : toLadderFields(ladder),
  };
}

function toClassFields(classes: NonNullable<Recovery["classes"]>): WrittenClasses {
  const written = OWN_CLASSES.map((name) => [name, toRuleFields(classes[name])] as const);
  return Object.fromEntries(written.filter(([, rule]) => rule !== undefined));
}

function toRuleFields(rule: ClassRule | undefined): WrittenClasses[FailureClass] {
  if (rule?.action !== "climb") return rule;
  const { action, ceiling, stepBackAfterMs } = rule;
  return { action, ceiling, stepBackAfter: formatDurationMs(stepBackAfterMs) };
}

function toProofFields({ withinMs, deadLetterRatio, maxLagMs }: ProofRule): WrittenRecovery["proof"] {
  return { within: formatDurationMs(withinMs), deadLetterRatio, maxLag: formatDurationMs(maxLagMs) };
}

function toLadderFields({
  marginMs,
  maxReplayMs,
  maxGapMs,
  ...rungs
}: LadderRule): WrittenRecovery["ladder"] {
  return {
    ...rungs,
    margin: formatDurationMs(marginMs),
    maxReplay: formatDurationMs(maxReplayMs),
    maxGap: formatDurationMs(maxGapMs),
  };
}

/** Both have passed the schema. */
export function toRecovery(defaults: PolicyFields["recovery"], own: PolicyFields["recovery"]): Recovery {
  const written = mergeRecovery(defaults, own);
  const { backoff, maxAttempts, stableAfter, stoppedGrace, proof, ladder, rules = [] } = written;
  const hasLadder = ladder !== undefined && ladder !== null;
  const classes = toClasses(written.classes ?? {}, hasLadder);
  return {
    backoff: toBackoff(backoff ?? {}),
    maxAttempts: maxAttempts ?? DEFAULT_RECOVERY.maxAttempts,
    stableAfterMs: toWrittenMs(stableAfter, DEFAULT_RECOVERY.stableAfterMs),
    stoppedGraceMs: toWrittenMs(stoppedGrace, DEFAULT_RECOVERY.stoppedGraceMs),
    ...(rules.length === 0 ? {} : { rules: rules.flatMap(toFailureRule) }),
    ...(Object.keys(classes).length === 0 ? {} : { classes }),
    ...toPositive({
      respectManualStopMs: toWrittenMs(written.respectManualStop, 0),
      oplogWindowMs: toWrittenMs(written.oplogWindow, 0),
    }),
    ...toProof(proof ?? undefined),
    ...toLadder(ladder ?? undefined),
  };
}

function mergeRecovery(defaults: PolicyFields["recovery"], own: PolicyFields["recovery"]): WrittenRecovery {
  return {
    ...defaults,
    ...own,
    backoff: { ...defaults?.backoff, ...own?.backoff },
    proof: mergeBlock(defaults?.proof, own?.proof),
    ladder: mergeBlock(defaults?.ladder, own?.ladder),
    classes: Object.fromEntries(
      OWN_CLASSES.map((name) => [name, { ...defaults?.classes?.[name], ...own?.classes?.[name] }]),
    ),
  };
}

/** Null in the defaults alone says nothing, as with a schedule. */
function mergeBlock<Block extends object>(
  inherited: Block | null | undefined,
  own: Block | null | undefined,
): Block | null {
  const isWritten = own !== undefined || (inherited ?? undefined) !== undefined;
  return own === null || !isWritten ? null : ({ ...inherited, ...own } as Block);
}

function toBackoff(written: NonNullable<WrittenRecovery["backoff"]>): Recovery["backoff"] {
  const { initialMs, factor, maxMs } = DEFAULT_RECOVERY.backoff;
  // The default end follows a later beginning: an author who only slows the first attempt means no fault.
  const initial = toWrittenMs(written.initial, initialMs);
  return {
    initialMs: initial,
    factor: written.factor ?? factor,
    maxMs: toWrittenMs(written.max, Math.max(initial, maxMs)),
  };
}

/** A span of nothing takes an inherited one back. */
function toPositive<Key extends keyof Recovery>(spans: Readonly<Record<Key, number>>): Partial<Recovery> {
  return Object.fromEntries(Object.entries(spans).filter(([, ms]) => ms !== 0));
}

/** Without a block there is nothing to prove. */
function toProof(written: NonNullable<WrittenRecovery["proof"]> | undefined): Pick<Recovery, "proof"> {
  if (written === undefined) return {};
  const { within, deadLetterRatio, maxLag } = written;
  return {
    proof: {
      withinMs: toWrittenMs(within, DEFAULT_PROOF.withinMs),
      deadLetterRatio: deadLetterRatio ?? DEFAULT_PROOF.deadLetterRatio,
      maxLagMs: toWrittenMs(maxLag, DEFAULT_PROOF.maxLagMs),
    },
  };
}

/** Without a block a lost position parks. */
function toLadder(written: NonNullable<WrittenRecovery["ladder"]> | undefined): Pick<Recovery, "ladder"> {
  if (written === undefined) return {};
  const { margin, maxReplay, maxGap, resume, time, fresh } = written;
  return {
    ladder: {
      resume: resume ?? DEFAULT_LADDER.resume,
      time: time ?? DEFAULT_LADDER.time,
      fresh: fresh ?? DEFAULT_LADDER.fresh,
      marginMs: toWrittenMs(margin, DEFAULT_LADDER.marginMs),
      maxReplayMs: toWrittenMs(maxReplay, DEFAULT_LADDER.maxReplayMs),
      maxGapMs: toWrittenMs(maxGap, DEFAULT_LADDER.maxGapMs),
    },
  };
}

/** The schema has refused one with both or with neither. */
function toFailureRule(rule: NonNullable<WrittenRecovery["rules"]>[number]): readonly FailureRule[] {
  if (rule.code !== undefined) return [{ code: rule.code, class: rule.class }];
  return rule.pattern === undefined ? [] : [{ pattern: rule.pattern, class: rule.class }];
}

function toClasses(written: WrittenClasses, hasLadder: boolean): NonNullable<Recovery["classes"]> {
  return Object.fromEntries(
    OWN_CLASSES.flatMap((name) => {
      const rule = toClassRule(name, written[name] ?? {}, hasLadder);
      return rule === undefined ? [] : [[name, rule] as const];
    }),
  );
}

/** Undefined for what Headgate does by itself. An inherited ceiling beside another action is left out. */
function toClassRule(
  name: FailureClass,
  { action, ceiling, stepBackAfter }: NonNullable<WrittenClasses[FailureClass]>,
  hasLadder: boolean,
): ClassRule | undefined {
  const { otherwise = "resume", ...shipped } = toClassProperties(name);
  const wanted = action ?? shipped.action;
  if (wanted === "climb") {
    // Without a ceiling there is nothing to climb to: checks.ts tells of it where somebody wrote the action.
    if (ceiling === undefined) return undefined;
    return { action: wanted, ceiling, stepBackAfterMs: toWrittenMs(stepBackAfter, DEFAULT_STEP_BACK_MS) };
  }
  // Nor is there a rung without a ladder.
  if (wanted === "ladder" && !hasLadder) return undefined;
  const isBare = shipped.action === "climb" || (shipped.action === "ladder" && !hasLadder);
  const byItself = isBare ? otherwise : shipped.action;
  return wanted === byItself || wanted === "hold" ? undefined : { action: wanted };
}

/** Of a duration that has passed the schema. */
export function toWrittenMs(text: string | undefined, byDefault: number): number {
  // The schema has refused every other text; the default is for the type alone.
  return text === undefined ? byDefault : (parseDurationMs(text) ?? byDefault);
}
