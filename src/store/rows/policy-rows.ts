// start_policies in and out: one row is one effective policy with the facts of its declaration. Both ways must say the
// same of every policy (test/unit/store/rows/policy-rows.test.ts): what is lost here is carried out as nobody declared
// it.
import { DEFAULT_GATEWAY_FOR_MS, DEFAULT_RECOVERY } from "../../domain/policy.js";
import type { GatewayRule, Policy, ProofRule, Recovery, RestartSchedule } from "../../domain/policy.js";
import { START_OPTIONS, START_OPTION_NAMES, collectStartOptions } from "../../domain/start-options.js";
import type { StartOptionName, StartOptions } from "../../domain/start-options.js";
import type { DeclaredPolicy } from "../../domain/status.js";
import { toIso } from "./status-rows.js";

/**
 * One column per start option, named by the table of options: an option without a column in the row, or a column of
 * another name, does not compile.
 */
type StartColumns = {
  readonly [Name in StartOptionName as (typeof START_OPTIONS)[Name]["column"]]: NonNullable<
    StartOptions[Name]
  > | null;
};

/**
 * A row of start_policies as `to_jsonb` gives it: times are ISO 8601 texts. Null is what was not declared. The columns
 * of a schedule are all null or none is, which the table checks.
 */
export interface PolicyRow extends StartColumns {
  readonly project: string;
  readonly workspace: string;
  readonly processor: string;
  readonly version: number;
  readonly declared_at: string;
  readonly state: Policy["state"];
  readonly mode: Policy["mode"];
  readonly restart_cron: string | null;
  readonly restart_timezone: string | null;
  readonly restart_spread_ms: number | null;
  readonly restart_catch_up_ms: number | null;
  readonly restart_train: string | null;
  readonly restart_since: string | null;
  readonly backoff_initial_ms: number;
  readonly backoff_factor: number;
  readonly backoff_max_ms: number;
  readonly max_attempts: number;
  readonly stable_after_ms: number;
  readonly stopped_grace_ms: number;
  readonly respect_manual_stop_ms: number | null;
  readonly proof_within_ms: number | null;
  readonly proof_dead_letter_ratio: number | null;
  readonly proof_max_lag_ms: number | null;
  readonly oplog_window_ms: number | null;
  readonly gateway_stop: "allow" | GatewayRule["stop"];
  readonly gateway_for_ms: number | null;
  readonly concurrency_key: string | null;
  readonly failure_rules: NonNullable<Recovery["rules"]> | null;
  readonly failure_classes: NonNullable<Recovery["classes"]> | null;
  readonly ladder: NonNullable<Recovery["ladder"]> | null;
}

/** A field that is null is left out, not set to undefined: two equal policies must have one canonical text. */
export function fromPolicyRow(row: PolicyRow): DeclaredPolicy {
  const restart = toRestart(row);
  const gateway = toGateway(row);
  const proof = toProof(row);
  return {
    version: row.version,
    declaredAt: Date.parse(row.declared_at),
    ...(row.restart_since === null ? {} : { restartSince: Date.parse(row.restart_since) }),
    policy: {
      state: row.state,
      mode: row.mode,
      start: collectStartOptions((name) => row[START_OPTIONS[name].column]),
      ...(restart === undefined ? {} : { restart }),
      recovery: {
        backoff: { initialMs: row.backoff_initial_ms, factor: row.backoff_factor, maxMs: row.backoff_max_ms },
        maxAttempts: row.max_attempts,
        stableAfterMs: row.stable_after_ms,
        stoppedGraceMs: row.stopped_grace_ms,
        ...(row.failure_rules === null ? {} : { rules: row.failure_rules }),
        ...(row.failure_classes === null ? {} : { classes: row.failure_classes }),
        ...(row.respect_manual_stop_ms === null ? {} : { respectManualStopMs: row.respect_manual_stop_ms }),
        ...(proof === undefined ? {} : { proof }),
        ...(row.oplog_window_ms === null ? {} : { oplogWindowMs: row.oplog_window_ms }),
        ...(row.ladder === null ? {} : { ladder: row.ladder }),
      },
      ...(gateway === undefined ? {} : { gateway }),
      ...(row.concurrency_key === null ? {} : { concurrencyKey: row.concurrency_key }),
    },
  };
}

/** By the table of options, so that a new one cannot be left out. */
function toStartColumns(start: StartOptions): Readonly<Record<keyof StartColumns, unknown>> {
  const columns = START_OPTION_NAMES.map((name) => [START_OPTIONS[name].column, start[name]] as const);
  return Object.fromEntries(columns) as Record<keyof StartColumns, unknown>;
}

/** By cron and time zone: a schedule without either would never fire. */
function toRestart(row: PolicyRow): RestartSchedule | undefined {
  if (row.restart_cron === null || row.restart_timezone === null) return undefined;
  return {
    cron: row.restart_cron,
    timezone: row.restart_timezone,
    spreadMs: row.restart_spread_ms ?? 0,
    catchUpMs: row.restart_catch_up_ms ?? 0,
    ...(row.restart_train === null ? {} : { train: row.restart_train }),
  };
}

function toGateway({ gateway_stop: stop, gateway_for_ms: forMs }: PolicyRow): GatewayRule | undefined {
  if (stop === "allow") return undefined;
  // The table checks that there is a time.
  return stop === "refuse" ? { stop } : { stop, forMs: forMs ?? DEFAULT_GATEWAY_FOR_MS };
}

/** The table checks that all three are there or none is. */
function toProof(row: PolicyRow): ProofRule | undefined {
  const {
    proof_within_ms: withinMs,
    proof_dead_letter_ratio: deadLetterRatio,
    proof_max_lag_ms: maxLagMs,
  } = row;
  if (withinMs === null || deadLetterRatio === null || maxLagMs === null) return undefined;
  return { withinMs, deadLetterRatio, maxLagMs };
}

function toProofColumns(proof: ProofRule | undefined) {
  return {
    proof_within_ms: proof?.withinMs,
    proof_dead_letter_ratio: proof?.deadLetterRatio,
    proof_max_lag_ms: proof?.maxLagMs,
  };
}

type PolicyColumn = Exclude<keyof PolicyRow, "project" | "workspace" | "processor">;

/** The columns of a policy, without its key. A field that is not declared becomes null in the row. */
export function toPolicyColumns({
  policy,
  version,
  declaredAt,
  restartSince,
}: DeclaredPolicy): Readonly<Record<PolicyColumn, unknown>> {
  const { start, restart, recovery, gateway } = policy;
  return {
    version,
    declared_at: toIso(declaredAt),
    state: policy.state,
    mode: policy.mode,
    ...toStartColumns(start),
    restart_cron: restart?.cron,
    restart_timezone: restart?.timezone,
    restart_spread_ms: restart?.spreadMs,
    restart_catch_up_ms: restart?.catchUpMs,
    restart_train: restart?.train,
    restart_since: restartSince === undefined ? null : toIso(restartSince),
    backoff_initial_ms: recovery.backoff.initialMs,
    backoff_factor: recovery.backoff.factor,
    backoff_max_ms: recovery.backoff.maxMs,
    max_attempts: recovery.maxAttempts,
    stable_after_ms: recovery.stableAfterMs,
    stopped_grace_ms: recovery.stoppedGraceMs,
    respect_manual_stop_ms: recovery.respectManualStopMs,
    ...toProofColumns(recovery.proof),
    oplog_window_ms: recovery.oplogWindowMs,
    gateway_stop: gateway?.stop ?? "allow",
    gateway_for_ms: gateway?.stop === "suspend" ? gateway.forMs : null,
    concurrency_key: policy.concurrencyKey,
    failure_rules: recovery.rules,
    failure_classes: recovery.classes,
    ladder: recovery.ladder,
  };
}

/** Their names, in one order for every statement: any policy has them all, so the barest one is as good as another. */
export const POLICY_COLUMNS: readonly string[] = Object.keys(
  toPolicyColumns({
    policy: { state: "STARTED", mode: "enforce", start: {}, recovery: DEFAULT_RECOVERY },
    version: 1,
    declaredAt: 0,
  }),
);
