// Why something is done to a processor or nothing is: a closed list of codes, each with what the rest of Headgate has
// to know of it. The codes are stored (`processor_status.reason_code`) and printed, so one may be added but none
// renamed. What a code says in words comes from the row of the decision table that gave it. Pure data.

export interface ReasonProperties {
  /**
   * How it looks to a person. `settled`: as it should be. `busy`: on its way without anybody's help. `bad`: it wants a
   * person. `quiet`: left alone on purpose.
   */
  readonly tone: "settled" | "busy" | "bad" | "quiet";
  /** Comes and goes with every change: the status shows it, and the journal would drown in it. */
  readonly isPassing?: true;
  /** Nothing is left to do until somebody acts: who watches a fleet settle does not wait for it. */
  readonly isSettled?: true;
  /** The pass waits for something that ends by itself; counted as `waiting` in listings. */
  readonly isWaiting?: true;
}

export const REASONS = {
  held: { tone: "bad" },
  "not-observed": { tone: "quiet" },
  unmanaged: { tone: "quiet", isSettled: true },
  "change-running": { tone: "busy", isPassing: true },
  "observing-again": { tone: "busy", isPassing: true, isWaiting: true },
  barred: { tone: "busy" },
  missing: { tone: "bad", isSettled: true },
  suspended: { tone: "quiet", isSettled: true },
  stuck: { tone: "bad" },
  "unknown-state": { tone: "busy", isWaiting: true },
  "in-transition": { tone: "busy", isWaiting: true },
  "as-declared": { tone: "settled", isSettled: true },
  "would-park": { tone: "quiet", isSettled: true },
  "would-start": { tone: "quiet", isSettled: true },
  "would-stop": { tone: "quiet", isSettled: true },
  "would-restart": { tone: "quiet", isSettled: true },
  parked: { tone: "bad" },
  "in-incident": { tone: "busy", isWaiting: true },
  "backing-off": { tone: "busy" },
  stop: { tone: "busy" },
  grace: { tone: "busy", isWaiting: true },
  start: { tone: "busy" },
  "restart-tier": { tone: "busy" },
  "restart-slot": { tone: "busy" },
  degraded: { tone: "bad", isSettled: true },
  "schedule-not-evaluated": { tone: "busy" },
  braked: { tone: "busy" },
  "waiting-for-train": { tone: "busy", isPassing: true, isWaiting: true },
  "waiting-for-place": { tone: "busy", isPassing: true, isWaiting: true },
} as const satisfies Record<string, ReasonProperties>;

export type ReasonCode = keyof typeof REASONS;

export interface Reason {
  readonly code: ReasonCode;
  /** For people. Holds no time and no counter, so that it stays the same from pass to pass. */
  readonly text: string;
}

export function isReasonCode(code: string): code is ReasonCode {
  return Object.hasOwn(REASONS, code);
}

export function toReasonProperties(code: ReasonCode): ReasonProperties {
  return REASONS[code];
}

/** The codes with a property, for the statements that look for them. */
export function findReasonCodes(isWanted: (properties: ReasonProperties) => boolean): readonly ReasonCode[] {
  return Object.keys(REASONS).filter(
    (code): code is ReasonCode => isReasonCode(code) && isWanted(REASONS[code]),
  );
}

/** Short for a reason. */
export function because(code: ReasonCode, text: string): { readonly reason: Reason } {
  return { reason: { code, text } };
}
