// `unpark`: what the loop gave up on is tried again.
import type { Command } from "commander";
import { createIntervention } from "../../deeds/intervention.js";
import type { CliContext } from "../../terminal/context.js";

export function createUnpark(context: CliContext, exit: (code: number) => void): Command {
  return createIntervention(context, exit, {
    name: "unpark",
    description: "forget the counted attempts, so that the next pass tries again",
    pick: ({ unpark }) => unpark,
    done: "is tried again by the next pass",
    nothing: "was not parked",
  });
}
