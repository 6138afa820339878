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
