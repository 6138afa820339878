// The use cases wired to Postgres and Temporal, for the command line. Temporal is connected to when a verb asks for it.
import { readEnvironment } from "../environment.js";
import type { Config } from "../config.js";
import type { Environment } from "../environment.js";
import type { AppDeps } from "../app/deps.js";
import { createLogger } from "../logger.js";
import { openStore } from "../store/pool.js";
import { connectClient } from "../temporal/connection.js";
import type { TemporalClient } from "../temporal/connection.js";
import { loadTemporalProfile } from "../temporal/profile.js";
import { createRuns } from "../temporal/runs.js";
import { requireDatabaseUrl } from "./wiring.js";

export interface OpenApp {
  readonly app: AppDeps;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Throws `config.invalid` where Postgres is not named. */
export function openApp(config: Config, env: Environment = readEnvironment()): OpenApp {
  const { settings, actor } = config;
  const store = openStore({ databaseUrl: requireDatabaseUrl(config), max: 5 });
  let connecting: Promise<TemporalClient> | undefined;
  return {
    app: {
      store,
      settings,
      actor,
      log: createLogger(config.logLevel),
      runs: async () => {
        connecting ??= connectClient(loadTemporalProfile(env));
        return createRuns({ client: (await connecting).client, gatherMs: settings.pollMs });
      },
    },
    close: async () => {
      await Promise.allSettled([connecting?.then((temporal) => temporal.close()), store.close()]);
    },
  };
}
