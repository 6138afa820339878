// Closes the row of a change and counts how it ended. Whoever closes one comes through here: the change itself, or a
// pass that finds its run gone. A row that was closed before is not counted again.
import type { Ending, OpenChange } from "../src/domain/change/change.js";
import { close } from "../src/domain/change/outcome.js";
import type { CloseFacts } from "../src/domain/change/outcome.js";
import type { ProcessorRef } from "../src/domain/refs.js";
import type { ProcessorStatus } from "../src/domain/status.js";
import { toChangeReason } from "../src/domain/tell/metrics.js";
import type { Metrics } from "../src/base/metrics.js";
import type { ActivityDeps } from "./deps.js";

interface Asked {
  readonly ref: ProcessorRef;
  readonly runId: string;
  readonly seen: CloseFacts["seen"];
  readonly toEnding: (change: OpenChange) => Ending;
}

/** Undefined: no row names the run. */
export async function closeRow(
  deps: ActivityDeps,
  { ref, runId, seen, toEnding }: Asked,
): ReturnType<ActivityDeps["store"]["closeChangeRow"]> {
  const closed = await deps.store.closeChangeRow({
    runId,
    ref,
    holdRecheckMs: deps.settings.holdRecheckMs,
    judge: (facts) => {
      const ending = toEnding(facts.change);
      const closing = close({ ...facts, ending, seen });
      return { ...closing, ending: withTier(ending, facts.change, closing.status) };
    },
  });
  if (closed?.facts !== undefined) measure(deps.metrics, closed.facts, closed.ending);
  return closed;
}

/** Whoever asked for a tier need not look it up. */
function withTier(ending: Ending, { request }: OpenChange, { observed }: ProcessorStatus): Ending {
  const isAsked = ending.outcome === "succeeded" && request.options?.tier !== undefined;
  return isAsked && observed?.tier !== undefined ? { ...ending, tier: observed.tier } : ending;
}

type Facts = Pick<CloseFacts, "change" | "status" | "now">;

function measure(metrics: Metrics, { change, status, now }: Facts, { outcome }: Ending): void {
  const { request, openedAt } = change;
  const { kind } = request;
  metrics.add("headgate_changes_total", { kind, reason: toChangeReason(request), outcome });
  if (kind !== "start" || outcome !== "succeeded") return;
  // A pass that has seen it STARTED before this close has forgotten the drift, and a person may start one that has
  // none.
  metrics.observe("headgate_start_after_drift_seconds", (now - (status.driftSince ?? openedAt)) / 1_000);
}
