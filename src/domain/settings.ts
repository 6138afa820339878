// The named times and limits of the loop, with the defaults of design.md section 6. Configuration may replace any of
// them; nothing else in the domain holds a number that an operator could want to change.

export interface LoopSettings {
  /** How often a workspace is observed, before stretching. */
  readonly intervalMs: number;
  /** How long after a change Atlas may still show the old state. */
  readonly settleMs: number;
  /** At most one LIST per workspace in this time on behalf of waiting changes. */
  readonly pollMs: number;
  /** How long a change waits for the state it asked for. */
  readonly waitForStateMs: number;
  /** A transitional state older than this is called stuck. */
  readonly stuckMs: number;
  /** How often a held project is tried again. */
  readonly holdRecheckMs: number;
  /** How long after its fence a start may still take effect. A guess: atlas-facts section 11, question 8. */
  readonly startHorizonMs: number;
  /** The same for a stop; slow stops take about three minutes (atlas-facts 1c). A guess. */
  readonly stopHorizonMs: number;
  /** Total time-out of one POST, from its fence; below both horizons. */
  readonly postTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly leaseMs: number;
  /** A pass over one workspace ends by then; below the lease. */
  readonly workspaceDeadlineMs: number;
  /** How often an absent workspace is looked at. */
  readonly absentIntervalMs: number;
  readonly capPerWorkspace: number;
  readonly capPerProject: number;
  readonly brakeCount: number;
  readonly brakeShare: number;
  readonly brakeWindowMs: number;
  /** How long a start that nobody owes may be tried: the outage it outlives. */
  readonly changePatienceMs: number;
  /** Workspaces one activity claims at once. */
  readonly claimSize: number;
  /** Planned changes one activity hands back at most. */
  readonly plannedMax: number;
}

export const DEFAULT_SETTINGS: LoopSettings = {
  intervalMs: 60_000,
  settleMs: 20_000,
  pollMs: 5_000,
  waitForStateMs: 300_000,
  stuckMs: 900_000,
  holdRecheckMs: 300_000,
  startHorizonMs: 75_000,
  stopHorizonMs: 200_000,
  postTimeoutMs: 60_000,
  readTimeoutMs: 25_000,
  leaseMs: 60_000,
  workspaceDeadlineMs: 30_000,
  absentIntervalMs: 3_600_000,
  capPerWorkspace: 50,
  capPerProject: 200,
  brakeCount: 10,
  brakeShare: 0.25,
  brakeWindowMs: 600_000,
  changePatienceMs: 7_200_000,
  claimSize: 50,
  plannedMax: 200,
};

/** Temporal refuses a Schedule with a shorter one. */
const INTERVAL_MIN_MS = 1_000;

/** What does not fit together, in words; empty where all does. */
export function findSettingsFaults(settings: LoopSettings): readonly string[] {
  const rules: readonly [boolean, string][] = [
    [
      settings.postTimeoutMs < settings.startHorizonMs,
      "the POST time-out must be shorter than the start horizon",
    ],
    [
      settings.postTimeoutMs < settings.stopHorizonMs,
      "the POST time-out must be shorter than the stop horizon",
    ],
    [
      settings.workspaceDeadlineMs < settings.leaseMs,
      "the workspace deadline must be shorter than the lease",
    ],
    [
      settings.readTimeoutMs < settings.workspaceDeadlineMs,
      "the read time-out must be shorter than the workspace deadline",
    ],
    [settings.intervalMs >= INTERVAL_MIN_MS, "the interval must be a second or longer"],
    [settings.settleMs >= 0, "the settle time cannot be negative"],
  ];
  return rules.filter(([holds]) => !holds).map(([, fault]) => fault);
}

/** Passes get at most half of what Atlas refills (atlas-facts 6: 500 a minute): beyond that their interval stretches. */
const PASS_CALLS_PER_MINUTE = 250;

/** The interval of one workspace, derived: the base, stretched with its project's LIST pages, hourly where it is absent. */
export function toIntervalMs(
  settings: Pick<LoopSettings, "intervalMs" | "absentIntervalMs">,
  seen: { readonly pagesInProject: number; readonly isAbsent: boolean },
): number {
  if (seen.isAbsent) return settings.absentIntervalMs;
  return Math.max(settings.intervalMs, Math.ceil((seen.pagesInProject * 60_000) / PASS_CALLS_PER_MINUTE));
}
