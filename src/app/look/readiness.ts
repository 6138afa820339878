// Whether a server can do its work now: is Postgres there, is Temporal, does the loop observe. Reads only, and bounded
// in time, because whoever asks gives up soon.
import { within } from "../../base/deadline.js";
import { readLoop } from "../../store/checkup.js";
import type { AppDeps } from "../deps.js";

/** What is missing, by part; nothing where it is ready. */
type Unready = Readonly<Partial<Record<"postgres" | "temporal" | "observation", string>>>;

export interface Readiness {
  readonly unready: Unready;
  /** Epoch ms; null where no workspace was ever observed, or Postgres does not tell. */
  readonly observedAt: number | null;
}

const PATIENCE_MS = 3_000;
/** Of no run: to be told that there is none is answer enough. */
const NO_RUN = "00000000-0000-0000-0000-000000000000";

/** Never throws. One statement, and one call to Temporal. Why a part does not answer is only logged. */
export async function readReadiness(deps: Pick<AppDeps, "store" | "runs" | "log">): Promise<Readiness> {
  const log = (part: string) => (error: unknown) => {
    deps.log.warn("server.not-ready", {
      part,
      error: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  };
  const [loop, temporal] = await Promise.all([
    within(PATIENCE_MS, readLoop(deps.store), "it did not answer in time").catch(log("postgres")),
    within(PATIENCE_MS, askTemporal(deps), "it did not answer in time").catch(log("temporal")),
  ]);
  return {
    unready: {
      ...(loop === undefined ? { postgres: "Postgres does not answer" } : {}),
      ...(temporal === undefined ? { temporal: "Temporal does not answer" } : {}),
      ...(loop?.isStale === true
        ? { observation: "no workspace was observed within two of its intervals: is a worker running?" }
        : {}),
    },
    observedAt: loop?.observedAt ?? null,
  };
}

async function askTemporal({ runs }: Pick<AppDeps, "runs">): Promise<boolean> {
  return (await runs()).isOpen("headgate-readiness", NO_RUN);
}
