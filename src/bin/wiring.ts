// The configuration as this process finds it, for the parts that are put together from it. Nothing runs at import.
import { readFileSync } from "node:fs";
import { AppError } from "../base/errors.js";
import { loadConfig } from "../config/config.js";
import type { Config } from "../config/config.js";
import type { Environment } from "../config/environment.js";

export function readTextFile(path: string): string {
  return readFileSync(path, "utf8");
}

/** Throws `config.invalid` naming every fault. */
export function readConfig(env: Environment): Config {
  return loadConfig({ env, readFile: readTextFile });
}

/** Throws `config.invalid` where Postgres is not named. */
export function requireDatabaseUrl(config: Config): string {
  if (config.databaseUrl !== undefined) return config.databaseUrl.reveal();
  throw new AppError(
    "config.invalid",
    "DATABASE_URL is not set, and no stack of headgate dev runs in this folder (npm start starts one)",
  );
}
