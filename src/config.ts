// What the environment means. Pure: from variables (and the files that `*_FILE` names) to one frozen
// configuration, with every fault told at once. Secrets leave here wrapped.
import { hostname, userInfo } from "node:os";
import type { AtlasAccess } from "./credentials-file.js";
import { parseCredentials } from "./credentials-file.js";
import { parseDurationMs, DURATION_RULE, formatDurationMs } from "./domain/duration.js";
import { DEFAULT_SETTINGS, findSettingsFaults } from "./domain/settings.js";
import type { LoopSettings } from "./domain/settings.js";
import type { Environment } from "./environment.js";
import { AppError } from "./errors.js";
import type { LogLevel } from "./logger.js";
import { Secret } from "./secret.js";

export interface ConfigVariable {
  readonly name: string;
  readonly meaning: string;
  readonly default: string;
  readonly isSecret: boolean;
}

interface SettingVariable {
  readonly name: string;
  readonly key: keyof LoopSettings;
  readonly kind: "duration" | "count" | "share";
  readonly meaning: string;
}

const setting = (name: string, key: keyof LoopSettings, meaning: string): SettingVariable => ({
  name: `HEADGATE_${name}`,
  key,
  kind: key === "brakeShare" ? "share" : key.endsWith("Ms") ? "duration" : "count",
  meaning,
});

const SETTINGS: readonly SettingVariable[] = [
  setting("INTERVAL", "intervalMs", "how often a workspace is observed, before stretching"),
  setting("SETTLE", "settleMs", "how long after a change Atlas may still show the old state"),
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
  setting("BRAKE_COUNT", "brakeCount", "unscheduled stops and tier restarts the mutation brake lets through"),
  setting("BRAKE_SHARE", "brakeShare", "and the share of the workspace it lets through"),
  setting("BRAKE_WINDOW", "brakeWindowMs", "the time the brake looks back"),
  setting("CLAIM_SIZE", "claimSize", "workspaces one activity claims at once"),
  setting("PLANNED_MAX", "plannedMax", "planned changes one activity hands back at most"),
];

const DEFAULT_ATLAS_URL = "https://cloud.mongodb.com";
const plain = (name: string, meaning: string, byDefault: string): ConfigVariable => ({
  name,
  meaning,
  default: byDefault,
  isSecret: false,
});
const secret = (name: string, meaning: string): readonly ConfigVariable[] => [
  { name, meaning, default: "", isSecret: true },
  plain(`${name}_FILE`, `a file that holds ${name}`, ""),
];

/** Every variable Headgate reads beside Temporal's own. */
export const CONFIG_VARIABLES: readonly ConfigVariable[] = [
  ...secret("DATABASE_URL", "Postgres, as a URL"),
  ...secret("MONGODB_ATLAS_CLIENT_ID", "service account of Atlas"),
  ...secret("MONGODB_ATLAS_CLIENT_SECRET", "its secret"),
  ...secret("MONGODB_ATLAS_PUBLIC_API_KEY", "or an API key of Atlas"),
  ...secret("MONGODB_ATLAS_PRIVATE_API_KEY", "its private part"),
  plain("MONGODB_ATLAS_BASE_URL", "where Atlas is", DEFAULT_ATLAS_URL),
  plain("HEADGATE_CREDENTIALS_FILE", "credentials by project (YAML), over those above", ""),
  plain("HTTPS_PROXY", "a proxy for calls to Atlas, as a URL", ""),
  plain("NO_PROXY", "hosts that need none, separated by commas", ""),
  plain("HEADGATE_ACTOR", "who writes policies and asks for changes", "user@host"),
  plain("HEADGATE_LOG_LEVEL", "debug, info, warn, error or silent", "info"),
  ...SETTINGS.map(({ name, meaning, key, kind }) =>
    plain(
      name,
      meaning,
      kind === "duration" ? formatDurationMs(DEFAULT_SETTINGS[key]) : String(DEFAULT_SETTINGS[key]),
    ),
  ),
];

export interface Config {
  readonly databaseUrl: Secret | undefined;
  readonly atlas: {
    readonly baseUrl: string;
    /** By which stored data remember it. */
    readonly name: string;
    /** For every project that `byProject` does not name. */
    readonly credentials: AtlasAccess | undefined;
    readonly byProject: ReadonlyMap<string, AtlasAccess>;
    /** A proxy's URL; it may hold a password. */
    readonly proxy: Secret | undefined;
  };
  readonly settings: LoopSettings;
  readonly actor: string;
  readonly logLevel: LogLevel;
}

export interface ConfigSource {
  readonly env: Environment;
  /** Reads a file that a `*_FILE` variable names; throws where it cannot. */
  readonly readFile: (path: string) => string;
}

/** Throws `config.invalid` naming every variable that is wrong, its value (unless secret) and what would be right. */
export function loadConfig(source: ConfigSource): Config {
  const { config, faults } = collect(source);
  if (faults.length > 0) throw new AppError("config.invalid", faults.join("; "));
  return config;
}

/** What `loadConfig` would throw, one by one. */
export function findConfigFaults(source: ConfigSource): readonly string[] {
  return collect(source).faults;
}

function collect(source: ConfigSource): { readonly config: Config; readonly faults: readonly string[] } {
  const faults: string[] = [];
  const config = Object.freeze({
    databaseUrl: wrap(readDatabaseUrl(source, faults)),
    atlas: Object.freeze({
      ...readAtlas(source.env, faults),
      proxy: wrap(readProxy(source.env, faults)),
      credentials: Object.freeze(readCredentials(source, faults)),
      byProject: readCredentialsByProject(source, faults),
    }),
    settings: Object.freeze(readSettings(source, faults)),
    actor: readActor(source.env, faults),
    logLevel: readLogLevel(source.env, faults),
  });
  return { config, faults };
}

function wrap(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text);
}

function readSecret({ env, readFile }: ConfigSource, name: string, faults: string[]): string | undefined {
  const direct = env[name];
  const file = env[`${name}_FILE`];
  if (direct !== undefined && direct !== "") return direct;
  if (file === undefined || file === "") return undefined;
  try {
    return readFile(file).trim();
  } catch (error) {
    faults.push(
      `${name}_FILE: cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}

/** The driver takes other texts for a socket's path or a host called "base". */
function readDatabaseUrl(source: ConfigSource, faults: string[]): string | undefined {
  const text = readSecret(source, "DATABASE_URL", faults);
  if (text === undefined || (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text))) return text;
  faults.push(
    "DATABASE_URL: not a URL of Postgres: want postgres://HOST:PORT/DATABASE, user and password before the host",
  );
  return undefined;
}

/** An empty variable is as good as none: that is what compose files make of one that is not set. */
function readText(env: Environment, name: string, byDefault: string): string {
  const text = env[name] ?? "";
  return text === "" ? byDefault : text;
}

function readBaseUrl(env: Environment): string {
  return readText(env, "MONGODB_ATLAS_BASE_URL", DEFAULT_ATLAS_URL);
}

const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];
/** A simulator's port changes from run to run: it goes by one name. */
export const LOCAL_ATLAS = "a simulator on this machine";

function readAtlas(env: Environment, faults: string[]): { baseUrl: string; name: string } {
  const text = readBaseUrl(env);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLoopback = url !== undefined && LOOPBACK.includes(url.hostname);
  if (url?.protocol !== "https:" && !(isLoopback && url.protocol === "http:")) {
    faults.push(`MONGODB_ATLAS_BASE_URL: "${text}" is not an https URL (plain http only to this machine)`);
  }
  return { baseUrl: text, name: isLoopback ? LOCAL_ATLAS : (url?.origin ?? text) };
}

/** As other programs read these variables: lower case too, `*`, suffixes and ports in NO_PROXY; never for this machine. */
function readProxy(env: Environment, faults: string[]): string | undefined {
  const text = readEither(env, "HTTPS_PROXY");
  const base = readBaseUrl(env);
  if (text === "" || !URL.canParse(base) || isExempt(env, new URL(base))) return undefined;
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  faults.push("HTTPS_PROXY: not an http or https URL");
  return undefined;
}

function isExempt(env: Environment, { protocol, hostname, port }: URL): boolean {
  if (protocol !== "https:" || LOOPBACK.includes(hostname)) return true;
  return readEither(env, "NO_PROXY")
    .toLowerCase()
    .split(/[\s,]+/)
    .some((one) => {
      const [, domain = "", only] = /^(?:\*?[.])?(.*?)(?::(\d+))?$/.exec(one) ?? [];
      const isPort = only === undefined || only === (port === "" ? "443" : port);
      return one === "*" || (domain !== "" && isPort && `.${hostname}`.endsWith(`.${domain}`));
    });
}

function readEither(env: Environment, name: string): string {
  return [env[name], env[name.toLowerCase()]].find((text) => text !== undefined && text !== "") ?? "";
}

function readCredentialsByProject(
  { env, readFile }: ConfigSource,
  faults: string[],
): ReadonlyMap<string, AtlasAccess> {
  const path = readText(env, "HEADGATE_CREDENTIALS_FILE", "");
  if (path === "") return new Map();
  const found: string[] = [];
  try {
    return parseCredentials({ text: readFile(path), readFile }, found);
  } catch {
    found.push("cannot be read");
    return new Map();
  } finally {
    faults.push(...found.map((fault) => `HEADGATE_CREDENTIALS_FILE ${path}: ${fault}`));
  }
}

/** Settings as the variables that carry them to another process. */
export function toVariables(settings: Partial<LoopSettings>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    SETTINGS.flatMap(({ name, key, kind }) => {
      const value = settings[key];
      if (value === undefined) return [];
      return [[name, kind === "duration" ? formatDurationMs(value) : String(value)]];
    }),
  );
}

/** What a simulator takes for its own, so that clients need not be told other credentials; revealed, for it alone. */
export interface SimCredentialTexts {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly publicKey?: string;
  readonly privateKey?: string;
}

/** Each of the MONGODB_ATLAS_* credentials that is set. Throws `config.invalid` for a file that cannot be read. */
export function readSimCredentials(source: ConfigSource): SimCredentialTexts {
  const faults: string[] = [];
  const read = <K extends string>(key: K, name: string): { readonly [P in K]?: string } => {
    const text = readSecret(source, `MONGODB_ATLAS_${name}`, faults);
    return (text === undefined ? {} : { [key]: text }) as { readonly [P in K]?: string };
  };
  const texts = {
    ...read("clientId", "CLIENT_ID"),
    ...read("clientSecret", "CLIENT_SECRET"),
    ...read("publicKey", "PUBLIC_API_KEY"),
    ...read("privateKey", "PRIVATE_API_KEY"),
  };
  if (faults.length > 0) throw new AppError("config.invalid", faults.join("; "));
  return texts;
}

function readCredentials(source: ConfigSource, faults: string[]): AtlasAccess | undefined {
  const read = (name: string): string | undefined => readSecret(source, `MONGODB_ATLAS_${name}`, faults);
  const [clientId, clientSecret] = [read("CLIENT_ID"), read("CLIENT_SECRET")];
  const [publicKey, privateKey] = [read("PUBLIC_API_KEY"), read("PRIVATE_API_KEY")];
  if ((clientId === undefined) !== (clientSecret === undefined)) {
    faults.push(
      "MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET go together: one of them is missing",
    );
  }
  if ((publicKey === undefined) !== (privateKey === undefined)) {
    faults.push(
      "MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY go together: one of them is missing",
    );
  }
  if (clientId !== undefined && clientSecret !== undefined) {
    return { kind: "service-account", clientId, clientSecret: new Secret(clientSecret) };
  }
  if (publicKey === undefined || privateKey === undefined) return undefined;
  return { kind: "api-key", publicKey, privateKey: new Secret(privateKey) };
}

function readSettings(source: ConfigSource, faults: string[]): LoopSettings {
  const settings: Record<keyof LoopSettings, number> = { ...DEFAULT_SETTINGS };
  for (const { name, key, kind } of SETTINGS) {
    const text = readText(source.env, name, "");
    if (text === "") continue;
    const value = parseSetting(text, kind);
    if (value === undefined) faults.push(`${name}: "${text}" is not ${RULES[kind]}`);
    else settings[key] = value;
  }
  faults.push(...findSettingsFaults(settings));
  return settings;
}

const RULES = {
  duration: DURATION_RULE,
  count: "a whole number from 1 to 1000000",
  share: "a number from 0 to 1",
} as const;

function parseSetting(text: string, kind: SettingVariable["kind"]): number | undefined {
  if (kind === "duration") return parseDurationMs(text);
  // What Number takes beside decimals (blanks, hexadecimals, exponents) nobody means here.
  if (!/^\d*\.?\d+$/.test(text)) return undefined;
  const value = Number(text);
  if (kind === "share") return value <= 1 ? value : undefined;
  return Number.isInteger(value) && value >= 1 && value <= 1_000_000 ? value : undefined;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

function readLogLevel(env: Environment, faults: string[]): LogLevel {
  const text = readText(env, "HEADGATE_LOG_LEVEL", "info");
  const level = LEVELS.find((one) => one === text);
  if (level === undefined) faults.push(`HEADGATE_LOG_LEVEL: "${text}" is not one of ${LEVELS.join(", ")}`);
  return level ?? "info";
}

const ACTOR_MAX = 200;

function readActor(env: Environment, faults: string[]): string {
  const actor = readText(env, "HEADGATE_ACTOR", "");
  if (actor.length > ACTOR_MAX) {
    faults.push(`HEADGATE_ACTOR: "${actor.slice(0, 20)}..." is longer than ${String(ACTOR_MAX)} characters`);
  }
  return actor === "" ? toUserAtHost() : actor;
}

/** What HEADGATE_ACTOR stands in for. */
export function toUserAtHost(): string {
  return `${userInfo().username}@${hostname()}`;
}
