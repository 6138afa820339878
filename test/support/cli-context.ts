// A command line without a terminal, Postgres or Temporal: what was printed is recorded, and whatever a test has not
// given rejects, so that a verb which reaches for more than it should fails.
import type { CliContext, Piece, Programs, Terminal } from "../../src/cli/terminal/context.js";
import { runProgram } from "../../src/cli/program.js";

export interface Recorded {
  readonly terminal: Terminal;
  /** What went to stdout, one entry for each call. */
  readonly out: string[];
  /** What went to stderr, one entry for each line. */
  readonly notes: string[];
  /** What was drawn over. */
  readonly drawn: string[];
  readonly questions: string[];
}

export interface TerminalOptions {
  readonly isInteractive?: boolean;
  readonly height?: number;
  /** What the person says to a question; nobody is there if it is absent. */
  readonly says?: boolean;
  /** Pages that the reader takes before it goes away. */
  readonly pagesTaken?: number;
}

/** Tones are shown as `<good>...</>`. */
export function aTerminal(options: TerminalOptions = {}): Recorded {
  const { isInteractive = false, height = 0, says = false, pagesTaken = Infinity } = options;
  const recorded = {
    out: [] as string[],
    notes: [] as string[],
    drawn: [] as string[],
    questions: [] as string[],
  };
  let taken = 0;
  const terminal: Terminal = {
    out: (text) => recorded.out.push(text),
    line: (...pieces) => recorded.out.push(pieces.map(showPiece).join("")),
    taken: () => Promise.resolve((taken += 1) < pagesTaken),
    note: (...lines) => recorded.notes.push(...lines),
    isInteractive,
    height,
    redraw: (text) => recorded.drawn.push(text),
    confirm: (question) => {
      recorded.questions.push(question);
      return Promise.resolve(says);
    },
  };
  return { terminal, ...recorded };
}

function showPiece(piece: Piece): string {
  if (typeof piece === "string") return piece;
  return piece.tone === undefined ? piece.text : `<${piece.tone}>${piece.text}</>`;
}

const unreachable = (): Promise<never> => Promise.reject(new Error("a part was reached"));

export interface ContextOptions extends TerminalOptions {
  readonly programs?: Partial<Programs>;
  readonly app?: CliContext["app"];
  readonly interruption?: AbortSignal;
  /** By name; every other file is absent. */
  readonly files?: Readonly<Record<string, string>>;
  readonly writeFile?: CliContext["writeFile"];
}

export function aContext(options: ContextOptions = {}): CliContext & { readonly recorded: Recorded } {
  const { programs = {}, app = unreachable, interruption, files = {}, writeFile = unreachable } = options;
  const recorded = aTerminal(options);
  return {
    recorded,
    terminal: recorded.terminal,
    programs: { ...NO_PROGRAMS, ...programs },
    app,
    interruption: () => interruption ?? new AbortController().signal,
    readFile: (path) => {
      const text = files[path];
      return text === undefined
        ? Promise.reject(new Error("ENOENT: no such file"))
        : Promise.resolve(Buffer.from(text));
    },
    writeFile,
    schemaPath: "/headgate/dist/policy.schema.json",
    version: "1.2.3",
    parts: () => ({}),
  };
}

const NO_PROGRAMS: Programs = {
  startStack: unreachable,
  worker: unreachable,
  serve: unreachable,
  sim: unreachable,
  listSimSettings: unreachable,
  migrate: unreachable,
  completeNames: unreachable,
  viewConfig: unreachable,
  doctor: unreachable,
  testChannels: unreachable,
  installTemporal: unreachable,
};

export interface Told {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
  readonly questions: readonly string[];
}

/** Runs one command line. */
export async function runLine(args: readonly string[], options: ContextOptions = {}): Promise<Told> {
  const context = aContext(options);
  const code = await runProgram(context, args);
  const { out, notes, questions } = context.recorded;
  return { code, out: out.join("\n"), notes: notes.join("\n"), questions };
}
