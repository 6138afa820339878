// The clocks of the simulator: the real one, and one that a test moves by hand. The only file of src/sim that may read
// the platform's clock: the world takes `now` as an argument, so that a run can be repeated. Times are epoch
// milliseconds. Both clocks must wake every sleeper when the simulator closes, and keep nothing of one who has woken:
// the signal of the closing lives as long as the simulator. Scaling of delays is the world's affair, not the clock's.

export interface SimClock {
  readonly kind: "real" | "manual";
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves at `at`, at once when that is past; rejects when the signal is or gets aborted first. */
  sleepUntil(at: number, signal: AbortSignal): Promise<void>;
}

export interface ManualClock extends SimClock {
  readonly kind: "manual";
  /** Moves time on and wakes every sleeper that is due, earliest first. */
  advance(spanMs: number): void;
}

/** Node fires a timer of more than 2^31-1 ms after 1 ms; longer sleeps are cut into pieces of this length. */
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
    // An aborted signal fires no event any more: without this look the sleeper would sleep on.
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
  const lieDown = ({ at, signal }: { at: number; signal: AbortSignal }): Promise<void> =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => {
        sleepers = sleepers.filter((one) => one !== sleeper);
        reject(new Error(CLOSING));
      };
      const wake = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper = { at, wake };
      if (signal.aborted) onAbort();
      else if (at <= current) resolve();
      else {
        signal.addEventListener("abort", onAbort, { once: true });
        sleepers.push(sleeper);
      }
    });
  return {
    kind: "manual",
    now: () => current,
    // Who lies down while others wake is not in `due`: it is woken by the next advance, at the earliest.
    advance: (spanMs) => {
      current += spanMs;
      const due = sleepers.filter((one) => one.at <= current).sort((a, b) => a.at - b.at);
      sleepers = sleepers.filter((one) => one.at > current);
      for (const one of due) one.wake();
    },
    sleepUntil: (at, signal) => lieDown({ at, signal }),
  };
}
