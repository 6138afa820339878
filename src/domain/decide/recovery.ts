// When to try again and when to give up. A count belongs to one policy version: a new version begins at nothing,
// because whoever wrote it may have mended what made the old one fail. Pure.
import type { Recovery } from "../policy.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";

/** Delay before the next attempt, after `attempts` counted ones (at least 1). */
function toBackoffDelayMs(recovery: Recovery, attempts: number): number {
  const { initialMs, factor, maxMs } = recovery.backoff;
  // Never infinite: nothing times that is no number.
  const growth = Math.min(Number.MAX_VALUE, factor ** Math.max(0, attempts - 1));
  return Math.min(maxMs, initialMs * growth);
}

function toAttempts(status: ProcessorStatus, version: number): number {
  return status.attemptsVersion === version ? status.attempts : 0;
}

/** At the very time of the next attempt it no longer is. */
export function isBackingOff(status: ProcessorStatus, declared: DeclaredPolicy, now: number): boolean {
  return (
    toAttempts(status, declared.version) > 0 && status.nextAttemptAt !== null && now < status.nextAttemptAt
  );
}

export function isParked(status: ProcessorStatus, declared: DeclaredPolicy): boolean {
  return status.parked !== null && status.parked.version === declared.version;
}

/** All declared attempts are counted; the next pass parks it, unless it is as declared by then. */
export function isExhausted(status: ProcessorStatus, declared: DeclaredPolicy): boolean {
  return toAttempts(status, declared.version) >= declared.policy.recovery.maxAttempts;
}

/** One more counted attempt, and when the next may come. */
export function withAttempt(status: ProcessorStatus, declared: DeclaredPolicy, now: number): ProcessorStatus {
  const attempts = toAttempts(status, declared.version) + 1;
  return {
    ...status,
    attempts,
    attemptsVersion: declared.version,
    nextAttemptAt: now + toBackoffDelayMs(declared.policy.recovery, attempts),
  };
}

/** STARTED for `stableAfter`: the count begins anew. */
export function withStability(
  status: ProcessorStatus,
  declared: DeclaredPolicy,
  now: number,
): ProcessorStatus {
  const isStable =
    status.attempts > 0 &&
    status.stateSince !== null &&
    now - status.stateSince >= declared.policy.recovery.stableAfterMs;
  return isStable ? withoutAttempts(status) : status;
}

/** What a person's success, `unpark` and a stable while have in common. */
export function withoutAttempts(status: ProcessorStatus): ProcessorStatus {
  return { ...status, attempts: 0, attemptsVersion: null, nextAttemptAt: null, parked: null };
}
