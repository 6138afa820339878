// Counts and spans of time as people read them; never in what is stored.
import type { Turn } from "../decide/trains.js";
import { formatDurationMs } from "../duration.js";

/** `1 fault`, `2 faults`, `2 policies`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}

/** What the mutation brake holds back in one workspace. */
export interface Braked {
  readonly stops: number;
  readonly restarts: number;
}

/** `3 stops and 12 restarts`, `1 restart`, `nothing`. */
export function formatBraked({ stops, restarts }: Braked): string {
  const parts = [stops > 0 && formatCount(stops, "stop"), restarts > 0 && formatCount(restarts, "restart")];
  return parts.filter((part) => part !== false).join(" and ") || "nothing";
}

/** Where one that waits stands in its restart train, and what it waits for. */
export function formatTurn({ train, place, of }: Turn, holdMs: number): string {
  return (
    `number ${String(place)} of ${String(of)} that wait in the train ${train}: ` +
    `a wave goes when the one before has run for ${formatDurationMs(holdMs)}`
  );
}

/** `12s`, `3h`, `9d`: about how long. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${String(seconds)}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${String(minutes)}m`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${String(hours)}h` : `${String(Math.round(hours / 24))}d`;
}
