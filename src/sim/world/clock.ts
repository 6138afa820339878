// The clocks of the simulator: the real one, and one that a test moves by hand. The only file of src/sim that may read
// the platform's clock. Times are epoch milliseconds; scaling of delays is the world's affair, not the clock's.

export interface SimClock {
  readonly kind: "real" | "manual";
  now(): number;
  /** Resolves at `at`, at once when that is past; rejects when the signal aborts first. */
  sleepUntil(at: number, signal: AbortSignal): Promise<void>;
}

export interface ManualClock extends SimClock {
  readonly kind: "manual";
  /** Moves time on and wakes every sleeper that is due, earliest first. */
  advance(spanMs: number): void;
}

const LONGEST_TIMER_MS = 2_000_000_000;
const CLOSING = "the simulator is closing";

/** The platform's clock, or another source of real milliseconds. */
export function createRealClock(now: () => number = Date.now): SimClock {
  return { kind: "real", now, sleepUntil: (at, signal) => sleepOn(now, { at, signal }) };
}

/** A timer may fire a little early by the other clock: it is set again until the moment has really come. */
function sleepOn(now: () => number, until: { at: number; signal: AbortSignal }): Promise<void> {
  const { at, signal } = until;
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new Error(CLOSING));
    };
    const wait = (): void => {
      const leftMs = at - now();
      if (leftMs > 0) {
        timer = setTimeout(wait, Math.min(LONGEST_TIMER_MS, leftMs));
        return;
      }
      signal.removeEventListener("abort", onAbort);
      resolve();
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    wait();
  });
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is advanced. */
export function createManualClock(startAt: number): ManualClock {
  let current = startAt;
  let sleepers: Sleeper[] = [];
  return {
    kind: "manual",
    now: () => current,
    advance: (spanMs) => {
      current += spanMs;
      const due = sleepers.filter((one) => one.at <= current).sort((a, b) => a.at - b.at);
      sleepers = sleepers.filter((one) => one.at > current);
      for (const one of due) one.wake();
    },
    sleepUntil: (at, signal) =>
      new Promise((resolve, reject) => {
        if (at <= current) {
          resolve();
          return;
        }
        sleepers.push({ at, wake: resolve });
        signal.addEventListener(
          "abort",
          () => {
            reject(new Error(CLOSING));
          },
          { once: true },
        );
      }),
  };
}
