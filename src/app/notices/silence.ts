// A server's watch over the loop: it says once that nothing is observed, and once that it is again, in the log and in
// the journal, from which word goes out. Any number of servers may watch; the journal gets one line.
import type { Logger } from "../../base/logger.js";
import { readSilence, tellSilence } from "../../store/silence.js";
import type { Store } from "../../store/postgres/pool.js";

export interface SilenceWatch {
  /** One look. Throws `store.unavailable`. */
  look(): Promise<void>;
}

/** Silent twice in a row: a worker that starts after an outage needs a moment. */
export function watchSilence({ store, log }: { readonly store: Store; readonly log: Logger }): SilenceWatch {
  let wasSilent = false;
  return {
    look: async () => {
      const { isSilent, observedAt, isTold } = await readSilence(store);
      if (isSilent && wasSilent && !isTold) {
        const since = observedAt === null ? "ever" : `since ${new Date(observedAt).toISOString()}`;
        const text = `no workspace was observed ${since}: is a worker running?`;
        if (await tellSilence(store, "loop.silent", text)) log.error("loop.silent", { observedAt });
      }
      if (!isSilent && isTold && (await tellSilence(store, "loop.back", "workspaces are observed again"))) {
        log.info("loop.back", { observedAt });
      }
      wasSilent = isSilent;
    },
  };
}
