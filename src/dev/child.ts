// One child process of the stack: started in its own process group (Ctrl-C reaches the supervisor alone), its output in
// a log file, its end told with the log's last lines. Without a group of its own every part would get the Ctrl-C at
// once, and Postgres would be gone before the worker has said its last word.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { AppError } from "../base/errors.js";
import { endProcess, recordProcess } from "./process-record.js";
import type { ProcessRecord } from "./process-record.js";

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  /** What asks it to end, and how long it may take. */
  readonly stopSignal: NodeJS.Signals;
  readonly patienceMs: number;
  /** Run as this user; only root can. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

export interface Child {
  readonly record: ProcessRecord;
  readonly logFile: string;
  /** Resolves when it has gone, asked or not, with how: `code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** Throws `stack.failed` where the program cannot be started. */
export async function startChild(options: ChildOptions): Promise<Child> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  // Appended to, and readable by us alone: a part may log what it was started with.
  const log = openSync(options.logFile, "a", 0o600);
  const child = spawn(options.command, [...options.args], {
    detached: true,
    stdio: ["ignore", log, log],
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.user ?? {}),
  });
  // The child has it now.
  closeSync(log);
  const ended = once(child, "exit").then(([code, signal]: (string | number | null)[]) =>
    code === null ? `signal ${String(signal)}` : `code ${String(code)}`,
  );
  // A program that cannot be started is told below; this promise rejects as well, and nobody listens to it.
  ended.catch(() => undefined);
  await once(child, "spawn").catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError("stack.failed", `${options.name} cannot be started: ${reason}`, { cause: error });
  });
  // It may have gone already: a record that matches no process is never signalled.
  const pid = child.pid ?? 0;
  const record = recordProcess(options.name, pid) ?? { name: options.name, pid, began: "gone" };
  return {
    record,
    logFile: options.logFile,
    ended,
    stop: async () => {
      await endProcess(record, { signal: options.stopSignal, patienceMs: options.patienceMs });
    },
  };
}

const TAIL_LINES = 12;

/** The last lines of a log, for a message about a death. */
export function readTail(logFile: string): string {
  try {
    return readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
  } catch {
    return "(no log)";
  }
}

export function toDeathError(child: Child, how: string): AppError {
  const { name } = child.record;
  return new AppError(
    "stack.failed",
    `${name} ended (${how}); the end of ${child.logFile}:\n${readTail(child.logFile)}`,
  );
}

/** Waits until `isReady`, or throws because the child died or took too long. */
export async function untilReady(
  child: Child,
  wait: { readonly isReady: () => Promise<boolean>; readonly patienceMs: number },
): Promise<void> {
  let death: string | undefined;
  void child.ended.then((how) => {
    death = how;
  });
  const giveUpAt = performance.now() + wait.patienceMs;
  for (;;) {
    // Death first: whoever else listens on its port would look ready.
    if (death !== undefined) throw toDeathError(child, death);
    if (await wait.isReady()) return;
    if (performance.now() > giveUpAt) {
      // Whoever waited has no child to end: it is ended here.
      await child.stop();
      throw toDeathError(child, `not ready within ${String(wait.patienceMs / 1_000)} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
