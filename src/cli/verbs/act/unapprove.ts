// `unapprove`: an approval is taken back before it is used.
import type { Command } from "commander";
import { createIntervention } from "../../deeds/intervention.js";
import type { CliContext } from "../../terminal/context.js";

export function createUnapprove(context: CliContext, exit: (code: number) => void): Command {
  return createIntervention(context, exit, {
    name: "unapprove",
    description: "take back an approval that has not been used",
    pick: ({ unapprove }) => unapprove,
    done: "is no longer approved",
    nothing: "had no approval",
  });
}
