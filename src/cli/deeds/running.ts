// Words about what runs, or waits to run, on a processor.
import type { RunningChange } from "../../app/act/running.js";
import { formatProcessorRef } from "../../domain/refs.js";

/** Of a run without a row. */
export const WAITS = "waits for a place under the cap on open changes";

/** As in a sentence about a processor that was told to stay as it is. */
export function toRunningNote(change: RunningChange): string {
  const { id, kind, ref, isWaitingForPlace } = change;
  const what = id !== null ? "is running on it" : isWaitingForPlace ? WAITS : "is beginning on it";
  return `a ${kind} ${what}; to end it: headgate changes cancel ${id ?? formatProcessorRef(ref)}`;
}
