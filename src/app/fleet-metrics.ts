// What the store says of loop and fleet, as metrics. Every condition and class is set each time, noughts too: a value
// that was left out would stand as it was before.
import type { Metrics } from "../base/metrics.js";
import type { LoopFacts } from "../store/checkup.js";
import type { FleetFigures } from "../store/figures.js";

export function measureLoop(metrics: Metrics, { now, dueAt, observedAt, failingCount }: LoopFacts): void {
  const overdueMs = dueAt === null ? 0 : Math.max(0, now - dueAt);
  metrics.set("headgate_workspaces_failing", failingCount);
  metrics.set("headgate_observation_overdue_seconds", overdueMs / 1_000);
  if (observedAt !== null) metrics.set("headgate_observation_age_seconds", (now - observedAt) / 1_000);
}

export function measureFleet(metrics: Metrics, figures: FleetFigures): void {
  const { conditions, failures, drift, budget } = figures;
  for (const condition of keysOf(conditions)) {
    metrics.set("headgate_processors", conditions[condition], { condition });
  }
  for (const name of keysOf(failures)) {
    metrics.set("headgate_processors_failed", failures[name], { class: name });
  }
  for (const each of keysOf(drift)) {
    metrics.set("headgate_drift_seconds", drift[each].seconds, { class: each });
    metrics.set("headgate_drift_longest_seconds", drift[each].longestSeconds, { class: each });
  }
  metrics.set("headgate_budget_calls", budget.calls);
  if (budget.lowest !== null) metrics.set("headgate_budget_lowest_calls", budget.lowest);
  metrics.set("headgate_projects_held", figures.heldProjects);
  metrics.set("headgate_processors_parked", conditions.parked);
  metrics.set("headgate_changes_open", figures.openChanges);
  metrics.set("headgate_notifications_pending", figures.notices.pending);
  metrics.set("headgate_notifications_lost", figures.notices.lost);
}

const keysOf = <Name extends string>(of: Readonly<Record<Name, unknown>>): readonly Name[] =>
  Object.keys(of) as Name[];
