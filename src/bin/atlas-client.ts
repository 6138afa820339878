// The client of Atlas as a configuration names it, and what its answers say about budgets. Nothing runs at import.
import { createAtlasClient } from "../atlas/client.js";
import type { AtlasClient, RateLimitReading } from "../atlas/client.js";
import { AppError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { Tracing } from "../base/tracing.js";
import type { Config } from "../config/config.js";
import { correctBudget } from "../store/pass/budgets.js";
import type { Store } from "../store/postgres/pool.js";
import { readVersion } from "./package.js";

/** Throws `config.invalid` where no credentials are set. */
export function openAtlas(
  config: Config,
  onRateLimit: (reading: RateLimitReading) => void,
  tracing?: Tracing,
): AtlasClient {
  const { baseUrl, credentials, byProject, proxy } = config.atlas;
  // Here and not in the configuration: most verbs never call Atlas.
  if (credentials === undefined && byProject.size === 0) {
    throw new AppError(
      "config.invalid",
      "no credentials of Atlas: set MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET, or " +
        "MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY, or HEADGATE_CREDENTIALS_FILE",
    );
  }
  return createAtlasClient({
    baseUrl,
    credentials,
    credentialsByProject: byProject,
    proxy,
    userAgent: `headgate/${readVersion()}`,
    onRateLimit,
    tracing,
  });
}

/** Which Atlas it is, and which of its projects there are credentials for. */
export function toAtlasReach({ atlas }: Config): {
  readonly address: string;
  readonly projects: readonly string[];
  readonly knows: (project: string) => boolean;
} {
  const { baseUrl, byProject, credentials } = atlas;
  const knows = (project: string): boolean => credentials !== undefined || byProject.has(project);
  return { address: baseUrl, projects: [...byProject.keys()], knows };
}

/** Below this share of the limit Atlas's own count is written down; above it ours is as good. */
const LOW_SHARE = 0.5;

/** Only what is news is written: a 429, or less left than we would think. */
export function keepBudget(store: Store, log: Logger): (reading: RateLimitReading) => void {
  return (reading) => {
    const { limit, remaining, retryAfterMs } = reading;
    const isLow = limit !== undefined && remaining !== undefined && remaining < limit * LOW_SHARE;
    if (retryAfterMs === undefined && !isLow) return;
    // Nobody waits for it: the call has its answer, and the next reading comes with the next call.
    correctBudget(store, reading).catch((error: unknown) => {
      log.warn("budget.not-corrected", { error: error instanceof Error ? error.message : String(error) });
    });
  };
}
