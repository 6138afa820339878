// Every switch, delay and limit of the simulator in one table: name, default, meaning and where it comes from.
// `--set NAME=VALUE` reaches each of them. Delays are simulated milliseconds (divided by the time scale); token
// lives and rate limits are real ones, because clients read them as seconds on their own clock.

interface SettingRow {
  readonly value: number | string | boolean;
  readonly meaning: string;
  readonly source: string;
  readonly choices?: readonly string[];
}

const GUESS = "guess (atlas-facts 10)";

const SETTINGS = {
  "startWith.holdMinMs": {
    value: 1_000,
    meaning: "shortest hold of a start request",
    source: "atlas-facts 1c",
  },
  "startWith.holdMaxMs": {
    value: 5_000,
    meaning: "longest hold of a start request",
    source: "atlas-facts 1c",
  },
  "startWith.answer": {
    value: "when-started",
    choices: ["when-started", "at-once"],
    meaning: "answer a start when the state has moved, or at once",
    source: GUESS,
  },
  "startWith.provisioningMs": {
    value: 0,
    meaning: "PROVISIONING between the accepted start and STARTED; 0: none",
    source: GUESS,
  },
  "stop.delayMs": {
    value: 800,
    meaning: "how long a stop takes, the request held",
    source: "atlas-facts 1c",
  },
  "operation.timeoutMs": {
    value: 180_000,
    meaning: "a start or stop held longer answers 504 and finishes later",
    source: "atlas-facts 1c, 1e",
  },
  startOfStarted: {
    value: "400",
    choices: ["400", "200"],
    meaning: "start of a processor that runs",
    source: GUESS,
  },
  stopOfStopped: {
    value: "400",
    choices: ["400", "200"],
    meaning: "stop of a STOPPED or CREATED processor",
    source: GUESS,
  },
  stopOfFailed: {
    value: "400",
    choices: ["400", "200", "stops"],
    meaning: "stop of a FAILED processor",
    source: "guess (atlas-facts 1b)",
  },
  stopOfProvisioning: {
    value: "stops",
    choices: ["stops", "400"],
    meaning: "stop of a PROVISIONING processor",
    source: "guess (atlas-facts 1a)",
  },
  modifyOfStarted: {
    value: "400",
    choices: ["400", "200"],
    meaning: "PATCH of a processor that runs",
    source: GUESS,
  },
  "start.withoutTier": {
    value: "keep",
    choices: ["keep", "workspace-default"],
    meaning: "tier of a start that names none, where the processor already has one",
    source: "guess (atlas-facts 2c)",
  },
  "tier.shownWhenDefaulted": {
    value: true,
    meaning: "a start without tier fills `tier` with the workspace's default",
    source: "guess (atlas-facts 11.11)",
  },
  "tier.aboveMaxErrorCode": {
    value: "STREAM_PROCESSOR_GENERIC_ERROR",
    meaning: "errorCode of the 400 for a tier above maxTierSize",
    source: "guess (atlas-facts 2c)",
  },
  "missingProcessor.status": {
    value: 404,
    meaning: "404, or 400 as before June 2026",
    source: "atlas-facts 1e, 10",
  },
  "missingProcessor.errorCode": {
    value: "STREAM_PROCESSOR_NOT_FOUND_FOR_NAME",
    meaning: "errorCode of a missing processor",
    source: GUESS,
  },
  "position.timeWithCheckpoint": {
    value: "time",
    choices: ["time", "checkpoint"],
    meaning: "which wins when a start names a time and a checkpoint survives",
    source: "guess (atlas-facts 2b)",
  },
  "oplogLost.answer": {
    value: "fails-later",
    choices: ["fails-later", "400"],
    meaning: "start from a position older than the oplog",
    source: "guess (atlas-facts 2b, 10)",
  },
  "oplogLost.failAfterMs": {
    value: 2_000,
    meaning: "how long after such a start it is FAILED",
    source: GUESS,
  },
  "checkpoint.intervalMs": {
    value: 60_000,
    meaning: "age a running checkpoint reaches at most",
    source: "atlas-facts 3",
  },
  "checkpoint.expiryMs": {
    value: 45 * 86_400_000,
    meaning: "a processor stopped this long loses its checkpoint",
    source: "atlas-facts 3",
  },
  "tenantLock.parallelStarts": {
    value: 0,
    meaning: "starts of one workspace at a time, more are refused with the lock text; 0: any",
    source: "atlas-facts 1e, 9",
  },
  "errorMsg.shown": {
    value: false,
    meaning: "GET shows `errorMsg` of a FAILED processor, which the schema lacks",
    source: "atlas-facts 4",
  },
  "stats.dateEncoding": {
    value: "iso",
    choices: ["iso", "epoch", "extended"],
    meaning: "dates inside stats: string, number or {$date}",
    source: "guess (atlas-facts 4)",
  },
  "oauth.tokensPerMinute": {
    value: 10,
    meaning: "token requests per client in a minute",
    source: "atlas-facts 5",
  },
  "oauth.tokenLifetimeMs": { value: 3_600_000, meaning: "life of a token", source: "atlas-facts 5" },
  "oauth.maxLiveTokens": {
    value: 100,
    meaning: "live tokens of one service account",
    source: "atlas-facts 5",
  },
  "digest.nonceLifetimeMs": {
    value: 300_000,
    meaning: "life of a digest nonce; older ones are stale",
    source: "guess (atlas-facts 5)",
  },
  "rateLimit.capacity": {
    value: 1_200,
    meaning: "streams requests one project can hold",
    source: "atlas-facts 6",
  },
  "rateLimit.refill": {
    value: 500,
    meaning: "requests each refill adds, in one step",
    source: "atlas-facts 6",
  },
  "rateLimit.refillMs": { value: 60_000, meaning: "span between refills", source: "atlas-facts 6" },
  "rateLimit.headers": {
    value: true,
    meaning: "RateLimit-* and Retry-After headers are sent",
    source: "atlas-facts 6: they may be missing",
  },
  "log.maxEntries": { value: 200_000, meaning: "requests the log in memory keeps", source: "simulator" },
} as const satisfies Record<string, SettingRow>;

type SettingName = keyof typeof SETTINGS;
type Widen<T> = T extends number ? number : T extends boolean ? boolean : string;
export type SimSettings = {
  readonly [K in SettingName]: Widen<(typeof SETTINGS)[K]["value"]>;
};

/** An option of the simulator that cannot be used; `faults` holds every one of them. */
export class SimOptionError extends Error {
  override readonly name = "SimOptionError";
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

export interface SettingDescription extends SettingRow {
  readonly name: string;
}

/** The whole table, for `--list-settings` and the documents. */
export function listSettings(): readonly SettingDescription[] {
  return Object.entries(SETTINGS).map(([name, row]) => ({ name, ...row }));
}

function parseValue(row: SettingRow, text: string): number | string | boolean | undefined {
  if (typeof row.value === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  if (typeof row.value === "string") {
    return row.choices === undefined || row.choices.includes(text) ? text : undefined;
  }
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) || value < 0 ? undefined : value;
}

function allowed(row: SettingRow): string {
  if (row.choices !== undefined) return row.choices.join(" | ");
  return typeof row.value === "number"
    ? "a number from 0 up"
    : typeof row.value === "boolean"
      ? "true | false"
      : "text";
}

/**
 * The settings with the given `NAME=VALUE` assignments over the defaults; a later one wins.
 * @throws SimOptionError with every unknown name and unusable value.
 */
export function buildSettings(assignments: readonly string[] = []): SimSettings {
  const rows: Record<string, SettingRow | undefined> = SETTINGS;
  const values: Record<string, number | string | boolean> = {};
  const faults: string[] = [];
  for (const { name, value } of listSettings()) values[name] = value;
  for (const assignment of assignments) {
    const cut = assignment.indexOf("=");
    const name = cut < 0 ? assignment : assignment.slice(0, cut);
    const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
    if (cut < 0 || row === undefined) {
      faults.push(cut < 0 ? `--set ${assignment}: want NAME=VALUE` : `--set ${name}: no such setting`);
      continue;
    }
    const value = parseValue(row, assignment.slice(cut + 1));
    if (value === undefined) faults.push(`--set ${assignment}: want ${allowed(row)}`);
    else values[name] = value;
  }
  if (faults.length > 0) throw new SimOptionError(faults);
  return values as SimSettings;
}
