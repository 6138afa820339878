// The tiers of Atlas in order of size, as the simulator knows them. Holds no policy: it only compares.

/** Smallest first (docs/atlas.md 2a and 2c). */
export const TIERS = ["SP2", "SP5", "SP10", "SP30", "SP50"] as const;
export type Tier = (typeof TIERS)[number];

/** True when `tier` is larger than `limit`. */
export function isTierAbove(tier: Tier, limit: Tier): boolean {
  return TIERS.indexOf(tier) > TIERS.indexOf(limit);
}
