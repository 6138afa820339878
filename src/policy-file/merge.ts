// Defaults under a processor's own fields, and Headgate's own under both: the effective policy. Blocks merge field by
// field, also `backoff` inside `recovery`. Only `restart: null`, `proof: null` and `ladder: null` take back a whole
// block, `restart.train: null` a train and `concurrencyKey: null` a key. sources.ts says where each value comes from by
// the same rule: who changes one changes the other.
import { formatDurationMs, parseDurationMs } from "../domain/duration.js";
import { OWN_CLASSES, toClassProperties } from "../domain/failure-classes.js";
import type { ClassRule, FailureClass, FailureRule } from "../domain/failure-classes.js";
import {
  DEFAULT_CATCH_UP_MS,
  DEFAULT_GATEWAY_FOR_MS,
  DEFAULT_PROOF,
  DEFAULT_RECOVERY,
  DEFAULT_STEP_BACK_MS,
  DEFAULT_TIMEZONE,
} from "../domain/policy.js";
import type { GatewayRule, Policy, ProofRule, Recovery, RestartSchedule } from "../domain/policy.js";
import { DEFAULT_LADDER } from "../domain/rungs.js";
import type { LadderRule } from "../domain/rungs.js";
import { collectStartOptions } from "../domain/start-options.js";
import type { PolicyFields } from "./schema.js";

/** Both have passed the schema. A schedule without a cron is left out: the caller has told of it. */
export function toPolicy(defaults: PolicyFields, own: PolicyFields): Policy {
  // Null in the defaults alone says nothing: a processor may still write a schedule of its own.
  const restart = own.restart === null ? undefined : toRestart({ ...defaults.restart, ...own.restart });
  const gateway = toGateway({ ...defaults.gateway, ...own.gateway });
  const key = own.concurrencyKey === undefined ? defaults.concurrencyKey : own.concurrencyKey;
  return {
    state: own.state ?? defaults.state ?? "STARTED",
    mode: own.mode ?? defaults.mode ?? "enforce",
    start: collectStartOptions((name) => own.start?.[name] ?? defaults.start?.[name]),
    ...(restart === undefined ? {} : { restart }),
    recovery: toRecovery(mergeRecovery(defaults.recovery, own.recovery)),
    ...(gateway === undefined ? {} : { gateway }),
    ...(key === undefined || key === null ? {} : { concurrencyKey: key }),
  };
}

/** The way back: fields that, with no defaults under them, are this policy. */
export function toPolicyFields(policy: Policy): PolicyFields {
  const { state, mode, start, restart, recovery, gateway, concurrencyKey } = policy;
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
    state,
    mode,
    start: { ...start },
    restart: restart === undefined ? null : toRestartFields(restart),
    recovery: {
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
    },
    gateway: toGatewayFields(gateway),
    concurrencyKey: concurrencyKey ?? null,
  };
}

type WrittenClasses = NonNullable<Written<"recovery">["classes"]>;

function toClassFields(classes: NonNullable<Recovery["classes"]>): WrittenClasses {
  const written = OWN_CLASSES.map((name) => [name, toRuleFields(classes[name])] as const);
  return Object.fromEntries(written.filter(([, rule]) => rule !== undefined));
}

function toRuleFields(rule: ClassRule | undefined): WrittenClasses[FailureClass] {
  if (rule?.action !== "climb") return rule;
  const { action, ceiling, stepBackAfterMs } = rule;
  return { action, ceiling, stepBackAfter: formatDurationMs(stepBackAfterMs) };
}

function toProofFields({ withinMs, deadLetterRatio, maxLagMs }: ProofRule): Written<"recovery">["proof"] {
  return { within: formatDurationMs(withinMs), deadLetterRatio, maxLag: formatDurationMs(maxLagMs) };
}

function toLadderFields({
  marginMs,
  maxReplayMs,
  maxGapMs,
  ...rungs
}: LadderRule): Written<"recovery">["ladder"] {
  return {
    ...rungs,
    margin: formatDurationMs(marginMs),
    maxReplay: formatDurationMs(maxReplayMs),
    maxGap: formatDurationMs(maxGapMs),
  };
}

function toGatewayFields(rule: GatewayRule | undefined): Written<"gateway"> {
  if (rule?.stop === "suspend") return { stop: rule.stop, for: formatDurationMs(rule.forMs) };
  return { stop: rule?.stop ?? "allow" };
}

function toRestartFields({
  cron,
  timezone,
  spreadMs,
  catchUpMs,
  train,
}: RestartSchedule): Written<"restart"> {
  return {
    cron,
    timezone,
    spread: formatDurationMs(spreadMs),
    catchUp: formatDurationMs(catchUpMs),
    train: train ?? null,
  };
}

type Written<Key extends keyof PolicyFields> = NonNullable<PolicyFields[Key]>;

function toRestart({
  cron,
  timezone,
  spread,
  catchUp,
  train,
}: Written<"restart">): RestartSchedule | undefined {
  if (cron === undefined) return undefined;
  return {
    cron,
    timezone: timezone ?? DEFAULT_TIMEZONE,
    spreadMs: toMs(spread, 0),
    catchUpMs: toMs(catchUp, DEFAULT_CATCH_UP_MS),
    ...(train === undefined || train === null ? {} : { train }),
  };
}

function mergeRecovery(
  defaults: PolicyFields["recovery"],
  own: PolicyFields["recovery"],
): Written<"recovery"> {
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

function toRecovery(written: Written<"recovery">): Recovery {
  const { backoff, maxAttempts, stableAfter, stoppedGrace, proof, ladder, rules = [] } = written;
  const hasLadder = ladder !== undefined && ladder !== null;
  const classes = toClasses(written.classes ?? {}, hasLadder);
  return {
    backoff: toBackoff(backoff ?? {}),
    maxAttempts: maxAttempts ?? DEFAULT_RECOVERY.maxAttempts,
    stableAfterMs: toMs(stableAfter, DEFAULT_RECOVERY.stableAfterMs),
    stoppedGraceMs: toMs(stoppedGrace, DEFAULT_RECOVERY.stoppedGraceMs),
    ...(rules.length === 0 ? {} : { rules: rules.flatMap(toFailureRule) }),
    ...(Object.keys(classes).length === 0 ? {} : { classes }),
    ...toPositive({
      respectManualStopMs: toMs(written.respectManualStop, 0),
      oplogWindowMs: toMs(written.oplogWindow, 0),
    }),
    ...toProof(proof ?? undefined),
    ...toLadder(ladder ?? undefined),
  };
}

function toBackoff(written: NonNullable<Written<"recovery">["backoff"]>): Recovery["backoff"] {
  const { initialMs, factor, maxMs } = DEFAULT_RECOVERY.backoff;
  // The default end follows a later beginning: an author who only slows the first attempt means no fault.
  const initial = toMs(written.initial, initialMs);
  return {
    initialMs: initial,
    factor: written.factor ?? factor,
    maxMs: toMs(written.max, Math.max(initial, maxMs)),
  };
}

/** A span of nothing takes an inherited one back. */
function toPositive<Key extends keyof Recovery>(spans: Readonly<Record<Key, number>>): Partial<Recovery> {
  return Object.fromEntries(Object.entries(spans).filter(([, ms]) => ms !== 0));
}

/** Without a block there is nothing to prove. */
function toProof(written: NonNullable<Written<"recovery">["proof"]> | undefined): Pick<Recovery, "proof"> {
  if (written === undefined) return {};
  const { within, deadLetterRatio, maxLag } = written;
  return {
    proof: {
      withinMs: toMs(within, DEFAULT_PROOF.withinMs),
      deadLetterRatio: deadLetterRatio ?? DEFAULT_PROOF.deadLetterRatio,
      maxLagMs: toMs(maxLag, DEFAULT_PROOF.maxLagMs),
    },
  };
}

/** Without a block a lost position parks. */
function toLadder(written: NonNullable<Written<"recovery">["ladder"]> | undefined): Pick<Recovery, "ladder"> {
  if (written === undefined) return {};
  const { margin, maxReplay, maxGap, resume, time, fresh } = written;
  return {
    ladder: {
      resume: resume ?? DEFAULT_LADDER.resume,
      time: time ?? DEFAULT_LADDER.time,
      fresh: fresh ?? DEFAULT_LADDER.fresh,
      marginMs: toMs(margin, DEFAULT_LADDER.marginMs),
      maxReplayMs: toMs(maxReplay, DEFAULT_LADDER.maxReplayMs),
      maxGapMs: toMs(maxGap, DEFAULT_LADDER.maxGapMs),
    },
  };
}

/** The schema has refused one with both or with neither. */
function toFailureRule(rule: NonNullable<Written<"recovery">["rules"]>[number]): readonly FailureRule[] {
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
    return { action: wanted, ceiling, stepBackAfterMs: toMs(stepBackAfter, DEFAULT_STEP_BACK_MS) };
  }
  // Nor is there a rung without a ladder.
  if (wanted === "ladder" && !hasLadder) return undefined;
  const isBare = shipped.action === "climb" || (shipped.action === "ladder" && !hasLadder);
  const byItself = isBare ? otherwise : shipped.action;
  return wanted === byItself || wanted === "hold" ? undefined : { action: wanted };
}

/** An inherited `for` without suspend is left out: a processor cannot take it back in any other way. */
function toGateway({ stop, for: span }: Written<"gateway">): GatewayRule | undefined {
  if (stop === "suspend") return { stop, forMs: toMs(span, DEFAULT_GATEWAY_FOR_MS) };
  return stop === "refuse" ? { stop } : undefined;
}

function toMs(text: string | undefined, byDefault: number): number {
  // The schema has refused every other text; the default is for the type alone.
  return text === undefined ? byDefault : (parseDurationMs(text) ?? byDefault);
}
