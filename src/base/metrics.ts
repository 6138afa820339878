// What is counted for those who watch from outside. Who writes knows only these names; where they go is wired
// elsewhere.

export const COUNTERS = {
  headgate_passes_failed: "Passes over a workspace that failed",
  headgate_schedules_mended: "Times the Schedule was missing or not as it should be, and was made so",
} as const;

export const GAUGES = {
  headgate_workspaces_failing: "Workspaces that the last pass did not see",
  headgate_observation_overdue_seconds: "How long the workspace that is due first has been due",
  headgate_projects_held: "Projects that wait as a whole",
  headgate_processors_parked: "Processors that Headgate gave up on",
  headgate_changes_open: "Changes that are open",
  headgate_temporal_present: "Whether Temporal gives this worker work: 1 or 0",
} as const;

export interface Metrics {
  /** Adds one where no count is given. */
  add(name: keyof typeof COUNTERS, count?: number): void;
  set(name: keyof typeof GAUGES, value: number): void;
}

/** For whoever exports none. */
export const NO_METRICS: Metrics = { add: () => undefined, set: () => undefined };
