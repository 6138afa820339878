// A worker as a process of its own, for tests that kill or freeze it. It runs in an empty folder, so that no stack's
// variables are read, and inherits nothing but where programs and the home folder are.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, inject } from "vitest";
import { readEnvironment } from "../../src/config/environment.js";
import { until } from "./fleets.js";

export interface WorkerProcess {
  readonly pid: number;
  /** Sends it; a frozen process gets SIGTERM only after SIGCONT. */
  kill(signal: NodeJS.Signals): void;
  /** All it has written to its log so far. */
  log(): string;
  /** Resolves when the process has gone: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** A worker that has not said yet that it works: what a test needs that expects it to fail. */
function spawnWorker(variables: Readonly<Record<string, string>>): WorkerProcess {
  const folder = mkdtempSync(join(tmpdir(), "headgate-worker-"));
  const { PATH, HOME } = readEnvironment();
  const child = spawn(process.execPath, [inject("programPath"), "worker"], {
    cwd: folder,
    env: { PATH, HOME, ...variables },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
  const ended = once(child, "close").then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
    rmSync(folder, { recursive: true, force: true });
    return code ?? signal ?? null;
  });
  return {
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    log: () => told,
    ended,
  };
}

/**
 * Starts workers for the tests of the file that calls this at its top: each works (has said `worker.started`) when its
 * promise resolves, and is killed after its test, frozen or not.
 */
export function useWorkers(): (variables: Readonly<Record<string, string>>) => Promise<WorkerProcess> {
  let workers: WorkerProcess[] = [];
  afterEach(async () => {
    const left = workers;
    workers = [];
    await Promise.all(left.map(killWorker));
  });
  return async (variables) => {
    const worker = spawnWorker({ ...variables, HEADGATE_LOG_LEVEL: "debug" });
    workers.push(worker);
    await untilStarted(worker);
    return worker;
  };
}

async function untilStarted(worker: WorkerProcess): Promise<void> {
  let how: number | NodeJS.Signals | null | undefined;
  void worker.ended.then((found) => (how = found));
  await until(() => {
    if (how !== undefined) throw new Error(`the worker ended (${String(how)}):\n${worker.log()}`);
    return Promise.resolve(worker.log().includes('"worker.started"') ? true : undefined);
  });
}

/** Ends it without a chance to tidy up, frozen or not, and waits until it has gone. */
export async function killWorker(worker: WorkerProcess): Promise<void> {
  worker.kill("SIGKILL");
  await worker.ended;
}
