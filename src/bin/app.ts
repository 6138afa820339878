// The use cases wired to Postgres, Temporal and Atlas, for the command line. Temporal and Atlas are connected to when a
// verb asks for them, once per process; so are their SDKs loaded. A verb that only reads works while both are down, and
// starts as fast as if they were not there.
import type { Config } from "../config/config.js";
import type { Environment } from "../config/environment.js";
import type { AppDeps, AtlasAccess } from "../app/deps.js";
import { createLogger } from "../base/logger.js";
import type { Logger } from "../base/logger.js";
import type { Tracing } from "../base/tracing.js";
import { claimAtlas, readInstallation } from "../store/installation.js";
import { openStore } from "../store/postgres/pool.js";
import type { Store } from "../store/postgres/pool.js";
import type { TemporalClient } from "../temporal/connection.js";
import { requireDatabaseUrl } from "./wiring.js";

export interface OpenApp {
  readonly app: AppDeps;
  /** Idempotent. */
  close(): Promise<void>;
}

interface AppExtras {
  /** Gets what takes long, while it is waited for. */
  readonly note?: (text: string) => void;
  /** Its owner closes it. */
  readonly tracing?: Tracing | undefined;
}

/** Throws `config.invalid` where Postgres is not named. */
export function openApp(config: Config, env: Environment, { note, tracing }: AppExtras = {}): OpenApp {
  const { settings, actor } = config;
  const store = openStore({ databaseUrl: requireDatabaseUrl(config), max: 5, onWait: note });
  const log = createLogger(config.logLevel);
  // Promises, not what they resolve to: two askers at once share one connection, and both see its failure.
  let connecting: Promise<TemporalClient> | undefined;
  let asking: Promise<AtlasAccess> | undefined;
  return {
    app: {
      store,
      settings,
      actor,
      log,
      atlas: () => (asking ??= openAccess(config, { store, log, tracing })),
      runs: async () => {
        const { createRuns } = await import("../temporal/runs.js");
        connecting ??= connectTemporal(env, tracing);
        const [{ client }, installation] = await Promise.all([connecting, readInstallation(store)]);
        return createRuns({ client, installation, gatherMs: settings.pollMs });
      },
    },
    close: async () => {
      // Whatever one of them says: the others are to be closed, and the program ends anyway.
      await Promise.allSettled([
        connecting?.then((temporal) => temporal.close()),
        asking?.then(({ client }) => client.close()),
        store.close(),
      ]);
    },
  };
}

async function connectTemporal(env: Environment, tracing: Tracing | undefined): Promise<TemporalClient> {
  const { connectClient } = await import("../temporal/connection.js");
  const { loadTemporalProfile } = await import("../temporal/profile.js");
  return connectClient(loadTemporalProfile(env), tracing);
}

async function openAccess(
  config: Config,
  { store, log, tracing }: { readonly store: Store; readonly log: Logger } & Pick<AppExtras, "tracing">,
): Promise<AtlasAccess> {
  const { keepBudget, openAtlas } = await import("./atlas-client.js");
  const { baseUrl, name, byProject } = config.atlas;
  const client = openAtlas(config, keepBudget(store, log), tracing);
  // Before any call: policies of one Atlas carried out against another would start and stop strangers' processors.
  await claimAtlas(store, name).catch(async (error: unknown) => {
    await client.close();
    throw error;
  });
  return { client, address: baseUrl, projects: [...byProject.keys()] };
}
