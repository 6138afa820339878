// Which options a start is sent: those of the policy, those a person asked for, or those that stand since a person's
// last start. Pure. Every function walks over START_OPTIONS or goes by `sent`, so a new option needs no change here.
import type { StartOptions, Tier } from "../start-options.js";
import { hasPosition, isTier, toPositionKey, withoutPosition } from "../start-options.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { toStandingOneOff } from "../status.js";
import { toStandingClimb } from "../recover/climb.js";
import { toStandingRung } from "../recover/taken-rung.js";

/** Whether the declared position has not been spent yet. */
export function isPositionArmed(start: StartOptions, status: ProcessorStatus): boolean {
  const key = toPositionKey(start);
  return key !== undefined && !status.positionsSpent.includes(key);
}

/**
 * Options of a start from rest: with the position as written if it is armed, else with a rung's; otherwise it resumes.
 */
export function toStartOptions(declared: DeclaredPolicy, status: ProcessorStatus): StartOptions {
  const { start } = declared.policy;
  const position = isPositionArmed(start, status) ? start : toStandingRung(status, declared.version)?.start;
  return { ...position, ...toResumeOptions(declared, status) };
}

/**
 * Options of a restart, and of the start it owes: it always resumes. A one-off goes over a climb, and both over what is
 * declared.
 */
export function toResumeOptions(declared: DeclaredPolicy, status: ProcessorStatus): StartOptions {
  const oneOff = withoutPosition(toStandingOneOff(status, declared.version) ?? {});
  const climbed = toStandingClimb(status, declared.version);
  const tier = oneOff.tier ?? climbed ?? toKeptTier(declared, status);
  return { ...withoutPosition(declared.policy.start), ...oneOff, ...(tier === undefined ? {} : { tier }) };
}

/** A version whose tier Atlas refused keeps the last tier seen running. */
function toKeptTier(declared: DeclaredPolicy, status: ProcessorStatus): Tier | undefined {
  const isRefused = status.refusedVersion === declared.version;
  return isRefused && status.lastTier !== null && isTier(status.lastTier) ? status.lastTier : undefined;
}

/** A person's options over those of the declaration; of two positions, theirs alone. */
export function toRequestedOptions(options: StartOptions, asDeclared: StartOptions): StartOptions {
  return { ...(hasPosition(options) ? withoutPosition(asDeclared) : asDeclared), ...options };
}

/** For what nobody declares, and for a start with the old tier after the new one was refused. */
export function toTierOnly(tier: string | null): StartOptions {
  return tier !== null && isTier(tier) ? { tier } : {};
}

/** A slot ends a one-off: it starts with what is declared. */
export function withoutOneOff(status: ProcessorStatus): ProcessorStatus {
  return status.oneOff === null ? status : { ...status, oneOff: null };
}
