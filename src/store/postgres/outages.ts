// Begin and end of an outage of Postgres, told once each: from what statements met, because nobody else asks.
import { performance } from "node:perf_hooks";

export type Outage =
  { readonly kind: "lost"; readonly why: string } | { readonly kind: "back"; readonly lastedMs: number };

/** A server that goes up and down fails a statement here and there: it is back when none has failed for so long. */
const QUIET_MS = 3_000;

export interface OutageWatch {
  /** Of a statement that Postgres answered. */
  noteAnswer(): void;
  /** Of one that met an outage. */
  noteFailure(why: string): void;
}

/** Has no timer: it hears of statements only, so an end is told by the first answer after the quiet. */
export function watchOutages(onOutage: (outage: Outage) => void): OutageWatch {
  let lost: { readonly since: number; lastFailure: number } | undefined;
  return {
    noteAnswer: () => {
      const now = performance.now();
      if (lost === undefined || now - lost.lastFailure < QUIET_MS) return;
      const lastedMs = Math.round(now - lost.since);
      lost = undefined;
      onOutage({ kind: "back", lastedMs });
    },
    noteFailure: (why) => {
      const now = performance.now();
      if (lost !== undefined) {
        lost.lastFailure = now;
        return;
      }
      lost = { since: now, lastFailure: now };
      onOutage({ kind: "lost", why });
    },
  };
}
