// What a run of the bench has to undo, also if somebody ends it: processes have groups of their own, and would go on.

type CleanUp = () => Promise<void> | void;

const waiting = new Set<CleanUp>();

/** Once, by whoever is first: the caller, or the end of the run. */
export function whenEnded(work: CleanUp): () => Promise<void> {
  waiting.add(work);
  return async () => {
    if (waiting.delete(work)) await work();
  };
}

/** The newest first. What cannot be undone leaves the rest to be. */
async function cleanUp(): Promise<void> {
  for (const work of [...waiting].reverse()) {
    waiting.delete(work);
    await Promise.resolve(work()).catch(() => undefined);
  }
}

export function cleanUpOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      // What is under way fails when its connections are gone.
      process.on("uncaughtException", () => undefined);
      void cleanUp().finally(() => process.exit(1));
    });
  }
}
