// The truth that tests judge by: for each request what was asked, what was answered, and when it took effect. Kept in
// memory up to a bound and, where a file is named, as JSON lines. Must never hold a credential or a header.
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Effect } from "../world/world-model.js";

/** One request. Times are epoch milliseconds of the simulator's clock. */
export interface LogEntry {
  readonly seq: number;
  readonly at: number;
  readonly method: string;
  /** "startWith", "start", "stop", "list", "get", "getWorkspace" ...; "unknown" for no route. */
  readonly operation: string;
  readonly project: string | null;
  readonly workspace: string | null;
  readonly processor: string | null;
  /** The parsed request body of a mutation, as sent. */
  body: unknown;
  /** The status that was (or was going to be) answered; null while it is open or when none was. */
  status: number | null;
  errorCode: string | null;
  faultId: string | null;
  faultKind: string | null;
  /** Took a token of the project's bucket. */
  isBudgeted: boolean;
  /** The world carried the request out (accepted it); false for refusals, also by a fault. */
  applied: boolean;
  /** The world changed by it, at `appliedAt`. */
  effective: boolean;
  appliedAt: number | null;
  /** The caller never got the whole answer. */
  droppedReply: boolean;
  finishedAt: number | null;
}

export type LogStart = Pick<LogEntry, "at" | "method" | "operation" | "project" | "workspace" | "processor">;

export class RequestLog {
  private entries: LogEntry[] = [];
  private nextSeq = 1;
  private readonly maxEntries: number;
  private file: number | null;

  constructor(options: { readonly maxEntries: number; readonly file: string | null }) {
    this.maxEntries = options.maxEntries;
    if (options.file !== null) mkdirSync(dirname(options.file), { recursive: true });
    this.file = options.file === null ? null : openSync(options.file, "a");
  }

  /** Opens an entry; its `seq` grows by one from 1. */
  open(start: LogStart): LogEntry {
    const entry: LogEntry = {
      seq: this.nextSeq++,
      ...start,
      body: null,
      status: null,
      errorCode: null,
      faultId: null,
      faultKind: null,
      isBudgeted: false,
      applied: false,
      effective: false,
      appliedAt: null,
      droppedReply: false,
      finishedAt: null,
    };
    this.entries.push(entry);
    if (this.entries.length > this.maxEntries * 1.1) this.entries = this.entries.slice(-this.maxEntries);
    return entry;
  }

  /** Marks the request that caused the effect. In the file an effect after the answer is a line of its own. */
  mark(effect: Effect): void {
    const entry = this.entries[effect.requestSeq - (this.entries[0]?.seq ?? 1)];
    if (entry?.seq === effect.requestSeq) {
      entry.applied = true;
      entry.effective = true;
      entry.appliedAt = effect.at;
    }
    if (entry?.finishedAt !== null) this.write({ kind: "effect", ...effect });
  }

  close(entry: LogEntry, at: number): void {
    if (entry.finishedAt !== null) return;
    entry.finishedAt = at;
    this.write({ kind: "request", ...entry });
  }

  /** Entries with a larger `seq`, oldest first. */
  since(seq: number): readonly LogEntry[] {
    const first = this.entries[0]?.seq ?? 1;
    return this.entries.slice(Math.max(0, seq - first + 1));
  }

  private write(line: object): void {
    if (this.file !== null) writeSync(this.file, `${JSON.stringify(line)}\n`);
  }

  /** Lets go of the file; later lines are kept in memory only. */
  end(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }
}
