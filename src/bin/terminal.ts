// The terminal as the verbs see it: data on stdout, everything else on stderr, questions where somebody is there.
import { createInterface } from "node:readline/promises";
import type { Terminal } from "../cli/context.js";

export function openTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  // A reader that went away (`| head`) ends neither a verb nor a stack.
  for (const stream of [stdout, stderr]) stream.on("error", ignoreClosedPipe);
  let drawn = 0;
  return {
    out: (text) => {
      stdout.write(`${text}\n`);
    },
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
