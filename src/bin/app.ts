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
  /** To Postgres, at most. */
  readonly connections?: number;
  /** Its owner closes it. */
  readonly tracing?: Tracing | undefined;
}

/** Throws `config.invalid` where Postgres is not named. */
export function openApp(config: Config, env: Environment, extras: AppExtras = {}): OpenApp {
  const { note, tracing, connections = 5 } = extras;
  const { settings, actor } = config;
  const store = openStore({ databaseUrl: requireDatabaseUrl(config), max: connections, onWait: note });
  const log = createLogger(config.logLevel);
  const connecting = onceGood(() => connectTemporal(env, tracing));
  const asking = onceGood(() => openAccess(config, { store, log, tracing }));
  const named = onceGood(() => readInstallation(store));
  return {
    app: {
      store,
      settings,
      actor,
      log,
      atlas: asking.get,
      runs: async () => {
        const { createRuns } = await import("../temporal/runs.js");
        const [{ client }, installation] = await Promise.all([connecting.get(), named.get()]);
        return createRuns({ client, installation, gatherMs: settings.pollMs });
      },
    },
    close: async () => {
      // Whatever one of them says: the others are to be closed, and the program ends anyway.
      await Promise.allSettled([
        connecting.made()?.then((temporal) => temporal.close()),
        asking.made()?.then(({ client }) => client.close()),
        store.close(),
      ]);
    },
  };
}

interface Once<Value> {
  readonly get: () => Promise<Value>;
  /** Undefined if nobody has asked yet, or if it failed. */
  readonly made: () => Promise<Value> | undefined;
}

/**
 * Promises, not what they resolve to: two askers at once share one connection, and both see its failure. Whoever asks
 * later tries again, because a server outlives an outage.
 */
function onceGood<Value>(make: () => Promise<Value>): Once<Value> {
  let making: Promise<Value> | undefined;
  const get = (): Promise<Value> => {
    if (making !== undefined) return making;
    const made = make();
    making = made;
    made.catch(() => {
      making = undefined;
    });
    return made;
  };
  return { get, made: () => making };
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
  const { keepBudget, openAtlas, toAtlasReach } = await import("./atlas-client.js");
  const client = openAtlas(config, keepBudget(store, log), tracing);
  // Before any call: policies of one Atlas carried out against another would start and stop strangers' processors.
  await claimAtlas(store, config.atlas.name).catch(async (error: unknown) => {
    await client.close();
    throw error;
  });
  return { client, ...toAtlasReach(config) };
}
