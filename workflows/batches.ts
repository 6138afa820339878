// What every batch of a tick is bounded by. Its attempts are few and quick: the next tick comes in a minute and takes
// up whatever a batch has left.
import { TIMES } from "../src/domain/times.js";

/** Batches after the first: with the default claim of 50, 10,000 workspaces a tick. */
export const BATCHES_MAX = 199;

export const BATCH = {
  startToCloseTimeout: TIMES.batchMs,
  heartbeatTimeout: TIMES.heartbeatMs,
  retry: { initialInterval: "1 second", maximumInterval: "10 seconds", maximumAttempts: 4 },
} as const;
