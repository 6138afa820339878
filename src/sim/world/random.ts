// Seeded randomness, so that a world with the same seed and the same requests behaves the same way.
// Must never read the platform's own randomness or clock.

/** Carries the generator's position; JSON, so that a saved world goes on where it was. */
export interface RandomState {
  position: number;
}

function mix(position: number): number {
  let t = (position + 0x6d2b79f5) | 0;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

/** The next number in [0, 1). */
export function drawUnit(state: RandomState): number {
  state.position = (state.position + 0x6d2b79f5) | 0;
  return mix(state.position);
}

/** A whole number in [0, below). */
export function drawInteger(state: RandomState, below: number): number {
  return Math.floor(drawUnit(state) * below);
}

export function drawHex(state: RandomState, digits: number): string {
  let text = "";
  while (text.length < digits) text += drawInteger(state, 16).toString(16);
  return text;
}

/** A number in [0, 1) that depends on nothing but its arguments: the same call meets the same luck in any order. */
export function unitOf(seed: number, ...parts: readonly number[]): number {
  return mix(parts.reduce((hash, part) => Math.imul(hash ^ part, 0x01000193) ^ (hash >>> 13), seed | 0));
}
