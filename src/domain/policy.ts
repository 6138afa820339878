// What an owner declares for one processor, in its effective form: defaults merged, durations in milliseconds.
import type { ClassRule, FailureClass, FailureRule } from "./failure-classes.js";
import type { LadderRule } from "./rungs.js";
import type { StartOptions } from "./start-options.js";

export interface RestartSchedule {
  /** Five fields. */
  readonly cron: string;
  /** IANA name. */
  readonly timezone: string;
  readonly spreadMs: number;
  readonly catchUpMs: number;
  /** With whom of its workspace it is restarted wave by wave; then `spreadMs` does nothing. */
  readonly train?: string;
}

export interface Recovery {
  readonly backoff: { readonly initialMs: number; readonly factor: number; readonly maxMs: number };
  readonly maxAttempts: number;
  readonly stableAfterMs: number;
  readonly stoppedGraceMs: number;
  /** Tried in this order, before the shipped ones. Never empty. */
  readonly rules?: readonly FailureRule[];
  /** Only what differs from what Headgate does by itself: one effective policy has one form. Never empty. */
  readonly classes?: Readonly<Partial<Record<FailureClass, ClassRule>>>;
  /** A person's stop is left alone for so long. Absent: as long as anybody's, which is `stoppedGraceMs`. */
  readonly respectManualStopMs?: number;
  /** Absent: STARTED is proof enough. */
  readonly proof?: ProofRule;
  /** How far back the oplog of its source reaches, as its owner knows. Absent: not known. */
  readonly oplogWindowMs?: number;
  /** Absent: a lost position parks. */
  readonly ladder?: LadderRule;
}

/** What a start has to prove once it is STARTED. */
export interface ProofRule {
  /** From its first look on. */
  readonly withinMs: number;
  /** Dead letters per message that came in, at most. */
  readonly deadLetterRatio: number;
  /** A lag that has grown beyond it is none of catching up. */
  readonly maxLagMs: number;
}

/** What becomes of a client's stop through the gateway of what is declared STARTED. No rule: it is allowed. */
export type GatewayRule =
  | { readonly stop: "refuse" }
  /** Stopped, and left alone for so long. */
  | { readonly stop: "suspend"; readonly forMs: number };

type DeclaredState = "STARTED" | "STOPPED";
type Mode = "enforce" | "observe";

export interface Policy {
  readonly state: DeclaredState;
  readonly mode: Mode;
  readonly start: StartOptions;
  readonly restart?: RestartSchedule;
  readonly recovery: Recovery;
  /** Never there to say "allow": one effective policy has one form. */
  readonly gateway?: GatewayRule;
  /** What it shares with others, in whatever project: their open changes are counted together, under a cap. */
  readonly concurrencyKey?: string;
}

export const DEFAULT_RECOVERY: Recovery = {
  backoff: { initialMs: 60_000, factor: 2, maxMs: 3_600_000 },
  maxAttempts: 30,
  stableAfterMs: 1_800_000,
  stoppedGraceMs: 300_000,
};
/** Of a block that leaves something out. */
export const DEFAULT_PROOF: ProofRule = { withinMs: 600_000, deadLetterRatio: 0.1, maxLagMs: 3_600_000 };
export const DEFAULT_TIMEZONE = "UTC";
export const DEFAULT_CATCH_UP_MS = 7_200_000;
export const DEFAULT_GATEWAY_FOR_MS = 14_400_000;
export const DEFAULT_STEP_BACK_MS = 86_400_000;

/** One text per effective policy: key order and absent values do not matter. Equal text means nothing was changed. */
export function toCanonicalPolicy(policy: Policy): string {
  return toCanonicalText(policy);
}

/** Whether both declare the same schedule: then its slots go on to count. */
export function isSameRestart(one: Policy, other: Policy): boolean {
  if (one.restart === undefined || other.restart === undefined) return false;
  return toCanonicalText(one.restart) === toCanonicalText(other.restart);
}

function toCanonicalText(part: Policy | RestartSchedule): string {
  return JSON.stringify(part, (_key, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
