// Work that nobody waits for longer than so. What it goes on doing afterwards is its own affair: this only stops
// waiting.

/** The time was over before the work was; its message says what was waited for. */
export class OutOfTime extends Error {
  override readonly name = "OutOfTime";
}

/** Rejects with `OutOfTime` of these words after `ms`; else as the work does. */
export async function within<Result>(ms: number, work: Promise<Result>, words: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new OutOfTime(words));
    }, ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * As the work does, until the signal is aborted: then it rejects with the signal's reason at once, whether the work
 * hears of it or not. Work that would begin later is not begun.
 */
export function unlessAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) {
      leave();
      return;
    }
    signal.addEventListener("abort", leave, { once: true });
    void work()
      .then(resolve, reject)
      .finally(() => {
        signal.removeEventListener("abort", leave);
      });
  });
}
