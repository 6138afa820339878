// `apply`: what the files say is declared.
import { Command } from "commander";
import { confirmAndApply, printApplyPlan } from "../../terminal/apply-plan.js";
import type { CliContext } from "../../terminal/context.js";
import { EXIT } from "../../terminal/context.js";
import { readPolicySet, refusesFuture } from "../../typed/policy-input.js";

interface ApplyFlags {
  readonly file: readonly string[];
  readonly dryRun: boolean;
  readonly prune: boolean;
  readonly yes: boolean;
  readonly allowFuture: boolean;
}

export function createApply(context: CliContext, exit: (code: number) => void): Command {
  return new Command("apply")
    .description("declare what the files say; applying an equal file writes nothing")
    .requiredOption(
      "-f, --file <file...>",
      "policy files (YAML, several documents each), - for standard input",
    )
    .option("--dry-run", "show what would be written and done, and write nothing", false)
    .option("--prune", "also delete policies the files no longer contain, in the workspaces they name", false)
    .option("--allow-future", "take a startAtOperationTime that is still to come", false)
    .option("-y, --yes", "do not ask", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate apply -f policies.yaml --dry-run\n  $ headgate apply -f a.yaml b.yaml --prune",
    )
    .action(async (flags: ApplyFlags) => {
      const set = await readPolicySet(context, flags.file);
      if (set === undefined || (!flags.allowFuture && refusesFuture(context, set))) {
        exit(EXIT.failed);
        return;
      }
      const { planApply } = await import("../../../app/declare/apply.js");
      const app = await context.app();
      const plan = await planApply(app, { ...set, prune: flags.prune });
      await printApplyPlan(context.terminal, plan);
      const { findSlotWarnings } = await import("../../../app/look/slot-warnings.js");
      for (const warning of await findSlotWarnings(app, plan.planned))
        context.terminal.note(`warning: ${warning}`);
      if (flags.dryRun || plan.writes.length === 0) return;
      exit(await confirmAndApply(context, { app, plan, yes: flags.yes }));
    });
}
