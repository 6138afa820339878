// The worker or the server as a child that is started again when it dies: losing one costs nothing. One that cannot
// stay up ends the stack, because then something is wrong that a restart does not mend.
import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../base/errors.js";
import { readTail, startChild, untilReady } from "./child.js";
import type { Child } from "./child.js";

export interface KeptProgramOptions {
  readonly name: "worker" | "server";
  /** This program with its verb. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  readonly note: (text: string) => void;
  /** Told at every start. */
  readonly onStart: (child: Child) => void;
  /** Asked until it says so, at every start; absent: it counts as ready at once. */
  readonly isReady?: () => Promise<boolean>;
}

export interface KeptProgram {
  /** Rejects when it cannot be kept up; never resolves. */
  readonly failed: Promise<never>;
  /** Idempotent. Resolves when it does not run any more. */
  stop(): Promise<void>;
}

const RESTART_AFTER_MS = 1_000;
/** So many deaths within the window: it does not stay up. Fewer are accidents. */
const DEATHS_MAX = 5;
const DEATHS_WINDOW_MS = 60_000;
/** The SDK's forced end comes at 25 s. */
const STOP_PATIENCE_MS = 30_000;
const READY_PATIENCE_MS = 60_000;

export async function keepProgramUp(options: KeptProgramOptions): Promise<KeptProgram> {
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let starting = startOne(options);
  let child = await starting;
  const keepUp = async (): Promise<never> => {
    const deaths: number[] = [];
    for (;;) {
      const how = await child.ended;
      // A stopped worker is not a failure: this promise then has nothing to say any more.
      if (isStopping()) return new Promise<never>(() => undefined);
      const now = performance.now();
      deaths.push(now);
      if (deaths.filter((at) => at > now - DEATHS_WINDOW_MS).length >= DEATHS_MAX) {
        throw new AppError(
          "stack.failed",
          `the ${options.name} does not stay up (${how}); the end of ${options.logFile}:\n${readTail(options.logFile)}`,
        );
      }
      options.note(`The ${options.name} ended (${how}): starting it again.`);
      await delay(RESTART_AFTER_MS);
      // The stack may have been told to end during the delay.
      if (isStopping()) continue;
      starting = startOne(options);
      child = await starting;
    }
  };
  const failed = keepUp();
  // Nobody may listen yet, and Node ends a program for a rejection that nobody hears.
  failed.catch(() => undefined);
  return {
    failed,
    stop: async () => {
      stopping.abort();
      // Also one that is being started just now: else it would outlive the stack. What cannot be started is not there.
      await starting.then(
        (one) => one.stop(),
        () => undefined,
      );
    },
  };
}

async function startOne(options: KeptProgramOptions): Promise<Child> {
  const [command = "", ...args] = options.command;
  const child = await startChild({
    name: options.name,
    command,
    args,
    env: options.env,
    logFile: options.logFile,
    stopSignal: "SIGTERM",
    patienceMs: STOP_PATIENCE_MS,
  });
  options.onStart(child);
  if (options.isReady !== undefined) {
    await untilReady(child, { isReady: options.isReady, patienceMs: READY_PATIENCE_MS });
  }
  return child;
}
