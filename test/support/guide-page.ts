// A page of docs/guide as a session: the files it shows are written, its commands are run in order as a person would
// type them in one shell, and what it shows of their output has to be there. `...` stands for any text. Comments of
// the form `<!-- test: WORDS -->` are handed to the test, which makes happen what the page only tells of.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { inject } from "vitest";
import { readEnvironment } from "../../src/config/environment.js";

export type Step =
  | { readonly kind: "file"; readonly name: string; readonly text: string }
  | {
      readonly kind: "command";
      readonly line: string;
      readonly shown: readonly string[];
      readonly code: number;
    }
  | { readonly kind: "event"; readonly words: string };

const FENCE = /^```(\w+)?(?: title=(\S+))?$/;
const EVENT = /^<!-- test: (.*) -->$/;

/** Blocks of `console` hold commands after `$ `, with what they print; `# exit N` after a command is its exit code. */
export function parsePage(page: string): readonly Step[] {
  const steps: Step[] = [];
  let block:
    { readonly language: string; readonly title: string | undefined; readonly lines: string[] } | undefined;
  for (const line of page.split("\n")) {
    if (block !== undefined && line === "```") {
      steps.push(...toSteps(block));
      block = undefined;
    } else if (block !== undefined) {
      block.lines.push(line);
    } else {
      const [, language, title] = FENCE.exec(line) ?? [];
      const [, words] = EVENT.exec(line) ?? [];
      if (language !== undefined) block = { language, title, lines: [] };
      if (words !== undefined) steps.push({ kind: "event", words });
    }
  }
  return steps;
}

function toSteps({
  language,
  title,
  lines,
}: {
  readonly language: string;
  readonly title: string | undefined;
  readonly lines: readonly string[];
}): readonly Step[] {
  if (title !== undefined) return [{ kind: "file", name: title, text: `${lines.join("\n")}\n` }];
  if (language !== "console") return [];
  const commands: { line: string; shown: string[]; code: number }[] = [];
  for (const line of lines) {
    const [, typed, code] = /^\$ (.*?)(?:\s+# exit (\d))?$/.exec(line) ?? [];
    if (typed !== undefined) commands.push({ line: typed, shown: [], code: Number(code ?? 0) });
    else if (line !== "") commands.at(-1)?.shown.push(line);
  }
  return commands.map((command) => ({ kind: "command", ...command }));
}

export interface Shell {
  write(name: string, text: string): void;
  /** Everything it printed, in the order of a terminal, and how it ended. */
  run(line: string): Promise<{ readonly code: number | null; readonly printed: string }>;
  remove(): void;
}

/** A folder and a shell in which `headgate` is this program, on the stack of these variables. */
export function openShell(
  variables: Readonly<Record<string, string>>,
  programPath = inject("programPath"),
): Shell {
  const folder = mkdtempSync(join(tmpdir(), "headgate-guide-"));
  const { PATH = "", HOME } = readEnvironment();
  const program = join(folder, "headgate");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${programPath}" "$@"\n`);
  chmodSync(program, 0o755);
  const env = { HOME, NO_COLOR: "1", ...variables, PATH: `${folder}${delimiter}${PATH}` };
  return {
    write: (name, text) => {
      writeFileSync(join(folder, name), text);
    },
    run: (line) => runLine(line, { folder, env }),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Each line is a process, so that its exit code is known; what it sets is kept for the next in a file. */
const IN_SESSION =
  'set -a; [ ! -f .session ] || . ./.session; eval "$1"; code=$?; export -p > .session; exit $code';

function runLine(
  line: string,
  { folder, env }: { readonly folder: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<{ readonly code: number | null; readonly printed: string }> {
  const child = spawn("bash", ["-c", IN_SESSION, "bash", line], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code) => {
      resolve({ code, printed });
    });
  });
}

/** The shown lines that were not printed byte for byte: whoever copies from a page gets what the program wrote. */
export function findUnprinted(shown: readonly string[], printed: string): readonly string[] {
  // Headers end in CR LF.
  const lines = printed.split(/\r?\n/);
  return shown.filter((line) => line !== "..." && !lines.some((one) => toPattern(line).test(one)));
}

function toPattern(line: string): RegExp {
  const parts = line.split("...").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

export function readGuide(name: string): string {
  return readFileSync(new URL(`../../docs/guide/${name}.md`, import.meta.url), "utf8");
}
