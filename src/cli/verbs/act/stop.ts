// `stop`: of a processor that is declared STARTED only together with a suspension, because the next pass would start
// it.
import type { Command } from "commander";
import { aChangeOf, carryOut, takingSuspension, toSuspension } from "../../deeds/change.js";
import type { AskedChange, ChangeFlags, SuspensionFlags } from "../../deeds/change.js";
import type { CliContext } from "../../terminal/context.js";

export function createStop(context: CliContext, exit: (code: number) => void): Command {
  return takingSuspension(aChangeOf("stop"))
    .description("stop processors; those declared STARTED need --suspend")
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate stop 32b6e34b3d91647abb20e7b8/orders/clicks --suspend 4h --wait" +
        '\n  $ headgate stop "32b6e34b3d91647abb20e7b8/orders/*" --suspend 1d --reason migration',
    )
    .action(async (words: readonly string[], flags: ChangeFlags & SuspensionFlags) => {
      const asked: AskedChange = { kind: "stop", why: flags.reason, options: null, ...toSuspension(flags) };
      exit(await carryOut(context, { words, flags }, { asked }));
    });
}
