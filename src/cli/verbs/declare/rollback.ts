// `rollback`: the way back to an older version of a policy, as a new version.
import { Command } from "commander";
import { formatProcessorRef } from "../../../domain/refs.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import { confirmAndApply, printApplyPlan } from "../../terminal/apply-plan.js";
import type { CliContext } from "../../terminal/context.js";
import { toCount, toRef } from "../../typed/arguments.js";

interface RollbackFlags {
  readonly to: number;
  readonly dryRun: boolean;
  readonly yes: boolean;
}

export function createRollback(context: CliContext, exit: (code: number) => void): Command {
  return new Command("rollback")
    .description(
      "declare what an older version declared, as a new version; a position that was spent stays spent, and a " +
        "version that deleted the policy deletes it again",
    )
    .argument("<ref>", "PROJECT/WORKSPACE/PROCESSOR", toRef)
    .requiredOption("--to <version>", "as headgate history shows it", toCount)
    .option("--dry-run", "show what would be written and done, and write nothing", false)
    .option("-y, --yes", "do not ask", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate rollback 32b6e34b3d91647abb20e7b8/orders/clicks --to 4 --dry-run" +
        "\n  $ headgate rollback 32b6e34b3d91647abb20e7b8/orders/clicks --to 4",
    )
    .action(async (ref: ProcessorRef, flags: RollbackFlags) => {
      const app = await context.app();
      const { planRollback } = await import("../../../app/declare/history.js");
      const plan = await planRollback(app, ref, flags.to);
      if (plan.writes.length === 0) {
        const name = formatProcessorRef(ref);
        context.terminal.note(`${name} stands as version ${String(flags.to)} already: nothing was written.`);
        return;
      }
      await printApplyPlan(context.terminal, plan);
      if (!flags.dryRun) exit(await confirmAndApply(context, { app, plan, yes: flags.yes }));
    });
}
