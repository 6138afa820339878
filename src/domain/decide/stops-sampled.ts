// The place in its change stream of what a pass is about to stop: read out of the look that the stop rests on, because
// nobody looks again before the POST. Pure.
import type { ProcessorStats } from "../observation.js";
import { withPosition } from "../recover/position.js";
import type { WorkspaceFacts } from "./workspace-facts.js";
import type { WorkspacePlan } from "./workspace-plan.js";

/** The plan with the place of each processor that it is about to stop, as the look behind it showed it. */
export function withStopsSampled(
  plan: WorkspacePlan,
  { observations, observedAt }: Pick<WorkspaceFacts, "observations" | "observedAt">,
  read: (processor: string) => ProcessorStats | undefined,
): WorkspacePlan {
  const stops = plan.changes.filter(({ kind }) => kind !== "start").map(({ ref }) => ref.processor);
  if (stops.length === 0) return plan;
  const stopped = new Set(stops);
  const listed = new Map((observations ?? []).map((one) => [one.processor, one]));
  const processors = plan.processors.map((one) => {
    const observation = stopped.has(one.processor) ? listed.get(one.processor) : undefined;
    if (observation === undefined) return one;
    const sight = { observation, stats: read(one.processor), seenAt: observedAt };
    const status = withPosition(one.status, sight);
    return status === one.status ? one : { ...one, status, hasStatusChanged: true };
  });
  return { ...plan, processors };
}
