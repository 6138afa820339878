// What the environment means. Pure: from variables (and the files that `*_FILE` names) to one frozen
// configuration, with every fault told at once. Secrets leave here wrapped.
// Reading never stops at a fault: each reader adds what is wrong to `faults` and answers something of its type. Nobody
// sees those answers, because `loadConfig` throws if there is any fault. A text of a fault never quotes a secret.
import { isIP } from "node:net";
import { hostname, userInfo } from "node:os";
import { findDatabaseUrlFault } from "./database-url.js";
import { readProxy } from "./proxy.js";
import { readSettings } from "./settings.js";
import { DEFAULT_ATLAS_URL } from "./variables.js";
import type { StoredCredentials } from "./credentials-file.js";
import { parseCredentials } from "./credentials-file.js";
import type { LoopSettings } from "../domain/settings.js";
import { readAccessLimits } from "./access-limits.js";
import type { AccessLimits } from "../domain/access-limits.js";
import type { Environment } from "./environment.js";
import { AppError } from "../base/errors.js";
import type { LogLevel } from "../base/logger.js";
import { isLoopback } from "./loopback.js";
import { Secret } from "../base/secret.js";
import { cut } from "../base/text.js";
import { readNotify } from "./notify.js";
import type { NotifyConfig } from "./notify.js";
import { readSecret } from "./secret-variables.js";
import type { ConfigSource } from "./secret-variables.js";

export interface Config {
  readonly databaseUrl: Secret | undefined;
  readonly atlas: {
    readonly baseUrl: string;
    /** By which stored data remember it. */
    readonly name: string;
    /** For every project that `byProject` does not name. */
    readonly credentials: StoredCredentials | undefined;
    readonly byProject: ReadonlyMap<string, StoredCredentials>;
    /** A proxy's URL; it may hold a password. */
    readonly proxy: Secret | undefined;
  };
  readonly settings: LoopSettings;
  readonly actor: string;
  readonly logLevel: LogLevel;
  /** An IP address and a port; absent: no metrics. */
  readonly metricsAddress: string | undefined;
  /** Where `headgate serve` answers, for whoever examines it; absent: not known. */
  readonly serverUrl: string | undefined;
  /** Of whoever calls over HTTP. */
  readonly accessLimits: AccessLimits;
  /** To whom word goes out. */
  readonly notify: NotifyConfig;
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

// The order of the fields is the order of the faults.
function collect(source: ConfigSource): { readonly config: Config; readonly faults: readonly string[] } {
  const faults: string[] = [];
  const config = Object.freeze({
    databaseUrl: wrap(readDatabaseUrl(source, faults)),
    atlas: Object.freeze({
      ...readAtlas(source.env, faults),
      proxy: wrap(readProxy({ env: source.env, baseUrl: readBaseUrl(source.env) }, faults)),
      credentials: Object.freeze(readCredentials(source, faults)),
      byProject: readCredentialsByProject(source, faults),
    }),
    settings: Object.freeze(readSettings(source.env, faults)),
    actor: readActor(source.env, faults),
    logLevel: readLogLevel(source.env, faults),
    metricsAddress: readMetricsAddress(source.env, faults),
    serverUrl: readServerUrl(source.env, faults),
    accessLimits: Object.freeze(readAccessLimits(source.env, faults)),
    notify: readNotify(source, faults),
  });
  return { config, faults };
}

function wrap(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text);
}

function readDatabaseUrl(source: ConfigSource, faults: string[]): string | undefined {
  const text = readSecret(source, "DATABASE_URL", faults);
  const fault = text === undefined ? undefined : findDatabaseUrlFault(text);
  if (fault !== undefined) faults.push(`DATABASE_URL: ${fault}`);
  return text;
}

/** An empty variable is as good as none: that is what compose files make of one that is not set. */
function readText(env: Environment, name: string, byDefault: string): string {
  const text = env[name] ?? "";
  return text === "" ? byDefault : text;
}

function readBaseUrl(env: Environment): string {
  return readText(env, "MONGODB_ATLAS_BASE_URL", DEFAULT_ATLAS_URL);
}

/** A simulator's port changes from run to run: it goes by one name. */
export const LOCAL_ATLAS = "a simulator on this machine";

function readAtlas(env: Environment, faults: string[]): { baseUrl: string; name: string } {
  const text = readBaseUrl(env);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Credentials travel with every call, so they leave this machine encrypted or not at all.
  const isHere = url !== undefined && isLoopback(url.hostname);
  if (url?.protocol !== "https:" && !(isHere && url.protocol === "http:")) {
    faults.push(`MONGODB_ATLAS_BASE_URL: "${text}" is not an https URL (plain http only to this machine)`);
  } else if (!isOrigin(url)) {
    // Atlas's paths are Headgate's own: one of the setting would be left out of every call.
    faults.push(`MONGODB_ATLAS_BASE_URL: ${toBareFault(url)}`);
  }
  return { baseUrl: text, name: isHere ? LOCAL_ATLAS : (url?.origin ?? text) };
}

/** With the path that every document of Atlas shows, or without. */
function isOrigin({ pathname, search, hash, username, password }: URL): boolean {
  return /^\/(api\/atlas\/v2\/?)?$/.test(pathname) && `${search}${hash}${username}${password}` === "";
}

/** What is more than an origin may be a credential, so only a path is quoted. */
function toBareFault({ origin, pathname, search, hash, username, password }: URL): string {
  const isPath = `${search}${hash}${username}${password}` === "";
  return isPath
    ? `"${origin}${pathname}" has a path: write ${origin}`
    : `it holds more than a host: write ${origin}`;
}

function readCredentialsByProject(
  { env, readFile }: ConfigSource,
  faults: string[],
): ReadonlyMap<string, StoredCredentials> {
  const path = readText(env, "HEADGATE_CREDENTIALS_FILE", "");
  if (path === "") return new Map();
  // Each fault is told with the variable and the file it came from.
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

function readCredentials(source: ConfigSource, faults: string[]): StoredCredentials | undefined {
  const read = (name: string): string | undefined => readSecret(source, `MONGODB_ATLAS_${name}`, faults);
  const [clientId, clientSecret] = [read("CLIENT_ID"), read("CLIENT_SECRET")];
  const [publicKey, privateKey] = [read("PUBLIC_API_KEY"), read("PRIVATE_API_KEY")];
  // Half a pair is a typing error more often than a choice, and the other kind would be taken silently.
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
  // If both are set, the service account goes before the API key.
  if (clientId !== undefined && clientSecret !== undefined) {
    return { kind: "service-account", clientId, clientSecret: new Secret(clientSecret) };
  }
  if (publicKey === undefined || privateKey === undefined) return undefined;
  return { kind: "api-key", publicKey, privateKey: new Secret(privateKey) };
}

/** In the order of what they leave out. */
const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

function readLogLevel(env: Environment, faults: string[]): LogLevel {
  const text = readText(env, "HEADGATE_LOG_LEVEL", "info");
  const level = LEVELS.find((one) => one === text);
  if (level === undefined) faults.push(`HEADGATE_LOG_LEVEL: "${text}" is not one of ${LEVELS.join(", ")}`);
  return level ?? "info";
}

/** The SDK binds it, and takes no name of a host. */
function readMetricsAddress(env: Environment, faults: string[]): string | undefined {
  const text = readText(env, "HEADGATE_METRICS_ADDRESS", "");
  if (text === "") return undefined;
  const [, host = "", port = ""] = /^\[?([^[\]]+)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (isIP(host) === 0 || Number(port) > 65_535) {
    faults.push(
      `HEADGATE_METRICS_ADDRESS: "${text}" is not an IP address and a port, such as 127.0.0.1:9464`,
    );
  }
  return text;
}

function readServerUrl(env: Environment, faults: string[]): string | undefined {
  const text = readText(env, "HEADGATE_SERVER_URL", "");
  if (text === "") return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || `${url.username}${url.password}` !== "") {
    faults.push("HEADGATE_SERVER_URL: it is not an http or https URL without a password");
  }
  return text;
}

/** In characters; the tables refuse a longer one. */
const ACTOR_MAX = 200;

function readActor(env: Environment, faults: string[]): string {
  const actor = readText(env, "HEADGATE_ACTOR", "");
  if (cut(actor, ACTOR_MAX) !== actor) {
    faults.push(`HEADGATE_ACTOR: "${cut(actor, 20)}" is longer than ${String(ACTOR_MAX)} characters`);
  }
  return actor === "" ? toUserAtHost() : actor;
}

/** What HEADGATE_ACTOR stands in for. */
export function toUserAtHost(): string {
  return `${readUserName()}@${hostname()}`;
}

/** Containers run as users that their passwd file does not know: Node throws for those. */
function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${String(process.geteuid?.() ?? "unknown")}`;
  }
}
