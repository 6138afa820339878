// The caps on open changes, as one table of what is full: a pass plans by it, and an opening is refused by it under the
// locks. Pure. What it counts is handed in; it must not say why a change is wanted.
import type { LoopSettings } from "../settings.js";

/** Open changes around one that is to be opened. */
export interface Places {
  readonly inWorkspace: number;
  readonly inProject: number;
  /** Its policy's `concurrencyKey`. */
  readonly key: string | undefined;
  /** Of that key, over all projects. */
  readonly ofKey: number;
  /** Starts before it, where its workspace takes one at a time; 0 where it takes any number, and for a stop. */
  readonly startsInTurn: number;
}

type Caps = Pick<LoopSettings, "capPerWorkspace" | "capPerProject" | "capPerKey">;

/** Which cap leaves no room, as a reason says it; undefined if there is room under all of them. */
export function findFullCap(places: Places, caps: Caps): string | undefined {
  if (places.inWorkspace >= caps.capPerWorkspace || places.inProject >= caps.capPerProject) {
    return "waiting for a place under the cap on open changes";
  }
  if (places.key !== undefined && places.ofKey >= caps.capPerKey) {
    return `waiting for a place under the cap on open changes of ${places.key}`;
  }
  return places.startsInTurn > 0
    ? "waiting for its turn: Atlas takes one start of the workspace at a time"
    : undefined;
}
