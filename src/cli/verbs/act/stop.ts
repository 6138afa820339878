// `stop`: of a processor that is declared STARTED only together with a suspension, because the next pass would start
// it.
import type { Command } from "commander";
import { aChangeOf, carryOut } from "../../deeds/change.js";
import type { AskedChange, ChangeFlags } from "../../deeds/change.js";
import type { CliContext } from "../../terminal/context.js";
import { toDurationMs } from "../../typed/arguments.js";

interface StopFlags extends ChangeFlags {
  readonly suspend?: number;
}

export function createStop(context: CliContext, exit: (code: number) => void): Command {
  return aChangeOf("stop")
    .description("stop processors; those declared STARTED need --suspend")
    .option("--suspend <duration>", "also leave them alone for this long, for example 4h", toDurationMs)
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate stop 32b6e34b3d91647abb20e7b8/orders/clicks --suspend 4h --wait" +
        '\n  $ headgate stop "32b6e34b3d91647abb20e7b8/orders/*" --suspend 1d --reason migration',
    )
    .action(async (words: readonly string[], flags: StopFlags) => {
      const suspendForMs = flags.suspend === undefined ? {} : { suspendForMs: flags.suspend };
      const asked: AskedChange = { kind: "stop", why: flags.reason, options: null, ...suspendForMs };
      exit(await carryOut(context, { words, flags }, { asked }));
    });
}
