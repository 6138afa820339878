// The terminal as the verbs see it: data on stdout, everything else on stderr, questions where somebody is there.
import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import type { Terminal, Tone } from "../cli/context.js";

const STYLES = { good: "green", bad: "red", busy: "yellow", quiet: "dim" } as const satisfies Record<
  Tone,
  string
>;

/** `isPlain`: no colours even on a terminal, as NO_COLOR asks. */
export function openTerminal(isPlain: boolean): Terminal {
  const { stdin, stdout, stderr } = process;
  const isColoured = stdout.isTTY && !isPlain;
  // A reader that went away (`| head`) ends neither a verb nor a stack: a listing asks, and stops by itself.
  for (const stream of [stdout, stderr]) stream.on("error", ignoreClosedPipe);
  let hasReader = true;
  stdout.on("error", () => (hasReader = false));
  let drawn = 0;
  return {
    out: (text) => {
      stdout.write(`${text}\n`);
    },
    taken: () =>
      new Promise((resolve) => {
        stdout.write("", (error) => {
          hasReader &&= error === null || error === undefined;
          resolve(hasReader);
        });
      }),
    paint: (tone, text) => (tone === undefined || !isColoured ? text : styleText(STYLES[tone], text)),
    note: (text) => {
      drawn = 0;
      stderr.write(`${text}\n`);
    },
    isInteractive: stdin.isTTY && stderr.isTTY,
    height: stderr.isTTY ? stderr.rows : 0,
    redraw: (text) => {
      const lines = text.split("\n").map((line) => line.slice(0, stderr.columns));
      // Up over what was drawn last, then erase from there to the end.
      stderr.write(`${drawn > 0 ? `\u001b[${String(drawn)}F` : ""}\u001b[J${lines.join("\n")}\n`);
      drawn = lines.length;
    },
    confirm: async (question) => {
      if (!stdin.isTTY) return false;
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
      } finally {
        lines.close();
      }
    },
  };
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
