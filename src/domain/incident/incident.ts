// An incident: many processors that failed together, or an outage that somebody announced. Its members are brought back
// by a canary and then in waves, not each by itself. Types, and what one member's standing is. Pure.
import { findCheckpointEnd } from "../decide/checkpoint-age.js";
import type { IncidentPhase, IncidentScope } from "../decide/incident-turn.js";
import { isParked } from "../decide/recovery.js";
import { toObservedState } from "../observation.js";
import type { ProcessorRef } from "../refs.js";
import { formatProcessorRef } from "../refs.js";
import type { LoopSettings } from "../settings.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";

export interface Incident {
  readonly id: string;
  readonly scope: IncidentScope;
  /** A person began it. Nobody joins it then. */
  readonly isAnnounced: boolean;
  readonly phase: IncidentPhase;
  readonly phaseSince: number;
  readonly why: string;
  /** When the next canary may be tried; null outside `pausing`. */
  readonly nextTryAt: number | null;
  /** Canaries tried since it was opened or ended by a person: pauses grow with them. */
  readonly tries: number;
  /** Of the refill, from 1; 0 before it. */
  readonly wave: number;
}

export type IncidentSettings = Pick<
  LoopSettings,
  | "incidentPauseMs"
  | "incidentPauseMaxMs"
  | "incidentHoldMs"
  | "incidentWave"
  | "incidentAbortShare"
  | "stuckMs"
>;

/** One member, as it is remembered and as it was last seen. */
export interface MemberFacts {
  readonly ref: ProcessorRef;
  /** Null: its turn has not come. */
  readonly admittedAt: number | null;
  /** In which wave; null: in none. */
  readonly wave: number | null;
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus;
  readonly hasOpenChange: boolean;
  /** When its workspace was last seen whole. */
  readonly seenAt: number;
}

/**
 * `gone`: nothing that the incident may bring back. `back`: has run for long enough. `running`: runs, not for long.
 * `failed`: its turn came, and it does not run. `trying`: its turn has come and its change has not ended. `down`:
 * waits.
 */
export type MemberStanding = "gone" | "back" | "running" | "failed" | "trying" | "down";

/** Only what a pass may start by itself is brought back. */
export function mayRecover(
  { declared, status }: Pick<MemberFacts, "declared" | "status">,
  now: number,
): boolean {
  return (
    declared?.policy.state === "STARTED" &&
    declared.policy.mode === "enforce" &&
    status.absences === 0 &&
    (status.suspended === null || now >= status.suspended.until) &&
    !isParked(status, declared)
  );
}

export function toMemberStanding(
  member: MemberFacts,
  { now, settings }: { readonly now: number; readonly settings: IncidentSettings },
): MemberStanding {
  const { status, admittedAt } = member;
  if (!mayRecover(member, now)) return "gone";
  const { observed, stateSince } = status;
  if (observed !== null && toObservedState(observed.state) === "STARTED") {
    return member.seenAt - (stateSince ?? member.seenAt) >= settings.incidentHoldMs ? "back" : "running";
  }
  if (admittedAt === null) return "down";
  const hasEnded = !member.hasOpenChange && (status.lastCloseAt ?? 0) > admittedAt;
  // Nobody started it in all that time: another may be luckier.
  const isStuck = !member.hasOpenChange && now - admittedAt >= settings.stuckMs;
  return hasEnded || isStuck ? "failed" : "trying";
}

/** The longest outage first; of equal ones by name, so that equal facts give an equal choice. */
export function byDrift(one: MemberFacts, other: MemberFacts): number {
  const older = (one.status.driftSince ?? 0) - (other.status.driftSince ?? 0);
  if (older !== 0) return older;
  return formatProcessorRef(one.ref) < formatProcessorRef(other.ref) ? -1 : 1;
}

/** Who can resume for the shortest time goes first; of equal ones the longest outage. */
export function byTimeLeft(one: MemberFacts, other: MemberFacts): number {
  const [end, otherEnd] = [toResumeEnd(one), toResumeEnd(other)];
  return end === otherEnd ? byDrift(one, other) : end - otherEnd;
}

function toResumeEnd({ declared, status }: MemberFacts): number {
  const { observed: observation } = status;
  const end = observation === null ? undefined : findCheckpointEnd({ declared, status, observation });
  return end?.at ?? Infinity;
}
