// The times and limits of the loop as environment variables, both ways: from the environment of a worker, and into that
// of the worker that `headgate dev` starts. One table is behind both, behind the documentation and behind `config
// view`. Whether the values fit together is a rule of the domain (`findSettingsFaults`).
import { DURATION_RULE, formatDurationMs, parseDurationMs } from "../domain/duration.js";
import { DEFAULT_SETTINGS, findSettingsFaults } from "../domain/settings.js";
import type { LoopSettings } from "../domain/settings.js";
import type { Environment } from "./environment.js";

interface SettingVariable {
  readonly name: string;
  readonly key: keyof LoopSettings;
  readonly kind: "duration" | "count" | "share";
  readonly meaning: string;
}

const setting = (name: string, key: keyof LoopSettings, meaning: string): SettingVariable => ({
  name: `HEADGATE_${name}`,
  key,
  // By the name of the key: a setting in milliseconds ends in Ms, a share in Share, everything else is counted.
  kind: key.endsWith("Share") ? "share" : key.endsWith("Ms") ? "duration" : "count",
  meaning,
});

export const SETTINGS: readonly SettingVariable[] = [
  setting("INTERVAL", "intervalMs", "how often a workspace is observed, before stretching"),
  setting("SETTLE", "settleMs", "how long after a change Atlas may still show the old state (a guess)"),
  setting("POLL", "pollMs", "at most one LIST per workspace in this time on behalf of waiting changes"),
  setting("WAIT_FOR_STATE", "waitForStateMs", "how long a change waits for the state it asked for"),
  setting("STUCK", "stuckMs", "a transitional state older than this is called stuck"),
  setting("HOLD_RECHECK", "holdRecheckMs", "how often a held project is tried again"),
  setting(
    "START_HORIZON",
    "startHorizonMs",
    "how long after its fence a start may still take effect (a guess)",
  ),
  setting("STOP_HORIZON", "stopHorizonMs", "the same for a stop (a guess)"),
  setting("POST_TIMEOUT", "postTimeoutMs", "total time-out of one POST, below both horizons"),
  setting("READ_TIMEOUT", "readTimeoutMs", "total time-out of one read"),
  setting("LEASE", "leaseMs", "how long a workspace's lease lasts"),
  setting(
    "WORKSPACE_DEADLINE",
    "workspaceDeadlineMs",
    "a pass over one workspace ends by then; below the lease",
  ),
  setting("ABSENT_INTERVAL", "absentIntervalMs", "how often an absent workspace is looked at"),
  setting("CAP_PER_WORKSPACE", "capPerWorkspace", "open changes of one workspace at most"),
  setting("CAP_PER_PROJECT", "capPerProject", "open changes of one project at most"),
  setting("CAP_PER_KEY", "capPerKey", "open changes of one concurrencyKey at most, over all projects"),
  setting(
    "ONE_BY_ONE",
    "oneByOneMs",
    "how long after Atlas's tenant lock the starts of a workspace go one after another",
  ),
  setting("BRAKE_COUNT", "brakeCount", "unscheduled stops and tier restarts the mutation brake lets through"),
  setting("BRAKE_SHARE", "brakeShare", "and the share of the workspace it lets through"),
  setting("BRAKE_WINDOW", "brakeWindowMs", "the time the brake looks back"),
  setting("INCIDENT_COUNT", "incidentCount", "processors that fail together and open an incident"),
  setting("INCIDENT_SHARE", "incidentShare", "and the share of a workspace or connection they have to be"),
  setting("INCIDENT_WINDOW", "incidentWindowMs", "the time in which they fail"),
  setting("INCIDENT_PAUSE", "incidentPauseMs", "between two canaries; doubles with each that fails"),
  setting("INCIDENT_PAUSE_MAX", "incidentPauseMaxMs", "the longest pause between two canaries"),
  setting("INCIDENT_HOLD", "incidentHoldMs", "how long a canary runs before the others follow"),
  setting(
    "INCIDENT_WAVE",
    "incidentWave",
    "processors of the first wave; each later one may be twice the last",
  ),
  setting(
    "INCIDENT_ABORT_SHARE",
    "incidentAbortShare",
    "the share of a wave that may fail before the refill ends",
  ),
  setting(
    "TRAIN_HOLD",
    "trainHoldMs",
    "how long all that a train has restarted must run before its next wave",
  ),
  setting(
    "TRAIN_ABORT_SHARE",
    "trainAbortShare",
    "a train is aborted if more than this share, and more than one, does not run",
  ),
  setting(
    "POSITION_SAMPLE",
    "positionSampleMs",
    "how often the place of a running processor in its change stream is remembered",
  ),
  setting("CLAIM_SIZE", "claimSize", "workspaces one activity claims at once"),
  setting(
    "PLANNED_MAX",
    "plannedMax",
    "changes one activity starts at most in one project; the next pass plans the rest",
  ),
];

/** Those that the environment sets, over the defaults; what is wrong goes to `faults`. An empty variable is not set. */
export function readSettings(env: Environment, faults: string[]): LoopSettings {
  const settings: Record<keyof LoopSettings, number> = { ...DEFAULT_SETTINGS };
  for (const { name, key, kind } of SETTINGS) {
    const text = env[name] ?? "";
    if (text === "") continue;
    const value = parseSetting(text, kind);
    if (value === undefined) faults.push(`${name}: "${text}" is not ${RULES[kind]}`);
    else settings[key] = value;
  }
  // Judged with the defaults in the place of what could not be read.
  faults.push(...findSettingsFaults(settings));
  return settings;
}

/** The end of a fault: what would be right. */
const RULES = {
  duration: DURATION_RULE,
  count: "a whole number from 1 to 1000000",
  share: "a number from 0 to 1",
} as const;

/** Undefined if the text is not one. A share of 0 is one: then the brake holds by its count alone. */
function parseSetting(text: string, kind: SettingVariable["kind"]): number | undefined {
  if (kind === "duration") return parseDurationMs(text);
  // What Number takes beside decimals (blanks, hexadecimals, exponents) nobody means here.
  if (!/^\d*\.?\d+$/.test(text)) return undefined;
  const value = Number(text);
  if (kind === "share") return value <= 1 ? value : undefined;
  return Number.isInteger(value) && value >= 1 && value <= 1_000_000 ? value : undefined;
}

/** Settings as the variables that carry them to another process; those that are not given are left out. */
export function toSettingVariables(settings: Partial<LoopSettings>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    SETTINGS.flatMap(({ name, key, kind }) => {
      const value = settings[key];
      if (value === undefined) return [];
      return [[name, kind === "duration" ? formatDurationMs(value) : String(value)]];
    }),
  );
}
