// What an owner declares for one processor, in its effective form: defaults merged, durations in milliseconds.
// Start options keep Atlas's own names because owners copy them from its documentation.

export const TIERS = ["SP2", "SP5", "SP10", "SP30", "SP50"] as const;
export type Tier = (typeof TIERS)[number];

export interface StartOptions {
  readonly tier?: Tier;
  /** Absent and true both mean: from the last checkpoint. */
  readonly resumeFromCheckpoint?: boolean;
  /** ISO 8601 UTC, as the owner wrote it. */
  readonly startAtOperationTime?: string;
}

export interface RestartSchedule {
  /** Five fields. */
  readonly cron: string;
  /** IANA name. */
  readonly timezone: string;
  readonly spreadMs: number;
  readonly catchUpMs: number;
}

export interface Recovery {
  readonly backoff: { readonly initialMs: number; readonly factor: number; readonly maxMs: number };
  readonly maxAttempts: number;
  readonly stableAfterMs: number;
  readonly stoppedGraceMs: number;
}

type DeclaredState = "STARTED" | "STOPPED";
type Mode = "enforce" | "observe";

export interface Policy {
  readonly state: DeclaredState;
  readonly mode: Mode;
  readonly start: StartOptions;
  readonly restart?: RestartSchedule;
  readonly recovery: Recovery;
}

export const DEFAULT_RECOVERY: Recovery = {
  backoff: { initialMs: 60_000, factor: 2, maxMs: 3_600_000 },
  maxAttempts: 30,
  stableAfterMs: 1_800_000,
  stoppedGraceMs: 300_000,
};
export const DEFAULT_TIMEZONE = "UTC";
export const DEFAULT_CATCH_UP_MS = 7_200_000;

export function isTier(text: string): text is Tier {
  return (TIERS as readonly string[]).includes(text);
}

/** A second that exists, from the year 2000 on: what a position may be. */
export function isUtcTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text)) return false;
  const ms = Date.parse(text);
  // A day that does not exist rolls over: the text has to come back as it was.
  return ms >= Date.UTC(2000, 0, 1) && new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19);
}

/** Whether the first tier is larger than the second. */
export function isLargerTier(one: Tier, other: Tier): boolean {
  return TIERS.indexOf(one) > TIERS.indexOf(other);
}

/** A position other than the checkpoint: spent once per value (design, section 4). */
export function hasPosition(start: StartOptions): boolean {
  return start.startAtOperationTime !== undefined || start.resumeFromCheckpoint === false;
}

/** The value a position is spent by; undefined where the start resumes. One instant is one value, however it is written. */
export function toPositionKey(start: StartOptions): string | undefined {
  if (start.startAtOperationTime !== undefined) {
    return `at:${toInstantText(start.startAtOperationTime)}:${start.resumeFromCheckpoint === undefined ? "absent" : String(start.resumeFromCheckpoint)}`;
  }
  return start.resumeFromCheckpoint === false ? "fresh" : undefined;
}

/** Without the zeros that end a fraction of a second. */
function toInstantText(time: string): string {
  return time.includes(".") ? time.replace(/\.?0*Z$/, "Z") : time;
}

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
