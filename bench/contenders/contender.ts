// What is compared: whoever can pass over the fleet and recover it.
import type { BenchSession } from "../meters.js";

/** A contender whose process runs, until it is closed. */
export interface ContenderSession extends BenchSession {
  /** What one pass or recovery needs beforehand: never measured. */
  makeReady(): Promise<void>;
  /** Its wall time in milliseconds. Throws if it did not do all of it. */
  pass(): Promise<number>;
  /** The same, of starting every processor of a fleet that is FAILED. */
  recover(): Promise<number>;
  /** Workspaces whose last pass failed. */
  readonly countErrors?: () => Promise<number>;
  close(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** A new process, and if asked for a database in which nothing has happened. */
  open(): Promise<ContenderSession>;
}
