#!/usr/bin/env node
// The `headgate` program: one command line of one process, with its environment, streams and signals. The top
// of this file imports only what is small (src/bin/command-line.ts says why).
import { readEnvironment, wantsNoColour } from "../config/environment.js";
import { EXIT } from "../cli/terminal/context.js";
import { runCommandLine } from "./command-line.js";
import { openTerminal } from "./terminal.js";

let interrupted: AbortSignal | undefined;

/** Aborted by the first SIGINT or SIGTERM. By the second Node ends the process, because each is listened to once. */
function untilEnded(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      ending.abort();
    });
  }
  return ending.signal;
}

// A full disk takes no more of the output: what was lost is no success, whatever the verb says.
let lost: string | undefined;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") lost ??= error.message;
});

const env = readEnvironment();
process.exitCode = await runCommandLine(
  {
    terminal: openTerminal(process, wantsNoColour(env)),
    env,
    // Made when a verb asks: until then Ctrl-C ends the program as usual.
    interruption: () => (interrupted ??= untilEnded()),
  },
  process.argv.slice(2),
);
// A failed write to a file is told by an event, a turn after it.
await new Promise((resolve) => setImmediate(resolve));
if (lost !== undefined) {
  process.stderr.write(`headgate: cannot write to standard output: ${lost}\n`);
  process.exitCode = EXIT.failed;
}
// Behind everything that was written before it. `exit` keeps the code that is set.
process.stdout.write("", () => process.exit());
