// Limits by name: each name has a bucket of takings that fills again over time. Its own code, because the libraries for
// it count in fixed windows and keep as many names as anybody makes up. Memory is bounded: the name used longest ago is
// forgotten first, and begins again with a full bucket. Of one process: several servers allow as many times more.
import { performance } from "node:perf_hooks";

export interface BucketSize {
  readonly capacity: number;
  readonly perSecond: number;
}

export interface Buckets {
  /** Takes one if it is there. Seconds until it will be, rounded up, if it is not; else 0. */
  take(name: string): number;
  /** What `take` would say, and nothing is taken. */
  wait(name: string): number;
}

interface Level {
  readonly left: number;
  readonly at: number;
}

const NAMES_MAX = 10_000;

/** `now` is in milliseconds and never goes back. */
export function createBuckets(
  { capacity, perSecond }: BucketSize,
  now: () => number = () => performance.now(),
): Buckets {
  const levels = new Map<string, Level>();
  const leftOf = (name: string, at: number): number => {
    const level = levels.get(name);
    return level === undefined
      ? capacity
      : Math.min(capacity, level.left + ((at - level.at) / 1_000) * perSecond);
  };
  const toWait = (left: number): number => (left >= 1 ? 0 : Math.ceil((1 - left) / perSecond));
  return {
    take: (name) => {
      const at = now();
      const left = leftOf(name, at);
      if (left < 1) return toWait(left);
      // Behind all others: a Map keeps the order in which its entries came.
      levels.delete(name);
      levels.set(name, { left: left - 1, at });
      if (levels.size > NAMES_MAX) levels.delete(levels.keys().next().value ?? name);
      return 0;
    },
    wait: (name) => toWait(leftOf(name, now())),
  };
}
