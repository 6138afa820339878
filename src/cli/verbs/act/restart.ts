// `restart`: a stop and the start it owes.
import type { Command } from "commander";
import { aStartOf } from "../../deeds/change.js";
import type { CliContext } from "../../terminal/context.js";

export function createRestart(context: CliContext, exit: (code: number) => void): Command {
  return aStartOf(context, "restart", exit)
    .description("stop processors and start them again; what was stopped is always started")
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate restart 32b6e34b3d91647abb20e7b8/orders/clicks --tier SP30 --wait" +
        "\n  $ headgate get processors -o name | grep clicks | headgate restart -f - --yes",
    );
}
