// What a write of policies would change and do, for people, and the question before it: one hand for `apply`,
// `rollback` and `diff`.
import type { ApplyPlan } from "../../app/declare/apply.js";
import type { WriteKind } from "../../app/declare/told-writes.js";
import type { AppDeps } from "../../app/deps.js";
import type { PlannedProcessor } from "../../app/look/plan.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { PolicyFieldChange } from "../../policy-file/diff.js";
import { formatCount } from "../../domain/tell/wording.js";
import type { CliContext, Terminal, Tone } from "./context.js";
import { EXIT } from "./context.js";

const TONES: Readonly<Record<WriteKind, Tone>> = { create: "good", change: "busy", delete: "bad" };
const POSITION_TEXTS = {
  "will-be-spent": "its position will be spent by the next start",
  "no-effect-running": "its position has no effect: it runs already (restart --at uses one by name)",
  "already-spent": "its position was spent before: the next start resumes (arm uses it again)",
} as const;

/**
 * What would be written, and what a pass would then do about these processors. Lines begin with one word each (create,
 * change, delete, note, then), so that a plan can be searched by it.
 */
export async function printApplyPlan(
  terminal: Terminal,
  plan: ApplyPlan,
  processors: readonly PlannedProcessor[] = plan.effects,
): Promise<void> {
  const { toToldWrites } = await import("../../app/declare/told-writes.js");
  for (const { ref, kind, changes } of toToldWrites(plan)) {
    terminal.line({ text: kind, tone: TONES[kind] }, ` ${formatProcessorRef(ref)}`);
    for (const change of changes) terminal.line(`    ${formatFieldChange(change)}`);
  }
  for (const { ref, kind } of plan.positions)
    terminal.out(`note ${formatProcessorRef(ref)}: ${POSITION_TEXTS[kind]}`);
  // What is held back is printed as "nothing" with its reason: silence would read as agreement.
  for (const { ref, decision, isChange } of processors) {
    const deed = isChange ? (decision.action?.kind ?? "nothing") : "nothing";
    terminal.line(`then ${deed} ${formatProcessorRef(ref)}: ${decision.reason.text}`);
  }
  if (plan.isBraked)
    terminal.out("note these are more at once than the mutation brake lets through: applying releases them");
  if (plan.unchanged > 0)
    terminal.note(`Declared already as they stand: ${formatCount(plan.unchanged, "policy", "policies")}.`);
}

/** `start.tier: SP10 -> SP30`. */
export function formatFieldChange({ path, before, after }: PolicyFieldChange): string {
  return `${path}: ${before} -> ${after}`;
}

/** Asks where something is lost or stopped by it, writes, and tells of the pass; the exit code. */
export async function confirmAndApply(
  { terminal }: CliContext,
  request: { readonly app: AppDeps; readonly plan: ApplyPlan; readonly yes: boolean },
): Promise<number> {
  // A plan that loses nothing is not asked about: its author has just seen it, and scripts need no --yes for it.
  const question = toQuestion(request.plan);
  if (question !== undefined && !request.yes && !(await terminal.confirm(question))) {
    terminal.note("Nothing was written. Use --yes to apply without being asked.");
    return EXIT.failed;
  }
  const { apply } = await import("../../app/declare/apply.js");
  const { pass, warning } = await apply(request.app, request.plan);
  terminal.note(`${formatCount(request.plan.writes.length, "policy", "policies")} written.`);
  if (pass !== undefined) terminal.note(`A pass has begun: ${pass.workflowId}`);
  // The policies are written whatever becomes of the pass: the next tick carries them out.
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
