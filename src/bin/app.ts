// The use cases wired to Postgres, Temporal and Atlas, for the command line. Temporal and Atlas are connected to when a
// verb asks for them.
import type { Config } from "../config/config.js";
import type { Environment } from "../config/environment.js";
import type { AppDeps, AtlasAccess } from "../app/deps.js";
import { createLogger } from "../base/logger.js";
import type { Logger } from "../base/logger.js";
import { claimAtlas, readInstallation } from "../store/installation.js";
import { openStore } from "../store/postgres/pool.js";
import type { Store } from "../store/postgres/pool.js";
import { connectClient } from "../temporal/connection.js";
import type { TemporalClient } from "../temporal/connection.js";
import { loadTemporalProfile } from "../temporal/profile.js";
import { createRuns } from "../temporal/runs.js";
import { keepBudget, openAtlas, requireDatabaseUrl } from "./wiring.js";

export interface OpenApp {
  readonly app: AppDeps;
  /** Idempotent. */
  close(): Promise<void>;
}

/** `note` is told what takes long, while it is waited for. Throws `config.invalid` where Postgres is not named. */
export function openApp(config: Config, env: Environment, note?: (text: string) => void): OpenApp {
  const { settings, actor } = config;
  const store = openStore({ databaseUrl: requireDatabaseUrl(config), max: 5, onWait: note });
  const log = createLogger(config.logLevel);
  let connecting: Promise<TemporalClient> | undefined;
  let asking: Promise<AtlasAccess> | undefined;
  return {
    app: {
      store,
      settings,
      actor,
      log,
      atlas: () => (asking ??= openAccess(config, store, log)),
      runs: async () => {
        connecting ??= connectClient(loadTemporalProfile(env));
        const [{ client }, installation] = await Promise.all([connecting, readInstallation(store)]);
        return createRuns({ client, installation, gatherMs: settings.pollMs });
      },
    },
    close: async () => {
      await Promise.allSettled([
        connecting?.then((temporal) => temporal.close()),
        asking?.then(({ client }) => client.close()),
        store.close(),
      ]);
    },
  };
}

async function openAccess(config: Config, store: Store, log: Logger): Promise<AtlasAccess> {
  const { baseUrl, name, byProject } = config.atlas;
  const client = openAtlas(config, keepBudget(store, log));
  await claimAtlas(store, name).catch(async (error: unknown) => {
    await client.close();
    throw error;
  });
  return { client, address: baseUrl, projects: [...byProject.keys()] };
}
