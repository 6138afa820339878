// The larger tier that a failure was answered with: which is the next, whether it stands, when it ends. Pure. It never
// goes above the ceiling that the policy declares, and never touches what Atlas autoscales or a person gave a tier.
import type { Climb } from "../failure-classes.js";
import type { Observation } from "../observation.js";
import { toObservedState } from "../observation.js";
import { TIERS, isTier } from "../start-options.js";
import type { Tier } from "../start-options.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { toStandingOneOff } from "../status.js";

/** The tier that starts are sent instead of the declared one. */
export function toStandingClimb(
  { climbed }: Pick<ProcessorStatus, "climbed">,
  version: number | null,
): Tier | undefined {
  return climbed !== null && climbed.version === version && !climbed.isRefused ? climbed.tier : undefined;
}

/** The next one up from the tier it failed on; undefined where there is none, or it is not ours to choose. */
export function findNextTier(
  declared: DeclaredPolicy,
  { status, observation }: { readonly status: ProcessorStatus; readonly observation: Observation },
  ceiling: Tier,
): Tier | undefined {
  const { tier } = declared.policy.start;
  const isRefused = status.climbed?.isRefused === true && status.climbed.version === declared.version;
  const isTaken = toStandingOneOff(status, declared.version)?.tier !== undefined;
  if (tier === undefined || isRefused || isTaken || observation.autoscaled) return undefined;
  const from = observation.tier !== undefined && isTier(observation.tier) ? observation.tier : tier;
  const next = TIERS.indexOf(from) + 1;
  return next <= TIERS.indexOf(ceiling) ? TIERS[next] : undefined;
}

/** A new version ends it, and so does a stable while: the declared tier is then what is compared again. */
export function withClimbEnded(
  status: ProcessorStatus,
  declared: DeclaredPolicy | undefined,
  seen: { readonly observation: Observation | undefined; readonly now: number },
): ProcessorStatus {
  const { climbed } = status;
  if (climbed === null) return status;
  const isOver = climbed.version !== declared?.version || isStable(status, climbed, seen);
  return isOver ? { ...status, climbed: null } : status;
}

function isStable(
  { stateSince }: ProcessorStatus,
  { stepBackAfterMs, isRefused }: Climb,
  { observation, now }: { readonly observation: Observation | undefined; readonly now: number },
): boolean {
  if (isRefused || observation === undefined || stateSince === null) return false;
  return toObservedState(observation.state) === "STARTED" && now - stateSince >= stepBackAfterMs;
}
