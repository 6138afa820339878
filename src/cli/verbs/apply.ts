// `apply` and `delete policy`: what is declared.
import { Command } from "commander";
import type { ProcessorRef } from "../../domain/refs.js";
import { confirmAndApply, printApplyPlan } from "../terminal/apply-plan.js";
import { carryOutAll } from "./bulk.js";
import type { Deed } from "./bulk.js";
import type { CliContext } from "../terminal/context.js";
import { EXIT } from "../terminal/context.js";
import { readPolicySet } from "../typed/policy-input.js";
import { readTargets, takingTargets } from "../typed/targets.js";
import type { TargetFlags } from "../typed/targets.js";

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
      const { planApply } = await import("../../app/declare/apply.js");
      const app = await context.app();
      const plan = await planApply(app, { ...set, prune: flags.prune });
      await printApplyPlan(context.terminal, plan);
      if (flags.dryRun || plan.writes.length === 0) return;
      exit(await confirmAndApply(context, { app, plan, yes: flags.yes }));
    });
}

export function createDelete(context: CliContext, exit: (code: number) => void): Command {
  const policy = takingTargets(new Command("policy"))
    .description("delete policies; their processors stay as they are, unmanaged")
    .option("-y, --yes", "do not ask", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate delete policy 32b6e34b3d91647abb20e7b8/orders/clicks-to-lake" +
        '\n  $ headgate delete policy "32b6e34b3d91647abb20e7b8/old-orders/*" --yes',
    )
    .action(async (words: readonly string[], flags: TargetFlags & { readonly yes: boolean }) => {
      const { deletePolicy, keepDeclared } = await import("../../app/declare/apply.js");
      const { refs, isOne } = await readTargets(context, words, flags);
      const app = await context.app();
      const targets = { refs: await keepDeclared(app, refs), isOne };
      const act = async (ref: ProcessorRef): Promise<Deed> => {
        await deletePolicy(app, ref);
        return { outcome: "done", text: "policy deleted" };
      };
      const warning = isOne ? "It stays as it is, unmanaged." : "They stay as they are, unmanaged.";
      const phrase = isOne ? "delete the policy of" : "delete the policies of";
      exit(await carryOutAll(context, { phrase, targets, yes: flags.yes, warning, act }));
    });
  return new Command("delete").description("delete something that was declared").addCommand(policy);
}
