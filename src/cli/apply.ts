// `apply` and `delete policy`: what is declared.
import { Command } from "commander";
import { formatProcessorRef } from "../domain/refs.js";
import type { ProcessorRef } from "../domain/refs.js";
import { confirmAndApply, printApplyPlan } from "./apply-plan.js";
import { toRef } from "./arguments.js";
import type { CliContext } from "./context.js";
import { EXIT } from "./context.js";
import { readPolicySet } from "./policy-input.js";

interface ApplyFlags {
  readonly file: readonly string[];
  readonly dryRun: boolean;
  readonly prune: boolean;
  readonly yes: boolean;
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
    .option("-y, --yes", "do not ask", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate apply -f policies.yaml --dry-run\n  $ headgate apply -f a.yaml b.yaml --prune",
    )
    .action(async (flags: ApplyFlags) => {
      const set = await readPolicySet(context, flags.file);
      if (set === undefined) {
        exit(EXIT.failed);
        return;
      }
      const { planApply } = await import("../app/apply.js");
      const app = await context.app();
      const plan = await planApply(app, { ...set, prune: flags.prune });
      await printApplyPlan(context.terminal, plan);
      if (flags.dryRun || plan.writes.length === 0) return;
      exit(await confirmAndApply(context, { app, plan, yes: flags.yes }));
    });
}

export function createDelete(context: CliContext): Command {
  const policy = new Command("policy")
    .description("delete one policy; its processor stays as it is, unmanaged")
    .argument("<ref>", "PROJECT/WORKSPACE/PROCESSOR", toRef)
    .addHelpText(
      "after",
      "\nExample:\n  $ headgate delete policy 32b6e34b3d91647abb20e7b8/orders/clicks-to-lake",
    )
    .action(async (ref: ProcessorRef) => {
      const { deletePolicy } = await import("../app/apply.js");
      await deletePolicy(await context.app(), ref);
      context.terminal.note(`policy of ${formatProcessorRef(ref)} deleted`);
    });
  return new Command("delete").description("delete something that was declared").addCommand(policy);
}
