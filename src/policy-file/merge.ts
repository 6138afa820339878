// Defaults under a processor's own fields, and Headgate's own under both: the effective policy. Blocks merge field by
// field, also `backoff` inside `recovery`. Only `restart: null`, `proof: null` and `ladder: null` take back a whole
// block, `restart.train: null` a train and `concurrencyKey: null` a key. sources.ts says where each value comes from by
// the same rule: who changes one changes the other.
import { formatDurationMs } from "../domain/duration.js";
import { DEFAULT_CATCH_UP_MS, DEFAULT_GATEWAY_FOR_MS, DEFAULT_TIMEZONE } from "../domain/policy.js";
import type { GatewayRule, Policy, RestartSchedule } from "../domain/policy.js";
import { collectStartOptions } from "../domain/start-options.js";
import { toWrittenMs, toRecovery, toRecoveryFields } from "./merge-recovery.js";
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
    recovery: toRecovery(defaults.recovery, own.recovery),
    ...(gateway === undefined ? {} : { gateway }),
    ...(key === undefined || key === null ? {} : { concurrencyKey: key }),
  };
}

/** The way back: fields that, with no defaults under them, are this policy. */
export function toPolicyFields(policy: Policy): PolicyFields {
  const { state, mode, start, restart, recovery, gateway, concurrencyKey } = policy;
  return {
    state,
    mode,
    start: { ...start },
    restart: restart === undefined ? null : toRestartFields(restart),
    recovery: toRecoveryFields(recovery),
    gateway: toGatewayFields(gateway),
    concurrencyKey: concurrencyKey ?? null,
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
    spreadMs: toWrittenMs(spread, 0),
    catchUpMs: toWrittenMs(catchUp, DEFAULT_CATCH_UP_MS),
    ...(train === undefined || train === null ? {} : { train }),
  };
}

/** An inherited `for` without suspend is left out: a processor cannot take it back in any other way. */
function toGateway({ stop, for: span }: Written<"gateway">): GatewayRule | undefined {
  if (stop === "suspend") return { stop, forMs: toWrittenMs(span, DEFAULT_GATEWAY_FOR_MS) };
  return stop === "refuse" ? { stop } : undefined;
}
