// The named times and limits of the loop, with the defaults of docs/design.md 6. Configuration may replace any of
// them; nothing else in the domain holds a number that an operator could want to change.
import { TIMES } from "./times.js";

export interface LoopSettings {
  /** How often a workspace is observed, before stretching. */
  readonly intervalMs: number;
  /** How long after a change Atlas may still show the old state. A guess: docs/atlas.md 1c. */
  readonly settleMs: number;
  /** At most one LIST per workspace in this time on behalf of waiting changes. */
  readonly pollMs: number;
  /** How long a change waits for the state it asked for. */
  readonly waitForStateMs: number;
  /** A transitional state older than this is called stuck. */
  readonly stuckMs: number;
  /** How often a held project is tried again. */
  readonly holdRecheckMs: number;
  /** How long after its fence a start may still take effect. A guess: docs/atlas.md 1c, 11.8. */
  readonly startHorizonMs: number;
  /** The same for a stop; slow stops take about three minutes. A guess: docs/atlas.md 1c, 11.9. */
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
  /** Of one `concurrencyKey`, over all projects. */
  readonly capPerKey: number;
  /** How long after Atlas's tenant lock the starts of a workspace go one after another. */
  readonly oneByOneMs: number;
  readonly brakeCount: number;
  readonly brakeShare: number;
  readonly brakeWindowMs: number;
  /** So many processors that fail within the window open an incident, if they are also that share of its scope. */
  readonly incidentCount: number;
  readonly incidentShare: number;
  readonly incidentWindowMs: number;
  /** Between a canary that failed and the next; doubles with each, up to the most. */
  readonly incidentPauseMs: number;
  readonly incidentPauseMaxMs: number;
  /** How long a canary runs before the others follow. */
  readonly incidentHoldMs: number;
  /** Processors of the first wave; each later one may be twice the last. */
  readonly incidentWave: number;
  /** The share of a wave that may fail before the refill ends. */
  readonly incidentAbortShare: number;
  /** How long all that a train has restarted must have run before its next wave. */
  readonly trainHoldMs: number;
  /** A train is aborted if more of what it has restarted than this share, and more than one, does not run. */
  readonly trainAbortShare: number;
  /** How often the place of a running processor in its change stream is remembered. */
  readonly positionSampleMs: number;
  /** Workspaces one activity claims at once. */
  readonly claimSize: number;
  /** Changes one activity starts at most; what is left is planned again by the next pass. */
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
  capPerKey: 20,
  oneByOneMs: 600_000,
  brakeCount: 10,
  brakeShare: 0.25,
  brakeWindowMs: 600_000,
  incidentCount: 10,
  incidentShare: 0.25,
  incidentWindowMs: 600_000,
  incidentPauseMs: 60_000,
  incidentPauseMaxMs: 900_000,
  incidentHoldMs: 60_000,
  incidentWave: 10,
  incidentAbortShare: 0.2,
  trainHoldMs: 120_000,
  trainAbortShare: 0.2,
  positionSampleMs: 600_000,
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
    [
      settings.incidentPauseMs <= settings.incidentPauseMaxMs,
      "the pause of an incident must not exceed its longest",
    ],
    [settings.settleMs >= 0, "the settle time cannot be negative"],
  ];
  return [...rules.filter(([holds]) => !holds).map(([, fault]) => fault), ...findTimeFaults(settings)];
}

/** The longest way through a batch: a pass begins while its lease still covers it, and ends by its deadline. */
function toBatchMs({ leaseMs, workspaceDeadlineMs }: LoopSettings): number {
  return leaseMs + workspaceDeadlineMs;
}

/** The longest way through a step: look, ask for the largest tier, POST, judge a refusal by GET, look again. */
function toStepMs({ workspaceDeadlineMs, readTimeoutMs, postTimeoutMs }: LoopSettings): number {
  return (
    2 * workspaceDeadlineMs + 2 * (TIMES.budgetWaitMs + readTimeoutMs) + TIMES.budgetWaitMs + postTimeoutMs
  );
}

/** Half of each is left for the statements, which the settings do not bound. */
const SHARE = 0.5;

/** Settings whose sum does not fit into the time-out that ends the attempt, in words; empty where all do. */
function findTimeFaults(settings: LoopSettings): readonly string[] {
  const sums: readonly [number, number, string][] = [
    [toBatchMs(settings), TIMES.batchMs, "the lease and the workspace deadline"],
    [
      toStepMs(settings),
      TIMES.stepMs,
      "twice the workspace deadline, twice the read time-out and the POST time-out",
    ],
  ];
  return sums
    .filter(([sum, limit]) => sum > SHARE * limit)
    .map(([sum, limit, what]) => {
      const most = String((SHARE * limit) / 1_000);
      return `${what} together must not exceed ${most}s; they are ${String(Math.ceil(sum / 1_000))}s`;
    });
}

/**
 * Passes get at most half of what Atlas refills (docs/atlas.md 6: 500 a minute): beyond that their interval stretches.
 */
const PASS_CALLS_PER_MINUTE = 250;

/**
 * The interval of one workspace, derived: the base, stretched with its project's LIST pages, hourly where it is absent.
 */
export function toIntervalMs(
  settings: Pick<LoopSettings, "intervalMs" | "absentIntervalMs">,
  seen: { readonly pagesInProject: number; readonly isAbsent: boolean },
): number {
  if (seen.isAbsent) return settings.absentIntervalMs;
  return Math.max(settings.intervalMs, Math.ceil((seen.pagesInProject * 60_000) / PASS_CALLS_PER_MINUTE));
}
