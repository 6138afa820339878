// The rung that was taken after a position was lost, and the approval of one: whether they stand, and when they end.
// Pure.
import type { Observation } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { TakenRung } from "../rungs.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";

/** The one that its starts still have to begin with. */
export function toStandingRung(
  { rung }: Pick<ProcessorStatus, "rung">,
  version: number | null,
): TakenRung | undefined {
  return rung !== null && rung.version === version && !rung.isUsed ? rung : undefined;
}

/**
 * A rung is tried until it has helped for as long as makes a processor stable, until a new version, or until somebody
 * unparks it. An approval ends by itself.
 */
export function withLadderEnded(
  status: ProcessorStatus,
  declared: DeclaredPolicy | undefined,
  { observation, now }: { readonly observation: Observation | undefined; readonly now: number },
): ProcessorStatus {
  const { rung, approval } = status;
  if (rung === null && approval === null) return status;
  const endsRung = rung !== null && isRungOver(status, rung, { declared, observation, now });
  const endsApproval = approval !== null && (approval.version !== declared?.version || now >= approval.until);
  if (!endsRung && !endsApproval) return status;
  return { ...status, rung: endsRung ? null : rung, approval: endsApproval ? null : approval };
}

function isRungOver(
  { stateSince, forgivenAt }: ProcessorStatus,
  { version, at, isUsed }: TakenRung,
  seen: {
    readonly declared: DeclaredPolicy | undefined;
    readonly observation: Observation | undefined;
    readonly now: number;
  },
): boolean {
  const { declared, observation, now } = seen;
  if (declared === undefined || version !== declared.version || (forgivenAt ?? 0) > at) return true;
  if (!isUsed || observation === undefined || stateSince === null) return false;
  const isRunning = toObservedState(observation.state) === "STARTED";
  return isRunning && now - stateSince >= declared.policy.recovery.stableAfterMs;
}
