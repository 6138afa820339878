// Every environment variable Headgate reads beside Temporal's own, for people: docs/configuration.md and `config view`
// show it. A test compares the document with this list. Nothing is read by it: a variable that config.ts reads has to
// be added here by hand.
import { ACCESS_VARIABLES } from "./access-limits.js";
import { NOTIFY_VARIABLES } from "./notify.js";
import { SETTINGS } from "./settings.js";
import { formatDurationMs } from "../domain/duration.js";
import { DEFAULT_ACCESS_LIMITS } from "../domain/access-limits.js";
import type { AccessLimits } from "../domain/access-limits.js";
import { DEFAULT_SETTINGS } from "../domain/settings.js";

export interface ConfigVariable {
  readonly name: string;
  readonly meaning: string;
  readonly default: string;
  readonly isSecret: boolean;
}

export const DEFAULT_ATLAS_URL = "https://cloud.mongodb.com";
const plain = (name: string, meaning: string, byDefault: string): ConfigVariable => ({
  name,
  meaning,
  default: byDefault,
  isSecret: false,
});
/** A secret has two variables: one that holds it, and one that names a file which does. */
const secret = (name: string, meaning: string): readonly ConfigVariable[] => [
  { name, meaning, default: "", isSecret: true },
  plain(`${name}_FILE`, `a file that holds ${name}`, ""),
];

/** Every variable Headgate reads beside Temporal's own. */
export const CONFIG_VARIABLES: readonly ConfigVariable[] = [
  ...secret("DATABASE_URL", "Postgres, as a URL of one host; sslmode=require verifies its certificate too"),
  ...secret("MONGODB_ATLAS_CLIENT_ID", "service account of Atlas"),
  ...secret("MONGODB_ATLAS_CLIENT_SECRET", "its secret"),
  ...secret("MONGODB_ATLAS_PUBLIC_API_KEY", "or an API key of Atlas"),
  ...secret("MONGODB_ATLAS_PRIVATE_API_KEY", "its private part"),
  plain("MONGODB_ATLAS_BASE_URL", "the address of Atlas", DEFAULT_ATLAS_URL),
  plain("HEADGATE_CREDENTIALS_FILE", "credentials by project (YAML), over those above", ""),
  plain("HTTPS_PROXY", "a proxy for calls to Atlas and for notices, as a URL", ""),
  plain(
    "NO_PROXY",
    "what to reach without the proxy, separated by commas: hosts (mongodb.com stands for cloud.mongodb.com too), *, " +
      "each with a port or without; addresses ([::1] or ::1) and ranges (10.0.0.0/8), of calls to an address only",
    "",
  ),
  plain("HEADGATE_ACTOR", "who writes policies and asks for changes", "user@host"),
  plain("HEADGATE_LOG_LEVEL", "debug, info, warn, error or silent", "info"),
  plain("HEADGATE_SERVER_URL", "where headgate serve answers, for doctor, such as http://127.0.0.1:8080", ""),
  plain("HEADGATE_METRICS_ADDRESS", "where the worker's metrics can be scraped, such as 127.0.0.1:9464", ""),
  ...Object.entries(ACCESS_VARIABLES).map(([key, { name, meaning }]) =>
    plain(name, meaning, String(DEFAULT_ACCESS_LIMITS[key as keyof AccessLimits])),
  ),
  ...NOTIFY_VARIABLES.flatMap(({ name, meaning, isSecret, default: byDefault = "" }) =>
    isSecret ? secret(name, meaning) : [plain(name, meaning, byDefault)],
  ),
  ...SETTINGS.map(({ name, meaning, key, kind }) =>
    plain(
      name,
      meaning,
      kind === "duration" ? formatDurationMs(DEFAULT_SETTINGS[key]) : String(DEFAULT_SETTINGS[key]),
    ),
  ),
];
