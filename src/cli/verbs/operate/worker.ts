// `worker`: the loop itself, until it is told to end. Its exit code is the worker's own.
import { Command } from "commander";
import type { CliContext } from "../../terminal/context.js";

export function createWorkerVerb(context: CliContext, exit: (code: number) => void): Command {
  return new Command("worker")
    .description("run the loop: a Temporal worker, and the Schedule it keeps")
    .addHelpText(
      "after",
      "\nExample:\n  $ DATABASE_URL=postgres://... TEMPORAL_ADDRESS=localhost:7233 headgate worker",
    )
    .action(async () => {
      exit(await context.programs.worker());
    });
}
