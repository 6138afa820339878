// `unsuspend`: ends a suspension before its time.
import type { Command } from "commander";
import { createIntervention } from "../../deeds/intervention.js";
import type { CliContext } from "../../terminal/context.js";

export function createUnsuspend(context: CliContext, exit: (code: number) => void): Command {
  return createIntervention(context, exit, {
    name: "unsuspend",
    description: "end suspensions before their time",
    pick: ({ unsuspend }) => unsuspend,
    done: "no longer suspended",
    nothing: "was not suspended",
  });
}
