// The state that one running simulator shares between its requests: world, clock, log, faults, budgets and identity.
// The only place where the pure world meets the clock: settle() brings it to now and writes its effects into the log.
// Nothing here runs by itself: the world stands still until somebody asks, and then catches up at the moments things
// were due.
import { Auth } from "../access/auth.js";
import type { SimCredentials } from "../access/auth.js";
import type { SimClock } from "../world/clock.js";
import type { FaultPlan } from "../faults/faults.js";
import { RateLimits } from "../access/rate-limits.js";
import { RequestLog } from "./request-log.js";
import { advanceTo, takeEffects } from "../world/world.js";
import type { World } from "../world/world-model.js";

export interface SimContext {
  readonly world: World;
  readonly clock: SimClock;
  readonly faults: FaultPlan;
  readonly log: RequestLog;
  readonly auth: Auth;
  readonly limits: RateLimits;
  /** Aborted when the simulator closes: every sleeper wakes. */
  readonly closing: AbortSignal;
  /** Brings the world to now; cheap when nothing is due. Returns now. */
  settle(): number;
  /** Something that the state file holds has changed. */
  touch(): void;
}

export interface ContextParts {
  readonly world: World;
  readonly clock: SimClock;
  readonly faults: FaultPlan;
  readonly credentials: SimCredentials;
  readonly logFile: string | null;
  readonly closing: AbortSignal;
  readonly touch: () => void;
}

export function createContext(parts: ContextParts): SimContext {
  const { world, clock } = parts;
  let savedRevision = world.revision;
  const log = new RequestLog({ maxEntries: world.settings["log.maxEntries"], file: parts.logFile });
  return {
    world,
    clock,
    log,
    faults: parts.faults,
    auth: new Auth(parts.credentials, world.settings),
    limits: new RateLimits(world.settings),
    closing: parts.closing,
    touch: parts.touch,
    settle: () => {
      const now = clock.now();
      advanceTo(world, now);
      for (const effect of takeEffects(world)) log.mark(effect);
      // By the revision and not by what was due: operations change the world without a transition.
      if (world.revision !== savedRevision) parts.touch();
      savedRevision = world.revision;
      return now;
    },
  };
}
