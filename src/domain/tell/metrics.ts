// Every metric of Headgate's own: its name, kind, labels and meaning. Labels are closed lists, and none of them is a
// project, a workspace or a processor: a fleet of 100,000 must not become as many series. Dashboards and alert rules
// rest on the names; docs/metrics.md is made from this table.
import type { ChangeKind } from "../decide/decision.js";
import type { Fate, Outcome, StepName } from "../change/change.js";
import type { ChangeRequest } from "../change/requests.js";
import { CLASS_NAMES } from "../failure-classes.js";
import { CONDITIONS } from "./listing.js";
import type { Condition } from "./listing.js";
import { CHANNELS } from "./notices.js";

interface MetricRow {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly meaning: string;
  /** All values a label can have; an empty list: any text. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
  /** Which processes export it; without it workers alone. */
  readonly by?: "worker" | "server" | "every";
}

/** Who or what made a change begin. */
const REASONS = ["pass", "person", "gateway", "schedule"] as const;
/** What a processor is declared as; `observed`: in mode observe, whatever its state. */
const CLASSES = ["started", "stopped", "observed"] as const;

const PROCESSOR_CONDITIONS = Object.keys(CONDITIONS.processors) as readonly Condition<"processors">[];

export const METRICS = {
  headgate_build_info: {
    kind: "gauge",
    meaning: "Always 1; its labels say what runs",
    labels: { version: [], node: [] },
    by: "every",
  },
  headgate_passes_total: { kind: "counter", meaning: "Passes over a workspace that were begun" },
  headgate_passes_failed_total: { kind: "counter", meaning: "Passes over a workspace that failed" },
  headgate_changes_total: {
    kind: "counter",
    meaning: "Changes that this worker closed",
    labels: {
      kind: ["start", "stop", "restart"] satisfies readonly ChangeKind[],
      reason: REASONS,
      outcome: ["succeeded", "failed", "superseded", "cancelled", "lost"] satisfies readonly Outcome[],
    },
  },
  headgate_posts_total: {
    kind: "counter",
    meaning: "Starts and stops sent to Atlas, by what became of them",
    labels: {
      step: ["stop", "start", "fallback"] satisfies readonly StepName[],
      fate: ["applied", "refused", "limited", "unsent", "unknown"] satisfies readonly Fate[],
    },
  },
  headgate_start_after_drift_seconds: {
    kind: "histogram",
    meaning: "From the first sight of a drift to STARTED, of changes that succeeded",
    buckets: [1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400],
  },
  headgate_processors: {
    kind: "gauge",
    meaning: "Processors in each condition that `get processors` knows; one may be in several",
    labels: { condition: PROCESSOR_CONDITIONS },
  },
  headgate_processors_failed: {
    kind: "gauge",
    meaning: "Processors that are not as declared because something has failed, by its class",
    labels: { class: CLASS_NAMES },
  },
  headgate_processors_parked: { kind: "gauge", meaning: "Processors that Headgate gave up on" },
  headgate_drift_seconds: {
    kind: "gauge",
    meaning: "How long processors have drifted, summed over those that drift now",
    labels: { class: CLASSES },
  },
  headgate_drift_longest_seconds: {
    kind: "gauge",
    meaning: "How long the processor that has drifted longest has drifted; 0 without a drift",
    labels: { class: CLASSES },
  },
  headgate_changes_open: { kind: "gauge", meaning: "Changes that are open" },
  headgate_projects_held: { kind: "gauge", meaning: "Projects that wait as a whole" },
  headgate_workspaces_failing: { kind: "gauge", meaning: "Workspaces that the last pass did not see" },
  headgate_observation_overdue_seconds: {
    kind: "gauge",
    meaning: "How long the workspace that is due first has been due",
  },
  headgate_observation_age_seconds: {
    kind: "gauge",
    meaning: "Age of the newest observation; absent before the first",
  },
  headgate_budget_calls: { kind: "gauge", meaning: "Calls to Atlas left now, over all projects" },
  headgate_budget_lowest_calls: {
    kind: "gauge",
    meaning: "Calls to Atlas left now in the project that has fewest; absent before the first call",
  },
  headgate_http_request_seconds: {
    kind: "histogram",
    meaning: "From a request to the end of its answer; a start through the gateway waits for Atlas",
    labels: { face: ["gateway", "api", "other"], status: ["2xx", "3xx", "4xx", "5xx"] },
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 100, 300],
    by: "server",
  },
  headgate_schedules_mended_total: {
    kind: "counter",
    meaning: "Times the Schedule was missing or not as it should be, and was made so",
  },
  headgate_notification_sendings_total: {
    kind: "counter",
    meaning:
      "Messages that this process sent to a channel, by what became of them; failed ones are tried again",
    labels: { channel: CHANNELS, outcome: ["delivered", "refused", "failed"] },
    by: "every",
  },
  headgate_notifications_pending: { kind: "gauge", meaning: "Notices that wait to be sent" },
  headgate_notifications_lost: {
    kind: "gauge",
    meaning: "Notices of the last day that were refused, or given up after a day",
  },
  headgate_temporal_present: { kind: "gauge", meaning: "Whether Temporal gives this worker work: 1 or 0" },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof METRICS;
export type NameOf<Kind extends MetricRow["kind"]> = {
  [Name in MetricName]: (typeof METRICS)[Name]["kind"] extends Kind ? Name : never;
}[MetricName];
/** A value for each label of a metric. */
export type LabelsOf<Name extends MetricName> = (typeof METRICS)[Name] extends {
  readonly labels: infer Labels extends Readonly<Record<string, readonly string[]>>;
}
  ? { readonly [Label in keyof Labels]: Labels[Label] extends readonly [] ? string : Labels[Label][number] }
  : undefined;

/** As the table, for whoever goes through all of it. */
export const METRIC_ROWS: readonly (readonly [name: MetricName, row: MetricRow])[] = Object.entries(
  METRICS,
) as [MetricName, MetricRow][];

/** Why the gateway's changes say they were asked for. */
const GATEWAY = "gateway";

export function toChangeReason(request: ChangeRequest): (typeof REASONS)[number] {
  if (request.requestedBy === "person") return request.why === GATEWAY ? "gateway" : "person";
  return request.slotAt === null ? "pass" : "schedule";
}
