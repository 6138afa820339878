// The built `headgate` program as people run it: a process of its own, in a folder of its own, with nobody at its
// terminal. Judges nothing: it answers what the process printed and how it ended.
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { readEnvironment } from "../../src/config/environment.js";

/** What `node` is given to run the sources: for suites that build nothing. */
export const SOURCES: readonly string[] = [
  "--import",
  // By its address: the process runs in a folder from which no package can be found.
  import.meta.resolve("tsx"),
  fileURLToPath(new URL("../../src/bin/headgate.ts", import.meta.url)),
];

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliCall {
  /** Over the variables that every call has; undefined takes one away. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Standard input; absent: none. */
  readonly input?: string;
  /** Ctrl-C, once, when what it printed matches. */
  readonly interruptAt?: RegExp;
  /** Told all it has printed so far, whenever it prints. */
  readonly onPrinted?: (printed: string) => void;
}

/** A process that goes on. */
export interface CliProcess {
  /** What it has printed so far. */
  readonly printed: () => Pick<CliRun, "stdout" | "stderr">;
  /** Ctrl-C. */
  readonly interrupt: () => void;
  /** Goes away from its standard output, as `| head` does. */
  readonly leave: () => void;
  readonly ended: Promise<CliRun>;
}

export interface Cli {
  /** Resolves when it has ended, however it did. */
  run(args: readonly string[], call?: CliCall): Promise<CliRun>;
  /** The one that command lines run in. */
  readonly folder: string;
  /** A file in that folder; its name. */
  write(name: string, text: string): string;
  /** What is in a file, as named from that folder. */
  read(name: string): string;
  remove(): void;
}

export interface CliProcesses extends Cli {
  /** Answers at once. */
  start(args: readonly string[], call?: CliCall): CliProcess;
}

/** `program`: what `node` is given to run it. */
export function openCli(
  variables: Readonly<Record<string, string>>,
  program: readonly string[] = [inject("programPath")],
): CliProcesses {
  const folder = mkdtempSync(join(tmpdir(), "headgate-cli-"));
  const { PATH, HOME } = readEnvironment();
  const start = (args: readonly string[], call: CliCall = {}): CliProcess =>
    startProcess({
      args: [...program, ...args],
      folder,
      env: { PATH, HOME, NO_COLOR: "1", ...variables, ...call.variables },
      input: call.input ?? "",
      watch: call,
    });
  return {
    run: (args, call) => start(args, call).ended,
    start,
    folder,
    write: (name, text) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
      return name;
    },
    read: (name) => readFileSync(join(folder, name), "utf8"),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface ProcessCall {
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: string;
  readonly watch: Pick<CliCall, "interruptAt" | "onPrinted">;
}

function startProcess({ args, folder, env, input, watch }: ProcessCall): CliProcess {
  const child = spawn(process.execPath, [...args], { cwd: folder, env });
  const told = { stdout: "", stderr: "" };
  let waitsFor = watch.interruptAt;
  const look = (): void => {
    const printed = told.stdout + told.stderr;
    watch.onPrinted?.(printed);
    if (waitsFor?.test(printed) !== true) return;
    waitsFor = undefined;
    child.kill("SIGINT");
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (told.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told.stderr += text));
  for (const stream of [child.stdout, child.stderr]) stream.on("data", look);
  // A process that ends without reading closes its end of the pipe first.
  child.stdin.on("error", () => undefined).end(input);
  return {
    printed: () => told,
    interrupt: () => child.kill("SIGINT"),
    leave: () => child.stdout.destroy(),
    ended: untilClosed(child).then((code) => ({ code, ...told })),
  };
}

function untilClosed(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
}
