// Every combination of what may stand around one processor, as words, and the facts each stands for. The words are what
// the invariants of plan-walk.test.ts are written in: they never ask the domain what a combination means.
import type { Facts } from "../../../src/domain/decide/decision.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import { HOUR_MS, NOW, aDeclared, anObservation, aStatus, someFacts } from "../../support/domain-builders.js";

const WALKED = {
  declared: ["none", "STARTED", "STOPPED"],
  mode: ["enforce", "observe"],
  observed: [
    "no LIST",
    "absent",
    "FAILED",
    "CREATED",
    "STOPPED",
    "STARTED",
    "STARTED on another tier",
    "PROVISIONING",
    "HIBERNATING",
  ],
  slot: ["none", "due", "too old"],
  suspended: ["never", "now", "over"],
  parked: ["never", "this version", "an older version"],
  backoff: ["none", "running", "over"],
  attempts: ["few", "all"],
  held: [false, true],
  barred: ["never", "now", "over"],
  openChange: [false, true],
} as const;

export type Combination = { readonly [Key in keyof typeof WALKED]: (typeof WALKED)[Key][number] };

const VERSION = 3;
const RESTART = { cron: "0 3 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 2 * HOUR_MS };
/** When the last slot fired, and one too old to be caught up with. */
export const SLOT_AT = { due: NOW - HOUR_MS, "too old": NOW - 3 * HOUR_MS } as const;

/** Calls back with each combination. */
export function walk(visit: (combination: Combination) => void): void {
  const keys = Object.keys(WALKED) as (keyof typeof WALKED)[];
  const step = (index: number, chosen: Partial<Combination>): void => {
    const key = keys[index];
    if (key === undefined) {
      visit(chosen as Combination);
      return;
    }
    for (const value of WALKED[key]) step(index + 1, { ...chosen, [key]: value });
  };
  step(0, {});
}

/** The facts a combination stands for. */
export function toFacts(combination: Combination): Facts {
  const { declared, mode, observed, slot } = combination;
  const isSeen = observed !== "no LIST" && observed !== "absent";
  const [state = "", other] = observed.split(" on ");
  return someFacts({
    declared:
      declared === "none"
        ? undefined
        : aDeclared({ version: VERSION, policy: { state: declared, mode, restart: RESTART } }),
    status: toStatus(combination),
    observation: isSeen ? anObservation({ state, tier: other === undefined ? "SP10" : "SP30" }) : undefined,
    ...(observed === "no LIST" ? { observedAt: null } : {}),
    isHeld: combination.held,
    hasOpenChange: combination.openChange,
    dueSlot: slot === "none" ? undefined : { at: SLOT_AT[slot], firesAt: SLOT_AT[slot] },
  });
}

const TIME_OF = { over: NOW, running: NOW + 1, now: NOW + 1 } as const;

function toStatus({ observed, suspended, parked, backoff, attempts, barred }: Combination): ProcessorStatus {
  return aStatus({
    absences: observed === "absent" ? 2 : 0,
    suspended: suspended === "never" ? null : { by: "ana", why: "migration", until: TIME_OF[suspended] },
    parked: parked === "never" ? null : { version: parked === "this version" ? VERSION : 2, why: "gave up" },
    attempts: attempts === "all" ? 30 : backoff === "none" ? 0 : 2,
    attemptsVersion: VERSION,
    nextAttemptAt: backoff === "none" ? null : TIME_OF[backoff],
    barredUntil: barred === "never" ? null : TIME_OF[barred],
  });
}
