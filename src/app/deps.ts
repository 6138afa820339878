// What the use cases are given. Temporal is asked for only where it is needed, so that reading works while it is down.
import type { AtlasClient } from "../atlas/client.js";
import type { LoopSettings } from "../domain/settings.js";
import type { Logger } from "../base/logger.js";
import type { Store } from "../store/postgres/pool.js";
import type { RunStarter } from "../temporal/runs.js";

/** Atlas itself, for the few use cases that have to ask it. Every call of theirs passes `admitCalls` first. */
export interface AtlasAccess {
  readonly client: AtlasClient;
  /** For messages. */
  readonly address: string;
  /** Those that have credentials of their own. */
  readonly projects: readonly string[];
  /** Whether there are credentials for a project at all. */
  readonly knows: (project: string) => boolean;
}

export interface AppDeps {
  readonly store: Store;
  /** Connects at first call. Throws `temporal.unavailable`. */
  readonly runs: () => Promise<RunStarter>;
  /** Opens at first call. Throws `config.invalid` without credentials, or where the tables belong to another Atlas. */
  readonly atlas: () => Promise<AtlasAccess>;
  readonly settings: LoopSettings;
  /** Who does it: HEADGATE_ACTOR, else user@host. */
  readonly actor: string;
  readonly log: Logger;
}
