// Putting the parts together from a configuration: what `headgate` and its worker both need. Nothing runs at import.
import { readFileSync } from "node:fs";
import { AppError } from "../errors.js";
import { createAtlasClient } from "../atlas/client.js";
import type { AtlasClient, RateLimitReading } from "../atlas/client.js";
import { loadConfig } from "../config.js";
import type { Config } from "../config.js";
import type { Environment } from "../environment.js";
import { readVersion } from "./package.js";

export function readText(path: string): string {
  return readFileSync(path, "utf8");
}

/** Throws `config.invalid` naming every fault. */
export function readConfig(env: Environment): Config {
  return loadConfig({ env, readFile: readText });
}

/** Throws `config.invalid` where no credentials are set. */
export function openAtlas(config: Config, onRateLimit: (reading: RateLimitReading) => void): AtlasClient {
  const { baseUrl, credentials, byProject, proxy } = config.atlas;
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
  });
}

/** Throws `config.invalid` where Postgres is not named. */
export function requireDatabaseUrl(config: Config): string {
  if (config.databaseUrl !== undefined) return config.databaseUrl.reveal();
  throw new AppError(
    "config.invalid",
    "DATABASE_URL is not set, and no stack of headgate dev runs in this folder (npm start starts one)",
  );
}
