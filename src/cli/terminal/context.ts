// What the verbs are given by the program that wires them: where to print, how to ask, and how to reach the rest. A
// verb that needs neither Postgres nor Temporal loads neither.
import type { AppDeps } from "../../app/deps.js";
import type { CheckFinding } from "../../app/doctor/checks.js";
import type { TestedChannel } from "../../app/notices/test-notice.js";
import type { ChannelName } from "../../domain/tell/notices.js";
import type { ConfigView } from "../../app/look/config-view.js";

/** What a text says, for a terminal with colours. */
export type Tone = "good" | "bad" | "busy" | "quiet";

/** A piece of a line: plain text, or text with a tone. */
export type Piece = string | { readonly text: string; readonly tone: Tone | undefined };

/** Whatever it is given, it shows no control character but its own: texts come from everywhere. */
export interface Terminal {
  /** Data as a whole: a document, a table. */
  readonly out: (text: string) => void;
  /** One line of data, whatever the pieces hold; coloured where there are colours. */
  readonly line: (...pieces: readonly Piece[]) => void;
  /** Resolves when the reader has taken the data so far; false where it has gone away (`| head`). */
  readonly taken: () => Promise<boolean>;
  /** Everything else, one line each: progress, notices, errors. */
  readonly note: (...lines: readonly string[]) => void;
  readonly isInteractive: boolean;
  /** Lines the terminal shows at once; 0 where it is none. */
  readonly height: number;
  /** Replaces what the last call showed. Of a terminal only. */
  readonly redraw: (text: string) => void;
  /** A yes or no of the person at the terminal; false, and the question told, if nobody is there. */
  readonly confirm: (question: string) => Promise<boolean>;
}

export interface StackRequest {
  readonly fresh: boolean;
  /** Rules of a fault script, beside those of the sample. */
  readonly simScript: readonly unknown[];
  /** 0: a free one. */
  readonly ports: {
    readonly postgres: number;
    readonly temporal: number;
    readonly ui: number;
    readonly simulator: number;
    readonly server: number;
  };
}

/** The embedded stack while it runs. */
export interface RunningStack {
  readonly app: AppDeps;
  readonly isSimulated: boolean;
  readonly temporalUi: string | undefined;
  /** The sample policies, for the simulator's sample fleet. */
  readonly sample: { readonly name: string; readonly text: string };
  /** Rejects when a part has died. */
  readonly failed: Promise<never>;
  /** Resolves when somebody asked it to end. */
  readonly interrupted: Promise<void>;
  stop(): Promise<void>;
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
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly set: readonly string[];
}

/** Where `serve` listens. */
export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly behindProxy: boolean;
}

/** One switch, delay or limit of the simulator. */
interface SimSetting {
  readonly name: string;
  readonly default: number | string | boolean;
  readonly allowed: string;
  readonly meaning: string;
  readonly source: string;
}

/** The long-running parts; those that run until they are told to end answer their exit code. */
export interface Programs {
  /** Shows what takes long. */
  startStack(request: StackRequest): Promise<RunningStack>;
  worker(): Promise<number>;
  serve(options: ServeOptions): Promise<number>;
  sim(options: SimOptions): Promise<number>;
  listSimSettings(): Promise<readonly SimSetting[]>;
  /** Names of the migrations it applied. */
  migrate(): Promise<readonly string[]>;
  /**
   * Stored names of so many parts, the last beginning as that of `typed` does, the others as given; bounded in number
   * and in time. Throws where Postgres does not answer at once.
   */
  completeNames(typed: readonly string[]): Promise<readonly string[]>;
  viewConfig(): Promise<ConfigView>;
  /** What Headgate stands on, examined. */
  doctor(): Promise<readonly CheckFinding[]>;
  /** A test to each of these channels, or to all; what each answered. Throws `config.invalid` where there is none. */
  testChannels(channels: readonly ChannelName[]): Promise<readonly TestedChannel[]>;
  /** Where the `temporal` program is, and how it got there. */
  installTemporal(): Promise<{ readonly path: string; readonly how: string }>;
}

export interface CliContext {
  readonly terminal: Terminal;
  readonly programs: Programs;
  /** Opened at first call, closed when the verb ends. */
  readonly app: () => Promise<AppDeps>;
  readonly readFile: (path: string) => Promise<Buffer>;
  /** Rejects where there is such a file and it may not be overwritten. */
  readonly writeFile: (path: string, text: string, overwrites: boolean) => Promise<void>;
  /** Where the JSON Schema of policy files is. */
  readonly schemaPath: string;
  /** Aborted by Ctrl-C from the first call on; before it, Ctrl-C ends the program. */
  readonly interruption: () => AbortSignal;
  readonly version: string;
  /** Of what it runs on: name -> version. */
  readonly parts: () => Readonly<Record<string, string>>;
}

/** Exit codes of every verb. */
export const EXIT = { done: 0, failed: 1, usage: 2, drift: 3 } as const;

/** What a verb throws where the command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A file that cannot be written is most often named wrongly; a full disk is not the command line's fault. */
export function toWriteError(name: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  const text = `cannot write ${name}: ${reason}`;
  const isDisk =
    error instanceof Error && "code" in error && /^(ENOSPC|EDQUOT|EFBIG|EIO)$/.test(String(error.code));
  return isDisk ? new Error(text, { cause: error }) : new UsageError(text);
}
