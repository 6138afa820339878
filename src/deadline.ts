// Work that nobody waits for longer than so. What it goes on doing afterwards is its own affair: this only stops waiting.

/** Rejects after `ms` with an error of these words; else as the work does. */
export async function within<Result>(ms: number, work: Promise<Result>, words: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(words));
    }, ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
