// `apply` and `delete policy`: what is declared.
import { Command } from "commander";
import type { ApplyPlan } from "../app/apply.js";
import type { AppDeps } from "../app/deps.js";
import { formatProcessorRef } from "../domain/refs.js";
import type { ProcessorRef } from "../domain/refs.js";
import { carryOutAll } from "./bulk.js";
import type { Deed } from "./bulk.js";
import type { CliContext, Terminal } from "./context.js";
import { EXIT } from "./context.js";
import { formatCount } from "./output.js";
import { readPolicySet } from "./policy-input.js";
import { readTargets, takingTargets } from "./targets.js";
import type { TargetFlags } from "./targets.js";

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

async function confirmAndApply(
  { terminal }: CliContext,
  request: { readonly app: AppDeps; readonly plan: ApplyPlan; readonly yes: boolean },
): Promise<number> {
  const question = toQuestion(request.plan);
  if (question !== undefined && !request.yes && !(await terminal.confirm(question))) {
    terminal.note("Nothing was written. Use --yes to apply without being asked.");
    return EXIT.failed;
  }
  const { apply } = await import("../app/apply.js");
  const { pass, warning } = await apply(request.app, request.plan);
  terminal.note(`${formatCount(request.plan.writes.length, "policy", "policies")} written.`);
  if (pass !== undefined) terminal.note(`A pass has begun: ${pass.workflowId}`);
  if (warning !== undefined) terminal.note(`warning: ${warning}`);
  return EXIT.done;
}

/** Asked where a checkpoint is discarded, policies are deleted, or running processors would be stopped or restarted. */
function toQuestion(plan: ApplyPlan): string | undefined {
  const deleted = plan.writes.filter(({ after }) => after === null).length;
  const spent = plan.positions.filter(({ kind }) => kind === "will-be-spent").length;
  const parts = [
    deleted > 0 && `delete ${formatCount(deleted, "policy", "policies")}`,
    spent > 0 && `start ${formatCount(spent, "processor")} at a declared position, discarding the checkpoint`,
    plan.mutations.length > 0 && `stop or restart ${formatCount(plan.mutations.length, "running processor")}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? undefined : `This will ${parts.join(", ")}. Go on?`;
}

const POSITION_TEXTS = {
  "will-be-spent": "its position will be spent by the next start",
  "no-effect-running": "its position has no effect: it runs already (restart --at uses one by name)",
  "already-spent": "its position was spent before: the next start resumes (arm uses it again)",
} as const;

async function printApplyPlan(terminal: Terminal, plan: ApplyPlan): Promise<void> {
  const { policyChanges } = await import("../policy-file/diff.js");
  for (const { ref, before, after } of plan.writes) {
    const verb = after === null ? "delete" : before === undefined ? "create" : "change";
    terminal.out(`${verb} ${formatProcessorRef(ref)}`);
    const changes = verb === "change" ? policyChanges(before?.policy, after ?? undefined) : [];
    for (const change of changes) terminal.out(`    ${change.path}: ${change.before} -> ${change.after}`);
  }
  for (const { ref, kind } of plan.positions)
    terminal.out(`note ${formatProcessorRef(ref)}: ${POSITION_TEXTS[kind]}`);
  for (const { ref, decision } of plan.mutations)
    terminal.out(`then ${formatProcessorRef(ref)}: ${decision.reason.text}`);
  if (plan.isBraked)
    terminal.out("note these are more at once than the mutation brake lets through: applying releases them");
  if (plan.unchanged > 0)
    terminal.note(`Declared already as they stand: ${formatCount(plan.unchanged, "policy", "policies")}.`);
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
      const { deletePolicy, keepDeclared } = await import("../app/apply.js");
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
