// Which process a written-down pid belongs to. A pid alone may have been given to somebody else since; a pid with the
// time its process began may not. Never signals a process it cannot tell.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  /** When it began, in the words of the operating system. */
  readonly began: string;
}

/** Undefined where there is no such process. */
export function recordProcess(name: string, pid: number): ProcessRecord | undefined {
  const began = readBeginning(pid);
  return began === undefined ? undefined : { name, pid, began };
}

export function isAlive(record: ProcessRecord): boolean {
  return readBeginning(record.pid) === record.began;
}

function readBeginning(pid: number): string | undefined {
  return process.platform === "linux" ? readLinuxBeginning(pid) : readBeginningFromPs(pid);
}

/** Field 22 of /proc/PID/stat, counted from the end of the parenthesised name; a zombie counts as gone. */
function readLinuxBeginning(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function readBeginningFromPs(pid: number): string | undefined {
  try {
    const began = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return began === "" ? undefined : began;
  } catch {
    return undefined;
  }
}

const POLL_MS = 50;

/** Asks with the signal, waits, and kills what has not gone by then. */
export async function endProcess(
  record: ProcessRecord,
  how: { readonly signal: NodeJS.Signals; readonly patienceMs: number },
): Promise<void> {
  signalIfAlive(record, how.signal);
  const giveUpAt = performance.now() + how.patienceMs;
  while (isAlive(record) && performance.now() < giveUpAt) await delay(POLL_MS);
  signalIfAlive(record, "SIGKILL");
  while (isAlive(record)) await delay(POLL_MS);
}

function signalIfAlive(record: ProcessRecord, signal: NodeJS.Signals): void {
  if (!isAlive(record)) return;
  try {
    process.kill(record.pid, signal);
  } catch {
    // It went in between.
  }
}
