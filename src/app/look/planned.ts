// Which of what a pass would do is counted, and shown: one answer for `plan` and `diff`.
import type { PlannedProcessor, PlannedWorkspace } from "./plan.js";

export function countChanges(planned: readonly PlannedWorkspace[]): number {
  return planned.flatMap(({ processors }) => processors).filter(({ isChange }) => isChange).length;
}

/** What is neither as declared nor nobody's business. */
export function isWorthShowing({ isChange, decision }: PlannedProcessor): boolean {
  return isChange || (decision.reason.code !== "as-declared" && decision.reason.code !== "unmanaged");
}
