// How an attempt of an activity ends, as data. Nothing here knows Temporal: failures.ts translates it, once.
import type { Ending } from "../src/domain/change/change.js";
import type { Observation } from "../src/domain/observation.js";
import type { LoopSettings } from "../src/domain/settings.js";
import type { StepResult } from "./contract.js";

/** Nothing can be said yet: another attempt comes after the delay. */
export interface Wait {
  readonly kind: "wait";
  readonly why: string;
  readonly delayMs: number;
  /** For those who look at the run in Temporal: what it waits for, if that is worth a name. */
  readonly waitsFor?: string;
}

export type StepEnd =
  /** The step took effect. */
  | { readonly kind: "done"; readonly seen: StepResult["seen"] }
  | Wait
  /** The step is over without effect. `isRefusal`: Atlas took the call and said no. */
  | { readonly kind: "ended"; readonly ending: Ending; readonly isRefusal: boolean }
  /** The run has no open row. */
  | { readonly kind: "missing" };

export const MISSING = { kind: "missing" } as const satisfies StepEnd;

/** `observation`: the newest look, if it was this change's own; the shared one is stored already. */
export function done(observation?: Observation, observedAt = 0): StepEnd {
  return { kind: "done", seen: observation === undefined ? null : { observation, observedAt } };
}

export function ended(ending: Ending, isRefusal = false): StepEnd {
  return { kind: "ended", ending, isRefusal };
}

export function wait(why: string, delayMs: number): Wait {
  return { kind: "wait", why, delayMs };
}

/** The shared look is somebody else's now, or too old and too new to repeat. */
export function notSeen({ settings }: { readonly settings: Pick<LoopSettings, "pollMs"> }): Wait {
  return wait("waiting for a newer observation", settings.pollMs);
}

/** Another worker has made a later attempt at this step: its row says what goes on. */
export function takenOver({ settings }: { readonly settings: Pick<LoopSettings, "pollMs"> }): Wait {
  return wait("another attempt has taken this step over", settings.pollMs);
}
