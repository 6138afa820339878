// `diff`: what applying files would change in the declaration, and what the next pass would then do to Atlas.
import { Command } from "commander";
import type { ApplyPlan } from "../../../app/declare/apply.js";
import type { PlannedProcessor } from "../../../app/look/plan.js";
import { formatWorkspaceRef } from "../../../domain/refs.js";
import { formatCount } from "../../../domain/tell/wording.js";
import { printApplyPlan } from "../../terminal/apply-plan.js";
import { toFormat } from "../../typed/arguments.js";
import type { CliContext } from "../../terminal/context.js";
import { EXIT } from "../../terminal/context.js";
import type { Format } from "../../terminal/output.js";
import { formatAge, printDocument } from "../../terminal/output.js";
import { countChanges, isWorthShowing } from "../../../app/look/planned.js";
import { readPolicySet } from "../../typed/policy-input.js";

// Two differences are shown as one answer: files against the declaration, and the declaration against Atlas. CI wants
// both: a file that changes nothing may still stand above a fleet that drifts.
interface DiffFlags {
  readonly file: readonly string[];
  readonly prune: boolean;
  readonly output: Format;
}

export function createDiff(context: CliContext, exit: (code: number) => void): Command {
  return new Command("diff")
    .description(
      "show what applying the files would change, and what the next pass would then do to their workspaces; " +
        "changes nothing; exit 3 if there is anything",
    )
    .requiredOption(
      "-f, --file <file...>",
      "policy files (YAML, several documents each), - for standard input",
    )
    .option("--prune", "as if policies the files no longer contain were deleted", false)
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate diff -f policies.yaml\n  $ headgate diff -f a.yaml b.yaml --prune -o json",
    )
    .action(async (flags: DiffFlags) => {
      const set = await readPolicySet(context, flags.file);
      // Faulty files are no difference: exit 1 and not 3, or CI would take them for news.
      if (set === undefined) {
        exit(EXIT.failed);
        return;
      }
      const { planApply } = await import("../../../app/declare/apply.js");
      const plan = await planApply(await context.app(), { ...set, prune: flags.prune });
      await printDiff(context, plan, flags.output);
      if (plan.writes.length > 0 || countChanges(plan.planned) > 0) exit(EXIT.drift);
    });
}

/** Data and remarks apart: what would change is data, and how old the ground is stands beside it. */
async function printDiff({ terminal }: CliContext, plan: ApplyPlan, output: Format): Promise<void> {
  const { planned, positions, unchanged } = plan;
  const changes = countChanges(planned);
  // One document with everything: a program filters by itself.
  if (output !== "table") {
    const { toToldWrites } = await import("../../../app/declare/told-writes.js");
    const writes = toToldWrites(plan);
    await printDocument(terminal, output, { writes, unchanged, positions, changes, workspaces: planned });
    return;
  }
  // Everything that a pass would find, and not only what is written: the other half of the answer.
  await printApplyPlan(terminal, plan, planned.flatMap(({ processors }) => processors).filter(isTold));
  for (const { ref, observedAgeMs } of planned) {
    // Without an observation the plan is empty, which must not read as "nothing to do".
    const blind = observedAgeMs === null ? ": what a pass would do is not known yet" : "";
    terminal.note(`${formatWorkspaceRef(ref)}: observed ${formatAge(observedAgeMs)}${blind}`);
  }
  const writes = formatCount(plan.writes.length, "policy", "policies");
  terminal.note(`${writes} to write, then ${formatCount(changes, "change")} to make.`);
}

/**
 * Of a workspace that nobody has looked at there is nothing to say processor by processor. The note about that
 * workspace says it once.
 */
function isTold(processor: PlannedProcessor): boolean {
  return isWorthShowing(processor) && processor.decision.reason.code !== "not-observed";
}
