// Members of a restart train, each in one standing towards the slot of 11:00, and what a pass an hour later makes of
// them. Decides nothing.
import { HOUR_MS, MINUTE_MS, NOW, aDeclared, anObservation, aStatus } from "../../support/domain-builders.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import type { Member } from "./workspace-case.js";

export const SLOT = NOW - HOUR_MS;
export const TRAIN = "nightly";
export const IN_TRAIN = aDeclared({
  policy: {
    restart: { cron: "0 11 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 2 * HOUR_MS, train: TRAIN },
  },
});

const PROVING = aDeclared({
  policy: {
    ...IN_TRAIN.policy,
    recovery: { ...DEFAULT_RECOVERY, proof: { withinMs: HOUR_MS, deadLetterRatio: 1, maxLagMs: HOUR_MS } },
  },
});

/** How one member stands; every status that a train has to tell apart. */
export const STANDINGS = {
  /** Not restarted since yesterday. */
  waiting: {},
  open: { hasOpenChange: true },
  /** Restarted, and seen running for less than the hold. */
  settling: { status: restarted(NOW - MINUTE_MS) },
  good: { status: restarted(NOW - 30 * MINUTE_MS) },
  failed: { status: restarted(NOW - 30 * MINUTE_MS, "FAILED"), seen: { state: "FAILED" } },
  stopped: { status: restarted(NOW - 30 * MINUTE_MS, "STOPPED"), seen: { state: "STOPPED" } },
  proving: { status: proving(null), declared: PROVING },
  degraded: { status: proving("no input"), declared: PROVING },
  /** Its change used the slot, and started nothing. */
  unstarted: { status: used({ lastCloseAt: SLOT + MINUTE_MS }) },
  /** Its slot was skipped for a reason of its own. */
  skipped: { status: used({ lastCloseAt: SLOT - HOUR_MS }) },
} as const satisfies Readonly<Record<string, Omit<Member, "name">>>;

export type StandingName = keyof typeof STANDINGS;

function used(fields: Partial<ProcessorStatus>): ProcessorStatus {
  return aStatus({ lastSlotAt: SLOT, ...fields });
}

function restarted(at: number, state = "STARTED"): ProcessorStatus {
  return used({
    lastStartAt: at,
    lastCloseAt: at,
    observed: anObservation({ state }),
    observedAt: at,
    stateSince: at,
    stateCause: "headgate",
  });
}

/** Restarted half an hour ago; its inputs have not advanced since. */
function proving(degraded: string | null): ProcessorStatus {
  const startedAt = NOW - 30 * MINUTE_MS;
  return { ...restarted(startedAt), proof: { startedAt, isCounted: false, first: null, degraded } };
}

export function inStanding(name: string, standing: StandingName): Member {
  return { name, declared: IN_TRAIN, ...STANDINGS[standing] };
}

/** `waiting-1`, `good-1`, `good-2` ... */
export function membersOf(counts: Partial<Record<StandingName, number>>): readonly Member[] {
  return Object.entries(counts).flatMap(([standing, count]) =>
    Array.from({ length: count }, (_, index) =>
      inStanding(`${standing}-${String(index + 1)}`, standing as StandingName),
    ),
  );
}
