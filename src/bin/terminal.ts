// The terminal as the verbs see it: data on stdout, everything else on stderr, questions where somebody is there. Every
// text passes the door of src/base/text.ts on its way out; colours and cursor moves are added behind it. Verbs print
// through it alone: a hostile name of a processor written past it could move the cursor.
import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import type { Piece, Terminal, Tone } from "../cli/terminal/context.js";
import { cut, toOneLine, toVisible } from "../base/text.js";

const STYLES = { good: "green", bad: "red", busy: "yellow", quiet: "dim" } as const satisfies Record<
  Tone,
  string
>;

type Streams = Pick<NodeJS.Process, "stdin" | "stdout" | "stderr">;

/** `isPlain`: no colours even on a terminal, as NO_COLOR asks. */
export function openTerminal({ stdin, stdout, stderr }: Streams, isPlain: boolean): Terminal {
  // By stdout: `line` is the only one that paints, and its pieces go there.
  const isColoured = stdout.isTTY && !isPlain;
  // A reader that went away (`| head`) ends neither a verb nor a stack: a listing asks, and stops by itself. What else
  // went wrong is told by the program, at its end.
  for (const stream of [stdout, stderr]) stream.on("error", () => undefined);
  let hasReader = true;
  stdout.on("error", () => (hasReader = false));
  let drawn = 0;
  const paint = (piece: Piece): string => {
    const { text, tone } = typeof piece === "string" ? { text: piece, tone: undefined } : piece;
    const shown = toLine(text);
    return tone === undefined || !isColoured
      ? shown
      : styleText(STYLES[tone], shown, { validateStream: false });
  };
  return {
    out: (text) => {
      stdout.write(`${toVisible(text)}\n`);
    },
    line: (...pieces) => {
      stdout.write(`${pieces.map(paint).join("").trimEnd()}\n`);
    },
    taken: () =>
      new Promise((resolve) => {
        stdout.write("", (error) => {
          hasReader &&= error === null || error === undefined;
          resolve(hasReader);
        });
      }),
    note: (...lines) => {
      // A note between two drawings pushes the first one up: it must not be drawn over.
      drawn = 0;
      stderr.write(lines.map((line) => `${toLine(line)}\n`).join(""));
    },
    isInteractive: stdin.isTTY && stderr.isTTY,
    height: stderr.isTTY ? stderr.rows : 0,
    redraw: (text) => {
      const lines = toVisible(text)
        .split("\n")
        .map((line) => cut(line, stderr.columns));
      // Each line is cut to the width, because a wrapped one would take two rows and shift all that is above it.
      // Up over what was drawn last, then erase from there to the end.
      stderr.write(`${drawn > 0 ? `\u001b[${String(drawn)}F` : ""}\u001b[J${lines.join("\n")}\n`);
      drawn = lines.length;
    },
    confirm: async (question) => {
      // Nobody is there to be asked: no is the answer that does nothing. The question says what --yes would agree to.
      if (!stdin.isTTY) {
        stderr.write(`No terminal to ask at: ${toLine(question)}\n`);
        return false;
      }
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return /^y(es)?$/i.test((await lines.question(`${toLine(question)} [y/N] `)).trim());
      } finally {
        lines.close();
      }
    },
  };
}

function toLine(text: string): string {
  return toVisible(toOneLine(text));
}
