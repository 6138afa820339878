// What the verbs are given by the program that wires them: where to print, how to ask, and how to reach the rest. A verb
// that needs neither Postgres nor Temporal loads neither.
import type { AppDeps } from "../app/deps.js";

export interface Terminal {
  /** Data. */
  out(text: string): void;
  /** Everything else: progress, notices, questions. */
  note(text: string): void;
  readonly isInteractive: boolean;
  /** A yes or no of the person at the terminal; false where nobody is there. */
  confirm(question: string): Promise<boolean>;
}

export interface DevOptions {
  readonly once: boolean;
  readonly fresh: boolean;
  readonly timeoutMs: number;
  readonly output: "table" | "json" | "yaml";
}

export interface SimOptions {
  readonly host: string;
  readonly port: number;
  readonly fleet: string | undefined;
  readonly sample: boolean;
  readonly seed: number;
  readonly script: string | undefined;
  readonly timeScale: number;
  readonly state: string | undefined;
  readonly log: string | undefined;
  readonly set: readonly string[];
}

/** The long-running parts, each answering its exit code. */
export interface Programs {
  dev(options: DevOptions): Promise<number>;
  worker(): Promise<number>;
  sim(options: SimOptions): Promise<number>;
  /** Names of the migrations it applied. */
  migrate(): Promise<readonly string[]>;
  /** Where the `temporal` program is, and how it got there. */
  installTemporal(): Promise<{ readonly path: string; readonly how: string }>;
}

export interface CliContext {
  readonly terminal: Terminal;
  readonly programs: Programs;
  /** Opened at first call, closed when the verb ends. */
  readonly app: () => Promise<AppDeps>;
  readonly readFile: (path: string) => Promise<string>;
  readonly version: string;
}

/** Exit codes of every verb. */
export const EXIT = { done: 0, failed: 1, usage: 2, drift: 3 } as const;

/** What a verb throws where the command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
