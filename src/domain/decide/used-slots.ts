// Whether a slot was used or skipped already, also by other rules of its zone. Pure.
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import type { Scheduler } from "./schedule.js";

/** Up to which instant slots of the declared schedule are used; older ones are no longer owed either. */
export function findUsedUpTo(
  declared: DeclaredPolicy,
  { lastSlotAt }: Pick<ProcessorStatus, "lastSlotAt">,
  scheduler: Scheduler,
): number {
  const { restart } = declared.policy;
  if (restart === undefined || lastSlotAt === null) return -Infinity;
  // One of an earlier block says nothing of this one's slots but for its own instant.
  const isEarlier = lastSlotAt < (declared.restartSince ?? declared.declaredAt) - restart.spreadMs;
  return isEarlier ? lastSlotAt : scheduler.usedUpTo(restart, lastSlotAt);
}
