// What the use cases are given. Temporal is asked for only where it is needed, so that reading works while it is down.
import type { LoopSettings } from "../domain/settings.js";
import type { Logger } from "../logger.js";
import type { Store } from "../store/pool.js";
import type { RunStarter } from "../temporal/runs.js";

export interface AppDeps {
  readonly store: Store;
  /** Connects at first call. Throws `temporal.unavailable`. */
  readonly runs: () => Promise<RunStarter>;
  readonly settings: LoopSettings;
  /** Who does it: HEADGATE_ACTOR, else user@host. */
  readonly actor: string;
  readonly log: Logger;
}
