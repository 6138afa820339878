// The built program of a copy of the project, run as a stranger runs it: in its folder, with nothing in the environment
// that would make a part stand outside.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { readEnvironment } from "../../src/config/environment.js";

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Headgate {
  run(...args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> };
  /** Command lines of processes that stand on files of the copy. */
  findLeftovers(): readonly string[];
}

export function openHeadgate(folder: string): Headgate {
  return {
    run: (...args) => {
      const child = spawn(process.execPath, ["dist/src/bin/headgate.js", ...args], {
        cwd: folder,
        env: toPlainEnvironment(),
      });
      const told = { stdout: "", stderr: "" };
      child.stdout.on("data", (text: Buffer) => (told.stdout += text.toString()));
      child.stderr.on("data", (text: Buffer) => (told.stderr += text.toString()));
      const ended = once(child, "close").then(([code]: (number | null)[]) => ({
        code: code ?? null,
        ...told,
      }));
      return { child, ended };
    },
    findLeftovers: () =>
      readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map(readCommandLine)
        .filter((line) => line.includes(folder)),
  };
}

function toPlainEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(readEnvironment()).filter(
      ([name]) => !/^(DATABASE_URL|TEMPORAL_|MONGODB_ATLAS_|HEADGATE_|VITEST|NODE_)/.test(name),
    ),
  );
}

function readCommandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
