// `delete policy`: nothing is declared of a processor any more; Atlas is not touched.
import { Command } from "commander";
import type { ProcessorRef } from "../../../domain/refs.js";
import { carryOutAll } from "../../deeds/bulk.js";
import type { Deed } from "../../deeds/bulk.js";
import type { CliContext } from "../../terminal/context.js";
import { readTargets, takingTargets } from "../../typed/targets.js";
import type { TargetFlags } from "../../typed/targets.js";

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
      const { deletePolicy, keepDeclared } = await import("../../../app/declare/apply.js");
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
