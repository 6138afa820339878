// `start`: with the declared options, or with those that were typed.
import type { Command } from "commander";
import { aStartOf } from "../../deeds/change.js";
import type { CliContext } from "../../terminal/context.js";

export function createStart(context: CliContext, exit: (code: number) => void): Command {
  return aStartOf(context, "start", exit)
    .description(
      "start processors, with their declared options or these; several wait for places under the caps",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate start 32b6e34b3d91647abb20e7b8/orders/clicks --wait" +
        "\n  $ headgate start 32b6e34b3d91647abb20e7b8/orders/clicks --at 2026-05-04T09:42:00Z --tier SP30" +
        '\n  $ headgate start "32b6e34b3d91647abb20e7b8/orders/*" --reason "after the outage"',
    );
}
